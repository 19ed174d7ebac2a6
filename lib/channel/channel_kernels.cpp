// SPDX-License-Identifier: GPL-3.0-or-later
#include "channel/channel_kernels.hpp"

#include <spacesail/simd/dispatch.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "channel/channel_kernels.cpp"
// Why: Highway needs this order. A reason behind "off" would keep clang-format 14 from seeing it.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace spacesail::channel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <int bits, class V>
HWY_INLINE V rotate_left(V v) noexcept
{
    return hn::Or(hn::ShiftLeft<bits>(v), hn::ShiftRight<32 - bits>(v));
}

/// One step of xoshiro128++ in every lane.
template <class V>
HWY_INLINE V next_bits(V& s0, V& s1, V& s2, V& s3) noexcept
{
    const V out = hn::Add(rotate_left<7>(hn::Add(s0, s3)), s0);
    const V t = hn::ShiftLeft<9>(s1);
    s2 = hn::Xor(s2, s0);
    s3 = hn::Xor(s3, s1);
    s1 = hn::Xor(s1, s2);
    s0 = hn::Xor(s0, s3);
    s2 = hn::Xor(s2, t);
    s3 = rotate_left<11>(s3);
    return out;
}

/// (bits / 2^32 + half a step) of 24 bits, in (0, 1).
template <class D, class V>
HWY_INLINE auto uniform(D d, V bits) noexcept
{
    const hn::RebindToSigned<D> di;
    const auto whole = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(bits)));
    return hn::MulAdd(whole, hn::Set(d, 0x1p-24F), hn::Set(d, 0x1p-25F));
}

void gaussian(
    std::uint32_t* HWY_RESTRICT state, float* HWY_RESTRICT re, float* HWY_RESTRICT im, std::size_t count, float sigma)
{
    const hn::CappedTag<float, 16> d;
    const hn::RebindToUnsigned<decltype(d)> du;
    const std::size_t n = hn::Lanes(d);
    for (std::size_t lane = 0; lane < 16; lane += n) {
        auto s0 = hn::Load(du, state + lane);
        auto s1 = hn::Load(du, state + 16 + lane);
        auto s2 = hn::Load(du, state + 32 + lane);
        auto s3 = hn::Load(du, state + 48 + lane);
        for (std::size_t k = lane; k < count; k += 16) {
            const auto u = uniform(d, next_bits(s0, s1, s2, s3));
            const auto v = uniform(d, next_bits(s0, s1, s2, s3));
            const auto radius = hn::Mul(hn::Set(d, sigma), hn::Sqrt(hn::Mul(hn::Set(d, -2.0F), hn::Log(d, u))));
            const auto angle = hn::MulAdd(v, hn::Set(d, 6.2831853F), hn::Set(d, -3.14159265F));
            const auto x = hn::Mul(radius, hn::Cos(d, angle));
            const auto y = hn::Mul(radius, hn::Sin(d, angle));
            hn::StoreU(hn::Add(hn::LoadU(d, re + k), x), d, re + k);
            hn::StoreU(hn::Add(hn::LoadU(d, im + k), y), d, im + k);
        }
        hn::Store(s0, du, state + lane);
        hn::Store(s1, du, state + 16 + lane);
        hn::Store(s2, du, state + 32 + lane);
        hn::Store(s3, du, state + 48 + lane);
    }
}

/// Sine and cosine to 1e-7 for |x| <= 200: reduction by quarter turns in three parts, then polynomials that interpolate
/// at the Chebyshev nodes of |r| <= pi / 4.
template <class D, class V>
HWY_INLINE void sin_cos(D d, V x, V& sine, V& cosine) noexcept
{
    const hn::RebindToUnsigned<D> du;
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum.
    const auto magic = hn::Set(d, 0x1.8p23F);
    const auto shifted = hn::MulAdd(x, hn::Set(d, 0.636619772F), magic);
    const auto n = hn::Sub(shifted, magic);
    const auto quadrant = hn::BitCast(du, shifted);
    auto r = hn::NegMulAdd(n, hn::Set(d, 0x1.92p0F), x);
    r = hn::NegMulAdd(n, hn::Set(d, 0x1.fb4p-12F), r);
    r = hn::NegMulAdd(n, hn::Set(d, 0x1.4442d2p-24F), r);
    const auto z = hn::Mul(r, r);
    auto s = hn::MulAdd(z, hn::Set(d, -1.9587840e-4F), hn::Set(d, 8.3327480e-3F));
    auto c = hn::MulAdd(z, hn::Set(d, 2.4547892e-5F), hn::Set(d, -1.3888303e-3F));
    s = hn::MulAdd(z, s, hn::Set(d, -0.16666665F));
    c = hn::MulAdd(z, c, hn::Set(d, 4.1666665e-2F));
    s = hn::MulAdd(hn::Mul(z, r), s, r);
    c = hn::MulAdd(hn::Mul(z, z), c, hn::NegMulAdd(z, hn::Set(d, 0.5F), hn::Set(d, 1.0F)));
    const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(du), hn::And(quadrant, hn::Set(du, 1)))));
    const auto two = hn::Set(du, 2);
    const auto sine_sign = hn::ShiftLeft<30>(hn::And(quadrant, two));
    const auto cosine_sign = hn::ShiftLeft<30>(hn::And(hn::Add(quadrant, hn::Set(du, 1)), two));
    sine = hn::Xor(hn::IfThenElse(odd, c, s), hn::BitCast(d, sine_sign));
    cosine = hn::Xor(hn::IfThenElse(odd, s, c), hn::BitCast(d, cosine_sign));
}

void turn(const float* HWY_RESTRICT radians, float* HWY_RESTRICT re, float* HWY_RESTRICT im, std::size_t count)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    for (std::size_t k = 0; k < count; k += n) {
        auto s = hn::Zero(d);
        auto c = hn::Zero(d);
        sin_cos(d, hn::LoadU(d, radians + k), s, c);
        const auto x = hn::LoadU(d, re + k);
        const auto y = hn::LoadU(d, im + k);
        hn::StoreU(hn::NegMulAdd(y, s, hn::Mul(x, c)), d, re + k);
        hn::StoreU(hn::MulAdd(y, c, hn::Mul(x, s)), d, im + k);
    }
}

void filtered(const float* HWY_RESTRICT x,
              const float* HWY_RESTRICT h,
              std::size_t taps,
              float* HWY_RESTRICT radians,
              std::size_t count)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    // Four vectors side by side: each tap is spread once for all of them, and no chain waits for its own sum.
    for (std::size_t k = 0; k < count; k += 4 * n) {
        const float* HWY_RESTRICT at = x + k;
        auto a = hn::LoadU(d, radians + k);
        auto b = hn::LoadU(d, radians + k + n);
        auto c = hn::LoadU(d, radians + k + 2 * n);
        auto e = hn::LoadU(d, radians + k + 3 * n);
        for (std::size_t i = 0; i < taps; ++i) {
            const auto tap = hn::Set(d, h[i]);
            a = hn::MulAdd(tap, hn::LoadU(d, at + i), a);
            b = hn::MulAdd(tap, hn::LoadU(d, at + i + n), b);
            c = hn::MulAdd(tap, hn::LoadU(d, at + i + 2 * n), c);
            e = hn::MulAdd(tap, hn::LoadU(d, at + i + 3 * n), e);
        }
        hn::StoreU(a, d, radians + k);
        hn::StoreU(b, d, radians + k + n);
        hn::StoreU(c, d, radians + k + 2 * n);
        hn::StoreU(e, d, radians + k + 3 * n);
    }
}

void scaled(const float* HWY_RESTRICT re,
            const float* HWY_RESTRICT im,
            float* HWY_RESTRICT sum_re,
            float* HWY_RESTRICT sum_im,
            std::size_t count,
            float start,
            float slope)
{
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    const auto rise = hn::Set(d, slope);
    const auto next = hn::Set(d, static_cast<float>(n));
    auto place = hn::Iota(d, 0.0F);
    for (std::size_t k = 0; k < count; k += n) {
        const auto g = hn::MulAdd(rise, place, hn::Set(d, start));
        hn::StoreU(hn::MulAdd(g, hn::LoadU(d, re + k), hn::LoadU(d, sum_re + k)), d, sum_re + k);
        hn::StoreU(hn::MulAdd(g, hn::LoadU(d, im + k), hn::LoadU(d, sum_im + k)), d, sum_im + k);
        place = hn::Add(place, next);
    }
}

} // namespace spacesail::channel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::channel {

HWY_EXPORT(gaussian);
HWY_EXPORT(turn);
HWY_EXPORT(filtered);
HWY_EXPORT(scaled);

void add_gaussian(std::uint32_t* state, float* re, float* im, std::size_t n, float sigma) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(gaussian)(state, re, im, n, sigma);
}

void turn_by(const float* radians, float* re, float* im, std::size_t n) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(turn)(radians, re, im, n);
}

void add_filtered(const float* x, const float* h, std::size_t taps, float* radians, std::size_t n) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(filtered)(x, h, taps, radians, n);
}

void add_scaled(
    const float* re, const float* im, float* sum_re, float* sum_im, std::size_t n, float start, float slope) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(scaled)(re, im, sum_re, sum_im, n, start, slope);
}

} // namespace spacesail::channel
#endif
