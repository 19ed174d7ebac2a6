// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

namespace {

using namespace spacesail::dvbs2x;

TEST(ModcodTable, HasEveryEntryOfTheStandard)
{
    std::map<std::string, int> count;
    std::set<int> codes;
    for (const modcod& m : all_modcods()) {
        if (m.vlsnr_header >= 0) {
            ++count["VL-SNR"];
            continue;
        }
        ++count[std::string(m.standard) + " " + std::string(m.frame)];
        EXPECT_TRUE(codes.insert(m.pls).second) << m.name << " shares its PLS code";
    }
    EXPECT_EQ(count["S2 normal"], 28);
    EXPECT_EQ(count["S2 short"], 24);
    EXPECT_EQ(count["S2X normal"], 38);
    EXPECT_EQ(count["S2X short"], 17);
    EXPECT_EQ(count["VL-SNR"], 9);
    EXPECT_EQ(all_modcods().size(), 116U);
}

// Properties every line must have by itself: they bind the csv files of three rooms together.
TEST(ModcodTable, LinesAreComplete)
{
    for (const modcod& m : all_modcods()) {
        SCOPED_TRACE(std::string(m.name) + " " + std::string(m.frame));
        ASSERT_NE(m.code, nullptr);
        EXPECT_EQ(m.pls % 2, 0);
        const bool bpsk = m.bits_per_symbol == 1;
        ASSERT_EQ(m.constellation == nullptr, bpsk);
        if (!bpsk) {
            EXPECT_EQ(m.constellation->bits_per_symbol(), m.bits_per_symbol);
        }
        if (m.interleaver_columns == "-") {
            EXPECT_LE(m.bits_per_symbol, 2U);
        } else {
            EXPECT_EQ(std::set<char>(m.interleaver_columns.begin(), m.interleaver_columns.end()).size(),
                      m.bits_per_symbol);
            EXPECT_EQ(m.interleaver_columns.size(), m.bits_per_symbol);
            for (const char c : m.interleaver_columns) {
                EXPECT_LT(static_cast<unsigned>(c - '0'), m.bits_per_symbol);
            }
        }
        const unsigned n = m.size == frame_size::normal ? 64800 : m.size == frame_size::medium ? 32400 : 16200;
        EXPECT_EQ(m.code->n_ldpc, n);
        // Only the S2 short entries have no threshold in the table.
        EXPECT_EQ(std::isnan(m.ideal_es_n0_db), m.standard == "S2" && m.frame == "short");
    }
}

// Efficiencies of EN 302 307-1, table 13 (normal frames, no pilots): (k_bch - 80) bits in a PLFRAME.
TEST(ModcodTable, SpectralEfficiencyOfTheStandard)
{
    const std::pair<const char*, double> published[] = {
        { "QPSK 1/4", 0.490243 },    { "QPSK 1/2", 0.988858 },   { "QPSK 9/10", 1.788612 },
        { "8PSK 3/5", 1.779991 },    { "8PSK 9/10", 2.679207 },  { "16APSK 2/3", 2.637201 },
        { "16APSK 9/10", 3.567342 }, { "32APSK 3/4", 3.703295 }, { "32APSK 9/10", 4.453027 },
    };
    for (const auto& [name, efficiency] : published) {
        const auto m = modcod_by_name(name, "normal");
        ASSERT_TRUE(m) << name;
        EXPECT_NEAR((**m).code->k_bch - 80.0, efficiency * plframe_symbols((**m).pls), 0.5e-6 * 33282) << name;
    }
}

TEST(ModcodLookup, ByPlsIgnoresPilots)
{
    ASSERT_NE(find_modcod(16), nullptr);
    EXPECT_EQ(find_modcod(16)->name, "QPSK 1/2");
    EXPECT_EQ(find_modcod(17), find_modcod(16));
    EXPECT_EQ(find_modcod(215)->name, "256APSK 3/4");
}

TEST(ModcodLookup, NothingForDummyVlsnrAndReservedCodes)
{
    for (const int pls : { 0, 1, 2, 3, 46, 70, 94, 114, 116, 127, 128, 129, 130, 131, 176, 188, 192, 196, 250, 255 }) {
        EXPECT_EQ(find_modcod(static_cast<std::uint8_t>(pls)), nullptr) << pls;
    }
    int regular = 0;
    for (int pls = 0; pls < 256; ++pls) {
        regular += find_modcod(static_cast<std::uint8_t>(pls)) != nullptr ? 1 : 0;
    }
    EXPECT_EQ(regular, 2 * 107);
}

TEST(ModcodLookup, ByName)
{
    EXPECT_EQ((*modcod_by_name("qpsk1/2", "normal"))->pls, 16);
    EXPECT_EQ((*modcod_by_name("QPSK 1/2", "SHORT"))->pls, 18);
    EXPECT_EQ((*modcod_by_name("8psk 9/10", ""))->pls, 68);
    EXPECT_EQ((*modcod_by_name("qpsk 11/45", ""))->pls, 216);
    EXPECT_EQ((*modcod_by_name("pi/2-BPSK 1/5 VL-SNR", "short-vlsnr"))->vlsnr_header, 9);

    const auto unknown = modcod_by_name("qpsk 1/22", "");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, spacesail::error_code::not_found);
    EXPECT_NE(unknown.error().message.find("QPSK 1/2"), std::string::npos) << unknown.error().message;
    const auto no_frame = modcod_by_name("8PSK 9/10", "short");
    ASSERT_FALSE(no_frame);
    EXPECT_NE(no_frame.error().message.find("normal"), std::string::npos) << no_frame.error().message;
}

} // namespace
