// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/matched_filter.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>
#include <spacesail/simd/dispatch.hpp>

#include "dsp/polyphase_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dsp/matched_filter.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dsp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Sums of the lanes of two vectors at once.
template <class D, class V>
HWY_INLINE void sum_both(D d, V a, V b, float& sum_a, float& sum_b) noexcept
{
#if HWY_TARGET == HWY_SCALAR
    (void)d;
    sum_a = hn::GetLane(a);
    sum_b = hn::GetLane(b);
#else
    const hn::Half<D> h;
    const auto folded = hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
    sum_a = hn::GetLane(hn::SumOfLanes(h, hn::LowerHalf(h, folded)));
    sum_b = hn::GetLane(hn::SumOfLanes(h, hn::UpperHalf(h, folded)));
#endif
}

/// pos and step in samples, 32 fractional bits; the phase is rounded to one of 128.
void take_real(const float* HWY_RESTRICT re,
               const float* HWY_RESTRICT im,
               const float* HWY_RESTRICT bank,
               std::size_t taps,
               std::uint64_t pos,
               std::uint64_t step,
               std::size_t count,
               float* HWY_RESTRICT out_re,
               float* HWY_RESTRICT out_im)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    for (std::size_t k = 0; k < count; ++k, pos += step) {
        const std::size_t at = pos >> 32;
        const float* HWY_RESTRICT h = bank + ((pos & 0xffffffffU) + (1U << 24)) / (1U << 25) * taps;
        auto acc_re = hn::Zero(d);
        auto acc_im = hn::Zero(d);
        for (std::size_t i = 0; i < taps; i += n) {
            const auto t = hn::Load(d, h + i);
            acc_re = hn::MulAdd(t, hn::LoadU(d, re + at + i), acc_re);
            acc_im = hn::MulAdd(t, hn::LoadU(d, im + at + i), acc_im);
        }
        sum_both(d, acc_re, acc_im, out_re[k], out_im[k]);
    }
}

void take_complex(const float* HWY_RESTRICT re,
                  const float* HWY_RESTRICT im,
                  const float* HWY_RESTRICT bank_re,
                  const float* HWY_RESTRICT bank_im,
                  std::size_t taps,
                  std::uint64_t pos,
                  std::uint64_t step,
                  std::size_t count,
                  float* HWY_RESTRICT out_re,
                  float* HWY_RESTRICT out_im)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    for (std::size_t k = 0; k < count; ++k, pos += step) {
        const std::size_t at = pos >> 32;
        const std::size_t row = ((pos & 0xffffffffU) + (1U << 24)) / (1U << 25) * taps;
        auto acc_re = hn::Zero(d);
        auto acc_im = hn::Zero(d);
        for (std::size_t i = 0; i < taps; i += n) {
            const auto tr = hn::Load(d, bank_re + row + i);
            const auto ti = hn::Load(d, bank_im + row + i);
            const auto xr = hn::LoadU(d, re + at + i);
            const auto xi = hn::LoadU(d, im + at + i);
            acc_re = hn::NegMulAdd(ti, xi, hn::MulAdd(tr, xr, acc_re));
            acc_im = hn::MulAdd(ti, xr, hn::MulAdd(tr, xi, acc_im));
        }
        sum_both(d, acc_re, acc_im, out_re[k], out_im[k]);
    }
}

/// One stretch of constant frequency: multiplies by exp(-j 2 pi (phase + k f)).
void rotate_stretch(const float* HWY_RESTRICT re,
                    const float* HWY_RESTRICT im,
                    std::size_t count,
                    double phase_cycles,
                    double cycles_per_sample,
                    float* HWY_RESTRICT out_re,
                    float* HWY_RESTRICT out_im)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    HWY_ALIGN float start_re[16];
    HWY_ALIGN float start_im[16];
    // Sixteen phasors from two: sincos is dear, a product is not.
    const double turn = -6.283185307179586 * cycles_per_sample;
    const double one_re = std::cos(turn);
    const double one_im = std::sin(turn);
    double at_re = std::cos(-6.283185307179586 * phase_cycles);
    double at_im = std::sin(-6.283185307179586 * phase_cycles);
    double ahead_re = 1.0;
    double ahead_im = 0.0;
    for (std::size_t i = 0; i < 16; ++i) {
        start_re[i] = static_cast<float>(at_re);
        start_im[i] = static_cast<float>(at_im);
        const double next_re = at_re * one_re - at_im * one_im;
        at_im = at_re * one_im + at_im * one_re;
        at_re = next_re;
        if (i < n) {
            const double step_re = ahead_re * one_re - ahead_im * one_im;
            ahead_im = ahead_re * one_im + ahead_im * one_re;
            ahead_re = step_re;
        }
    }
    const auto step_re = hn::Set(d, static_cast<float>(ahead_re));
    const auto step_im = hn::Set(d, static_cast<float>(ahead_im));
    auto pr = hn::Load(d, start_re);
    auto pi = hn::Load(d, start_im);
    std::size_t k = 0;
    for (; k + n <= count; k += n) {
        const auto xr = hn::LoadU(d, re + k);
        const auto xi = hn::LoadU(d, im + k);
        hn::StoreU(hn::NegMulAdd(xi, pi, hn::Mul(xr, pr)), d, out_re + k);
        hn::StoreU(hn::MulAdd(xi, pr, hn::Mul(xr, pi)), d, out_im + k);
        const auto next = hn::NegMulAdd(pi, step_im, hn::Mul(pr, step_re));
        pi = hn::MulAdd(pi, step_re, hn::Mul(pr, step_im));
        pr = next;
    }
    if (k < count) {
        hn::Store(pr, d, start_re);
        hn::Store(pi, d, start_im);
        for (std::size_t i = 0; k < count; ++k, ++i) {
            out_re[k] = re[k] * start_re[i] - im[k] * start_im[i];
            out_im[k] = im[k] * start_re[i] + re[k] * start_im[i];
        }
    }
}

} // namespace spacesail::dsp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dsp {

HWY_EXPORT(take_real);
HWY_EXPORT(take_complex);
HWY_EXPORT(rotate_stretch);

namespace {

/// Half the pulse in symbols. Why: the tails fall as 1 / (rolloff t^2) and are tapered over the last quarter; at these
/// lengths the filter pair leaves intersymbol interference below -45 dB (test MatchedFilter.InterferenceIsBelow).
double half_span_symbols(double rolloff)
{
    if (rolloff >= 0.30) return 8.0;
    if (rolloff >= 0.18) return 12.0;
    if (rolloff >= 0.12) return 16.0;
    return rolloff >= 0.08 ? 20.0 : 28.0;
}

} // namespace

void polyphase_take_real(const float* re,
                         const float* im,
                         const float* bank,
                         std::size_t taps,
                         std::uint64_t pos,
                         std::uint64_t step,
                         std::size_t count,
                         float* out_re,
                         float* out_im) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(take_real)(re, im, bank, taps, pos, step, count, out_re, out_im);
}

matched_filter::matched_filter(double samples_per_symbol, double rolloff)
    : d_sps(samples_per_symbol), d_rolloff(rolloff), d_taps(0)
{
    if (!(samples_per_symbol >= 1.04 && samples_per_symbol <= 64.1)) {
        throw std::invalid_argument("matched_filter: samples_per_symbol = " + std::to_string(samples_per_symbol) +
                                    ", must be 1.04 .. 64");
    }
    if (!(rolloff >= 0.049 && rolloff <= 0.5)) {
        throw std::invalid_argument("matched_filter: rolloff = " + std::to_string(rolloff) + ", must be 0.05 .. 0.5");
    }
    const auto wanted = static_cast<std::size_t>(std::ceil(2.0 * half_span_symbols(rolloff) * samples_per_symbol));
    d_taps = (wanted + 15) / 16 * 16;
    simd::init();
    build_plain();
    d_bank_re = d_plain;
    d_bank_im.assign(d_plain.size(), 0.0F);
}

void matched_filter::build_plain()
{
    d_plain.resize((k_phases + 1) * d_taps);
    const double half = 0.5 * static_cast<double>(d_taps);
    for (std::size_t p = 0; p <= k_phases; ++p) {
        float* row = d_plain.data() + p * d_taps;
        const double mu = static_cast<double>(p) / k_phases;
        double energy = 0.0;
        for (std::size_t i = 0; i < d_taps; ++i) {
            const double x = static_cast<double>(i) - (half - 1.0) - mu; // samples from the instant
            const double edge = std::abs(x) / half;
            const double taper = edge <= 0.75  ? 1.0
                                 : edge >= 1.0 ? 0.0
                                               : 0.5 * (1.0 + std::cos(k_pi * (edge - 0.75) / 0.25));
            const double v = taper * root_raised_cosine(x / d_sps, d_rolloff);
            row[i] = static_cast<float>(v);
            energy += v * v;
        }
        const double scale = 1.0 / std::sqrt(energy);
        for (std::size_t i = 0; i < d_taps; ++i) row[i] = static_cast<float>(row[i] * scale);
    }
}

void matched_filter::set_equaliser(std::span<const std::complex<float>> taps) noexcept
{
    d_complex = !taps.empty();
    if (!d_complex) return;
    // Tap m acts on the filter output (m - centre) half symbols later: shift the row by that many samples, which is a
    // change of row and of place. The rows that leave the reach are cut off; the taps out there are small.
    const auto centre = static_cast<std::ptrdiff_t>(taps.size() / 2);
    const auto n = static_cast<std::ptrdiff_t>(d_taps);
    for (std::size_t p = 0; p <= k_phases; ++p) {
        float* to_re = d_bank_re.data() + p * d_taps;
        float* to_im = d_bank_im.data() + p * d_taps;
        for (std::ptrdiff_t i = 0; i < n; ++i) to_re[i] = to_im[i] = 0.0F;
        for (std::size_t m = 0; m < taps.size(); ++m) {
            const double shift = (static_cast<double>(m) - static_cast<double>(centre)) * 0.5 * d_sps +
                                 static_cast<double>(p) / k_phases;
            const double whole = std::floor(shift);
            const auto row = static_cast<std::size_t>(std::lround((shift - whole) * k_phases));
            const float* from = d_plain.data() + row * d_taps;
            const auto move = static_cast<std::ptrdiff_t>(whole);
            const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, move);
            const std::ptrdiff_t end = std::min(n, n + move);
            const float wr = taps[m].real();
            const float wi = taps[m].imag();
            for (std::ptrdiff_t i = begin; i < end; ++i) {
                to_re[i] += wr * from[i - move];
                to_im[i] += wi * from[i - move];
            }
        }
    }
}

matched_filter::fixed_grid
matched_filter::on_bank(double base, const symbol_grid& grid, std::size_t count, std::size_t samples) const noexcept
{
    const double first = grid.first - base - (0.5 * static_cast<double>(d_taps) - 1.0);
    assert(first >= 0.0);
    assert(first + grid.step * static_cast<double>(count - 1) + static_cast<double>(d_taps) <=
           static_cast<double>(samples));
    (void)count;
    (void)samples;
    return { static_cast<unsigned long long>(first * 4294967296.0),
             static_cast<unsigned long long>(std::llround(grid.step * 4294967296.0)) };
}

void matched_filter::take(std::span<const float> re,
                          std::span<const float> im,
                          double base,
                          const symbol_grid& grid,
                          std::span<float> out_re,
                          std::span<float> out_im) const noexcept
{
    if (!d_complex) {
        take_plain(re, im, base, grid, out_re, out_im);
        return;
    }
    if (out_re.empty()) return;
    const auto g = on_bank(base, grid, out_re.size(), re.size());
    HWY_DYNAMIC_DISPATCH(take_complex)
    (re.data(),
     im.data(),
     d_bank_re.data(),
     d_bank_im.data(),
     d_taps,
     g.pos,
     g.step,
     out_re.size(),
     out_re.data(),
     out_im.data());
}

void matched_filter::take_plain(std::span<const float> re,
                                std::span<const float> im,
                                double base,
                                const symbol_grid& grid,
                                std::span<float> out_re,
                                std::span<float> out_im) const noexcept
{
    if (out_re.empty()) return;
    const auto g = on_bank(base, grid, out_re.size(), re.size());
    polyphase_take_real(
        re.data(), im.data(), d_plain.data(), d_taps, g.pos, g.step, out_re.size(), out_re.data(), out_im.data());
}

void remove_carrier(std::span<const float> re,
                    std::span<const float> im,
                    double first,
                    const carrier& c,
                    std::span<float> out_re,
                    std::span<float> out_im) noexcept
{
    // Why 512: the float phasor is renewed this often (error 32 * 6e-8), and a chirp of 1e-7 bends the phase by 3e-3
    // cycles over the stretch, halved by taking the frequency in its middle.
    constexpr std::size_t k_stretch = 512;
    simd::init();
    for (std::size_t k = 0; k < re.size(); k += k_stretch) {
        const std::size_t n = std::min(k_stretch, re.size() - k);
        const double at = first + static_cast<double>(k);
        double phase = c.phase_at(at);
        phase -= std::floor(phase);
        HWY_DYNAMIC_DISPATCH(rotate_stretch)
        (re.data() + k,
         im.data() + k,
         n,
         phase,
         c.frequency_at(at + 0.5 * static_cast<double>(n)),
         out_re.data() + k,
         out_im.data() + k);
    }
}

} // namespace spacesail::dsp
#endif
