// SPDX-License-Identifier: GPL-3.0-or-later
#include "alloc_guard.hpp"
#include "fec/galois_field.hpp"
#include "fec_channel.hpp"

#include <spacesail/fec/bch.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

void flip(std::vector<std::uint8_t>& word, unsigned at)
{
    word[at / 8] = static_cast<std::uint8_t>(word[at / 8] ^ (0x80 >> (at % 8)));
}

std::set<unsigned> places(rng& random, unsigned n, unsigned count)
{
    std::set<unsigned> at;
    while (at.size() < count) at.insert(static_cast<unsigned>(random.below(n)));
    return at;
}

std::vector<code_parameters> codes_and_alternatives()
{
    std::vector<code_parameters> codes(all_codes().begin(), all_codes().end());
    for (const auto& c : all_codes()) {
        if (const auto* a = alternative_code(c)) codes.push_back(*a);
    }
    return codes;
}

/// Multiplication in GF(2^m) by shift and add, from the first minimal polynomial: not from tables.
unsigned slow_multiply(unsigned m, unsigned a, unsigned b)
{
    unsigned polynomial = 0;
    const char* text = bch_minimal_polynomial(m, 0);
    for (unsigned i = 0; i <= m; ++i) polynomial |= static_cast<unsigned>(text[i] - '0') << i;
    unsigned product = 0;
    for (; b != 0; b >>= 1, a <<= 1) {
        if ((a >> m) != 0) a ^= polynomial;
        if ((b & 1) != 0) product ^= a;
    }
    return product;
}

TEST(GaloisField, MinimalPolynomialsHaveTheirRoots)
{
    for (const unsigned m : { 14U, 15U, 16U }) {
        for (unsigned i = 0; i < 12; ++i) {
            // alpha^(2 i + 1) is a root, and no smaller power of two of it repeats: the degree is m.
            unsigned root = 1;
            for (unsigned k = 0; k < 2 * i + 1; ++k) root = slow_multiply(m, root, 2);
            const char* p = bch_minimal_polynomial(m, i);
            ASSERT_EQ(std::strlen(p), m + 1);
            unsigned value = 0;
            for (unsigned k = m + 1; k-- > 0;)
                value = slow_multiply(m, value, root) ^ static_cast<unsigned>(p[k] - '0');
            EXPECT_EQ(value, 0U) << "m " << m << " i " << i;
            std::set<unsigned> conjugates;
            for (unsigned c = root; conjugates.insert(c).second;) c = slow_multiply(m, c, c);
            EXPECT_EQ(conjugates.size(), m);
        }
    }
}

TEST(GaloisField, MultipliesAndDivides)
{
    rng random(5);
    for (const unsigned m : { 14U, 15U, 16U }) {
        const auto& gf = galois_field::of_degree(m);
        EXPECT_EQ(gf.order(), (1U << m) - 1);
        for (int i = 0; i < 1000; ++i) {
            const auto a = static_cast<galois_field::element>(random.below(1U << m));
            const auto b = static_cast<galois_field::element>(1 + random.below(gf.order()));
            EXPECT_EQ(gf.multiply(a, b), slow_multiply(m, a, b));
            EXPECT_EQ(gf.multiply(gf.divide(a, b), b), a);
            EXPECT_EQ(gf.square(a), slow_multiply(m, a, a));
        }
    }
    EXPECT_THROW(galois_field::of_degree(13), std::invalid_argument);
}

TEST(Bch, CodewordsVanishAtTheFirstTwoTPowersOfAlpha)
{
    rng random(6);
    for (const auto& c : codes_and_alternatives()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const auto message = test::random_bits(random, c.k_bch);
        std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc), 0xff);
        bch_codec(c).encode(message, word);
        for (unsigned i = 0; i < c.k_bch; ++i) ASSERT_EQ(bit_at(word, i), bit_at(message, i));
        const auto& gf = galois_field::of_degree(c.bch_m());
        for (unsigned i = 1; i <= 2 * c.bch_t; ++i) {
            galois_field::element value = 0;
            for (unsigned k = 0; k < c.k_ldpc; ++k) value = gf.multiply(value, gf.power(i)) ^ bit_at(word, k);
            EXPECT_EQ(value, 0) << "alpha^" << i;
        }
    }
}

TEST(Bch, EncodesInPlaceAndIgnoresFillBits)
{
    rng random(7);
    const auto& c = *find_code("1/5", "medium"); // k_bch 5660 is no multiple of 8
    const bch_codec bch(c);
    const auto message = test::random_bits(random, c.k_bch);
    std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc));
    bch.encode(message, word);
    auto dirty = message;
    dirty.back() |= 0x0f;
    dirty.resize(word.size());
    bch.encode(dirty, dirty);
    EXPECT_EQ(dirty, word);
}

TEST(Bch, CorrectsUpToTErrorsOfEveryCode)
{
    rng random(8);
    for (const auto& c : codes_and_alternatives()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        bch_codec bch(c);
        const auto message = test::random_bits(random, c.k_bch);
        std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc));
        bch.encode(message, word);
        for (unsigned errors = 0; errors <= c.bch_t; ++errors) {
            auto noisy = word;
            for (const unsigned at : places(random, c.k_ldpc, errors)) flip(noisy, at);
            EXPECT_EQ(bch.decode(noisy), static_cast<int>(errors));
            EXPECT_EQ(noisy, word);
        }
        // The ends of message and parity, and t errors side by side.
        auto noisy = word;
        for (const unsigned at : { 0U, c.k_bch - 1, c.k_bch, c.k_ldpc - 1 }) flip(noisy, at);
        EXPECT_EQ(bch.decode(noisy), 4);
        EXPECT_EQ(noisy, word);
        for (unsigned i = 0; i < c.bch_t; ++i) flip(noisy, c.k_bch - 4 + i);
        EXPECT_EQ(bch.decode(noisy), static_cast<int>(c.bch_t));
        EXPECT_EQ(noisy, word);
    }
}

TEST(Bch, SaysSoWhereMoreThanTBitsAreWrong)
{
    rng random(9);
    for (const auto& c : codes_and_alternatives()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        bch_codec bch(c);
        const auto message = test::random_bits(random, c.k_bch);
        std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc));
        bch.encode(message, word);
        // A word so far off lies within t bits of another codeword with probability below 1 / t!: never here.
        for (const unsigned errors : { c.bch_t + 1, c.bch_t + 2, 5 * c.bch_t, c.k_ldpc / 3 }) {
            auto noisy = word;
            for (const unsigned at : places(random, c.k_ldpc, errors)) flip(noisy, at);
            const auto received = noisy;
            EXPECT_EQ(bch.decode(noisy), -1) << errors;
            EXPECT_EQ(noisy, received);
        }
    }
}

TEST(Bch, NeitherCodingAllocates)
{
    const auto& c = *find_code("1/2", "normal");
    bch_codec bch(c);
    rng random(10);
    const auto message = test::random_bits(random, c.k_bch);
    std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc));
    const auto before = test::allocations();
    bch.encode(message, word);
    word[100] ^= 0xff;
    EXPECT_EQ(bch.decode(word), 8);
    EXPECT_EQ(test::allocations(), before);
}

TEST(Bch, RefusesSizesThatDoNotFit)
{
    auto c = *find_code("1/2", "normal");
    c.k_bch += 1;
    EXPECT_THROW(bch_codec{ c }, std::invalid_argument);
    c = *find_code("1/2", "normal");
    c.bch_t = 13;
    c.k_bch = c.k_ldpc - 13 * 16;
    EXPECT_THROW(bch_codec{ c }, std::invalid_argument);
}

} // namespace
} // namespace spacesail::fec
