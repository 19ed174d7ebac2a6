// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fec/galois_field.hpp"

#include <spacesail/simd/aligned.hpp>

#include <cstdint>
#include <span>

namespace spacesail::fec {

/// \brief Root search for error locators over one field: 64 positions at a time, multiplications by table and XOR.
///
/// sigma(alpha^-p) for p = 64 s + l is the sum over j of c_j(s) alpha^(-j l) with c_j(s) = sigma_j alpha^(-64 j s). The
/// products with the 64 constants alpha^(-j l) are linear in the bits of c_j(s): four rows of a table of 16, one a
/// hexadecimal digit.
/// Source: R. Chien, "Cyclic decoding procedures for BCH codes", IEEE Trans. Inf. Theory 10 (1964).
class chien_search
{
public:
    static constexpr unsigned k_max_degree = 12;

    /// The search of GF(2^m); one object a degree for the whole program.
    static const chien_search& of(const galois_field& gf);

    /// \brief The powers p in 0..n-1 with sigma(alpha^-p) = 0, rising.
    /// \param[in]  sigma  coefficients x^0 .. x^degree, degree 1..12.
    /// \param[out] roots  room for `degree` of them.
    /// \return how many were found, at most the degree.
    unsigned
    find(std::span<const galois_field::element> sigma, unsigned n, std::span<std::uint16_t> roots) const noexcept;

private:
    explicit chien_search(const galois_field& gf);

    const galois_field& d_field;
    simd::aligned_vector<galois_field::element> d_products; // [j - 1][digit place][digit][l]
};

} // namespace spacesail::fec
