// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/crc.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace {

std::vector<std::uint8_t> bytes_of(std::string_view s) { return { s.begin(), s.end() }; }

// Check values of the CRC catalogue (reveng): CRC-8/DVB-S2 and CRC-32/MPEG-2 over "123456789".
TEST(Crc8, CheckValue) { EXPECT_EQ(spacesail::crc8_dvbs2(bytes_of("123456789")), 0xbc); }
TEST(Crc32, CheckValue) { EXPECT_EQ(spacesail::crc32_mpeg(bytes_of("123456789")), 0x0376e6e7U); }

TEST(Crc32, SplitAnywhereIsTheSame)
{
    const auto all = bytes_of("The quick brown fox jumps over the lazy dog");
    const std::uint32_t whole = spacesail::crc32_mpeg(all);
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        const std::span<const std::uint8_t> s(all);
        EXPECT_EQ(spacesail::crc32_mpeg(s.subspan(cut), spacesail::crc32_mpeg(s.first(cut))), whole) << cut;
    }
}

} // namespace
