// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/catalogue_number.hpp>

#include <gtest/gtest.h>

namespace {

using namespace spacesail::orbit;

TEST(CatalogueNumber, Alpha5Examples)
{
    // The table of Space-Track's page on Alpha-5: A = 10 ... H = 17, J = 18 ... N = 22, P = 23 ... Z = 33.
    EXPECT_EQ(parse_alpha5("A0000"), 100'000U);
    EXPECT_EQ(parse_alpha5("E8493"), 148'493U);
    EXPECT_EQ(parse_alpha5("H9999"), 179'999U);
    EXPECT_EQ(parse_alpha5("J2931"), 182'931U);
    EXPECT_EQ(parse_alpha5("P4018"), 234'018U);
    EXPECT_EQ(parse_alpha5("W1928"), 301'928U);
    EXPECT_EQ(parse_alpha5("Z9999"), 339'999U);
    EXPECT_EQ(parse_alpha5("    5"), 5U);
    for (const char* bad : { "", "     ", "I0000", "O0000", "a0000", "A000", "A00 0", "1234567", "-1234" })
        EXPECT_FALSE(parse_alpha5(bad)) << bad;
}

TEST(CatalogueNumber, EveryNumberComesBack)
{
    for (std::uint32_t n = 0; n <= k_alpha5_max; ++n) ASSERT_EQ(parse_alpha5(*format_alpha5(n)), n);
    EXPECT_FALSE(format_alpha5(k_alpha5_max + 1));
    EXPECT_EQ(parse_catalogue_number("799500123"), 799'500'123U);
    EXPECT_FALSE(parse_catalogue_number("1799500123"));
}

} // namespace
