// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fec/galois_field.hpp"

#include <cstdint>
#include <span>

namespace spacesail::fec {

/// \brief Roots of an error locator: the powers p in 0..n-1 with sigma(alpha^-p) = 0, in no order.
///
/// Source: R. Chien, "Cyclic decoding procedures for BCH codes", IEEE Trans. Inf. Theory 10 (1964).
/// \param[in]  sigma  coefficients x^0 .. x^degree, degree 1..12.
/// \param[out] roots  room for `degree` of them.
/// \return how many were found, at most the degree.
unsigned find_roots(const galois_field& gf,
                    std::span<const galois_field::element> sigma,
                    unsigned n,
                    std::span<std::uint16_t> roots) noexcept;

} // namespace spacesail::fec
