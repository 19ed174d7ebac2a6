// SPDX-License-Identifier: GPL-3.0-or-later
#include "alloc_guard.hpp"
#include "fec_channel.hpp"
#include "plain_ldpc_decoder.hpp"

#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace spacesail::fec {
namespace {

struct sent_frame {
    std::vector<std::uint8_t> word;
    std::vector<std::uint8_t> sent;
};

sent_frame make_frame(const code_parameters& c, rng& random)
{
    sent_frame f;
    f.word = test::random_bits(random, c.k_ldpc);
    f.sent.resize(bytes_for_bits(c.sent_bits()));
    ldpc_encoder(c).encode(f.word, f.sent);
    return f;
}

/// Es/N0 of QPSK at which the true rate of the code is the capacity of the real Gaussian channel per dimension.
double shannon_db(const code_parameters& c)
{
    const double rate = static_cast<double>(c.k_ldpc) / c.sent_bits();
    return 10 * std::log10(std::pow(2.0, 2 * rate) - 1);
}

TEST(LdpcDecoder, DecodesANoisyFrameOfEveryCodeAndNotOneBelowCapacity)
{
    rng random(1);
    for (const auto& c : all_codes()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const auto f = make_frame(c, random);
        ldpc_decoder decoder(c);
        std::vector<std::uint8_t> got(f.word.size());
        auto llr = test::quantise(test::qpsk_llr(random, f.sent, c.sent_bits(), shannon_db(c) + 2.5));
        const auto good = decoder.decode(llr, 50, got);
        EXPECT_TRUE(good.converged);
        EXPECT_GE(good.iterations, 1U);
        EXPECT_LT(good.iterations, 50U);
        EXPECT_EQ(got, f.word);
        llr = test::quantise(test::qpsk_llr(random, f.sent, c.sent_bits(), shannon_db(c) - 1.0));
        const auto bad = decoder.decode(llr, 10, got);
        EXPECT_FALSE(bad.converged);
        EXPECT_EQ(bad.iterations, 10U);
        EXPECT_NE(got, f.word);
    }
}

TEST(LdpcDecoder, TakesACodewordWithoutIterating)
{
    rng random(2);
    for (const auto& c : all_codes()) {
        if (c.punctured != 0) continue; // absent parities have to be found first
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const auto f = make_frame(c, random);
        std::vector<std::int8_t> llr(c.sent_bits());
        for (unsigned i = 0; i < llr.size(); ++i) llr[i] = bit_at(f.sent, i) != 0 ? -6 : 6;
        ldpc_decoder decoder(c);
        std::vector<std::uint8_t> got(f.word.size());
        auto o = decoder.decode(llr, 50, got);
        EXPECT_TRUE(o.converged);
        EXPECT_EQ(o.iterations, 0U);
        EXPECT_EQ(got, f.word);
        // One wrong bit, information or parity, breaks a check; a cap of 0 gives the hard decisions.
        for (const unsigned at : { 0U, c.k_ldpc - 1, c.k_ldpc, c.sent_bits() - 1 }) {
            llr[at] = static_cast<std::int8_t>(-llr[at]);
            o = decoder.decode(llr, 0, got);
            EXPECT_FALSE(o.converged) << at;
            EXPECT_EQ(got == f.word, at >= c.k_ldpc);
            o = decoder.decode(llr, 50, got);
            EXPECT_TRUE(o.converged) << at;
            EXPECT_EQ(got, f.word);
            llr[at] = static_cast<std::int8_t>(-llr[at]);
        }
    }
}

/// 9/10 and 8/9 normal have several edges to one group in a layer, medium codes odd lengths, shortening and puncturing.
TEST(LdpcDecoder, EqualsItsArithmeticWrittenDownCheckByCheck)
{
    rng random(3);
    const std::pair<const char*, const char*> some[] = { { "9/10", "normal" },         { "8/9", "short" },
                                                         { "1/4", "short" },           { "1/2", "short" },
                                                         { "1/5", "medium" },          { "4/15", "short-vlsnr" },
                                                         { "1/5", "short-vlsnr-sf2" }, { "154/180", "normal" } };
    for (const auto& [rate, frame] : some) {
        const auto& c = *find_code(rate, frame);
        SCOPED_TRACE(std::string(rate) + " " + frame);
        test::plain_ldpc_decoder plain(c);
        ldpc_decoder decoder(c);
        const auto f = make_frame(c, random);
        std::vector<std::uint8_t> got(f.word.size()), expected(f.word.size()), bits(c.k_ldpc);
        for (const double margin : { 0.0, 0.8, 1.5 }) {
            const auto llr = test::quantise(test::qpsk_llr(random, f.sent, c.sent_bits(), shannon_db(c) + margin));
            for (const unsigned cap : { 1U, 6U }) {
                const auto a = plain.decode(llr, cap, bits);
                const auto b = decoder.decode(llr, cap, got);
                pack_bits(bits, expected);
                EXPECT_EQ(got, expected) << margin << " dB, cap " << cap;
                EXPECT_EQ(a.iterations, b.iterations);
                EXPECT_EQ(a.converged, b.converged);
            }
        }
    }
}

TEST(LdpcDecoder, BearsAnyBytes)
{
    rng random(4);
    for (const char* rate : { "1/4", "9/10" }) {
        const auto& c = *find_code(rate, "normal");
        ldpc_decoder decoder(c);
        test::plain_ldpc_decoder plain(c);
        std::vector<std::uint8_t> got(bytes_for_bits(c.k_ldpc)), expected(got.size()), bits(c.k_ldpc);
        std::vector<std::int8_t> llr(c.sent_bits());
        for (auto& x : llr) x = static_cast<std::int8_t>(random()); // -128 among them
        EXPECT_FALSE(decoder.decode(llr, 3, got).converged);
        plain.decode(llr, 3, bits);
        pack_bits(bits, expected);
        EXPECT_EQ(got, expected);
        std::fill(llr.begin(), llr.end(), std::int8_t{ -128 });
        decoder.decode(llr, 3, got);
        std::fill(llr.begin(), llr.end(), std::int8_t{ 0 });
        EXPECT_TRUE(decoder.decode(llr, 3, got).converged); // the all-zero word
    }
}

TEST(LdpcDecoder, KeepsNothingOfTheFrameBefore)
{
    rng random(5);
    const auto& c = *find_code("3/4", "short");
    const auto f = make_frame(c, random);
    const auto llr = test::quantise(test::qpsk_llr(random, f.sent, c.sent_bits(), shannon_db(c) + 1.2));
    std::vector<std::uint8_t> first(f.word.size()), second(f.word.size());
    ldpc_decoder fresh(c), used(c);
    std::vector<std::int8_t> noise(c.sent_bits());
    for (auto& x : noise) x = static_cast<std::int8_t>(random.below(255));
    used.decode(noise, 20, second);
    const auto a = fresh.decode(llr, 4, first);
    const auto b = used.decode(llr, 4, second);
    EXPECT_EQ(a.iterations, b.iterations);
    EXPECT_EQ(first, second);
}

TEST(LdpcDecoder, DoesNotAllocate)
{
    rng random(6);
    const auto& c = *find_code("1/5", "medium");
    const auto f = make_frame(c, random);
    const auto llr = test::quantise(test::qpsk_llr(random, f.sent, c.sent_bits(), shannon_db(c) - 1.0));
    std::vector<std::uint8_t> got(f.word.size());
    ldpc_decoder decoder(c);
    const auto before = test::allocations();
    decoder.decode(llr, 5, got);
    EXPECT_EQ(test::allocations(), before);
}

} // namespace
} // namespace spacesail::fec
