// SPDX-License-Identifier: GPL-3.0-or-later
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "modem/soft_demapper.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <spacesail/modem/soft_demapper.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <numbers>

#ifndef SPACESAIL_MODEM_SOFT_DEMAPPER_ONCE
#define SPACESAIL_MODEM_SOFT_DEMAPPER_ONCE
namespace spacesail::modem::detail {

/// Fraction bits of a base-2 logarithm while it is a float.
inline constexpr float k_log2_unit = 32768.0F;
/// A float in [2^23, 2^24) has a step of 1, so adding this rounds to an integer; shifted left by 8 its bits
/// are those of the float 2^t with the fraction of t as mantissa, for t = 0 the float 1.0.
inline constexpr float k_exp2_magic = 12582912.0F - 32768.0F;
/// Why 126: the least normal float is 2^-126; 87 nats are far behind saturation (63.5).
inline constexpr float k_exp2_floor = k_exp2_magic - 126.0F * k_log2_unit;
/// Symbols beyond this are as certain as they can be; it also stops NaN and infinity.
inline constexpr float k_largest_coordinate = 16.0F;
/// Step of the bits of a float seen as its logarithm, in LLR values.
inline constexpr float k_value_per_bit = k_llr_per_nat * std::numbers::ln2_v<float> / 8388608.0F;

inline constexpr unsigned k_low_bits = 3;
inline constexpr std::size_t k_columns = std::size_t{ 1 } << k_low_bits;
inline constexpr std::size_t k_most_points = 256;

/// -|y - p|^2 log2(e) / n0 without its |y|^2, in k_log2_unit: i * I + q * Q + constant.
struct point_metrics {
    alignas(64) std::array<float, k_most_points> i, q, constant;
};

} // namespace spacesail::modem::detail
#endif

HWY_BEFORE_NAMESPACE();
namespace spacesail::modem {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using float_tag = hn::ScalableTag<float>;
using float_vec = hn::Vec<float_tag>;

// Values of `bits` bits from the likelihoods of their 2^bits combinations, which are overwritten. The last bit is
// read first, then every two combinations that differ in it become one.
HWY_INLINE void
marginals(float* HWY_RESTRICT sums, unsigned bits, std::int8_t* const* planes, std::size_t at, std::size_t count)
{
    const float_tag d;
    const hn::RebindToSigned<float_tag> di;
    const hn::Rebind<std::int8_t, float_tag> d8;
    const std::size_t lanes = hn::Lanes(d);
    for (unsigned bit = bits; bit-- > 0;) {
        auto zero = hn::Load(d, sums);
        auto one = hn::Load(d, sums + lanes);
        hn::Store(hn::Add(zero, one), d, sums);
        for (std::size_t k = 1; k < std::size_t{ 1 } << bit; ++k) {
            const auto even = hn::Load(d, sums + 2 * k * lanes);
            const auto odd = hn::Load(d, sums + (2 * k + 1) * lanes);
            zero = hn::Add(zero, even);
            one = hn::Add(one, odd);
            hn::Store(hn::Add(even, odd), d, sums + k * lanes);
        }
        // The bits of a positive float are its logarithm, straight between powers of 2: the inverse of the
        // exponential in demap().
        const auto difference = hn::Sub(hn::BitCast(di, zero), hn::BitCast(di, one));
        const auto value = hn::Mul(hn::ConvertTo(d, difference), hn::Set(d, detail::k_value_per_bit));
        const auto llr = hn::Max(hn::DemoteTo(d8, hn::NearestInt(value)), hn::Set(d8, -127));
        if (HWY_LIKELY(count == lanes)) {
            hn::StoreU(llr, d8, planes[bit] + at);
        } else {
            HWY_ALIGN std::int8_t part[hn::MaxLanes(d8)];
            hn::Store(llr, d8, part);
            std::copy_n(part, std::min(count, hn::MaxLanes(d8)), planes[bit] + at);
        }
    }
}

// Likelihoods of all points, added up along the high bits and along the low three bits of the label: 2 additions a
// point where a tree over single bits needs 3. Below 8 points every point stands for as many equal ones.
void demap(const detail::point_metrics& metrics,
           unsigned bits,
           const float* HWY_RESTRICT iq,
           std::size_t n,
           std::int8_t* const* planes)
{
    const float_tag d;
    const hn::RebindToUnsigned<float_tag> du;
    const std::size_t lanes = hn::Lanes(d);
    const unsigned high_bits = bits > detail::k_low_bits ? bits - detail::k_low_bits : 0;
    const std::size_t nof_rows = std::size_t{ 1 } << high_bits;
    const auto limit = hn::Set(d, detail::k_largest_coordinate);
    const auto floor = hn::Set(d, detail::k_exp2_floor);
    HWY_ALIGN float tail[2 * hn::MaxLanes(d)] = {};
    HWY_ALIGN float exponents[detail::k_most_points * hn::MaxLanes(d)];
    HWY_ALIGN float rows[detail::k_most_points / detail::k_columns * hn::MaxLanes(d)];
    HWY_ALIGN float columns[detail::k_columns * hn::MaxLanes(d)];

    for (std::size_t at = 0; at < n; at += lanes) {
        const std::size_t count = std::min(lanes, n - at);
        const float* source = iq + 2 * at;
        if (count < lanes) {
            std::copy_n(source, 2 * count, tail);
            source = tail;
        }
        float_vec re, im;
        hn::LoadInterleaved2(d, source, re, im);
        re = hn::Min(hn::Max(re, hn::Neg(limit)), limit);
        im = hn::Min(hn::Max(im, hn::Neg(limit)), limit);
        const auto exponent = [&](std::size_t p) HWY_ATTR {
            const auto e = hn::MulAdd(re,
                                      hn::Set(d, metrics.i[p]),
                                      hn::MulAdd(im, hn::Set(d, metrics.q[p]), hn::Set(d, metrics.constant[p])));
            hn::Store(e, d, exponents + p * lanes);
            return e;
        };
        auto largest = exponent(0);
        auto largest_odd = exponent(1);
        for (std::size_t p = 2; p < nof_rows * detail::k_columns; p += 2) {
            largest = hn::Max(largest, exponent(p));
            largest_odd = hn::Max(largest_odd, exponent(p + 1));
        }
        const auto shift = hn::Sub(hn::Set(d, detail::k_exp2_magic), hn::Max(largest, largest_odd));
        const auto likelihood = [&](std::size_t p) HWY_ATTR {
            const auto rounded = hn::Max(hn::Add(hn::Load(d, exponents + p * lanes), shift), floor);
            return hn::BitCast(d, hn::ShiftLeft<8>(hn::BitCast(du, rounded)));
        };
        auto c0 = hn::Zero(d), c1 = hn::Zero(d), c2 = hn::Zero(d), c3 = hn::Zero(d);
        auto c4 = hn::Zero(d), c5 = hn::Zero(d), c6 = hn::Zero(d), c7 = hn::Zero(d);
        for (std::size_t row = 0; row < nof_rows; ++row) {
            const std::size_t p = row * detail::k_columns;
            const auto l0 = likelihood(p), l1 = likelihood(p + 1), l2 = likelihood(p + 2), l3 = likelihood(p + 3);
            c0 = hn::Add(c0, l0);
            c1 = hn::Add(c1, l1);
            c2 = hn::Add(c2, l2);
            c3 = hn::Add(c3, l3);
            const auto left = hn::Add(hn::Add(l0, l1), hn::Add(l2, l3));
            const auto l4 = likelihood(p + 4), l5 = likelihood(p + 5), l6 = likelihood(p + 6), l7 = likelihood(p + 7);
            c4 = hn::Add(c4, l4);
            c5 = hn::Add(c5, l5);
            c6 = hn::Add(c6, l6);
            c7 = hn::Add(c7, l7);
            const auto right = hn::Add(hn::Add(l4, l5), hn::Add(l6, l7));
            hn::Store(hn::Add(left, right), d, rows + row * lanes);
        }
        if (bits < detail::k_low_bits) {
            // The equal points of one label lie side by side.
            hn::Store(c0, d, columns);
            hn::Store(bits == 1 ? c4 : c2, d, columns + lanes);
            hn::Store(c4, d, columns + 2 * lanes);
            hn::Store(c6, d, columns + 3 * lanes);
            marginals(columns, bits, planes, at, count);
            continue;
        }
        hn::Store(c0, d, columns);
        hn::Store(c1, d, columns + lanes);
        hn::Store(c2, d, columns + 2 * lanes);
        hn::Store(c3, d, columns + 3 * lanes);
        hn::Store(c4, d, columns + 4 * lanes);
        hn::Store(c5, d, columns + 5 * lanes);
        hn::Store(c6, d, columns + 6 * lanes);
        hn::Store(c7, d, columns + 7 * lanes);
        marginals(columns, detail::k_low_bits, planes + high_bits, at, count);
        if (high_bits > 0) marginals(rows, high_bits, planes, at, count);
    }
}

void demap_signs(const float* HWY_RESTRICT iq, std::size_t nof_floats, float scale, std::int8_t* HWY_RESTRICT llr)
{
    const float_tag d;
    const hn::Rebind<std::int8_t, float_tag> d8;
    const std::size_t lanes = hn::Lanes(d);
    const auto factor = hn::Set(d, scale);
    const auto limit = hn::Set(d, 127.0F);
    std::size_t i = 0;
    for (; i + lanes <= nof_floats; i += lanes) {
        const auto value = hn::Min(hn::Max(hn::Mul(hn::LoadU(d, iq + i), factor), hn::Neg(limit)), limit);
        hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(value)), d8, llr + i);
    }
    for (; i < nof_floats; ++i) {
        const hn::CappedTag<float, 1> d1;
        const hn::Rebind<std::int8_t, decltype(d1)> d1_8;
        const auto bound = hn::Set(d1, 127.0F);
        const auto value = hn::Min(hn::Max(hn::Mul(hn::LoadU(d1, iq + i), hn::Set(d1, scale)), hn::Neg(bound)), bound);
        hn::StoreU(hn::DemoteTo(d1_8, hn::NearestInt(value)), d1_8, llr + i);
    }
}

} // namespace HWY_NAMESPACE
} // namespace spacesail::modem
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::modem {
namespace {

HWY_EXPORT(demap);
HWY_EXPORT(demap_signs);

// Why: below -50 dB of noise every value saturates, and the floats keep enough digits.
constexpr float k_least_n0 = 1e-5F;

} // namespace

void soft_demap(const constellation& c,
                std::span<const std::complex<float>> symbols,
                float n0,
                std::span<std::int8_t* const> planes) noexcept
{
    assert(n0 > 0.0F);
    assert(planes.size() == c.bits_per_symbol());
    simd::init();
    detail::point_metrics m;
    const unsigned bits = c.bits_per_symbol();
    const unsigned copies = bits < detail::k_low_bits ? detail::k_low_bits - bits : 0;
    const float k = std::numbers::log2e_v<float> * detail::k_log2_unit / std::max(n0, k_least_n0);
    for (std::size_t p = 0; p < c.points().size() << copies; ++p) {
        const float i = c.i()[p >> copies];
        const float q = c.q()[p >> copies];
        m.i[p] = 2.0F * k * i;
        m.q[p] = 2.0F * k * q;
        m.constant[p] = -k * (i * i + q * q);
    }
    HWY_DYNAMIC_DISPATCH(demap)
    (m, bits, reinterpret_cast<const float*>(symbols.data()), symbols.size(), planes.data());
}

void soft_demap_qpsk(std::span<const std::complex<float>> symbols, float n0, std::span<std::int8_t> llr) noexcept
{
    assert(n0 > 0.0F);
    assert(llr.size() == 2 * symbols.size());
    simd::init();
    const float scale = k_llr_per_nat * 2.0F * std::numbers::sqrt2_v<float> / std::max(n0, k_least_n0);
    HWY_DYNAMIC_DISPATCH(demap_signs)
    (reinterpret_cast<const float*>(symbols.data()), llr.size(), scale, llr.data());
}

} // namespace spacesail::modem
#endif // HWY_ONCE
