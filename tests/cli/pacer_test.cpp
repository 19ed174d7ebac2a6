// SPDX-License-Identifier: GPL-3.0-or-later
#include "pacer.hpp"

#include <gtest/gtest.h>

namespace {

using namespace spacesail::cli;

pacer::clock::time_point at(double s)
{
    return pacer::clock::time_point() +
           std::chrono::duration_cast<pacer::clock::duration>(std::chrono::duration<double>(s));
}

TEST(Pacer, HoldsTheStreamToTheClockAndLetsItCatchUp)
{
    pacer p(carrier_pace::realtime);
    EXPECT_DOUBLE_EQ(p.left_s(0.0, at(5.0)), 0.0);
    EXPECT_NEAR(p.left_s(0.5, at(5.2)), 0.3, 1e-8);
    EXPECT_DOUBLE_EQ(p.left_s(0.5, at(5.55)), 0.0); // 50 ms late
    EXPECT_NEAR(p.left_s(0.6, at(5.55)), 0.05, 1e-8) << "caught up";
    EXPECT_EQ(p.nof_slips(), 0U);
}

TEST(Pacer, ALongStallLeavesNoDelay)
{
    pacer p(carrier_pace::realtime);
    EXPECT_DOUBLE_EQ(p.left_s(0.0, at(1.0)), 0.0);
    EXPECT_DOUBLE_EQ(p.left_s(1.0, at(4.0)), 0.0);
    EXPECT_EQ(p.nof_slips(), 1U);
    EXPECT_NEAR(p.slipped_s(), 2.0, 1e-8);
    EXPECT_NEAR(p.left_s(1.5, at(4.0)), 0.5, 1e-8);
}

TEST(Pacer, FreeNeverWaits)
{
    pacer p(carrier_pace::free);
    EXPECT_DOUBLE_EQ(p.left_s(0.0, at(1.0)), 0.0);
    EXPECT_DOUBLE_EQ(p.left_s(1000.0, at(1.0)), 0.0);
    EXPECT_EQ(p.nof_slips(), 0U);
}

} // namespace
