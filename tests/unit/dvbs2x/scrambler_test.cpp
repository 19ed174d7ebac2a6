// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/pl_scrambler.hpp>

#include <gtest/gtest.h>

#include <complex>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

TEST(BbScrambler, BeginsAsPublished)
{
    std::vector<std::uint8_t> bytes(8100);
    bb_scramble(bytes);
    EXPECT_EQ(bytes[0], 0x03);
    EXPECT_EQ(bytes[1], 0xf6);
    EXPECT_EQ(bytes[2], 0x08);
    EXPECT_EQ(bytes[3], 0x34);
    // An m-sequence of 2^15 - 1 obeys its recursion everywhere: s(i) = s(i-14) ^ s(i-15).
    auto bit = [&](std::size_t i) { return (bytes[i / 8] >> (7 - i % 8)) & 1; };
    for (std::size_t i = 15; i < 64800; ++i) {
        ASSERT_EQ(bit(i), bit(i - 14) ^ bit(i - 15)) << i;
    }
    bb_scramble(bytes);
    EXPECT_EQ(bytes, std::vector<std::uint8_t>(8100));
}

TEST(PlScrambler, BeginsAsPublished)
{
    const pl_scrambler s(0);
    const std::string_view published = "0111131313131333131222200013";
    ASSERT_EQ(s.phases().size(), 33192U);
    for (std::size_t i = 0; i < published.size(); ++i) {
        EXPECT_EQ(s.phases()[i], published[i] - '0') << i;
    }
}

// Code n is x shifted by n: z_n(i) ^ z_0(i) = x(i + n) ^ x(i), which obeys the recursion of x.
TEST(PlScrambler, CodesDifferByAShiftOfX)
{
    const pl_scrambler zero(0);
    for (const unsigned n : { 1U, 10949U, k_max_gold_code }) {
        const pl_scrambler s(n);
        std::vector<int> d(s.phases().size());
        bool differs = false;
        for (std::size_t i = 0; i < d.size(); ++i) {
            d[i] = (s.phases()[i] ^ zero.phases()[i]) & 1;
            differs = differs || d[i] != 0;
        }
        EXPECT_TRUE(differs) << n;
        for (std::size_t i = 18; i < d.size(); ++i) {
            ASSERT_EQ(d[i], d[i - 11] ^ d[i - 18]) << n << " " << i;
        }
    }
}

TEST(PlScrambler, RotatesByItsPhasesAndBack)
{
    const pl_scrambler s(1234);
    spacesail::rng random(1);
    const cf turn[4] = { { 1, 0 }, { 0, 1 }, { -1, 0 }, { 0, -1 } };
    for (const std::size_t length : { 0, 1, 7, 16, 90, 1000 }) {
        std::vector<cf> x(length);
        for (auto& v : x) {
            v = cf(random.normal_pair());
        }
        auto y = x;
        s.scramble(y, 77);
        for (std::size_t i = 0; i < length; ++i) {
            EXPECT_EQ(y[i], x[i] * turn[s.phases()[77 + i]]) << i;
        }
        s.descramble(y, 77);
        EXPECT_EQ(y, x);
    }
}

TEST(PlScrambler, RefusesCodesOutOfRange)
{
    EXPECT_THROW(pl_scrambler(k_max_gold_code + 1), std::invalid_argument);
    EXPECT_NO_THROW(pl_scrambler{ k_max_gold_code });
}

} // namespace
