// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/ldpc_kernels.hpp"

#include <spacesail/simd/dispatch.hpp>

#include <cstring>

// Why: arrays of vectors need a size known to the compiler. The sanitizer build brings these and more.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fec/ldpc_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace spacesail::fec::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
using tag_i8 = hn::CappedTag<std::int8_t, 1>;
#else
using tag_i8 = hn::CappedTag<std::int8_t, 64>;
#endif
// Functions that are dispatched to are not noexcept: Highway's table wants plain function types.
using tag_u8 = hn::RebindToUnsigned<tag_i8>;
using vec_i8 = hn::Vec<tag_i8>;
using vec_u8 = hn::Vec<tag_u8>;

constexpr std::size_t k_lanes = HWY_MIN(HWY_LANES(std::int8_t), 64);
constexpr std::size_t k_vectors = k_row_stride / k_lanes;
// Vectors of a row worked on at a time: as many as the registers hold the state of.
constexpr std::size_t k_block = 3;
constexpr std::size_t k_blocks = k_vectors / k_block;

/// Magnitude limit of a message, 7.75 in LLR.
constexpr std::uint8_t k_max_message = 31;

/// What a check knows of its edges, for k_block vectors of rows.
struct row_state {
    vec_u8 least[k_block];
    vec_u8 second[k_block];
    vec_u8 third[k_block];
    vec_i8 sign[k_block];
};

HWY_INLINE std::size_t wrapped(std::size_t at) noexcept { return at >= k_group_bits ? at - k_group_bits : at; }

HWY_INLINE void note(row_state& s, std::size_t j, vec_i8 v) noexcept
{
    const tag_u8 du;
    const vec_u8 a = hn::BitCast(du, hn::Abs(v));
    const vec_u8 above = hn::Max(s.least[j], a);
    s.least[j] = hn::Min(s.least[j], a);
    const vec_u8 above2 = hn::Max(s.second[j], above);
    s.second[j] = hn::Min(s.second[j], above);
    s.third[j] = hn::Min(s.third[j], above2);
    s.sign[j] = hn::Xor(s.sign[j], v);
}

/// ln(1 + exp(-x)) for x, both in decoder steps of 0.25.
HWY_INLINE vec_u8 correction(vec_u8 x) noexcept
{
    static_assert(k_llr_scale == 4);
    const tag_u8 du;
    alignas(16) static constexpr std::uint8_t k_table[16] = { 3, 2, 2, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0 };
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(du, k_table[HWY_MIN(hn::GetLane(x), 15)]);
#else
    return hn::TableLookupBytes(hn::LoadDup128(du, k_table), hn::Min(x, hn::Set(du, 15)));
#endif
}

/// Box-plus of two magnitudes a <= b.
HWY_INLINE vec_u8 box_plus(vec_u8 a, vec_u8 b) noexcept
{
    return hn::SaturatedSub(hn::SaturatedAdd(a, correction(hn::SaturatedAdd(a, b))),
                            correction(hn::SaturatedSub(b, a)));
}

template <class M>
HWY_INLINE vec_i8 negated_where(M mask, vec_i8 v) noexcept
{
    return hn::IfThenElse(mask, hn::Neg(v), v);
}

/// Turns the three least magnitudes (see row_rule) into the messages to edges with a positive value: `second` to the
/// edge that has the least one, `third` to all others.
template <row_rule Rule>
HWY_INLINE void finish(row_state& s, std::size_t j) noexcept
{
    const tag_u8 du;
    const vec_u8 most = hn::Set(du, k_max_message);
    const vec_u8 to_least = box_plus(s.second[j], s.third[j]);
    vec_u8 to_others = box_plus(s.least[j], s.second[j]);
    if constexpr (Rule == row_rule::long_rows) to_others = box_plus(to_others, s.third[j]);
    const tag_i8 d;
    const auto odd = hn::Lt(s.sign[j], hn::Zero(d));
    s.second[j] = hn::BitCast(du, negated_where(odd, hn::BitCast(d, hn::Min(to_least, most))));
    s.third[j] = hn::BitCast(du, negated_where(odd, hn::BitCast(d, hn::Min(to_others, most))));
}

HWY_INLINE vec_i8 message_to(const row_state& s, std::size_t j, vec_i8 v) noexcept
{
    const tag_i8 d;
    const tag_u8 du;
    const auto is_least = hn::Eq(hn::BitCast(du, hn::Abs(v)), s.least[j]);
    const vec_i8 r = hn::BitCast(d, hn::IfThenElse(is_least, s.second[j], s.third[j]));
    return negated_where(hn::Lt(v, hn::Zero(d)), r);
}

struct layer_view {
    row_rule rule;
    const ldpc_schedule::edge* edges;
    std::size_t nof_plain;
    std::size_t nof_information; // plain and repeated
    std::int8_t* before;         // parity group r - 1
    std::int8_t* own;            // parity group r
    std::int8_t* messages;
    std::int8_t* scratch; // a-priori values of the edges, later what repeated ones change
};

/// A-priori values of all edges of the layer, into scratch and state.
HWY_INLINE void first_pass(const layer_view& w, std::int8_t* values, std::size_t block, row_state& out) noexcept
{
    const tag_i8 d;
    const tag_u8 du;
    row_state s; // here, so that the compiler keeps it in registers
    for (std::size_t j = 0; j < k_block; ++j) {
        s.least[j] = s.second[j] = s.third[j] = hn::Set(du, 127);
        s.sign[j] = hn::Zero(d);
    }
    const std::size_t first = block * k_block * k_lanes;
    const std::int8_t* message = w.messages + first;
    std::int8_t* a_priori = w.scratch + first;
    for (std::size_t e = 0; e < w.nof_information; ++e, message += k_row_stride, a_priori += k_row_stride) {
        const std::int8_t* group = values + w.edges[e].group;
        const std::size_t start = w.edges[e].start + first;
        for (std::size_t j = 0; j < k_block; ++j) {
            const vec_i8 value = hn::LoadU(d, group + wrapped(start + j * k_lanes));
            const vec_i8 v = hn::SaturatedSub(value, hn::Load(d, message + j * k_lanes));
            hn::Store(v, d, a_priori + j * k_lanes);
            note(s, j, v);
        }
    }
    for (const std::int8_t* parity : { w.before + first, w.own + first }) {
        for (std::size_t j = 0; j < k_block; ++j) {
            const vec_i8 value = hn::LoadU(d, parity + j * k_lanes);
            const vec_i8 v = hn::SaturatedSub(value, hn::Load(d, message + j * k_lanes));
            hn::Store(v, d, a_priori + j * k_lanes);
            note(s, j, v);
        }
        message += k_row_stride;
        a_priori += k_row_stride;
    }
    if (w.rule == row_rule::long_rows) {
        for (std::size_t j = 0; j < k_block; ++j) finish<row_rule::long_rows>(s, j);
    } else {
        for (std::size_t j = 0; j < k_block; ++j) finish<row_rule::short_rows>(s, j);
    }
    out = s;
}

/// New messages and a-posteriori values. Blocks from the last to the first: the copy behind value 359 is made of
/// the first vectors of the group.
HWY_INLINE void second_pass(const layer_view& w, std::int8_t* values, std::size_t block, const row_state& s) noexcept
{
    const tag_i8 d;
    const std::size_t first = block * k_block * k_lanes;
    std::int8_t* message = w.messages + first;
    std::int8_t* a_priori = w.scratch + first;
    for (std::size_t e = 0; e < w.nof_plain; ++e, message += k_row_stride, a_priori += k_row_stride) {
        std::int8_t* group = values + w.edges[e].group + first;
        for (std::size_t j = k_block; j-- > 0;) {
            const vec_i8 v = hn::Load(d, a_priori + j * k_lanes);
            const vec_i8 r = message_to(s, j, v);
            hn::Store(r, d, message + j * k_lanes);
            const vec_i8 value = hn::SaturatedAdd(v, r);
            hn::Store(value, d, group + j * k_lanes);
            if (first + j * k_lanes < 64) hn::StoreU(value, d, group + k_group_bits + j * k_lanes);
        }
    }
    for (std::size_t e = w.nof_plain; e < w.nof_information; ++e) {
        for (std::size_t j = 0; j < k_block; ++j) {
            const vec_i8 r = message_to(s, j, hn::Load(d, a_priori + j * k_lanes));
            const vec_i8 change = hn::SaturatedSub(r, hn::Load(d, message + j * k_lanes));
            hn::Store(r, d, message + j * k_lanes);
            hn::Store(change, d, a_priori + j * k_lanes);
        }
        message += k_row_stride;
        a_priori += k_row_stride;
    }
    for (std::int8_t* parity : { w.before + first, w.own + first }) {
        for (std::size_t j = 0; j < k_block; ++j) {
            const vec_i8 v = hn::Load(d, a_priori + j * k_lanes);
            const vec_i8 r = message_to(s, j, v);
            hn::Store(r, d, message + j * k_lanes);
            hn::StoreU(hn::SaturatedAdd(v, r), d, parity + j * k_lanes);
        }
        message += k_row_stride;
        a_priori += k_row_stride;
    }
}

/// The edges whose group the layer has had already: adds what their messages changed, in their own rotation.
HWY_NOINLINE void add_repeated(const layer_view& w, std::int8_t* values) noexcept
{
    const tag_i8 d;
    for (std::size_t e = w.nof_plain; e < w.nof_information; ++e) {
        std::int8_t* group = values + w.edges[e].group;
        std::int8_t* change = w.scratch + e * k_row_stride;
        for (std::size_t j = 0; j < k_vectors; ++j) {
            const vec_i8 value = hn::LoadU(d, group + wrapped(w.edges[e].restart + j * k_lanes));
            hn::Store(hn::SaturatedAdd(value, hn::Load(d, change + j * k_lanes)), d, change + j * k_lanes);
        }
        std::memcpy(group, change, k_group_bits);
        std::memcpy(group + k_group_bits, change, 64);
    }
}

void iterate(const ldpc_schedule& schedule, std::int8_t* values, std::int8_t* messages, std::int8_t* scratch)
{
    for (unsigned r = 0; r < schedule.q; ++r) {
        const auto& layer = schedule.layers[r];
        const layer_view w = { schedule.rule,
                               schedule.edges.data() + layer.first_edge,
                               layer.nof_plain,
                               static_cast<std::size_t>(layer.nof_plain) + layer.nof_repeated,
                               values + (r == 0 ? schedule.shifted_parity_offset() : schedule.parity_offset(r - 1)),
                               values + schedule.parity_offset(r),
                               messages,
                               scratch };
        const std::int8_t kept = w.before[k_group_bits];
        row_state state[k_blocks];
        for (std::size_t b = 0; b < k_blocks; ++b) first_pass(w, values, b, state[b]);
        for (std::size_t b = k_blocks; b-- > 0;) second_pass(w, values, b, state[b]);
        if (layer.nof_repeated != 0) add_repeated(w, values);
        if (r == 0) {
            // Row 0 has no such edge; value 359 of group q - 1 belongs to row 360, which does not exist.
            w.before[0] = 127;
            w.before[k_group_bits] = kept;
        }
        messages += layer.degree() * k_row_stride;
    }
}

bool checks_hold(const ldpc_schedule& schedule, const std::int8_t* values)
{
    const tag_i8 d;
    const tag_u8 du;
    // Rows 360..383 are fill.
    alignas(64) std::int8_t rows[k_row_stride];
    std::memset(rows, -128, k_group_bits);
    std::memset(rows + k_group_bits, 0, k_row_stride - k_group_bits);
    for (unsigned r = 0; r < schedule.q; ++r) {
        const auto& layer = schedule.layers[r];
        const std::size_t nof = static_cast<std::size_t>(layer.nof_plain) + layer.nof_repeated;
        const auto* edges = schedule.edges.data() + layer.first_edge;
        const std::int8_t* before =
            values + (r == 0 ? schedule.shifted_parity_offset() : schedule.parity_offset(r - 1));
        const std::int8_t* own = values + schedule.parity_offset(r);
        vec_i8 failed = hn::Zero(d);
        for (std::size_t at = 0; at < k_row_stride; at += k_lanes) {
            vec_i8 parity = hn::Xor(hn::LoadU(d, before + at), hn::LoadU(d, own + at));
            for (std::size_t e = 0; e < nof; ++e) {
                parity = hn::Xor(parity, hn::LoadU(d, values + edges[e].group + wrapped(edges[e].check_start + at)));
            }
            failed = hn::Or(failed, hn::And(parity, hn::Load(d, rows + at)));
        }
        if (!hn::AllTrue(du, hn::Eq(hn::BitCast(du, failed), hn::Zero(du)))) return false;
    }
    return true;
}

void load_values(const ldpc_schedule& schedule,
                 const std::int8_t* information,
                 const std::int8_t* parity,
                 std::int8_t* values)
{
    for (std::size_t g = 0; g < schedule.nof_groups; ++g) {
        // Value p of the buffer is bit (p - frame) mod 360.
        const std::int8_t* group = information + g * k_group_bits;
        const std::size_t frame = schedule.frame[g];
        std::int8_t* to = values + g * k_group_stride;
        std::memcpy(to + frame, group, k_group_bits - frame);
        std::memcpy(to, group + k_group_bits - frame, frame);
        std::memcpy(to + k_group_bits, to, 64);
    }
#if HWY_TARGET == HWY_SCALAR
    for (unsigned r = 0; r < schedule.q; ++r) {
        std::int8_t* to = values + schedule.parity_offset(r);
        for (unsigned j = 0; j < k_row_stride; ++j) {
            to[j] = j < k_group_bits ? parity[j * schedule.q + r] : std::int8_t{ 0 };
        }
    }
#else
    // Transposed in tiles of 16 x 16; the last tiles overlap or reach into the fill.
    const hn::FixedTag<std::int8_t, 16> d8;
    const std::size_t q = schedule.q;
    std::int8_t* to = values + schedule.nof_groups * k_group_stride;
    for (std::size_t j = 0; j < k_group_bits; j += 16) {
        const std::size_t column = HWY_MIN(j, k_group_bits - 16);
        for (std::size_t r = 0; r < q; r += 16) {
            hn::Vec<decltype(d8)> a[16], b[16];
            for (std::size_t i = 0; i < 16; ++i) {
                a[i] = hn::LoadU(d8, parity + (column + i) * q + r);
            }
            for (std::size_t i = 0; i < 8; ++i) {
                b[2 * i] = hn::InterleaveLower(d8, a[i], a[i + 8]);
                b[2 * i + 1] = hn::InterleaveUpper(d8, a[i], a[i + 8]);
            }
            for (std::size_t i = 0; i < 8; ++i) {
                a[2 * i] = hn::InterleaveLower(d8, b[i], b[i + 8]);
                a[2 * i + 1] = hn::InterleaveUpper(d8, b[i], b[i + 8]);
            }
            for (std::size_t i = 0; i < 8; ++i) {
                b[2 * i] = hn::InterleaveLower(d8, a[i], a[i + 8]);
                b[2 * i + 1] = hn::InterleaveUpper(d8, a[i], a[i + 8]);
            }
            for (std::size_t i = 0; i < 8; ++i) {
                a[2 * i] = hn::InterleaveLower(d8, b[i], b[i + 8]);
                a[2 * i + 1] = hn::InterleaveUpper(d8, b[i], b[i + 8]);
            }
            for (std::size_t i = 0; i < 16 && r + i < q; ++i) {
                hn::StoreU(a[i], d8, to + (r + i) * k_row_stride + (r + i + 1 == q ? 1 : 0) + column);
            }
        }
    }
#endif
    values[schedule.shifted_parity_offset()] = 127;
}

void hard_decisions(const ldpc_schedule& schedule, const std::int8_t* values, std::uint8_t* packed)
{
    for (std::size_t g = 0; g < schedule.nof_groups; ++g, packed += k_group_bits / 8) {
        const std::int8_t* group = values + g * k_group_stride;
        const std::size_t start = schedule.frame[g];
#if HWY_TARGET == HWY_SCALAR
        for (std::size_t i = 0; i < k_group_bits; i += 8) {
            unsigned byte = 0;
            for (std::size_t b = 0; b < 8; ++b) byte = 2 * byte + (group[wrapped(start + i + b)] < 0 ? 1U : 0U);
            packed[i / 8] = static_cast<std::uint8_t>(byte);
        }
#else
        const tag_i8 d;
        // Lane 0 becomes the lowest bit of a byte, the first bit has to be the highest one.
        alignas(
            16) static constexpr std::int8_t k_reversed[16] = { 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8 };
        const vec_i8 reversed = hn::LoadDup128(d, k_reversed);
        for (std::size_t at = 0; at < k_group_bits; at += k_lanes) {
            const vec_i8 v = hn::TableLookupBytes(hn::LoadU(d, group + wrapped(start + at)), reversed);
            std::uint8_t bits[8];
            hn::StoreMaskBits(d, hn::Lt(v, hn::Zero(d)), bits);
            std::memcpy(packed + at / 8, bits, k_lanes / 8);
        }
#endif
    }
}

} // namespace HWY_NAMESPACE
} // namespace spacesail::fec::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::fec::kernels {

HWY_EXPORT(load_values);
HWY_EXPORT(iterate);
HWY_EXPORT(checks_hold);
HWY_EXPORT(hard_decisions);

void load_values(const ldpc_schedule& s,
                 const std::int8_t* information,
                 const std::int8_t* parity,
                 std::int8_t* values) noexcept
{
    simd::init();
    HWY_DYNAMIC_DISPATCH(load_values)(s, information, parity, values);
}

void iterate(const ldpc_schedule& s, std::int8_t* values, std::int8_t* messages, std::int8_t* scratch) noexcept
{
    HWY_DYNAMIC_DISPATCH(iterate)(s, values, messages, scratch);
}

bool checks_hold(const ldpc_schedule& s, const std::int8_t* values) noexcept
{
    return HWY_DYNAMIC_DISPATCH(checks_hold)(s, values);
}

void hard_decisions(const ldpc_schedule& s, const std::int8_t* values, std::uint8_t* packed) noexcept
{
    HWY_DYNAMIC_DISPATCH(hard_decisions)(s, values, packed);
}

} // namespace spacesail::fec::kernels
#endif
