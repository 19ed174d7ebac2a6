// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace spacesail::fec {

/// \brief GF(2^m) by logarithm tables, m = 14, 15 or 16; alpha is the root of the first minimal polynomial.
class galois_field
{
public:
    using element = std::uint16_t;

    /// \brief The field of degree m; one object a degree for the whole program.
    /// Errors: std::invalid_argument for any other m.
    static const galois_field& of_degree(unsigned m);

    unsigned degree() const noexcept { return d_m; }
    unsigned order() const noexcept { return d_order; } ///< 2^m - 1
    /// alpha^e for 0 <= e < 2 order.
    element power(unsigned e) const noexcept { return d_power[e]; }
    /// Logarithm of a nonzero element, 0..order-1.
    unsigned log(element a) const noexcept { return d_log[a]; }
    element multiply(element a, element b) const noexcept
    {
        return a == 0 || b == 0 ? element{ 0 } : d_power[d_log[a] + d_log[b]];
    }
    /// a / b, b not zero.
    element divide(element a, element b) const noexcept
    {
        return a == 0 ? element{ 0 } : d_power[d_log[a] + d_order - d_log[b]];
    }
    element square(element a) const noexcept { return a == 0 ? element{ 0 } : d_power[2 * d_log[a]]; }

private:
    explicit galois_field(unsigned m);

    unsigned d_m;
    unsigned d_order;
    std::vector<element> d_power; // twice the period
    std::vector<element> d_log;
};

/// \brief Coefficients x^0 .. x^m of the i-th minimal polynomial (i = 0..11) of the BCH codes over GF(2^m), as text.
/// Source: EN 302 307-1, tables 6a, 6b; EN 302 307-2, table 6c (m = 15).
const char* bch_minimal_polynomial(unsigned m, unsigned i) noexcept;

} // namespace spacesail::fec
