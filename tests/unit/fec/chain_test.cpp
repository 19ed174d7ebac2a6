// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec_channel.hpp"

#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>

#include <gtest/gtest.h>

#include <set>

namespace spacesail::fec {
namespace {

TEST(fec_chain, every_code_decodes_a_noisy_frame)
{
    rng random(1);
    for (const auto& code : all_codes()) {
        SCOPED_TRACE(std::string(code.rate) + " " + std::string(code.frame));
        bch_codec bch(code);
        ldpc_encoder encoder(code);
        ldpc_decoder decoder(code);
        const auto message = test::random_bits(random, code.k_bch);
        std::vector<std::uint8_t> word(bytes_for_bits(code.k_ldpc)), sent(bytes_for_bits(code.sent_bits()));
        bch.encode(message, word);
        encoder.encode(word, sent);
        const double rate = double(code.k_ldpc) / code.sent_bits();
        const double es_n0 = 10 * std::log10(std::pow(2.0, 2 * rate) - 1) + (rate < 0.2 ? 3.5 : 2.5);
        const auto llr = test::quantise(test::qpsk_llr(random, sent, code.sent_bits(), es_n0));
        std::vector<std::uint8_t> got(word.size());
        const auto outcome = decoder.decode(llr, 50, got);
        EXPECT_TRUE(outcome.converged);
        EXPECT_EQ(got, word);
        EXPECT_EQ(bch.decode(got), 0);
        auto noisy = word;
        std::set<unsigned> at;
        while (at.size() < code.bch_t) at.insert(static_cast<unsigned>(random.below(code.k_ldpc)));
        for (auto i : at) noisy[i / 8] = static_cast<std::uint8_t>(noisy[i / 8] ^ (0x80 >> i % 8));
        EXPECT_EQ(bch.decode(noisy), static_cast<int>(code.bch_t));
        EXPECT_EQ(noisy, word);
    }
}

} // namespace
} // namespace spacesail::fec
