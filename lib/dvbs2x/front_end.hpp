// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/dsp/matched_filter.hpp>
#include <spacesail/dsp/sample_store.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// \brief Samples in, symbols at wanted instants out: sample store, motion, carrier, matched filter.
///
/// Instants are counted on the uniform clock u of the transmitter, in units of stored samples, from `origin`. With a
/// delay source, sample p(u) = u + tau(u) fs belongs to u and its carrier is turned by -f tau(u) cycles; without one p
/// is u. See architecture.md, rule 6: x(u) = y(u + tau(u)) exp(+j 2 pi f tau(u)). Where the source knows no longer, the
/// delay goes on from the last one known at its rate, until a gap; where it has known nothing yet, nothing is
/// corrected.
class front_end
{
public:
    /// \param[in] rolloff  0: filters for all roll-offs are made, 0.20 is taken first.
    front_end(const dsp::sample_store::config& store,
              double stored_rate_hz,
              double samples_per_symbol,
              double rolloff,
              std::size_t max_symbols);

    void set_motion(delay_source* delays, double carrier_hz) noexcept
    {
        d_delays = delays;
        d_delay_carrier_hz = carrier_hz;
        d_delay_known = false;
    }
    /// Stored samples that never came (gaps): the clock of the delays goes on over them. What the source knew is asked
    /// anew: behind a gap it may be another motion.
    void set_lost_samples(double stored) noexcept
    {
        d_lost_samples = stored;
        d_delay_known = false;
    }
    /// One of 0.05, 0.10, 0.15, 0.20, 0.25, 0.35, or the one given at construction; no allocation.
    void set_rolloff(double rolloff) noexcept;

    dsp::sample_store& store() noexcept { return d_store; }
    const dsp::sample_store& store() const noexcept { return d_store; }
    dsp::matched_filter& filter() noexcept { return d_filters[d_active]; }
    const dsp::matched_filter& filter() const noexcept { return d_filters[d_active]; }
    /// Takes the equaliser out of every filter.
    void clear_equalisers() noexcept
    {
        for (auto& f : d_filters) {
            if (f.has_equaliser()) f.set_equaliser({});
        }
    }
    /// Of the longest filter that may be chosen: what is kept and waited for does not depend on the choice.
    std::size_t reach() const noexcept { return d_reach; }
    double samples_per_symbol() const noexcept { return d_sps; }
    double stored_rate_hz() const noexcept { return d_rate_hz; }

    std::int64_t origin() const noexcept { return d_origin; }
    /// Moves the origin by a whole number of samples; the caller shifts its instants by the same.
    void shift_origin(std::int64_t by) noexcept { d_origin += by; }
    /// Whether a symbol at u can be taken.
    bool has(double u) noexcept;
    /// Whether the samples for a symbol at u are still there.
    bool keeps(double u) noexcept;
    /// Gives up what lies before the reach of u.
    void discard_before(double u) noexcept;

    /// Turns the samples for symbols u_first .. u_last to 0 Hz; symbols() then reads them.
    void load(double u_first, double u_last, const dsp::carrier& c) noexcept;
    /// Symbols at u, u + step, ... within the loaded stretch.
    void symbols(double u, double step, std::span<float> re, std::span<float> im) const noexcept;
    /// The same without the equaliser.
    void plain_symbols(double u, double step, std::span<float> re, std::span<float> im) const noexcept;

    /// Part of the carrier frequency at u that the motion accounts for, cycles per stored sample.
    double motion_cycles_per_sample(double u) noexcept;
    /// Delay per time on the satellite's clock: the input's clock runs by 1 + this against it.
    double motion_rate(double u) noexcept;
    /// Sample offset p(u) - u.
    double motion_samples(double u) noexcept;
    /// Input sample, with fraction, of instant u.
    double input_sample(double u) noexcept;

private:
    double delay_s(double u) noexcept;

    dsp::sample_store d_store;
    double d_rate_hz;
    double d_sps;
    std::vector<dsp::matched_filter> d_filters;
    std::size_t d_active = 0;
    std::size_t d_reach = 0;
    double d_lost_samples = 0.0;
    delay_source* d_delays = nullptr;
    double d_delay_carrier_hz = 0.0;
    delay_polynomial d_known; ///< the latest segment asked for
    bool d_delay_known = false;
    std::int64_t d_origin = 0;

    simd::aligned_vector<float> d_re, d_im; ///< the loaded stretch
    double d_base = 0.0;                    ///< p of its first sample
    std::size_t d_loaded = 0;
    double d_u0 = 0.0, d_p0 = 0.0, d_slope = 1.0; ///< p(u) over the stretch
};

} // namespace spacesail::dvbs2x
