// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

namespace spacesail {

/// \brief A delay tau(t) as a polynomial over one interval of stream time.
///
/// tau(t) = sum c[k] (t - t_ref)^k seconds for t_begin <= t < t_end; t counts seconds of the stream's own
/// clock (sample_clock::seconds_of). Whether t is a receive or a transmit time is said by the function that
/// makes it (tau_down(t_receive), tau_up(t_transmit)): the two differ by tau tau', 127 ns at 1070 km.
/// With delays below 0.1 s a double holds the carrier phase at 15 GHz to 2e-7 cycles.
struct delay_polynomial {
    static constexpr std::size_t k_terms = 6;

    double t_begin_s = 0.0;
    double t_end_s = 0.0;
    double t_ref_s = 0.0;
    std::array<double, k_terms> c{}; ///< s, s/s, s/s^2, ...

    bool covers(double t_s) const noexcept { return t_s >= t_begin_s && t_s < t_end_s; }

    /// tau in seconds.
    double delay_s(double t_s) const noexcept
    {
        const double x = t_s - t_ref_s;
        double v = 0.0;
        for (std::size_t k = k_terms; k-- > 0;) v = v * x + c[k];
        return v;
    }
    /// d tau / dt, dimensionless; the Doppler shift of a carrier f is -f times this.
    double rate(double t_s) const noexcept
    {
        const double x = t_s - t_ref_s;
        double v = 0.0;
        for (std::size_t k = k_terms; k-- > 1;) v = v * x + static_cast<double>(k) * c[k];
        return v;
    }
    /// d2 tau / dt2 in 1/s.
    double rate_per_s(double t_s) const noexcept
    {
        const double x = t_s - t_ref_s;
        double v = 0.0;
        for (std::size_t k = k_terms; k-- > 2;) v = v * x + static_cast<double>(k * (k - 1)) * c[k];
        return v;
    }
};

/// \brief Whoever can tell the delay at a stream time: the orbit engine, or a list of given segments.
class delay_source
{
public:
    virtual ~delay_source() = default;
    /// \brief The segment that covers `t_s`, or nullptr where nothing is known: a receiver then goes on from the last
    /// delay known, at its rate, and corrects nothing before the first.
    /// The pointer stays valid until the next call. Called once a segment, never once a sample.
    virtual const delay_polynomial* segment_at(double t_s) noexcept = 0;
};

} // namespace spacesail
