// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/demapper.hpp>

#include <gtest/gtest.h>

#include <numbers>
#include <string>
#include <vector>

namespace {

using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

// The mapping of the standard, bit by bit: which FECFRAME bit is which label bit of which symbol.
std::vector<cf> map_by_definition(const modcod& m, const std::vector<std::uint8_t>& bits)
{
    std::vector<cf> symbols;
    if (m.constellation == nullptr) {
        const unsigned repeats = m.modulation == "pi/2-BPSK-SF2" ? 2 : 1;
        for (std::size_t i = 0; i < bits.size() * repeats; ++i) {
            const cf p = (i % 2 == 0 ? cf(1, 1) : cf(-1, 1)) / std::numbers::sqrt2_v<float>;
            symbols.push_back(bits[i / repeats] != 0 ? -p : p);
        }
        return symbols;
    }
    auto padded = bits;
    while (padded.size() % m.bits_per_symbol != 0) {
        padded.push_back(0);
    }
    const std::size_t rows = padded.size() / m.bits_per_symbol;
    for (std::size_t r = 0; r < rows; ++r) {
        unsigned label = 0;
        for (unsigned k = 0; k < m.bits_per_symbol; ++k) {
            const std::size_t at = m.interleaver_columns == "-"
                                       ? r * m.bits_per_symbol + k
                                       : static_cast<std::size_t>(m.interleaver_columns[k] - '0') * rows + r;
            label = label << 1 | padded[at];
        }
        symbols.push_back(m.constellation->points()[label]);
    }
    while (symbols.size() % 90 != 0 && m.vlsnr_header < 0) {
        symbols.push_back(m.constellation->points().back());
    }
    return symbols;
}

TEST(Demapper, GivesBackTheFecframeOfEveryEntry)
{
    for (const modcod& m : all_modcods()) {
        SCOPED_TRACE(std::string(m.name) + " " + std::string(m.frame));
        spacesail::rng random(m.pls);
        std::vector<std::uint8_t> bits(m.code->sent_bits());
        for (auto& b : bits) {
            b = static_cast<std::uint8_t>(random() & 1);
        }
        const auto symbols = map_by_definition(m, bits);
        ASSERT_EQ(symbols.size(), m.xfecframe_symbols());
        std::vector<std::int8_t> llr(bits.size());
        demap_xfecframe(m, symbols, 1e-4F, llr);
        std::size_t wrong = 0;
        std::size_t unsure = 0;
        for (std::size_t i = 0; i < bits.size(); ++i) {
            const int towards = bits[i] != 0 ? -llr[i] : llr[i];
            wrong += towards < -1 ? 1 : 0;
            unsure += towards < 20 ? 1 : 0;
        }
        EXPECT_EQ(wrong, 0U);
        // The points of these two nearly coincide in pairs that differ in one bit.
        const bool in_pairs = m.name == "256APSK 2/3-L" || m.name == "256APSK 11/15-L";
        EXPECT_LE(unsure, in_pairs ? bits.size() / 8 : 0);
    }
}

} // namespace
