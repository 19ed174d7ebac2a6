// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <complex>

namespace {

using namespace spacesail::dvbs2x;

// Lengths of EN 302 307-1, table 11: S slots of 90 symbols and the header; pilots 36 each 16 slots.
TEST(PlframeLength, KnownFrames)
{
    EXPECT_EQ(plframe_symbols(16), 90U * 361);           // QPSK 1/2 normal
    EXPECT_EQ(plframe_symbols(17), 90U * 361 + 22 * 36); // with pilots
    EXPECT_EQ(plframe_symbols(18), 90U * 91);            // short
    EXPECT_EQ(plframe_symbols(19), 90U * 91 + 5 * 36);
    EXPECT_EQ(plframe_symbols(52), 90U * 241); // 8PSK
    EXPECT_EQ(plframe_symbols(72), 90U * 181);
    EXPECT_EQ(plframe_symbols(96), 90U * 145);
    EXPECT_EQ(plframe_symbols(97), 90U * 145 + 8 * 36); // 144 slots: none behind the last
    EXPECT_EQ(plframe_symbols(98), 90U * 37);
    EXPECT_EQ(plframe_symbols(200), 90U * 104); // 128APSK: 9258 symbols and 12 of fill
    EXPECT_EQ(plframe_symbols(0), 3330U);
    EXPECT_EQ(plframe_symbols(1), 3330U);
    EXPECT_EQ(plframe_symbols(129), 33282U);
    EXPECT_EQ(plframe_symbols(131), 16686U);
    EXPECT_EQ(plframe_symbols(46), 0U);
    EXPECT_EQ(plframe_symbols(255), 0U);
}

TEST(PlframeLength, StaysWithinTheStatedBounds)
{
    unsigned shortest = 1U << 30;
    unsigned longest = 0;
    for (int pls = 0; pls < 256; ++pls) {
        const unsigned n = plframe_symbols(static_cast<std::uint8_t>(pls));
        if (n == 0) continue;
        shortest = std::min(shortest, n);
        longest = std::max(longest, n);
    }
    EXPECT_EQ(shortest, k_shortest_plframe_symbols);
    EXPECT_EQ(longest, k_longest_plframe_symbols);
}

TEST(PlHeader, BeginsWithTheSofAndHasUnitEnergy)
{
    for (int pls = 0; pls < 256; ++pls) {
        const auto h = pl_header_symbols(static_cast<std::uint8_t>(pls));
        for (unsigned i = 0; i < k_header_symbols; ++i) {
            EXPECT_NEAR(std::norm(h[i]), 1.0F, 1e-6F);
            if (i < k_sof_symbols) EXPECT_EQ(h[i], sof_symbols()[i]);
        }
    }
    // SOF = 18D2E82: 0, 1, 1, 0 on (1+j), (-1+j), (1+j), (-1+j), each over sqrt2.
    const float a = 0.70710678F;
    EXPECT_EQ(sof_symbols()[0], std::complex<float>(a, a));
    EXPECT_EQ(sof_symbols()[1], std::complex<float>(a, -a));
    EXPECT_EQ(sof_symbols()[2], std::complex<float>(-a, -a));
    EXPECT_EQ(sof_symbols()[3], std::complex<float>(-a, a));
}

// The PLS code is a first-order Reed-Muller code with its complement: distance 32 between any two of one kind,
// and the two kinds lie at +-90 degrees.
TEST(PlHeader, CodewordsAreFarApart)
{
    for (int a = 0; a < 256; ++a) {
        const auto x = pl_header_symbols(static_cast<std::uint8_t>(a));
        for (int b = a + 1; b < 256; ++b) {
            const auto y = pl_header_symbols(static_cast<std::uint8_t>(b));
            std::complex<float> sum = 0.0F;
            for (unsigned i = k_sof_symbols; i < k_header_symbols; ++i) {
                sum += x[i] * std::conj(y[i]);
            }
            EXPECT_LE(sum.real(), 32.0F) << a << " " << b; // 64 - 2 * distance, distance >= 16
        }
    }
}

} // namespace
