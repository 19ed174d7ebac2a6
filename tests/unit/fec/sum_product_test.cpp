// SPDX-License-Identifier: GPL-3.0-or-later
//
// The yardstick of the decoder is measured itself.
#include "fec_channel.hpp"
#include "sum_product_decoder.hpp"

#include <spacesail/fec/ldpc_encoder.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace spacesail::fec {
namespace {

TEST(SumProductDecoder, CombinesMessagesByTheExactRule)
{
    for (double a = -12.0; a <= 12.0; a += 0.37) {
        for (double b = -9.0; b <= 9.0; b += 0.41) {
            const double exact = 2.0 * std::atanh(std::tanh(a / 2) * std::tanh(b / 2));
            EXPECT_NEAR(test::box_plus(static_cast<float>(a), static_cast<float>(b)), exact, 2e-4) << a << " " << b;
        }
    }
    EXPECT_EQ(test::box_plus(1e4F, -3.5F), -3.5F);
    EXPECT_EQ(test::box_plus(0.0F, 5.0F), 0.0F);
}

TEST(SumProductDecoder, DecodesNearCapacity)
{
    rng random(3);
    for (const auto& [rate, frame, es_n0_db] : { std::tuple{ "1/2", "normal", 1.0 },
                                                 { "1/4", "normal", -2.6 },
                                                 { "8/9", "short", 6.6 },
                                                 { "1/3", "medium", -0.8 } }) {
        const auto& c = *find_code(rate, frame);
        const auto word = test::random_bits(random, c.k_ldpc);
        std::vector<std::uint8_t> sent(bytes_for_bits(c.sent_bits())), got(word.size()), bits(c.k_ldpc);
        ldpc_encoder(c).encode(word, sent);
        test::sum_product_decoder decoder(c);
        const auto o = decoder.decode(test::qpsk_llr(random, sent, c.sent_bits(), es_n0_db), 50, bits);
        pack_bits(bits, got);
        EXPECT_TRUE(o.converged) << rate << " " << frame;
        EXPECT_EQ(got, word);
    }
}

} // namespace
} // namespace spacesail::fec
