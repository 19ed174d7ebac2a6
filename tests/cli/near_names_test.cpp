// SPDX-License-Identifier: GPL-3.0-or-later
#include "near_names.hpp"

#include <gtest/gtest.h>

namespace spacesail::cli {
namespace {

using words = std::vector<std::string>;

TEST(near_names, finds_one_wrong_missing_added_or_exchanged_letter)
{
    const words all{ "--symbol-rate", "--scrambling", "--seconds", "--rate" };
    for (const char* wanted : { "--symbolrate", "--symbol-ratte", "--Symbol-Rate", "--symbol-raet", "--zymbol-rate" })
        EXPECT_EQ(near_names(wanted, all, 1), words{ "--symbol-rate" }) << wanted;
}

TEST(near_names, puts_the_nearest_first_and_stops_at_the_most)
{
    const words all{ "QIANFAN-1", "QIANFAN-30", "QIANFAN-300" };
    EXPECT_EQ(near_names("QIANFAN-30O", all, 2), (words{ "QIANFAN-30", "QIANFAN-300" }));
}

TEST(near_names, finds_nothing_where_nothing_is_near)
{
    EXPECT_TRUE(near_names("NOPE", { "QIANFAN-1", "rx" }, 3).empty());
    EXPECT_TRUE(near_names("", { "rx" }, 3).empty());
    EXPECT_TRUE(near_names("rx", {}, 3).empty());
}

} // namespace
} // namespace spacesail::cli
