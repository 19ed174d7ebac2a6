// SPDX-License-Identifier: GPL-3.0-or-later
// Sine and cosine of double vectors, for inclusion in Highway's foreach_target sources only.
#if defined(SPACESAIL_ORBIT_SINCOS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SPACESAIL_ORBIT_SINCOS_INL_HPP
#undef SPACESAIL_ORBIT_SINCOS_INL_HPP
#else
#define SPACESAIL_ORBIT_SINCOS_INL_HPP
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace spacesail::orbit::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// \brief sin and cos of x, absolute error below 2.5e-16 for |x| < 1e6 rad (beyond that the reduction loses digits).
///
/// Reduction by multiples of pi/2 in three parts (Cody and Waite), then polynomials of degree 13 and 14 that
/// interpolate at the Chebyshev nodes of |r| <= pi/4.
template <class D, class V>
HWY_INLINE void sin_cos(D d, V x, V& sine, V& cosine)
{
    const hn::RebindToUnsigned<D> du;
    // Adding 1.5 * 2^52 leaves the nearest integer in the low bits of the sum.
    const auto magic = hn::Set(d, 0x1.8p52);
    const auto shifted = hn::MulAdd(x, hn::Set(d, 0x1.45f306dc9c883p-1), magic); // 2 / pi
    const auto n = hn::Sub(shifted, magic);
    const auto quadrant = hn::BitCast(du, shifted);
    auto r = hn::NegMulAdd(n, hn::Set(d, 0x1.921fb544p0), x);
    r = hn::NegMulAdd(n, hn::Set(d, 0x1.0b4611a6p-34), r);
    r = hn::NegMulAdd(n, hn::Set(d, 0x1.3198a2e037073p-69), r);
    const auto z = hn::Mul(r, r);

    auto s = hn::MulAdd(z, hn::Set(d, 1.5918101230273893e-10), hn::Set(d, -2.5051131455427943e-08));
    auto c = hn::MulAdd(z, hn::Set(d, -1.1382614868556182e-11), hn::Set(d, 2.0876146024689743e-09));
    s = hn::MulAdd(z, s, hn::Set(d, 2.755731610068303e-06));
    c = hn::MulAdd(z, c, hn::Set(d, -2.7557317270560326e-07));
    s = hn::MulAdd(z, s, hn::Set(d, -0.0001984126983675497));
    c = hn::MulAdd(z, c, hn::Set(d, 2.4801587298763433e-05));
    s = hn::MulAdd(z, s, hn::Set(d, 0.008333333333330946));
    c = hn::MulAdd(z, c, hn::Set(d, -0.0013888888888887395));
    s = hn::MulAdd(z, s, hn::Set(d, -0.16666666666666666));
    c = hn::MulAdd(z, c, hn::Set(d, 0.041666666666666664));
    s = hn::MulAdd(hn::Mul(z, r), s, r);
    const auto one = hn::Set(d, 1.0);
    c = hn::MulAdd(hn::Mul(z, z), c, hn::NegMulAdd(z, hn::Set(d, 0.5), one));

    const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::Sub(hn::Zero(du), hn::And(quadrant, hn::Set(du, 1)))));
    const auto two = hn::Set(du, 2);
    const auto sine_sign = hn::ShiftLeft<62>(hn::And(quadrant, two));
    const auto cosine_sign = hn::ShiftLeft<62>(hn::And(hn::Add(quadrant, hn::Set(du, 1)), two));
    sine = hn::Xor(hn::IfThenElse(odd, c, s), hn::BitCast(d, sine_sign));
    cosine = hn::Xor(hn::IfThenElse(odd, s, c), hn::BitCast(d, cosine_sign));
}

/// \brief Turns (sine, cosine) of an angle by x, |x| <= 0.06: error below 1e-16.
template <class D, class V>
HWY_INLINE void turn(D d, V x, V& sine, V& cosine)
{
    const auto z = hn::Mul(x, x);
    auto s = hn::MulAdd(z, hn::Set(d, 1.0 / 362880.0), hn::Set(d, -1.0 / 5040.0));
    auto c = hn::MulAdd(z, hn::Set(d, 1.0 / 40320.0), hn::Set(d, -1.0 / 720.0));
    s = hn::MulAdd(z, s, hn::Set(d, 1.0 / 120.0));
    c = hn::MulAdd(z, c, hn::Set(d, 1.0 / 24.0));
    s = hn::MulAdd(z, s, hn::Set(d, -1.0 / 6.0));
    c = hn::MulAdd(z, c, hn::Set(d, -0.5));
    s = hn::MulAdd(hn::Mul(z, x), s, x);
    c = hn::Mul(z, c); // cos - 1
    const auto turned = hn::MulAdd(cosine, s, hn::MulAdd(sine, c, sine));
    cosine = hn::NegMulAdd(sine, s, hn::MulAdd(cosine, c, cosine));
    sine = turned;
}

/// \brief The same for |x| <= 0.004.
template <class D, class V>
HWY_INLINE void turn_little(D d, V x, V& sine, V& cosine)
{
    const auto z = hn::Mul(x, x);
    auto s = hn::MulAdd(z, hn::Set(d, 1.0 / 120.0), hn::Set(d, -1.0 / 6.0));
    auto c = hn::MulAdd(z, hn::Set(d, 1.0 / 24.0), hn::Set(d, -0.5));
    s = hn::MulAdd(hn::Mul(z, x), s, x);
    c = hn::Mul(z, c);
    const auto turned = hn::MulAdd(cosine, s, hn::MulAdd(sine, c, sine));
    cosine = hn::NegMulAdd(sine, s, hn::MulAdd(cosine, c, cosine));
    sine = turned;
}

} // namespace spacesail::orbit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
