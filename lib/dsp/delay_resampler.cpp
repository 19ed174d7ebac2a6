// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/delay_resampler.hpp>
#include <spacesail/simd/dispatch.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dsp/delay_resampler.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dsp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of the bank hold 32 taps and the 32 steps to the next row. A lane is an output sample: neighbours lie nearly
/// one input sample apart, so they share a row and differ in the place between rows alone.
void take_groups(const float* HWY_RESTRICT re,
                 const float* HWY_RESTRICT im,
                 const float* HWY_RESTRICT bank,
                 const delay_resampler::group* HWY_RESTRICT groups,
                 std::size_t nof_groups,
                 const float* HWY_RESTRICT ramp_re,
                 const float* HWY_RESTRICT ramp_im,
                 float* HWY_RESTRICT out_re,
                 float* HWY_RESTRICT out_im)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    constexpr std::size_t taps = delay_resampler::k_taps;
    for (std::size_t g = 0; g < nof_groups; ++g) {
        const auto& one = groups[g];
        const float* HWY_RESTRICT h = bank + static_cast<std::size_t>(one.row) * 2 * taps;
        const float* HWY_RESTRICT xr = re + one.offset;
        const float* HWY_RESTRICT xi = im + one.offset;
        for (std::size_t k = 0; k < 16; k += n) {
            // Two sums of each kind: the latency of one chain of 32 products would be the bound.
            auto ar = hn::Zero(d), ai = hn::Zero(d), br = hn::Zero(d), bi = hn::Zero(d);
            auto cr = hn::Zero(d), ci = hn::Zero(d), er = hn::Zero(d), ei = hn::Zero(d);
            for (std::size_t i = 0; i < taps; i += 2) {
                const auto r0 = hn::LoadU(d, xr + k + i);
                const auto i0 = hn::LoadU(d, xi + k + i);
                const auto r1 = hn::LoadU(d, xr + k + i + 1);
                const auto i1 = hn::LoadU(d, xi + k + i + 1);
                const auto h0 = hn::Set(d, h[i]);
                const auto h1 = hn::Set(d, h[i + 1]);
                const auto s0 = hn::Set(d, h[taps + i]);
                const auto s1 = hn::Set(d, h[taps + i + 1]);
                ar = hn::MulAdd(h0, r0, ar);
                ai = hn::MulAdd(h0, i0, ai);
                br = hn::MulAdd(s0, r0, br);
                bi = hn::MulAdd(s0, i0, bi);
                cr = hn::MulAdd(h1, r1, cr);
                ci = hn::MulAdd(h1, i1, ci);
                er = hn::MulAdd(s1, r1, er);
                ei = hn::MulAdd(s1, i1, ei);
            }
            const auto place =
                hn::MulAdd(hn::Iota(d, static_cast<float>(k) - 8.0F), hn::Set(d, one.mu_step), hn::Set(d, one.mu));
            const auto vr = hn::MulAdd(place, hn::Add(br, er), hn::Add(ar, cr));
            const auto vi = hn::MulAdd(place, hn::Add(bi, ei), hn::Add(ai, ci));
            const auto tr = hn::LoadU(d, ramp_re + k);
            const auto ti = hn::LoadU(d, ramp_im + k);
            const auto pr = hn::Set(d, one.phase_re);
            const auto pi = hn::Set(d, one.phase_im);
            const auto wr = hn::NegMulAdd(ti, pi, hn::Mul(tr, pr));
            const auto wi = hn::MulAdd(ti, pr, hn::Mul(tr, pi));
            hn::StoreU(hn::NegMulAdd(vi, wi, hn::Mul(vr, wr)), d, out_re + 16 * g + k);
            hn::StoreU(hn::MulAdd(vi, wr, hn::Mul(vr, wi)), d, out_im + 16 * g + k);
        }
    }
}

} // namespace spacesail::dsp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dsp {

HWY_EXPORT(take_groups);

namespace {

// Why 512 with straight lines between: the bend of a sinc, pi^2 / 3, leaves an error of 2e-6 of the signal.
constexpr std::size_t k_phases = 512;

/// Modified Bessel function of the first kind, order 0. Source: power series.
double bessel_i0(double x)
{
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; k < 40; ++k) {
        term *= (0.5 * x / k) * (0.5 * x / k);
        sum += term;
    }
    return sum;
}

/// Kaiser window of 70 dB (J. Kaiser, 1974: beta = 0.1102 (A - 8.7)) over a sinc that ends at half the rate; its
/// transition is (A - 7.95) / (14.36 * 32) = 0.135 of the rate wide.
void build_bank(simd::aligned_vector<float>& bank)
{
    constexpr std::size_t taps = delay_resampler::k_taps;
    constexpr double half = 0.5 * static_cast<double>(taps);
    const double beta = 0.1102 * (70.0 - 8.7);
    bank.assign((k_phases + 1) * 2 * taps, 0.0F);
    std::vector<double> row((k_phases + 2) * taps);
    for (std::size_t p = 0; p <= k_phases + 1; ++p) {
        double sum = 0.0;
        for (std::size_t i = 0; i < taps; ++i) {
            const double x = static_cast<double>(i) - (half - 1.0) - static_cast<double>(p) / k_phases;
            const double edge = x / half;
            const double window = std::abs(edge) < 1.0 ? bessel_i0(beta * std::sqrt(1.0 - edge * edge)) : 0.0;
            const double v = window * (std::abs(x) < 1e-12 ? 1.0 : std::sin(k_pi * x) / (k_pi * x));
            row[p * taps + i] = v;
            sum += v;
        }
        for (std::size_t i = 0; i < taps; ++i) row[p * taps + i] /= sum;
    }
    for (std::size_t p = 0; p <= k_phases; ++p) {
        for (std::size_t i = 0; i < taps; ++i) {
            bank[p * 2 * taps + i] = static_cast<float>(row[p * taps + i]);
            bank[p * 2 * taps + taps + i] = static_cast<float>(row[(p + 1) * taps + i] - row[p * taps + i]);
        }
    }
}

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) {
        throw std::invalid_argument(std::string("delay_resampler: ") + name + " = " + std::to_string(value) +
                                    ", must be " + range);
    }
}

} // namespace

delay_resampler::delay_resampler(const delay_resampler_config& config, delay_source& source)
    : d_config(config), d_source(&source), d_sign(config.sense == delay_sense::apply ? -1.0 : 1.0)
{
    check(std::isfinite(config.input_rate_hz) && config.input_rate_hz > 0.0,
          "input_rate_hz",
          config.input_rate_hz,
          "> 0");
    if (config.output_rate_hz == 0.0) d_config.output_rate_hz = config.input_rate_hz;
    d_ratio_excess = (d_config.input_rate_hz - d_config.output_rate_hz) / d_config.output_rate_hz;
    check(std::abs(d_ratio_excess) <= 1.001e-3,
          "output_rate_hz",
          config.output_rate_hz,
          "within 1000 ppm of the input rate");
    check(std::isfinite(config.carrier_hz), "carrier_hz", config.carrier_hz, "finite");
    check(std::abs(config.reference_delay_s) <= 10.0, "reference_delay_s", config.reference_delay_s, "-10 .. 10");
    simd::init();
    build_bank(d_bank);
    d_re.assign(k_capacity, 0.0F);
    d_im.assign(k_capacity, 0.0F);
    d_edge_re.assign(k_capacity, 0.0F);
    d_edge_im.assign(k_capacity, 0.0F);
}

void delay_resampler::reset() noexcept
{
    d_base = d_head = 0;
    d_begin = 0;
    d_ended = d_prepared = d_has_segment = d_known_once = false;
    d_next = 0;
    d_last_delay_s = 0.0;
}

bool delay_resampler::delay_at(double t, double& tau, double& rate) noexcept
{
    if (!d_has_segment || !d_segment.covers(t)) {
        const delay_polynomial* p = d_source->segment_at(t);
        d_has_segment = p != nullptr;
        if (p != nullptr) d_segment = *p;
    }
    if (d_has_segment) {
        tau = d_segment.delay_s(t);
        rate = d_segment.rate(t);
        // An absurd delay (NaN, or a rate no orbit has) counts as unknown.
        if (std::abs(tau - d_config.reference_delay_s) < 10.0 && std::abs(rate) < 1e-3) {
            d_last_delay_s = tau;
            d_known_once = true;
            return true;
        }
    }
    rate = 0.0;
    tau = d_known_once ? d_last_delay_s : d_config.reference_delay_s;
    return false;
}

void delay_resampler::prepare() noexcept
{
    std::array<std::int64_t, k_groups> first{};
    double tau = 0.0;
    double rate = 0.0;
    d_need_begin = std::numeric_limits<std::int64_t>::max();
    d_need_end = std::numeric_limits<std::int64_t>::min();
    for (std::size_t g = 0; g < k_groups; ++g) {
        const auto n = static_cast<double>(d_next + g * k_group + 8);
        const bool known = delay_at(n / d_config.output_rate_hz, tau, rate);
        if (!known) unknown_delays.add();
        // Why apart from n: the offset alone keeps 1e-10 of a sample however long the stream is.
        const double offset = n * d_ratio_excess + d_sign * (tau - d_config.reference_delay_s) * d_config.input_rate_hz;
        const double whole = std::floor(offset);
        const double place = (offset - whole) * static_cast<double>(k_phases);
        auto& one = d_groups[g];
        one.row = static_cast<std::int32_t>(std::min(place, static_cast<double>(k_phases) - 1.0));
        one.mu = static_cast<float>(place - one.row);
        one.mu_step = static_cast<float>((d_ratio_excess + d_sign * rate * (1.0 + d_ratio_excess)) * k_phases);
        const bool silent = !known && d_config.sense == delay_sense::apply;
        double cycles = d_sign * d_config.carrier_hz * tau;
        cycles -= std::floor(cycles);
        one.phase_re = silent ? 0.0F : static_cast<float>(std::cos(k_two_pi * cycles));
        one.phase_im = silent ? 0.0F : static_cast<float>(std::sin(k_two_pi * cycles));
        if (g == k_groups / 2) {
            d_block_delay_s = known ? tau : 0.0;
            d_block_rate = rate;
        }
        first[g] = static_cast<std::int64_t>(d_next + g * k_group) + static_cast<std::int64_t>(whole) -
                   static_cast<std::int64_t>(k_reach - 1);
        d_need_begin = std::min(d_need_begin, first[g]);
        d_need_end = std::max(d_need_end, first[g] + static_cast<std::int64_t>(k_group + k_taps - 1));
    }
    // A delay that jumps by thousands of samples within a block: nothing sensible can be read.
    d_silent = d_need_end - d_need_begin > static_cast<std::int64_t>(k_capacity / 2);
    if (d_silent) d_need_end = d_need_begin;
    for (std::size_t g = 0; g < k_groups; ++g)
        d_groups[g].offset = d_silent ? 0 : static_cast<std::int32_t>(first[g] - d_need_begin);
    const double cycles = d_sign * d_config.carrier_hz * d_block_rate / d_config.output_rate_hz;
    for (std::size_t k = 0; k < k_group; ++k) {
        const double angle = k_two_pi * cycles * (static_cast<double>(k) - 8.0);
        d_ramp_re[k] = static_cast<float>(std::cos(angle));
        d_ramp_im[k] = static_cast<float>(std::sin(angle));
    }
    d_prepared = true;
}

void delay_resampler::drop_before(std::int64_t index) noexcept
{
    const std::int64_t n = std::clamp<std::int64_t>(index - d_base, 0, d_head - d_base);
    d_base += n;
    d_begin += static_cast<std::size_t>(n);
}

bool delay_resampler::ready() noexcept
{
    if (!d_prepared) prepare();
    return d_ended || d_need_end <= d_head;
}

bool delay_resampler::exhausted() noexcept
{
    if (!d_prepared) prepare();
    return d_ended && d_need_begin >= d_head;
}

std::size_t delay_resampler::write(std::span<const std::complex<float>> x) noexcept
{
    if (ready()) return 0;
    drop_before(d_need_begin);
    std::size_t taken = 0;
    if (d_base == d_head && d_need_begin > d_head) {
        // Input that no output needs: the delay to be removed starts later than the stream.
        taken = static_cast<std::size_t>(
            std::min<std::int64_t>(static_cast<std::int64_t>(x.size()), d_need_begin - d_head));
        d_head += static_cast<std::int64_t>(taken);
        d_base = d_head;
    }
    const auto fill = static_cast<std::size_t>(d_head - d_base);
    const std::size_t n = std::min(x.size() - taken, k_capacity - fill);
    if (d_begin + fill + n > k_capacity) {
        std::memmove(d_re.data(), d_re.data() + d_begin, fill * sizeof(float));
        std::memmove(d_im.data(), d_im.data() + d_begin, fill * sizeof(float));
        d_begin = 0;
    }
    float* re = d_re.data() + d_begin + fill;
    float* im = d_im.data() + d_begin + fill;
    const std::complex<float>* from = x.data() + taken;
    for (std::size_t k = 0; k < n; ++k) {
        re[k] = from[k].real();
        im[k] = from[k].imag();
    }
    d_head += static_cast<std::int64_t>(n);
    return taken + n;
}

void delay_resampler::lose_input(std::uint64_t count) noexcept
{
    const std::complex<float> zero{};
    // Zeros while blocks reach back to samples that are there; the rest is jumped over.
    const std::int64_t end = d_head + static_cast<std::int64_t>(count);
    auto fill = static_cast<std::size_t>(d_head - d_base);
    for (std::size_t k = 0; d_head < end && k < k_block + 2 * k_taps && fill < k_capacity; ++k, ++fill, ++d_head) {
        if (d_begin + fill >= k_capacity) {
            std::memmove(d_re.data(), d_re.data() + d_begin, fill * sizeof(float));
            std::memmove(d_im.data(), d_im.data() + d_begin, fill * sizeof(float));
            d_begin = 0;
        }
        d_re[d_begin + fill] = zero.real();
        d_im[d_begin + fill] = zero.imag();
    }
    if (d_head < end) {
        d_base = d_head = end;
        d_begin = 0;
    }
}

void delay_resampler::read(float* re, float* im) noexcept
{
    assert(d_prepared);
    if (d_silent || (d_ended && d_need_begin >= d_head)) {
        std::fill_n(re, k_block, 0.0F);
        std::fill_n(im, k_block, 0.0F);
    } else {
        const float* from_re = d_re.data() + d_begin + (d_need_begin - d_base);
        const float* from_im = d_im.data() + d_begin + (d_need_begin - d_base);
        if (d_need_begin < d_base || d_need_end > d_head) {
            // The stream's edges: zeros around what there is.
            const auto span = static_cast<std::size_t>(d_need_end - d_need_begin);
            std::fill_n(d_edge_re.data(), span, 0.0F);
            std::fill_n(d_edge_im.data(), span, 0.0F);
            const std::int64_t a = std::max(d_need_begin, d_base);
            const std::int64_t b = std::min(d_need_end, d_head);
            if (d_need_begin < d_base && d_base > 0) missing_samples.add();
            if (b > a) {
                const auto n = static_cast<std::size_t>(b - a);
                std::copy_n(d_re.data() + d_begin + (a - d_base), n, d_edge_re.data() + (a - d_need_begin));
                std::copy_n(d_im.data() + d_begin + (a - d_base), n, d_edge_im.data() + (a - d_need_begin));
            }
            from_re = d_edge_re.data();
            from_im = d_edge_im.data();
        }
        HWY_DYNAMIC_DISPATCH(take_groups)
        (from_re, from_im, d_bank.data(), d_groups.data(), k_groups, d_ramp_re.data(), d_ramp_im.data(), re, im);
    }
    d_next += k_block;
    d_prepared = false;
}

} // namespace spacesail::dsp
#endif
