// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>

namespace spacesail::doppler {

/// \brief Delay as a function of the satellite's time, from one of receive time: tau(u) = tau_down(u + tau(u)).
///
/// A corrector works on the satellite's uniform clock u, orbit_delay_source counts receive time; the two differ by tau
/// tau', up to 140 ns, that is 300 cycles a pass at 12.7 GHz. So that a receiver neither waits for samples before its
/// stream's start nor looks for samples milliseconds ahead, a constant reference can be taken off: the source then
/// gives tau(u) - reference on the clock u' = u + reference, on which receive time is u' + tau(u') as before. Segments
/// start at whole multiples of their length; with 1 s they are within 1e-14 s of the source given. No allocation.
class emission_delay_source final : public delay_source
{
public:
    /// \param[in] received     delay by receive time; not owned, must outlive this.
    /// \param[in] reference_s  taken off delay and clock; a whole number of samples keeps instants apart by whole ones.
    /// \param[in] segment_s    length of a segment, 0.01 to 10.
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    explicit emission_delay_source(delay_source& received, double reference_s = 0.0, double segment_s = 1.0);

    const delay_polynomial* segment_at(double t_s) noexcept override;

    /// \brief Forgets the segment in use, after the source changed (new bias, new anchor).
    void refresh() noexcept { d_has_current = false; }
    double reference_s() const noexcept { return d_reference_s; }

private:
    delay_source* d_received;
    double d_reference_s;
    double d_segment_s;
    delay_polynomial d_current;
    bool d_has_current = false;
};

/// \brief A reference for emission_delay_source: the delay at `t_s` of receive time, rounded to a whole sample.
/// 0 where the delay is not known.
double reference_delay_s(delay_source& received, double t_s, double sample_rate_hz) noexcept;

} // namespace spacesail::doppler
