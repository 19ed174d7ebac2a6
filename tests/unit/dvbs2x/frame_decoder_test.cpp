// SPDX-License-Identifier: GPL-3.0-or-later
#include "alloc_guard.hpp"
#include "xfecframe.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/frame_decoder.hpp>

#include <gtest/gtest.h>

#include <string>

namespace spacesail::dvbs2x {
namespace {

TEST(FrameDecoder, ReturnsTheBbframeOfEveryEntryTwoDecibelAboveItsIdealPoint)
{
    frame_decoder decoder;
    for (const modcod& m : all_modcods()) {
        SCOPED_TRACE(std::string(m.name) + " " + std::string(m.frame));
        rng random(m.pls + 1000U * m.bits_per_symbol);
        auto sent = test::make_xfecframe(m, random);
        const auto n0 = static_cast<float>(db_to_linear(-(test::ideal_es_n0_db(m) + 2.0F)));
        test::add_noise(sent.symbols, random, n0);
        std::vector<std::uint8_t> bbframe(sent.bbframe.size());
        const auto outcome = decoder.decode(m, sent.symbols, n0, 50, bbframe);
        EXPECT_TRUE(outcome.good());
        EXPECT_TRUE(outcome.ldpc_converged);
        EXPECT_EQ(outcome.iteration_cap, 50U);
        EXPECT_GT(outcome.ldpc_iterations, 0U);
        EXPECT_EQ(bbframe, sent.bbframe);
        EXPECT_LE(bbframe.size(), frame_decoder::k_max_bbframe_bytes);
    }
}

TEST(FrameDecoder, SaysSoWhereTheFrameIsLost)
{
    const modcod& m = **modcod_by_name("QPSK 1/2", "normal");
    rng random(4);
    auto sent = test::make_xfecframe(m, random);
    test::add_noise(sent.symbols, random, 10.0F);
    frame_decoder decoder;
    std::vector<std::uint8_t> bbframe(sent.bbframe.size());
    const auto outcome = decoder.decode(m, sent.symbols, 10.0F, 20, bbframe);
    EXPECT_FALSE(outcome.ldpc_converged);
    EXPECT_EQ(outcome.ldpc_iterations, 20U);
    EXPECT_EQ(outcome.bch_corrections, -1);
    EXPECT_FALSE(outcome.good());
}

TEST(FrameDecoder, RefusesAHeaderWithAWrongCrc)
{
    const modcod& m = **modcod_by_name("QPSK 3/4", "short");
    rng random(5);
    auto bytes = test::random_bits(random, m.code->k_bch);
    bytes[0] = 0x72;
    bytes[9] = static_cast<std::uint8_t>(crc8_dvbs2(std::span<const std::uint8_t>(bytes).first(9)) ^ 0x01);
    // The good frame with one bit of its CRC turned over before encoding.
    auto scrambled = bytes;
    bb_scramble(scrambled);
    std::vector<std::uint8_t> word(bytes_for_bits(m.code->k_ldpc)), sent(bytes_for_bits(m.code->sent_bits()));
    fec::bch_codec(*m.code).encode(scrambled, word);
    fec::ldpc_encoder(*m.code).encode(word, sent);
    std::vector<std::uint8_t> labels(m.xfecframe_symbols());
    interleave_fecframe(m, sent, labels);
    std::vector<std::complex<float>> symbols(labels.size());
    modem::map_labels(*m.constellation, labels, symbols);
    frame_decoder decoder;
    std::vector<std::uint8_t> got(bytes.size());
    const auto outcome = decoder.decode(m, symbols, 0.01F, 10, got);
    EXPECT_EQ(outcome.bch_corrections, 0);
    EXPECT_FALSE(outcome.header_crc_ok);
    EXPECT_FALSE(outcome.good());
    EXPECT_EQ(got, bytes);
}

TEST(FrameDecoder, DoesNotAllocateOnceTheCodeIsKnown)
{
    const modcod& m = **modcod_by_name("8PSK 3/5", "normal");
    rng random(6);
    const auto sent = test::make_xfecframe(m, random);
    frame_decoder decoder;
    decoder.prepare(m);
    std::vector<std::uint8_t> bbframe(sent.bbframe.size());
    decoder.decode(m, sent.symbols, 0.1F, 10, bbframe);
    const auto before = test::allocations();
    decoder.decode(m, sent.symbols, 0.1F, 10, bbframe);
    EXPECT_EQ(test::allocations(), before);
}

TEST(FrameDecoder, BearsSymbolsAndNoiseThatAreNoNumbers)
{
    const modcod& m = **modcod_by_name("16APSK 3/4", "short");
    std::vector<std::complex<float>> symbols(m.xfecframe_symbols(), { NAN, INFINITY });
    frame_decoder decoder;
    std::vector<std::uint8_t> bbframe(bytes_for_bits(m.code->k_bch));
    EXPECT_FALSE(decoder.decode(m, symbols, 0.1F, 5, bbframe).good());
    for (auto& s : symbols) s = 1.0F;
    for (const float n0 : { NAN, 0.0F, -1.0F, 1e-30F, 1e30F }) {
        EXPECT_FALSE(decoder.decode(m, symbols, n0, 5, bbframe).good()) << n0;
    }
}

} // namespace
} // namespace spacesail::dvbs2x
