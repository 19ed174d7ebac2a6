// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/bch_chien.hpp"

#include <spacesail/simd/dispatch.hpp>

#include <array>
#include <bit>
#include <cassert>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fec/bch_chien.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef SPACESAIL_FEC_CHIEN_SHARED
#define SPACESAIL_FEC_CHIEN_SHARED
namespace spacesail::fec {

/// Positions of one step.
inline constexpr unsigned k_chien_lanes = 64;
/// Rows of the product table to be added up in one step: 4 for each of up to 12 terms.
using chien_rows = std::array<const std::uint16_t*, 4 * chien_search::k_max_degree>;

} // namespace spacesail::fec
#endif

HWY_BEFORE_NAMESPACE();
namespace spacesail::fec {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Bit l of the result: the sum of `constant` and lane l of all rows is 0.
std::uint64_t zeros_of_sum(const chien_rows& rows, std::size_t nof_rows, std::uint16_t constant)
{
    const hn::CappedTag<std::uint16_t, k_chien_lanes> d;
    std::uint64_t zeros = 0;
    for (std::size_t l = 0; l < k_chien_lanes; l += hn::Lanes(d)) {
        auto sum = hn::Set(d, constant);
        for (std::size_t i = 0; i < nof_rows; ++i) sum = hn::Xor(sum, hn::Load(d, rows[i] + l));
        const auto is_zero = hn::Eq(sum, hn::Zero(d));
        if (hn::AllFalse(d, is_zero)) continue;
        alignas(64) std::uint16_t lanes[k_chien_lanes];
        hn::Store(sum, d, lanes);
        for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
            if (lanes[i] == 0) zeros |= std::uint64_t{ 1 } << (l + i);
        }
    }
    return zeros;
}

} // namespace HWY_NAMESPACE
} // namespace spacesail::fec
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::fec {

HWY_EXPORT(zeros_of_sum);

chien_search::chien_search(const galois_field& gf)
    : d_field(gf), d_products(std::size_t{ k_max_degree } * 4 * 16 * k_chien_lanes)
{
    auto* to = d_products.data();
    for (unsigned j = 1; j <= k_max_degree; ++j) {
        for (unsigned place = 0; place < 4; ++place) {
            for (unsigned digit = 0; digit < 16; ++digit) {
                const unsigned value = digit << (4 * place);
                for (unsigned l = 0; l < k_chien_lanes; ++l, ++to) {
                    // A digit the field is too small for does not occur.
                    const bool occurs = value <= gf.order();
                    *to = occurs ? gf.multiply(static_cast<galois_field::element>(value), gf.power(gf.order() - j * l))
                                 : galois_field::element{ 0 };
                }
            }
        }
    }
}

const chien_search& chien_search::of(const galois_field& gf)
{
    switch (gf.degree()) {
    case 14: {
        static const chien_search search(gf);
        return search;
    }
    case 15: {
        static const chien_search search(gf);
        return search;
    }
    default: {
        static const chien_search search(gf);
        return search;
    }
    }
}

unsigned chien_search::find(std::span<const galois_field::element> sigma,
                            unsigned n,
                            std::span<std::uint16_t> roots) const noexcept
{
    simd::init();
    const unsigned degree = static_cast<unsigned>(sigma.size()) - 1;
    assert(degree >= 1 && degree <= k_max_degree && roots.size() >= degree);
    struct term {
        unsigned log;  // of c_j(s)
        unsigned step; // of alpha^(-64 j)
        const galois_field::element* products;
    };
    std::array<term, k_max_degree> terms;
    std::size_t nof_terms = 0;
    constexpr std::size_t k_term_size = std::size_t{ 4 } * 16 * k_chien_lanes;
    for (unsigned j = 1; j <= degree; ++j) {
        if (sigma[j] == 0) continue;
        terms[nof_terms++] = { d_field.log(sigma[j]),
                               d_field.order() - k_chien_lanes * j,
                               d_products.data() + (j - 1) * k_term_size };
    }
    unsigned found = 0;
    for (unsigned first = 0; first < n && found < degree; first += k_chien_lanes) {
        chien_rows rows;
        for (std::size_t i = 0; i < nof_terms; ++i) {
            auto& t = terms[i];
            const unsigned c = d_field.power(t.log);
            for (unsigned place = 0; place < 4; ++place) {
                rows[4 * i + place] = t.products + (16 * place + ((c >> (4 * place)) & 15)) * k_chien_lanes;
            }
            t.log += t.step;
            if (t.log >= d_field.order()) t.log -= d_field.order();
        }
        std::uint64_t zeros = HWY_DYNAMIC_DISPATCH(zeros_of_sum)(rows, 4 * nof_terms, sigma[0]);
        for (; zeros != 0 && found < degree; zeros &= zeros - 1) {
            const unsigned p = first + static_cast<unsigned>(std::countr_zero(zeros));
            if (p < n) roots[found++] = static_cast<std::uint16_t>(p);
        }
    }
    return found;
}

} // namespace spacesail::fec
#endif
