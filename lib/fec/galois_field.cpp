// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/galois_field.hpp"

#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

constexpr const char* k_polynomials_16[12] = {
    "10110100000000001", "11001110100000001", "10111101111100001", "10101010010110101",
    "11110100111110001", "10101101111011111", "10100110111101011", "11100110110011101",
    "10000101011100001", "11100101101011101", "10110100010111001", "11000111010110001",
};
constexpr const char* k_polynomials_15[12] = {
    "1011010000000001", "1100100100110001", "1010101010101101", "1011011010110001",
    "1110101100101001", "1000101100001101", "1010110100011011", "1010101011010011",
    "1110110101011101", "1111100100111101", "1110100001010001", "1010100010110111",
};
constexpr const char* k_polynomials_14[12] = {
    "110101000000001", "100000101001001", "111000100110001", "100010011010101", "101010101101011", "100100011100011",
    "101001110011011", "100001001111001", "111100000110001", "100100100101101", "100010000001101", "111101111010011",
};

} // namespace

const char* bch_minimal_polynomial(unsigned m, unsigned i) noexcept
{
    return m == 16 ? k_polynomials_16[i] : m == 15 ? k_polynomials_15[i] : k_polynomials_14[i];
}

galois_field::galois_field(unsigned m) : d_m(m), d_order((1U << m) - 1)
{
    unsigned polynomial = 0;
    const char* text = bch_minimal_polynomial(m, 0);
    for (unsigned i = 0; i <= m; ++i) polynomial |= static_cast<unsigned>(text[i] - '0') << i;
    d_power.resize(2 * std::size_t{ d_order });
    d_log.resize(std::size_t{ 1 } << m);
    unsigned a = 1;
    for (unsigned e = 0; e < d_order; ++e) {
        d_power[e] = d_power[e + d_order] = static_cast<element>(a);
        d_log[a] = static_cast<element>(e);
        a <<= 1;
        if ((a >> m) != 0) a ^= polynomial;
    }
}

const galois_field& galois_field::of_degree(unsigned m)
{
    static const galois_field gf14(14), gf15(15), gf16(16);
    switch (m) {
    case 14:
        return gf14;
    case 15:
        return gf15;
    case 16:
        return gf16;
    default:
        throw std::invalid_argument("galois_field: degree " + std::to_string(m) + " outside 14..16");
    }
}

} // namespace spacesail::fec
