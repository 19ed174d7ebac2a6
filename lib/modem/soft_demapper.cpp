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

/// -|y - p|^2 log2(e) / n0 without its |y|^2, in k_log2_unit: i * I + q * Q + constant.
struct point_metrics {
    alignas(64) std::array<float, 256> i, q, constant;
};

} // namespace spacesail::modem::detail
#endif

HWY_BEFORE_NAMESPACE();
namespace spacesail::modem {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using float_tag = hn::ScalableTag<float>;
using float_vec = hn::Vec<float_tag>;

// Values for the bits of one label from the likelihoods `sums` of its 2^bits values; the last bit comes first.
template <unsigned bits>
HWY_INLINE void
marginals(const float_vec* HWY_RESTRICT sums, std::int8_t* const* planes, std::size_t at, std::size_t count)
{
    const float_tag d;
    const hn::RebindToSigned<float_tag> di;
    const hn::Rebind<std::int8_t, float_tag> d8;
    constexpr unsigned half = 1U << (bits - 1);
    float_vec zero = sums[0];
    float_vec one = sums[1];
    float_vec folded[half];
    folded[0] = hn::Add(zero, one);
    for (unsigned k = 1; k < half; ++k) {
        zero = hn::Add(zero, sums[2 * k]);
        one = hn::Add(one, sums[2 * k + 1]);
        folded[k] = hn::Add(sums[2 * k], sums[2 * k + 1]);
    }
    // The bits of a positive float are its logarithm, straight between powers of 2: the inverse of exp2 below.
    const auto difference = hn::Sub(hn::BitCast(di, zero), hn::BitCast(di, one));
    const auto value = hn::Mul(hn::ConvertTo(d, difference), hn::Set(d, detail::k_value_per_bit));
    const auto llr = hn::Max(hn::DemoteTo(d8, hn::NearestInt(value)), hn::Set(d8, -127));
    if (HWY_LIKELY(count == hn::Lanes(d))) {
        hn::StoreU(llr, d8, planes[bits - 1] + at);
    } else {
        HWY_ALIGN std::int8_t part[hn::MaxLanes(d8)];
        hn::Store(llr, d8, part);
        std::copy_n(part, count, planes[bits - 1] + at);
    }
    if constexpr (bits > 1) marginals<bits - 1>(folded, planes, at, count);
}

// Likelihoods of all points, added up along the high and along the low half of the label: 2 additions a point
// where a tree over single bits needs 3.
template <unsigned bits>
void demap(const detail::point_metrics& metrics,
           const float* HWY_RESTRICT iq,
           std::size_t n,
           std::int8_t* const* planes)
{
    const float_tag d;
    const hn::RebindToUnsigned<float_tag> du;
    constexpr unsigned low_bits = bits <= 3 ? 0 : bits == 4 ? 2 : 3;
    constexpr unsigned columns = 1U << low_bits;
    constexpr unsigned rows = 1U << (bits - low_bits);
    const std::size_t lanes = hn::Lanes(d);
    const auto limit = hn::Set(d, detail::k_largest_coordinate);
    const auto floor = hn::Set(d, detail::k_exp2_floor);
    HWY_ALIGN float tail[2 * hn::MaxLanes(d)] = {};

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

        float_vec exponent[rows * columns];
        for (unsigned p = 0; p < rows * columns; ++p) {
            exponent[p] = hn::MulAdd(re,
                                     hn::Set(d, metrics.i[p]),
                                     hn::MulAdd(im, hn::Set(d, metrics.q[p]), hn::Set(d, metrics.constant[p])));
        }
        float_vec largest = exponent[0];
        for (unsigned p = 1; p < rows * columns; ++p) {
            largest = hn::Max(largest, exponent[p]);
        }
        const auto shift = hn::Sub(hn::Set(d, detail::k_exp2_magic), largest);
        float_vec row_sums[rows];
        float_vec column_sums[columns];
        for (auto& sum : column_sums) {
            sum = hn::Zero(d);
        }
        for (unsigned row = 0; row < rows; ++row) {
            auto row_sum = hn::Zero(d);
            for (unsigned column = 0; column < columns; ++column) {
                const auto rounded = hn::Max(hn::Add(exponent[row * columns + column], shift), floor);
                const auto likelihood = hn::BitCast(d, hn::ShiftLeft<8>(hn::BitCast(du, rounded)));
                row_sum = hn::Add(row_sum, likelihood);
                column_sums[column] = hn::Add(column_sums[column], likelihood);
            }
            row_sums[row] = row_sum;
        }
        marginals<bits - low_bits>(row_sums, planes, at, count);
        if constexpr (low_bits > 0) marginals<low_bits>(column_sums, planes + (bits - low_bits), at, count);
    }
}

void demap_1(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<1>(m, iq, n, p);
}
void demap_2(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<2>(m, iq, n, p);
}
void demap_3(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<3>(m, iq, n, p);
}
void demap_4(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<4>(m, iq, n, p);
}
void demap_5(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<5>(m, iq, n, p);
}
void demap_6(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<6>(m, iq, n, p);
}
void demap_7(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<7>(m, iq, n, p);
}
void demap_8(const detail::point_metrics& m, const float* iq, std::size_t n, std::int8_t* const* p)
{
    demap<8>(m, iq, n, p);
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

HWY_EXPORT(demap_1);
HWY_EXPORT(demap_2);
HWY_EXPORT(demap_3);
HWY_EXPORT(demap_4);
HWY_EXPORT(demap_5);
HWY_EXPORT(demap_6);
HWY_EXPORT(demap_7);
HWY_EXPORT(demap_8);
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
    const float k = std::numbers::log2e_v<float> * detail::k_log2_unit / std::max(n0, k_least_n0);
    for (std::size_t p = 0; p < c.points().size(); ++p) {
        const float i = c.i()[p];
        const float q = c.q()[p];
        m.i[p] = 2.0F * k * i;
        m.q[p] = 2.0F * k * q;
        m.constant[p] = -k * (i * i + q * q);
    }
    const auto* iq = reinterpret_cast<const float*>(symbols.data());
    const std::size_t n = symbols.size();
    switch (c.bits_per_symbol()) {
    case 1:
        HWY_DYNAMIC_DISPATCH(demap_1)(m, iq, n, planes.data());
        return;
    case 2:
        HWY_DYNAMIC_DISPATCH(demap_2)(m, iq, n, planes.data());
        return;
    case 3:
        HWY_DYNAMIC_DISPATCH(demap_3)(m, iq, n, planes.data());
        return;
    case 4:
        HWY_DYNAMIC_DISPATCH(demap_4)(m, iq, n, planes.data());
        return;
    case 5:
        HWY_DYNAMIC_DISPATCH(demap_5)(m, iq, n, planes.data());
        return;
    case 6:
        HWY_DYNAMIC_DISPATCH(demap_6)(m, iq, n, planes.data());
        return;
    case 7:
        HWY_DYNAMIC_DISPATCH(demap_7)(m, iq, n, planes.data());
        return;
    default:
        HWY_DYNAMIC_DISPATCH(demap_8)(m, iq, n, planes.data());
        return;
    }
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
