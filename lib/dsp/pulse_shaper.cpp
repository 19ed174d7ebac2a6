// SPDX-License-Identifier: GPL-3.0-or-later
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dsp/pulse_shaper.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <spacesail/base/units.hpp>
#include <spacesail/dsp/pulse_shaper.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#ifndef SPACESAIL_DSP_PULSE_SHAPER_ONCE
#define SPACESAIL_DSP_PULSE_SHAPER_ONCE
namespace spacesail::dsp::detail {

/// Phases of the pulse within a symbol. Straight lines between 128 of them err by at most h'' / (8 * 128^2): -92 dB.
inline constexpr unsigned k_phase_bits = 7;
/// Bits of the fraction between two phases that a float holds.
inline constexpr unsigned k_between_bits = 24;

struct shaping {
    const float* taps;
    const float* slopes;
    std::size_t nof_taps; // a multiple of 32
    const float* i;
    const float* q;
    std::size_t last_position; // largest position with all its symbols there
    std::size_t position;
    std::uint64_t fraction;
    std::uint64_t step;
    float gain;
};

} // namespace spacesail::dsp::detail
#endif

HWY_BEFORE_NAMESPACE();
namespace spacesail::dsp {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Samples until the symbols or the room run out; returns how many.
std::size_t shape(detail::shaping& s, float* HWY_RESTRICT out, std::size_t room)
{
    const hn::CappedTag<float, 16> d; // Why 16: two accumulators each, and d_nof_taps is a multiple of 32
    const std::size_t lanes = hn::Lanes(d);
    std::size_t produced = 0;
    std::size_t position = s.position;
    std::uint64_t fraction = s.fraction;
    for (; produced < room && position <= s.last_position; ++produced) {
        const std::size_t phase = fraction >> (64 - detail::k_phase_bits);
        const auto rest =
            static_cast<std::uint32_t>((fraction << detail::k_phase_bits) >> (64 - detail::k_between_bits));
        const float between = static_cast<float>(rest) * (1.0F / static_cast<float>(1U << detail::k_between_bits));
        const float* HWY_RESTRICT taps = s.taps + phase * s.nof_taps;
        const float* HWY_RESTRICT slopes = s.slopes + phase * s.nof_taps;
        const float* HWY_RESTRICT i = s.i + position;
        const float* HWY_RESTRICT q = s.q + position;
        auto sum_i = hn::Zero(d);
        auto sum_q = hn::Zero(d);
        auto more_i = hn::Zero(d);
        auto more_q = hn::Zero(d);
        if (rest == 0) { // rates that are whole multiples of each other live here
            for (std::size_t k = 0; k < s.nof_taps; k += 2 * lanes) {
                const auto h = hn::Load(d, taps + k);
                const auto g = hn::Load(d, taps + k + lanes);
                sum_i = hn::MulAdd(h, hn::LoadU(d, i + k), sum_i);
                sum_q = hn::MulAdd(h, hn::LoadU(d, q + k), sum_q);
                more_i = hn::MulAdd(g, hn::LoadU(d, i + k + lanes), more_i);
                more_q = hn::MulAdd(g, hn::LoadU(d, q + k + lanes), more_q);
            }
        } else {
            const auto mu = hn::Set(d, between);
            for (std::size_t k = 0; k < s.nof_taps; k += 2 * lanes) {
                const auto h = hn::MulAdd(mu, hn::Load(d, slopes + k), hn::Load(d, taps + k));
                const auto g = hn::MulAdd(mu, hn::Load(d, slopes + k + lanes), hn::Load(d, taps + k + lanes));
                sum_i = hn::MulAdd(h, hn::LoadU(d, i + k), sum_i);
                sum_q = hn::MulAdd(h, hn::LoadU(d, q + k), sum_q);
                more_i = hn::MulAdd(g, hn::LoadU(d, i + k + lanes), more_i);
                more_q = hn::MulAdd(g, hn::LoadU(d, q + k + lanes), more_q);
            }
        }
        out[2 * produced] = s.gain * hn::GetLane(hn::SumOfLanes(d, hn::Add(sum_i, more_i)));
        out[2 * produced + 1] = s.gain * hn::GetLane(hn::SumOfLanes(d, hn::Add(sum_q, more_q)));
        const std::uint64_t before = fraction;
        fraction += s.step;
        position += fraction < before ? 1 : 0;
    }
    s.position = position;
    s.fraction = fraction;
    return produced;
}

} // namespace HWY_NAMESPACE
} // namespace spacesail::dsp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dsp {
namespace {

HWY_EXPORT(shape);

constexpr std::size_t k_phases = std::size_t{ 1 } << detail::k_phase_bits;
constexpr std::size_t k_tap_step = 32;
constexpr std::size_t k_least_taps = 64;
constexpr std::size_t k_block_symbols = 2048;

void check(bool good, const char* name, double value, const std::string& range)
{
    if (!good) {
        throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) + ", allowed is " + range);
    }
}

pulse_shaper_configuration checked(const pulse_shaper_configuration& c)
{
    check(std::isfinite(c.symbol_rate_hz) && c.symbol_rate_hz > 0.0, "symbol_rate_hz", c.symbol_rate_hz, "> 0");
    check(c.rolloff >= 0.05 && c.rolloff <= 1.0, "rolloff", c.rolloff, "0.05 to 1");
    check(c.clock_ppm >= -1000.0 && c.clock_ppm <= 1000.0, "clock_ppm", c.clock_ppm, "-1000 to 1000");
    check(c.level_dbfs >= -120.0 && c.level_dbfs <= 20.0, "level_dbfs", c.level_dbfs, "-120 to 20");
    const double rate = c.symbol_rate_hz * (1.0 + 1e-6 * c.clock_ppm);
    const double least = (1.0 + c.rolloff) * rate;
    const double most = 1024.0 * rate;
    check(c.sample_rate_hz >= least * (1.0 - 1e-12) && c.sample_rate_hz <= most,
          "sample_rate_hz",
          c.sample_rate_hz,
          std::to_string(least) + " (1 + rolloff symbol rates) to " + std::to_string(most));
    return c;
}

// Length of the pulse in symbols. Its sides fall off as 1 / (rolloff t^2): 6.4 / rolloff symbols under the window
// below leave EVM at -55 dB or less and the spectrum 0.05 symbol rates beyond the band's edge at -62 dB or less.
std::size_t taps_for(double rolloff)
{
    const auto steps = static_cast<std::size_t>(std::ceil(6.4 / rolloff / k_tap_step - 1e-9));
    return std::max(k_least_taps, steps * k_tap_step);
}

// Kaiser window over [-1, 1]. Why 2.5: cutting the pulse abruptly leaves 20 dB more outside the band, a stronger
// window costs more EVM than that is worth.
double window(double x)
{
    constexpr double beta = 2.5;
    return std::cyl_bessel_i(0.0, beta * std::sqrt(std::max(0.0, 1.0 - x * x))) / std::cyl_bessel_i(0.0, beta);
}

// symbol rate / sample rate in 2^-64. Whole rates are divided exactly: 2^-64 of a symbol and no drift at all
// for ratios that are binary fractions.
std::uint64_t step_of(const pulse_shaper_configuration& c)
{
    constexpr double whole_limit = 9007199254740992.0; // 2^53
    const auto whole = [](double v) { return v < whole_limit && v == std::floor(v); };
    if (c.clock_ppm == 0.0 && whole(c.symbol_rate_hz) && whole(c.sample_rate_hz)) {
        const auto numerator = static_cast<unsigned __int128>(c.symbol_rate_hz) << 64;
        return static_cast<std::uint64_t>(numerator / static_cast<std::uint64_t>(c.sample_rate_hz));
    }
    const long double ratio = static_cast<long double>(c.symbol_rate_hz) / static_cast<long double>(c.sample_rate_hz) *
                              (1.0L + 1e-6L * static_cast<long double>(c.clock_ppm));
    return static_cast<std::uint64_t>(ratio * 18446744073709551616.0L);
}

} // namespace

pulse_shaper::pulse_shaper(const pulse_shaper_configuration& configuration)
    : d_nof_taps(taps_for(checked(configuration).rolloff)),
      d_samples_per_symbol(configuration.sample_rate_hz /
                           (configuration.symbol_rate_hz * (1.0 + 1e-6 * configuration.clock_ppm))),
      d_taps(k_phases * d_nof_taps),
      d_slopes(k_phases * d_nof_taps),
      d_i(d_nof_taps + k_block_symbols),
      d_q(d_nof_taps + k_block_symbols),
      d_step(step_of(configuration))
{
    const auto half = static_cast<double>(d_nof_taps / 2);
    const auto pulse = [&](double t) { return root_raised_cosine(t, configuration.rolloff) * window(t / half); };
    for (std::size_t p = 0; p < k_phases; ++p) {
        for (std::size_t k = 0; k < d_nof_taps; ++k) {
            // Tap k weighs the symbol half - 1 - k symbol periods before the sample's period, k = 0 the oldest.
            const double t = half - 1.0 - static_cast<double>(k);
            const double here = pulse(t + static_cast<double>(p) / k_phases);
            const double next = pulse(t + static_cast<double>(p + 1) / k_phases);
            d_taps[p * d_nof_taps + k] = static_cast<float>(here);
            d_slopes[p * d_nof_taps + k] = static_cast<float>(next - here);
        }
    }
    set_level_dbfs(configuration.level_dbfs);
    reset();
}

void pulse_shaper::set_level_dbfs(double level_dbfs) noexcept
{
    d_gain = static_cast<float>(std::sqrt(db_to_linear(std::clamp(level_dbfs, -120.0, 20.0))));
}

void pulse_shaper::reset() noexcept
{
    std::ranges::fill(d_i, 0.0F);
    std::ranges::fill(d_q, 0.0F);
    d_filled = d_nof_taps - 1;
    d_position = 0;
    d_fraction = 0;
}

pulse_shaper::progress pulse_shaper::process(std::span<const std::complex<float>> symbols,
                                             std::span<std::complex<float>> samples) noexcept
{
    simd::init();
    progress done;
    for (;;) {
        if (d_filled == d_i.size() && d_position + d_nof_taps > d_filled) {
            // Only the symbols still under the pulse are needed.
            std::copy(d_i.begin() + static_cast<std::ptrdiff_t>(d_position), d_i.end(), d_i.begin());
            std::copy(d_q.begin() + static_cast<std::ptrdiff_t>(d_position), d_q.end(), d_q.begin());
            d_filled -= d_position;
            d_position = 0;
        }
        const std::size_t take = std::min(d_i.size() - d_filled, symbols.size() - done.consumed);
        for (std::size_t n = 0; n < take; ++n) {
            d_i[d_filled + n] = symbols[done.consumed + n].real();
            d_q[d_filled + n] = symbols[done.consumed + n].imag();
        }
        d_filled += take;
        done.consumed += take;
        if (d_filled >= d_nof_taps) {
            detail::shaping s{ d_taps.data(),         d_slopes.data(), d_nof_taps, d_i.data(), d_q.data(),
                               d_filled - d_nof_taps, d_position,      d_fraction, d_step,     d_gain };
            done.produced += HWY_DYNAMIC_DISPATCH(shape)(
                s, reinterpret_cast<float*>(samples.data() + done.produced), samples.size() - done.produced);
            d_position = s.position;
            d_fraction = s.fraction;
        }
        const bool starved = d_position + d_nof_taps > d_filled;
        if (!starved || done.consumed == symbols.size()) return done;
    }
}

} // namespace spacesail::dsp
#endif // HWY_ONCE
