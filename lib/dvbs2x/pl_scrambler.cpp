// SPDX-License-Identifier: GPL-3.0-or-later
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dvbs2x/pl_scrambler.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <spacesail/dvbs2x/pl_scrambler.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <cassert>
#include <stdexcept>
#include <string>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dvbs2x {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// iq: I, Q, I, Q ...; every symbol times j^R, or j^-R.
template <bool inverse>
void rotate(const std::uint8_t* HWY_RESTRICT phases, float* HWY_RESTRICT iq, std::size_t n)
{
    const hn::ScalableTag<float> df;
    const hn::RebindToUnsigned<decltype(df)> du;
    const hn::Rebind<std::uint8_t, decltype(df)> d8;
    const std::size_t lanes = hn::Lanes(df);
    const auto one = hn::Set(du, 1);
    const auto sign = hn::Set(du, 0x80000000U);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        auto r = hn::PromoteTo(du, hn::LoadU(d8, phases + i));
        if constexpr (inverse) r = hn::Sub(hn::Zero(du), r);
        hn::Vec<decltype(df)> re, im;
        hn::LoadInterleaved2(df, iq + 2 * i, re, im);
        const auto odd = hn::RebindMask(df, hn::TestBit(r, one));
        // j: (a, b) -> (-b, a); -1: (-a, -b); -j: (b, -a). I changes sign for R = 1, 2, Q for R = 2, 3.
        const auto flip_im = hn::And(hn::ShiftLeft<30>(r), sign);
        const auto flip_re = hn::Xor(flip_im, hn::ShiftLeft<31>(r));
        const auto new_re = hn::Xor(hn::IfThenElse(odd, im, re), hn::BitCast(df, flip_re));
        const auto new_im = hn::Xor(hn::IfThenElse(odd, re, im), hn::BitCast(df, flip_im));
        hn::StoreInterleaved2(new_re, new_im, df, iq + 2 * i);
    }
    for (; i < n; ++i) {
        const unsigned r = inverse ? 4U - phases[i] : phases[i];
        const float a = iq[2 * i];
        const float b = iq[2 * i + 1];
        const float x = (r & 1) != 0 ? b : a;
        const float y = (r & 1) != 0 ? a : b;
        iq[2 * i] = ((r ^ (r >> 1)) & 1) != 0 ? -x : x;
        iq[2 * i + 1] = (r & 2) != 0 ? -y : y;
    }
}

void rotate_forward(const std::uint8_t* phases, float* iq, std::size_t n) { rotate<false>(phases, iq, n); }
void rotate_back(const std::uint8_t* phases, float* iq, std::size_t n) { rotate<true>(phases, iq, n); }

} // namespace HWY_NAMESPACE
} // namespace spacesail::dvbs2x
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dvbs2x {
namespace {

HWY_EXPORT(rotate_forward);
HWY_EXPORT(rotate_back);

constexpr unsigned k_degree = 18;
constexpr std::uint32_t k_state_mask = (1U << k_degree) - 1;
constexpr std::size_t k_q_delay = 131072; // distance of the two bits of R
constexpr std::size_t k_nof_phases = k_longest_plframe_symbols - k_header_symbols;

// Bit k of a state is the element k steps ahead.
constexpr std::uint32_t next_x(std::uint32_t s) { return (s >> 1) | (((s ^ (s >> 7)) & 1) << (k_degree - 1)); }
constexpr std::uint32_t next_y(std::uint32_t s)
{
    return (s >> 1) | (((s ^ (s >> 5) ^ (s >> 7) ^ (s >> 10)) & 1) << (k_degree - 1));
}

} // namespace

pl_scrambler::pl_scrambler(unsigned gold_code) : d_gold_code(gold_code), d_phases(k_nof_phases)
{
    if (gold_code > k_max_gold_code) {
        throw std::invalid_argument("gold_code is " + std::to_string(gold_code) + ", allowed are 0 to " +
                                    std::to_string(k_max_gold_code));
    }
    std::uint32_t x = 1;
    std::uint32_t y = k_state_mask;
    for (unsigned n = 0; n < gold_code; ++n) {
        x = next_x(x);
    }
    for (std::size_t i = 0; i < k_q_delay + k_nof_phases; ++i) {
        const auto z = static_cast<std::uint8_t>((x ^ y) & 1);
        if (i < k_nof_phases) d_phases[i] = z;
        if (i >= k_q_delay) d_phases[i - k_q_delay] |= static_cast<std::uint8_t>(z << 1);
        x = next_x(x);
        y = next_y(y);
    }
}

void pl_scrambler::scramble(std::span<std::complex<float>> symbols, std::size_t first_index) const noexcept
{
    assert(first_index + symbols.size() <= d_phases.size());
    simd::init();
    HWY_DYNAMIC_DISPATCH(rotate_forward)
    (d_phases.data() + first_index, reinterpret_cast<float*>(symbols.data()), symbols.size());
}

void pl_scrambler::descramble(std::span<std::complex<float>> symbols, std::size_t first_index) const noexcept
{
    assert(first_index + symbols.size() <= d_phases.size());
    simd::init();
    HWY_DYNAMIC_DISPATCH(rotate_back)
    (d_phases.data() + first_index, reinterpret_cast<float*>(symbols.data()), symbols.size());
}

} // namespace spacesail::dvbs2x
#endif // HWY_ONCE
