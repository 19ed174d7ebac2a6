// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace {

using spacesail::rng;

// Known answers that several independent implementations of xoshiro256++ seeded by splitmix64 share (the Rust crates
// rand and rand_xoshiro among them).
TEST(Rng, KnownSequenceOfSeedZero)
{
    rng r(0);
    for (const std::uint64_t expected : { 5987356902031041503ULL,
                                          7051070477665621255ULL,
                                          6633766593972829180ULL,
                                          211316841551650330ULL,
                                          9136120204379184874ULL,
                                          379361710973160858ULL,
                                          15813423377499357806ULL,
                                          15596884590815070553ULL,
                                          5439680534584881407ULL,
                                          1369371744833522710ULL }) {
        EXPECT_EQ(r(), expected);
    }
}

TEST(Rng, UniformFillsItsIntervalEvenly)
{
    // Chi-square over 64 cells, 63 degrees of freedom: below 103.4 with probability 0.999 (tables).
    rng r(1);
    std::array<int, 64> cells{};
    constexpr int n = 640'000;
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        const double u = r.uniform();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        ++cells[static_cast<std::size_t>(u * 64)];
        sum += u;
    }
    double chi2 = 0;
    for (const int c : cells) chi2 += (c - n / 64.0) * (c - n / 64.0) / (n / 64.0);
    EXPECT_LT(chi2, 103.4);
    EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
}

TEST(Rng, BelowIsEvenAndInRange)
{
    // 6 degrees of freedom: below 22.46 with probability 0.999.
    rng r(2);
    std::array<int, 7> cells{};
    constexpr int n = 70'000;
    for (int i = 0; i < n; ++i) {
        const auto v = r.below(7);
        ASSERT_LT(v, 7U);
        ++cells[v];
    }
    double chi2 = 0;
    for (const int c : cells) chi2 += (c - n / 7.0) * (c - n / 7.0) / (n / 7.0);
    EXPECT_LT(chi2, 22.46);
    EXPECT_EQ(r.below(1), 0U);
}

TEST(Rng, NormalHasTheMomentsAndTailsOfTheNormal)
{
    rng r(3);
    constexpr int n = 500'000;
    double m1 = 0, m2 = 0, m4 = 0, cross = 0;
    int beyond_3 = 0;
    for (int i = 0; i < n; ++i) {
        const auto z = r.normal_pair();
        for (const double x : { z.real(), z.imag() }) {
            ASSERT_TRUE(std::isfinite(x));
            m1 += x;
            m2 += x * x;
            m4 += x * x * x * x;
            beyond_3 += std::abs(x) > 3 ? 1 : 0;
        }
        cross += z.real() * z.imag();
    }
    constexpr double count = 2.0 * n;
    // four standard errors: var(x) = 1, var(x^2) = 2, var(x^4) = 96, var(xy) = 1
    EXPECT_NEAR(m1 / count, 0.0, 4 / std::sqrt(count));
    EXPECT_NEAR(m2 / count, 1.0, 4 * std::sqrt(2 / count));
    EXPECT_NEAR(m4 / count, 3.0, 4 * std::sqrt(96 / count));
    EXPECT_NEAR(cross / n, 0.0, 4 / std::sqrt(static_cast<double>(n)));
    constexpr double p = 2.6997960632601866e-3; // erfc(3 / sqrt 2)
    EXPECT_NEAR(beyond_3 / count, p, 4 * std::sqrt(p / count));
}

TEST(Rng, SeedsGiveUnrelatedStreams)
{
    rng a(10), b(11);
    int equal_bits = 0;
    for (int i = 0; i < 1000; ++i) equal_bits += 64 - __builtin_popcountll(a() ^ b());
    EXPECT_NEAR(equal_bits / 64000.0, 0.5, 4 * 0.5 / std::sqrt(64000.0));
}

} // namespace
