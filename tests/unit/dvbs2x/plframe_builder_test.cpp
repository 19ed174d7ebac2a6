// SPDX-License-Identifier: GPL-3.0-or-later
#include <alloc_guard.hpp>
#include <spacesail/base/bits.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/demapper.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/plframe_builder.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

std::vector<std::uint8_t> random_bytes(std::size_t n, std::uint64_t seed)
{
    rng random(seed);
    std::vector<std::uint8_t> b(n);
    for (auto& v : b) {
        v = static_cast<std::uint8_t>(random());
    }
    return b;
}

// The code word is systematic: without noise the BBFRAME is read straight from the signs of the demapped values.
struct reading {
    std::vector<std::uint8_t> bbframe;
    std::size_t wrong_pilots = 0;
};

reading read_back(const modcod& m, std::uint8_t pls, std::span<const cf> frame, unsigned gold_code)
{
    reading r;
    const pl_scrambler scrambler(gold_code);
    std::vector<cf> body(frame.begin() + k_header_symbols, frame.end());
    scrambler.descramble(body, 0);
    std::vector<cf> payload;
    for (std::size_t slot = 0, at = 0; slot < m.nof_slots(); ++slot) {
        if (slot > 0 && slot % k_slots_between_pilots == 0 && has_pilots(pls)) {
            for (std::size_t n = 0; n < k_pilot_symbols; ++n, ++at) {
                r.wrong_pilots += std::abs(body[at] - cf(0.70710678F, 0.70710678F)) > 1e-6F ? 1 : 0;
            }
        }
        payload.insert(payload.end(),
                       body.begin() + static_cast<std::ptrdiff_t>(at),
                       body.begin() + static_cast<std::ptrdiff_t>(at + k_slot_symbols));
        at += k_slot_symbols;
    }
    std::vector<std::int8_t> llr(m.code->sent_bits());
    // Why so little noise: two constellations have points 1.4e-4 apart.
    demap_xfecframe(m, payload, 1e-5F, llr);
    std::vector<std::uint8_t> bits(m.code->k_bch);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] = llr[i] < 0 ? 1 : 0;
    }
    r.bbframe.resize(m.code->k_bch / 8);
    pack_bits(bits, r.bbframe);
    bb_scramble(r.bbframe);
    return r;
}

TEST(PlframeBuilder, EveryEntryComesBack)
{
    plframe_builder builder(77);
    for (unsigned code = 0; code < 256; ++code) {
        const auto pls = static_cast<std::uint8_t>(code);
        const modcod* m = find_modcod(pls);
        ASSERT_EQ(builder.bbframe_bytes(pls), m == nullptr ? 0 : m->code->k_bch / 8);
        if (m == nullptr) continue;
        SCOPED_TRACE(std::string(m->name) + " " + std::string(m->frame) + " PLS " + std::to_string(code));
        const auto bbframe = random_bytes(builder.bbframe_bytes(pls), code);
        std::vector<cf> frame(k_longest_plframe_symbols);
        const std::size_t n = builder.build(pls, bbframe, frame);
        ASSERT_EQ(n, plframe_symbols(pls));
        frame.resize(n);
        const auto header = pl_header_symbols(pls);
        EXPECT_TRUE(std::equal(header.begin(), header.end(), frame.begin()));
        const auto [back, wrong_pilots] = read_back(*m, pls, frame, 77);
        EXPECT_EQ(wrong_pilots, 0U);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < back.size(); ++i) {
            wrong += back[i] != bbframe[i] ? 1 : 0;
        }
        if (m->name == "256APSK 2/3-L" || m->name == "256APSK 11/15-L") {
            EXPECT_LT(wrong, back.size() / 4) << "nearly coincident points alone may be confused";
        } else {
            EXPECT_EQ(wrong, 0U);
            EXPECT_NE(read_back(*m, pls, frame, 78).bbframe, bbframe) << "the wrong scrambling code must not read";
        }
    }
}

TEST(PlframeBuilder, DummyFrameIsAnUnmodulatedCarrierBeforeScrambling)
{
    plframe_builder builder(0);
    std::vector<cf> frame(3330);
    ASSERT_EQ(builder.build_dummy(frame), 3330U);
    const pl_scrambler scrambler(0);
    scrambler.descramble(std::span(frame).subspan(90), 0);
    for (std::size_t n = 90; n < frame.size(); ++n) {
        EXPECT_EQ(frame[n], cf(0.70710678F, 0.70710678F));
    }
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 90, pl_header_symbols(0).begin()));
}

TEST(PlframeBuilder, RefusesWhatDoesNotFit)
{
    plframe_builder builder(0);
    std::vector<cf> frame(k_longest_plframe_symbols);
    const auto bbframe = random_bytes(4026, 1);
    EXPECT_EQ(builder.build(16, bbframe, frame), 32490U);
    EXPECT_EQ(builder.build(16, std::span(bbframe).first(4025), frame), 0U);
    EXPECT_EQ(builder.build(16, bbframe, std::span(frame).first(32489)), 0U);
    EXPECT_EQ(builder.build(0, bbframe, frame), 0U);
    EXPECT_EQ(builder.build(129, bbframe, frame), 0U);
    EXPECT_EQ(builder.build(255, bbframe, frame), 0U);
    EXPECT_EQ(builder.build_dummy(std::span(frame).first(3329)), 0U);
}

TEST(PlframeBuilder, DoesNotAllocate)
{
    plframe_builder builder(0);
    std::vector<cf> frame(k_longest_plframe_symbols);
    const auto bbframe = random_bytes(4026, 1);
    builder.build(16, bbframe, frame);
    const auto before = test::allocations();
    builder.build(17, bbframe, frame);
    builder.build_dummy(frame);
    EXPECT_EQ(test::allocations(), before);
}

// 43008 or 43040, 53808 or 53840: the published figures disagree, both can be sent.
TEST(PlframeBuilder, HasBothReadingsOfTheTwoDisputedCodes)
{
    const plframe_builder table(0);
    const plframe_builder alternative(0, bch_choice::alternative);
    EXPECT_EQ(table.bbframe_bytes(174), 43040U / 8);
    EXPECT_EQ(alternative.bbframe_bytes(174), 43008U / 8);
    EXPECT_EQ(alternative.bbframe_bytes(175), 43008U / 8);
    EXPECT_EQ(table.bbframe_bytes(198), 53840U / 8);
    EXPECT_EQ(alternative.bbframe_bytes(198), 53808U / 8);
    for (unsigned pls = 0; pls < 256; ++pls) {
        if ((pls & ~1U) == 174 || (pls & ~1U) == 198) continue;
        const auto p = static_cast<std::uint8_t>(pls);
        EXPECT_EQ(alternative.bbframe_bytes(p), table.bbframe_bytes(p)) << pls;
    }
}

} // namespace
