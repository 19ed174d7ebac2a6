// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every instruction set gives the same bits.
#include "fec_channel.hpp"

#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace spacesail::fec {
namespace {

constexpr simd::target k_targets[] = { simd::target::scalar, simd::target::avx2, simd::target::best };

struct results {
    std::vector<std::vector<std::uint8_t>> words;
    std::vector<unsigned> iterations;
    std::vector<bool> converged;
    bool operator==(const results&) const = default;
};

TEST(FecTargets, DecodeEveryCodeToTheSameBits)
{
    rng random(1);
    for (const auto& c : all_codes()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const auto word = test::random_bits(random, c.k_ldpc);
        std::vector<std::uint8_t> sent(bytes_for_bits(c.sent_bits()));
        ldpc_encoder(c).encode(word, sent);
        const double rate = static_cast<double>(c.k_ldpc) / c.sent_bits();
        const double shannon_db = 10 * std::log10(std::pow(2.0, 2 * rate) - 1);
        std::vector<std::vector<std::int8_t>> inputs;
        for (const double margin : { 0.3, 2.0 }) {
            inputs.push_back(test::quantise(test::qpsk_llr(random, sent, c.sent_bits(), shannon_db + margin)));
        }
        inputs.emplace_back(c.sent_bits());
        for (auto& x : inputs.back()) x = static_cast<std::int8_t>(random());
        std::vector<results> all;
        for (const auto target : k_targets) {
            simd::force_target(target);
            ldpc_decoder decoder(c);
            results r;
            for (const auto& llr : inputs) {
                std::vector<std::uint8_t> got(word.size());
                const auto o = decoder.decode(llr, 3, got);
                r.words.push_back(got);
                r.iterations.push_back(o.iterations);
                r.converged.push_back(o.converged);
            }
            all.push_back(std::move(r));
        }
        EXPECT_EQ(all[1], all[0]);
        EXPECT_EQ(all[2], all[0]);
    }
    simd::force_target(simd::target::best);
}

TEST(FecTargets, FindTheSameBchErrors)
{
    rng random(2);
    for (const auto& c : all_codes()) {
        bch_codec bch(c);
        std::vector<std::uint8_t> word(bytes_for_bits(c.k_ldpc));
        bch.encode(test::random_bits(random, c.k_bch), word);
        for (unsigned errors = 1; errors <= c.bch_t + 2; errors += 3) {
            auto noisy = word;
            for (unsigned i = 0; i < errors; ++i) {
                const auto at = random.below(c.k_ldpc);
                noisy[at / 8] = static_cast<std::uint8_t>(noisy[at / 8] ^ (0x80 >> (at % 8)));
            }
            std::vector<std::pair<int, std::vector<std::uint8_t>>> all;
            for (const auto target : k_targets) {
                simd::force_target(target);
                auto copy = noisy;
                const int corrected = bch.decode(copy);
                all.emplace_back(corrected, std::move(copy));
            }
            EXPECT_EQ(all[1], all[0]);
            EXPECT_EQ(all[2], all[0]);
        }
    }
    simd::force_target(simd::target::best);
}

/// Whatever comes in, what the BCH decoder calls a codeword is one, and no farther than it says.
TEST(FecTargets, BchNeverLies)
{
    rng random(3);
    const auto& c = *find_code("8/9", "normal"); // t = 8: the easiest to mislead
    bch_codec bch(c);
    for (int i = 0; i < 200; ++i) {
        auto received = test::random_bits(random, c.k_ldpc);
        if (i % 2 == 0) {
            bch.encode(test::random_bits(random, c.k_bch), received);
            for (std::uint64_t n = random.below(12); n-- > 0;) {
                const auto at = random.below(c.k_ldpc);
                received[at / 8] = static_cast<std::uint8_t>(received[at / 8] ^ (0x80 >> (at % 8)));
            }
        }
        auto word = received;
        const int corrected = bch.decode(word);
        int differing = 0;
        for (unsigned k = 0; k < c.k_ldpc; ++k) differing += bit_at(word, k) != bit_at(received, k);
        if (corrected < 0) {
            EXPECT_EQ(differing, 0);
        } else {
            EXPECT_EQ(differing, corrected);
            EXPECT_EQ(bch.decode(word), 0);
        }
    }
}

} // namespace
} // namespace spacesail::fec
