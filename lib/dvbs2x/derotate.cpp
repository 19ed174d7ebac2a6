// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/simd/dispatch.hpp>

#include "dvbs2x/derotate.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dvbs2x/derotate.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dvbs2x::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void derotate_kernel(const float* HWY_RESTRICT re,
                     const float* HWY_RESTRICT im,
                     std::size_t n,
                     float cosine,
                     float sine,
                     float slope,
                     float* HWY_RESTRICT out)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t lanes = hn::Lanes(d);
    // exp(-j x) for the small ramp x by its series, times the centre's phasor (cosine, -sine).
    const auto c0 = hn::Set(d, cosine);
    const auto s0 = hn::Set(d, sine);
    const auto step = hn::Set(d, slope);
    auto index = hn::Sub(hn::Iota(d, 0.0F), hn::Set(d, 0.5F * static_cast<float>(n - 1)));
    const auto advance = hn::Set(d, static_cast<float>(lanes));
    const auto one = hn::Set(d, 1.0F);
    std::size_t k = 0;
    const auto phasor = [&](auto i, auto& pr, auto& pi) {
        const auto x = hn::Mul(i, step);
        const auto x2 = hn::Mul(x, x);
        const auto sin_x =
            hn::Mul(x, hn::MulAdd(x2, hn::MulAdd(x2, hn::Set(d, 1.0F / 120.0F), hn::Set(d, -1.0F / 6.0F)), one));
        const auto cos_x = hn::MulAdd(
            x2,
            hn::MulAdd(x2, hn::MulAdd(x2, hn::Set(d, -1.0F / 720.0F), hn::Set(d, 1.0F / 24.0F)), hn::Set(d, -0.5F)),
            one);
        pr = hn::NegMulAdd(s0, sin_x, hn::Mul(c0, cos_x));
        pi = hn::Neg(hn::MulAdd(c0, sin_x, hn::Mul(s0, cos_x)));
    };
    for (; k + lanes <= n; k += lanes, index = hn::Add(index, advance)) {
        hn::Vec<decltype(d)> pr, pi;
        phasor(index, pr, pi);
        const auto r = hn::LoadU(d, re + k);
        const auto i = hn::LoadU(d, im + k);
        hn::StoreInterleaved2(hn::NegMulAdd(i, pi, hn::Mul(r, pr)), hn::MulAdd(r, pi, hn::Mul(i, pr)), d, out + 2 * k);
    }
    if (k < n) {
        hn::Vec<decltype(d)> pr, pi;
        phasor(index, pr, pi);
        HWY_ALIGN float tail_re[16], tail_im[16];
        hn::Store(pr, d, tail_re);
        hn::Store(pi, d, tail_im);
        for (std::size_t i = 0; k < n; ++k, ++i) {
            out[2 * k] = re[k] * tail_re[i] - im[k] * tail_im[i];
            out[2 * k + 1] = re[k] * tail_im[i] + im[k] * tail_re[i];
        }
    }
}

void descramble_kernel(float* HWY_RESTRICT re,
                       float* HWY_RESTRICT im,
                       const std::uint8_t* HWY_RESTRICT phases,
                       std::size_t n)
{
    std::size_t k = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::CappedTag<float, 16> d;
    const hn::Rebind<std::uint32_t, decltype(d)> d32;
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const std::size_t lanes = hn::Lanes(d);
    const auto one = hn::Set(d32, 1U);
    const auto two = hn::Set(d32, 2U);
    for (; k + lanes <= n; k += lanes) {
        const auto r = hn::PromoteTo(d32, hn::LoadU(d8, phases + k));
        const auto a = hn::LoadU(d, re + k);
        const auto b = hn::LoadU(d, im + k);
        // j^-R: odd R swaps; the new I is negative for R = 2, 3, the new Q for R = 1, 2.
        const auto swap = hn::RebindMask(d, hn::TestBit(r, one));
        const auto sign_re = hn::ShiftLeft<30>(hn::And(r, two));
        const auto sign_im = hn::ShiftLeft<30>(hn::And(hn::Add(r, one), two));
        hn::StoreU(hn::Xor(hn::IfThenElse(swap, b, a), hn::BitCast(d, sign_re)), d, re + k);
        hn::StoreU(hn::Xor(hn::IfThenElse(swap, a, b), hn::BitCast(d, sign_im)), d, im + k);
    }
#endif
    for (; k < n; ++k) {
        const float a = re[k];
        const float b = im[k];
        switch (phases[k]) {
        case 1:
            re[k] = b;
            im[k] = -a;
            break;
        case 2:
            re[k] = -a;
            im[k] = -b;
            break;
        case 3:
            re[k] = -b;
            im[k] = a;
            break;
        default:
            break;
        }
    }
}

} // namespace spacesail::dvbs2x::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dvbs2x {

HWY_EXPORT(derotate_kernel);
HWY_EXPORT(descramble_kernel);

void derotate(const float* re,
              const float* im,
              std::size_t n,
              float theta,
              float slope,
              float scale,
              std::complex<float>* out) noexcept
{
    HWY_DYNAMIC_DISPATCH(derotate_kernel)
    (re, im, n, scale * std::cos(theta), scale * std::sin(theta), slope, reinterpret_cast<float*>(out));
}

void descramble_split(float* re, float* im, const std::uint8_t* phases, std::size_t n) noexcept
{
    HWY_DYNAMIC_DISPATCH(descramble_kernel)(re, im, phases, n);
}

} // namespace spacesail::dvbs2x
#endif
