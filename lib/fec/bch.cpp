// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/bch_chien.hpp"
#include "fec/galois_field.hpp"

#include <spacesail/base/bits.hpp>
#include <spacesail/fec/bch.hpp>

#include <bit>
#include <cassert>
#include <cstring>
#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

constexpr unsigned k_max_t = 12;
using element = galois_field::element;

void shift_left_8(std::array<std::uint64_t, 3>& r) noexcept
{
    r[0] = (r[0] << 8) | (r[1] >> 56);
    r[1] = (r[1] << 8) | (r[2] >> 56);
    r[2] <<= 8;
}

void shift_left_1(std::array<std::uint64_t, 3>& r) noexcept
{
    r[0] = (r[0] << 1) | (r[1] >> 63);
    r[1] = (r[1] << 1) | (r[2] >> 63);
    r[2] <<= 1;
}

/// Error locator of the syndromes S_1..S_2t (s[i - 1]) over a binary code; the result has degree `degree`.
/// Source: E. Berlekamp, "Algebraic Coding Theory", 1968, chapter 7; the even steps of a binary code fall out.
struct locator {
    std::array<element, k_max_t + 2> c{}; // c[0] = 1
    unsigned degree = 0;
    bool consistent = true; // no more than t errors as far as the syndromes tell
};

locator berlekamp_massey(const galois_field& gf, std::span<const element> s, unsigned t) noexcept
{
    locator sigma;
    sigma.c[0] = 1;
    std::array<element, k_max_t + 2> previous{};
    previous[0] = 1;
    unsigned shift = 1; // x^shift * previous is what a discrepancy is mended with
    element previous_discrepancy = 1;
    for (unsigned step = 0; step < 2 * t; step += 2, shift += 2) {
        element d = s[step];
        for (unsigned i = 1; i <= sigma.degree; ++i) d ^= gf.multiply(sigma.c[i], s[step - i]);
        if (d == 0) continue;
        const element scale = gf.divide(d, previous_discrepancy);
        const auto before = sigma.c;
        const bool longer = 2 * sigma.degree <= step;
        if (longer && step + 1 - sigma.degree > t) {
            sigma.consistent = false;
            return sigma;
        }
        for (unsigned i = 0; i + shift < sigma.c.size(); ++i) {
            sigma.c[i + shift] ^= gf.multiply(scale, previous[i]);
        }
        if (longer) {
            sigma.degree = step + 1 - sigma.degree;
            previous = before;
            previous_discrepancy = d;
            shift = 0;
        }
    }
    return sigma;
}

} // namespace

bch_codec::bch_codec(const code_parameters& code)
    : d_field(&galois_field::of_degree(code.bch_m())),
      d_search(&chien_search::of(*d_field)),
      d_n(code.k_ldpc),
      d_k(code.k_bch),
      d_t(code.bch_t),
      d_parity_bits(code.bch_m() * code.bch_t)
{
    if (code.bch_t < 1 || code.bch_t > k_max_t) {
        throw std::invalid_argument("bch_codec: t = " + std::to_string(code.bch_t) + " outside 1..12");
    }
    if (code.k_ldpc != code.k_bch + d_parity_bits) {
        throw std::invalid_argument("bch_codec: k_ldpc - k_bch = " + std::to_string(code.k_ldpc) + " - " +
                                    std::to_string(code.k_bch) + ", " + std::to_string(d_parity_bits) + " expected");
    }
    build_generator();
}

void bch_codec::build_generator()
{
    // Product of the first t minimal polynomials over GF(2), one coefficient an element, x^0 first.
    std::vector<std::uint8_t> g = { 1 };
    const unsigned m = d_field->degree();
    for (unsigned i = 0; i < d_t; ++i) {
        const char* p = bch_minimal_polynomial(m, i);
        std::vector<std::uint8_t> product(g.size() + m, 0);
        for (unsigned j = 0; j <= m; ++j) {
            if (p[j] == '0') continue;
            for (std::size_t k = 0; k < g.size(); ++k) product[j + k] ^= g[k];
        }
        g = std::move(product);
    }
    for (unsigned i = 0; i < d_parity_bits; ++i) {
        const unsigned at = d_parity_bits - 1 - i; // distance from the MSB
        d_generator[at / 64] |= std::uint64_t{ g[i] } << (63 - at % 64);
    }
    d_table.resize(256);
    for (unsigned byte = 0; byte < 256; ++byte) {
        word192 r = { std::uint64_t{ byte } << 56, 0, 0 };
        for (int i = 0; i < 8; ++i) {
            const bool carry = (r[0] >> 63) != 0;
            shift_left_1(r);
            if (carry) {
                for (int w = 0; w < 3; ++w) r[w] ^= d_generator[w];
            }
        }
        d_table[byte] = r;
    }
}

bch_codec::word192 bch_codec::remainder(std::span<const std::uint8_t> bits, unsigned nof_bits) const noexcept
{
    word192 r = {};
    const unsigned whole = nof_bits / 8;
    for (unsigned i = 0; i < whole; ++i) {
        const word192& add = d_table[static_cast<std::size_t>(r[0] >> 56) ^ bits[i]];
        shift_left_8(r);
        for (int w = 0; w < 3; ++w) r[w] ^= add[w];
    }
    for (unsigned i = whole * 8; i < nof_bits; ++i) {
        const bool carry = ((r[0] >> 63) ^ bit_at(bits, i)) != 0;
        shift_left_1(r);
        if (carry) {
            for (int w = 0; w < 3; ++w) r[w] ^= d_generator[w];
        }
    }
    return r;
}

void bch_codec::encode(std::span<const std::uint8_t> message, std::span<std::uint8_t> codeword) const noexcept
{
    assert(message.size() >= bytes_for_bits(d_k));
    assert(codeword.size() >= bytes_for_bits(d_n));
    const word192 r = remainder(message, d_k);
    const unsigned whole = d_k / 8;
    const unsigned odd_bits = d_k % 8;
    if (codeword.data() != message.data()) std::memmove(codeword.data(), message.data(), bytes_for_bits(d_k));
    std::uint8_t* out = codeword.data() + whole;
    std::uint8_t pending = odd_bits == 0 ? std::uint8_t{ 0 } : static_cast<std::uint8_t>(*out & (0xff00 >> odd_bits));
    const std::size_t nof_out = bytes_for_bits(d_n) - whole;
    for (std::size_t i = 0; i < nof_out; ++i) {
        const auto byte = i < 24 ? static_cast<std::uint8_t>(r[i / 8] >> (56 - 8 * (i % 8))) : std::uint8_t{ 0 };
        out[i] = static_cast<std::uint8_t>(pending | (byte >> odd_bits));
        pending = static_cast<std::uint8_t>(byte << (8 - odd_bits));
    }
}

int bch_codec::decode(std::span<std::uint8_t> codeword) noexcept
{
    assert(codeword.size() >= bytes_for_bits(d_n));
    word192 r = remainder(codeword, d_k);
    // Add the received parity, which starts at bit k of the word.
    for (unsigned i = 0; i < d_parity_bits; i += 8) {
        const unsigned at = d_k + i;
        unsigned byte = codeword[at / 8];
        if (at % 8 != 0) {
            byte = (byte << (at % 8)) & 0xff;
            if (at / 8 + 1 < bytes_for_bits(d_n)) byte |= codeword[at / 8 + 1] >> (8 - at % 8);
        }
        r[i / 64] ^= std::uint64_t{ byte } << (56 - i % 64);
    }
    // Fill bits behind the last parity bit do not count.
    const unsigned spare = 192 - d_parity_bits;
    if (spare >= 64) r[2] = 0;
    if (spare % 64 != 0) r[2 - spare / 64] &= ~std::uint64_t{ 0 } << (spare % 64);
    if ((r[0] | r[1] | r[2]) == 0) return 0;

    // Syndromes of the remainder: S_i = r(alpha^i), the even ones are squares.
    const galois_field& gf = *d_field;
    std::array<element, 2 * k_max_t> s{};
    for (unsigned w = 0; w < 3; ++w) {
        for (std::uint64_t left = r[w]; left != 0; left &= left - 1) {
            const unsigned power = d_parity_bits - 1 - (64 * w + 63 - static_cast<unsigned>(std::countr_zero(left)));
            for (unsigned i = 0; i < d_t; ++i) s[2 * i] ^= gf.power((2 * i + 1) * power % gf.order());
        }
    }
    for (unsigned i = 1; i < 2 * d_t; i += 2) s[i] = gf.square(s[i / 2]);

    const locator sigma = berlekamp_massey(gf, std::span(s).first(2 * d_t), d_t);
    if (!sigma.consistent || sigma.degree == 0) return -1;
    const unsigned found = d_search->find(std::span(sigma.c).first(sigma.degree + 1), d_n, d_roots);
    if (found != sigma.degree) return -1;
    for (unsigned i = 0; i < found; ++i) {
        const unsigned at = d_n - 1 - d_roots[i];
        codeword[at / 8] = static_cast<std::uint8_t>(codeword[at / 8] ^ (0x80 >> (at % 8)));
    }
    return static_cast<int>(found);
}

} // namespace spacesail::fec
