// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/quantity.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace spacesail;
using namespace spacesail::io;
using testing::HasSubstr;

TEST(Quantity, SuffixesAndUnits)
{
    EXPECT_EQ(*parse_quantity("2M"), 2e6);
    EXPECT_EQ(*parse_quantity("12.7G"), 12.7e9);
    EXPECT_EQ(*parse_quantity("200k"), 200e3);
    EXPECT_EQ(*parse_quantity("200K"), 200e3);
    EXPECT_EQ(*parse_quantity("1e6"), 1e6);
    EXPECT_EQ(*parse_quantity("+0.35"), 0.35);
    EXPECT_EQ(*parse_quantity("-3.5"), -3.5);
    EXPECT_EQ(*parse_quantity("3m"), 0.003);
    EXPECT_EQ(*parse_quantity("20u"), 20e-6);
    EXPECT_EQ(*parse_quantity("1.5GHz"), 1.5e9);
    EXPECT_EQ(*parse_quantity("25MBd"), 25e6);
    EXPECT_EQ(*parse_quantity("60s"), 60.0);
    EXPECT_EQ(*parse_quantity("5ms"), 0.005);
    EXPECT_EQ(*parse_quantity("-30dB"), -30.0);
}

TEST(Quantity, RefusesEverythingElseWithAnExample)
{
    for (const char* bad : { "",
                             " ",
                             "M",
                             "2X",
                             "2 M",
                             "2MM",
                             "0x10",
                             "nan",
                             "inf",
                             "1e999",
                             "1,5",
                             "--2",
                             "+-2",
                             "++2",
                             "2M ",
                             "1e308G",
                             "five" }) {
        const auto v = parse_quantity(bad);
        ASSERT_FALSE(v) << "'" << bad << "' gave " << *v;
        EXPECT_THAT(v.error().message, HasSubstr("like 2M")) << bad;
    }
}

TEST(Count, WholeNumbersOnly)
{
    EXPECT_EQ(*parse_count("20k"), 20000U);
    EXPECT_EQ(*parse_count("0.3k"), 300U);
    EXPECT_EQ(*parse_count("0"), 0U);
    for (const char* bad : { "-1", "0.5", "1e17", "x" }) EXPECT_FALSE(parse_count(bad)) << bad;
}

TEST(Range, BothEndsAreIn)
{
    EXPECT_EQ(*parse_range("5"), std::vector<double>{ 5 });
    EXPECT_EQ(*parse_range("1:0.5:2.5"), (std::vector<double>{ 1, 1.5, 2, 2.5 }));
    EXPECT_EQ(parse_range("0:0.1:1")->size(), 11U);
    EXPECT_EQ(*parse_range("2:-1:0"), (std::vector<double>{ 2, 1, 0 }));
    EXPECT_EQ(*parse_range("3:1:3"), std::vector<double>{ 3 });
    EXPECT_EQ(*parse_range("0:2:3"), (std::vector<double>{ 0, 2 }));
    for (const char* bad : { "", "1:2", "1::2", "1:0:2", "1:-1:2", "1:1:2:3", "a:1:2", "0:1e-9:1" })
        EXPECT_FALSE(parse_range(bad)) << bad;
}

TEST(Site, DegreesAndMetres)
{
    EXPECT_EQ(*parse_site("31.23,121.47,10"), (site_coordinates{ 31.23, 121.47, 10 }));
    EXPECT_EQ(*parse_site("-33.9, 18.4, -5.5"), (site_coordinates{ -33.9, 18.4, -5.5 }));
    EXPECT_EQ(parse_site("31,121,10m")->height_m, 10.0);
    EXPECT_EQ(parse_site("31,121,1.2km")->height_m, 1200.0);
    EXPECT_EQ(*parse_site("90,-180,0"), (site_coordinates{ 90, -180, 0 }));
    EXPECT_DOUBLE_EQ(parse_site("0,359,0")->longitude_deg, -1.0);
    for (const char* bad : { "", "31", "31,121", "31,121,", "31,121,10,5", "a,b,c", "nan,0,0" }) {
        const auto s = parse_site(bad);
        ASSERT_FALSE(s) << bad;
        EXPECT_THAT(s.error().message, HasSubstr("LAT,LON,HEIGHT_M")) << bad;
    }
    EXPECT_THAT(parse_site("91,0,0").error().message, HasSubstr("latitude"));
    EXPECT_THAT(parse_site("0,361,0").error().message, HasSubstr("longitude"));
    EXPECT_THAT(parse_site("0,0,1e6").error().message, HasSubstr("height"));
}

} // namespace
