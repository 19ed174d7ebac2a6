// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/ts_generator.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail::encap;

TEST(TsGenerator, PacketsAreNumberedContinuousAndDoNotDependOnHowTheyAreRead)
{
    ts_generator once(5, 0x123), twice(5, 0x123), other(6, 0x123);
    std::vector<std::uint8_t> a(40 * k_ts_bytes), b(a.size()), c(a.size());
    once.read(a);
    twice.read(std::span(b).first(k_ts_bytes));
    twice.read(std::span(b).subspan(k_ts_bytes));
    other.read(c);
    EXPECT_EQ(a, b);
    EXPECT_NE(a, c);
    EXPECT_EQ(once.nof_packets(), 40U);
    ts_continuity continuity;
    for (std::size_t i = 0; i < 40; ++i) {
        const auto p = std::span<const std::uint8_t>(a).subspan(i * k_ts_bytes, k_ts_bytes);
        EXPECT_EQ(p[0], k_ts_sync);
        EXPECT_EQ(ts_pid(p), 0x123U);
        EXPECT_EQ(p[4], i);
        EXPECT_TRUE(continuity.follows(p));
    }
}

TEST(TsGenerator, ThePidOfNullPacketsIsRefused)
{
    EXPECT_THROW(ts_generator(1, k_ts_null_pid), std::invalid_argument);
}

} // namespace
