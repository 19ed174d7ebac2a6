// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace spacesail::cli;
using testing::HasSubstr;

TEST(FormatSi, ThreeDigits)
{
    EXPECT_EQ(format_si(0), "0");
    EXPECT_EQ(format_si(789), "789");
    EXPECT_EQ(format_si(999), "999");
    EXPECT_EQ(format_si(1000), "1.00 k");
    EXPECT_EQ(format_si(999.7), "1.00 k");
    EXPECT_EQ(format_si(45'600), "45.6 k");
    EXPECT_EQ(format_si(1.234e6), "1.23 M");
    EXPECT_EQ(format_si(25e9), "25.0 G");
    EXPECT_EQ(format_si(0.5), "0.50");
}

TEST(FormatDuration, MinutesAndHours)
{
    EXPECT_EQ(format_duration(0), "0:00");
    EXPECT_EQ(format_duration(7.4), "0:07");
    EXPECT_EQ(format_duration(754), "12:34");
    EXPECT_EQ(format_duration(3723), "1:02:03");
    EXPECT_EQ(format_duration(-1), "-:--");
}

TEST(FormatProgress, RateAndRemainingTime)
{
    const auto line = format_progress(25'000'000, 100'000'000, 10.0, "samples", 79);
    EXPECT_THAT(line, HasSubstr(" 25% ["));
    EXPECT_THAT(line, HasSubstr("2.50 Msamples/s"));
    EXPECT_THAT(line, HasSubstr("0:30 left"));
    EXPECT_LE(line.size(), 79U);
    EXPECT_THAT(format_progress(0, 10, 0, "frames", 79), HasSubstr("-:-- left"));
    EXPECT_THAT(format_progress(20, 10, 1, "frames", 79), HasSubstr("100%")) << "more than promised";
    EXPECT_THAT(format_progress(1500, std::nullopt, 60, "frames", 79), HasSubstr("1.50 kframes  25 frames/s  1:00"));
}

TEST(FormatProgress, FitsAnyTerminal)
{
    for (std::size_t width = 0; width < 120; ++width)
        EXPECT_LE(format_progress(5, 10, 3, "samples", width).size(), width);
}

} // namespace
