// SPDX-License-Identifier: GPL-3.0-or-later
#include "alloc_guard.hpp"
#include "fec_channel.hpp"

#include <spacesail/fec/ldpc_encoder.hpp>

#include <gtest/gtest.h>

#include <string>

namespace spacesail::fec {
namespace {

/// The definition, bit by bit: input bit i in group g adds to parity (x + q (i mod 360)) mod (360 q), x from line g;
/// then p_i ^= p_{i-1}; the Xs zeros and the punctured parities are not sent.
std::vector<std::uint8_t> encode_by_definition(const code_parameters& c, const std::vector<std::uint8_t>& word)
{
    std::vector<std::uint8_t> in(c.shortened, 0), parity(c.parity_bits(), 0), sent;
    for (unsigned i = 0; i < c.k_ldpc; ++i) in.push_back(bit_at(word, i));
    std::size_t line = 0;
    for (unsigned i = 0; i < in.size(); ++i) {
        if (i != 0 && i % 360 == 0) line += 1U + c.ldpc_rows[line];
        if (in[i] == 0) continue;
        for (unsigned e = 1; e <= c.ldpc_rows[line]; ++e) {
            parity[(c.ldpc_rows[line + e] + c.q * (i % 360)) % c.parity_bits()] ^= 1;
        }
    }
    for (unsigned i = 1; i < parity.size(); ++i) parity[i] ^= parity[i - 1];
    sent.assign(in.begin() + c.shortened, in.end());
    for (unsigned i = 0; i < parity.size(); ++i) {
        const bool gone = c.punctured != 0 && i % c.puncture_period == 0 && i / c.puncture_period < c.punctured;
        if (!gone) sent.push_back(parity[i]);
    }
    return sent;
}

TEST(LdpcEncoder, FollowsTheDefinitionForEveryCode)
{
    rng random(11);
    for (const auto& c : all_codes()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const auto word = test::random_bits(random, c.k_ldpc);
        const auto expected = encode_by_definition(c, word);
        ASSERT_EQ(expected.size(), c.sent_bits());
        std::vector<std::uint8_t> packed(bytes_for_bits(c.sent_bits())), got(packed.size(), 0xff);
        pack_bits(expected, packed);
        ldpc_encoder(c).encode(word, got);
        EXPECT_EQ(got, packed);
    }
}

TEST(LdpcEncoder, DoesNotAllocate)
{
    const auto& c = *find_code("1/5", "medium");
    rng random(1);
    const auto word = test::random_bits(random, c.k_ldpc);
    std::vector<std::uint8_t> out(bytes_for_bits(c.sent_bits()));
    const ldpc_encoder encoder(c);
    const auto before = test::allocations();
    encoder.encode(word, out);
    EXPECT_EQ(test::allocations(), before);
}

TEST(LdpcEncoder, RefusesATableThatDoesNotFit)
{
    auto code = *find_code("1/2", "short");
    code.k_ldpc -= 360;
    EXPECT_THROW(ldpc_encoder{ code }, std::invalid_argument);
}

} // namespace
} // namespace spacesail::fec
