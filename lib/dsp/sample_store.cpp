// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dsp/sample_store.hpp>
#include <spacesail/simd/dispatch.hpp>

#include "dsp/polyphase_kernels.hpp"
#include "dsp/sample_stretch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dsp/sample_store.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <liquid/liquid.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dsp::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Splits n float pairs into out_re, out_im less the DC given.
void split_float(const float* HWY_RESTRICT x, std::size_t n, stretch& s, float* out_re, float* out_im)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto one = [&](std::size_t k) {
        float re = x[2 * k];
        float im = x[2 * k + 1];
        // Comparisons with NaN are false, so this catches NaN, infinity and absurd values.
        if (!(std::abs(re) < 1e6F && std::abs(im) < 1e6F)) {
            re = im = 0.0F;
            ++s.bad;
        }
        s.acc_re[(s.offset + k) % lanes] += re;
        s.acc_im[(s.offset + k) % lanes] += im;
        out_re[k] = re - s.dc_re;
        out_im[k] = s.sign * (im - s.dc_im);
    };
    std::size_t k = 0;
    for (; k < n && (s.offset + k) % lanes != 0; ++k) one(k);
    const auto dc_re = hn::Set(d, s.dc_re);
    const auto dc_im = hn::Set(d, s.dc_im);
    const auto sign = hn::Set(d, s.sign);
    const auto limit = hn::Set(d, 1e6F);
    auto sum_re = hn::LoadU(d, s.acc_re);
    auto sum_im = hn::LoadU(d, s.acc_im);
    for (; k + lanes <= n; k += lanes) {
        hn::Vec<decltype(d)> re, im;
        hn::LoadInterleaved2(d, x + 2 * k, re, im);
        const auto good = hn::And(hn::Lt(hn::Abs(re), limit), hn::Lt(hn::Abs(im), limit));
        if (!hn::AllTrue(d, good)) {
            s.bad += lanes - hn::CountTrue(d, good);
            re = hn::IfThenElseZero(good, re);
            im = hn::IfThenElseZero(good, im);
        }
        sum_re = hn::Add(sum_re, re);
        sum_im = hn::Add(sum_im, im);
        hn::StoreU(hn::Sub(re, dc_re), d, out_re + k);
        hn::StoreU(hn::Mul(sign, hn::Sub(im, dc_im)), d, out_im + k);
    }
    hn::StoreU(sum_re, d, s.acc_re);
    hn::StoreU(sum_im, d, s.acc_im);
    for (; k < n; ++k) one(k);
}

/// Splits n pairs of 16-bit integers, full scale 32768, into out_re, out_im less the DC given.
void split_int16(const std::int16_t* HWY_RESTRICT x, std::size_t n, stretch& s, float* out_re, float* out_im)
{
    constexpr float k_scale = 1.0F / 32768.0F;
    std::size_t k = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::CappedTag<float, 16> d;
    const hn::Rebind<std::int16_t, decltype(d)> d16;
    const hn::Rebind<std::int32_t, decltype(d)> d32;
    const std::size_t lanes = hn::Lanes(d);
    const auto dc_re = hn::Set(d, s.dc_re);
    const auto dc_im = hn::Set(d, s.dc_im);
    const auto sign = hn::Set(d, s.sign);
    const auto scale = hn::Set(d, k_scale);
    const auto top = hn::Set(d16, std::int16_t{ 32767 });
    const auto bottom = hn::Set(d16, std::int16_t{ -32768 });
    auto sum_re = hn::Zero(d32);
    auto sum_im = hn::Zero(d32);
    for (; k + lanes <= n; k += lanes) {
        hn::Vec<decltype(d16)> r16, i16;
        hn::LoadInterleaved2(d16, x + 2 * k, r16, i16);
        const auto full = hn::Or(hn::Eq(hn::Max(r16, i16), top), hn::Eq(hn::Min(r16, i16), bottom));
        if (!hn::AllFalse(d16, full)) s.clipped += hn::CountTrue(d16, full);
        const auto r32 = hn::PromoteTo(d32, r16);
        const auto i32 = hn::PromoteTo(d32, i16);
        sum_re = hn::Add(sum_re, r32);
        sum_im = hn::Add(sum_im, i32);
        hn::StoreU(hn::Sub(hn::Mul(hn::ConvertTo(d, r32), scale), dc_re), d, out_re + k);
        hn::StoreU(hn::Mul(sign, hn::Sub(hn::Mul(hn::ConvertTo(d, i32), scale), dc_im)), d, out_im + k);
    }
    // At most 4096 samples of 15 bits: the lanes cannot overflow.
    s.sum_re += hn::GetLane(hn::SumOfLanes(d32, sum_re));
    s.sum_im += hn::GetLane(hn::SumOfLanes(d32, sum_im));
#endif
    for (; k < n; ++k) {
        const std::int16_t re = x[2 * k];
        const std::int16_t im = x[2 * k + 1];
        s.clipped += re == 32767 || re == -32768 || im == 32767 || im == -32768;
        s.sum_re += re;
        s.sum_im += im;
        out_re[k] = static_cast<float>(re) * k_scale - s.dc_re;
        out_im[k] = s.sign * (static_cast<float>(im) * k_scale - s.dc_im);
    }
}

} // namespace spacesail::dsp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dsp {

HWY_EXPORT(split_float);
HWY_EXPORT(split_int16);

namespace {

void split(std::span<const std::complex<float>> x, stretch& s, float* re, float* im) noexcept
{
    HWY_DYNAMIC_DISPATCH(split_float)(reinterpret_cast<const float*>(x.data()), x.size(), s, re, im);
}

void split(std::span<const std::complex<std::int16_t>> x, stretch& s, float* re, float* im) noexcept
{
    HWY_DYNAMIC_DISPATCH(split_int16)(reinterpret_cast<const std::int16_t*>(x.data()), x.size(), s, re, im);
}

} // namespace

sample_store::sample_store(const config& c) : d_config(c)
{
    if (c.decimation < 1 || c.decimation > 64) {
        throw std::invalid_argument("sample_store: decimation = " + std::to_string(c.decimation) + ", must be 1 .. 64");
    }
    if (c.capacity < 2 * k_block) {
        throw std::invalid_argument("sample_store: capacity = " + std::to_string(c.capacity) + ", must be >= 8192");
    }
    simd::init();
    // Why twice the capacity: the kept samples are moved to the front only when the back is reached, so each sample
    // is moved at most once per `capacity` samples.
    d_re.resize(2 * c.capacity);
    d_im.resize(2 * c.capacity);
    if (c.decimation > 1) {
        // Kaiser low-pass: pass band to pass_band / M, stop band from (1 - pass_band) / M, so that what folds falls
        // outside the band kept. Length for 60 dB: (A - 8) / (2.285 * 2 pi * width), Kaiser 1974.
        const double width = (1.0 - 2.0 * c.pass_band) / c.decimation;
        const auto wanted = static_cast<std::size_t>(std::ceil((60.0 - 8.0) / (2.285 * 6.2832 * width)));
        const std::size_t n = (wanted + 15) / 16 * 16;
        d_taps.resize(n);
        liquid_firdes_kaiser(
            static_cast<unsigned>(n), static_cast<float>(0.5 / c.decimation), 60.0F, 0.0F, d_taps.data());
        double sum = 0.0;
        for (const float t : d_taps) sum += t;
        for (float& t : d_taps) t = static_cast<float>(t / sum);
        d_wide_re.resize(n + 2 * k_block + 64);
        d_wide_im.resize(n + 2 * k_block + 64);
        // The filter starts in silence: the first stored sample is centred half a sample before the first input sample.
        d_wide_fill = n / 2;
        d_filter_delay = 0.5 * static_cast<double>(n - 1) - static_cast<double>(d_wide_fill);
    }
}

std::size_t sample_store::append(std::span<const std::complex<float>> x) noexcept { return append_any(x); }
std::size_t sample_store::append(std::span<const std::complex<std::int16_t>> x) noexcept { return append_any(x); }

template <class T>
std::size_t sample_store::append_any(std::span<const std::complex<T>> x) noexcept
{
    const float sign = d_config.orientation == spectrum::upright ? 1.0F : -1.0F;
    std::size_t taken = 0;
    while (taken < x.size()) {
        const std::size_t room = (d_config.capacity - d_fill) * d_config.decimation;
        const std::size_t n = std::min({ x.size() - taken, k_block - d_in_block, room });
        if (n == 0) break;
        float* to_re = nullptr;
        float* to_im = nullptr;
        if (d_config.decimation == 1) {
            if (d_begin + d_fill + n > d_re.size()) make_room();
            to_re = d_re.data() + d_begin + d_fill;
            to_im = d_im.data() + d_begin + d_fill;
        } else {
            to_re = d_wide_re.data() + d_wide_fill;
            to_im = d_wide_im.data() + d_wide_fill;
        }
        stretch st{ d_acc_re.data(), d_acc_im.data(), d_in_block, d_dc.real(), d_dc.imag(), sign };
        split(x.subspan(taken, n), st, to_re, to_im);
        d_sum_re += st.sum_re;
        d_sum_im += st.sum_im;
        if (st.bad != 0) non_finite.add(st.bad);
        if (st.clipped != 0) clipped.add(st.clipped);
        taken += n;
        d_in_block += n;
        if (d_config.decimation == 1) {
            d_fill += n;
        } else {
            d_wide_fill += n;
            decimate();
        }
        if (d_in_block == k_block) end_block();
    }
    return taken;
}

void sample_store::end_block() noexcept
{
    // A running mean over the first 2^18 samples, then a leaky one: the spike of a receiver at 0 Hz goes, a carrier
    // loses a notch of 1e-6 of the sample rate.
    constexpr double k_blocks_of_memory = 64.0;
    const double weight = 1.0 / std::min(static_cast<double>(d_blocks + 1), k_blocks_of_memory);
    double sum_re = static_cast<double>(d_sum_re) / 32768.0;
    double sum_im = static_cast<double>(d_sum_im) / 32768.0;
    for (std::size_t i = 0; i < d_acc_re.size(); ++i) {
        sum_re += d_acc_re[i];
        sum_im += d_acc_im[i];
    }
    const std::complex<double> mean(sum_re / k_block, sum_im / k_block);
    const std::complex<double> before(d_dc);
    // An average far above what a whole block shows was learned from garbage: it starts afresh.
    if (std::norm(before) > 100.0 * std::norm(mean)) {
        d_blocks = 0;
        d_dc = std::complex<float>(mean);
    } else {
        d_dc = std::complex<float>(before + weight * (mean - before));
    }
    d_acc_re.fill(0.0F);
    d_acc_im.fill(0.0F);
    d_sum_re = d_sum_im = 0;
    d_in_block = 0;
    ++d_blocks;
}

void sample_store::decimate() noexcept
{
    const std::size_t m = d_config.decimation;
    if (d_wide_fill < d_taps.size()) return;
    const std::size_t count = (d_wide_fill - d_taps.size()) / m + 1;
    if (d_begin + d_fill + count > d_re.size()) make_room();
    polyphase_take_real(d_wide_re.data(),
                        d_wide_im.data(),
                        d_taps.data(),
                        d_taps.size(),
                        0,
                        static_cast<std::uint64_t>(m) << 32,
                        count,
                        d_re.data() + d_begin + d_fill,
                        d_im.data() + d_begin + d_fill);
    d_fill += count;
    const std::size_t used = count * m;
    d_wide_fill -= used;
    std::memmove(d_wide_re.data(), d_wide_re.data() + used, d_wide_fill * sizeof(float));
    std::memmove(d_wide_im.data(), d_wide_im.data() + used, d_wide_fill * sizeof(float));
}

void sample_store::make_room() noexcept
{
    std::memmove(d_re.data(), d_re.data() + d_begin, d_fill * sizeof(float));
    std::memmove(d_im.data(), d_im.data() + d_begin, d_fill * sizeof(float));
    d_begin = 0;
}

void sample_store::silence_behind(std::size_t n) noexcept
{
    d_base = end() - static_cast<std::int64_t>(n);
    d_begin = 0;
    d_fill = n;
    std::fill_n(d_re.begin(), n, 0.0F);
    std::fill_n(d_im.begin(), n, 0.0F);
    std::fill_n(d_wide_re.begin(), d_wide_fill, 0.0F);
    std::fill_n(d_wide_im.begin(), d_wide_fill, 0.0F);
}

void sample_store::discard_before(std::int64_t index) noexcept
{
    if (index <= d_base) return;
    const auto n = std::min(static_cast<std::size_t>(index - d_base), d_fill);
    d_base += static_cast<std::int64_t>(n);
    d_begin += n;
    d_fill -= n;
}

} // namespace spacesail::dsp
#endif
