// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>
#include <spacesail/base/counter.hpp>
#include <spacesail/base/result.hpp>
#include <spacesail/base/rng.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace spacesail;

TEST(Bits, PacksMsbFirst)
{
    const std::vector<std::uint8_t> bits{ 1, 0, 1, 0, 0, 1, 0, 1, 1, 1 };
    std::vector<std::uint8_t> packed(2, 0xff);
    pack_bits(bits, packed);
    EXPECT_EQ(packed, (std::vector<std::uint8_t>{ 0xa5, 0xc0 }));
    EXPECT_EQ(bit_at(packed, 0), 1);
    EXPECT_EQ(bit_at(packed, 1), 0);
    EXPECT_EQ(bit_at(packed, 9), 1);
}

TEST(Bits, ThereAndBackAtEveryLength)
{
    rng r(1);
    for (std::size_t n = 0; n < 70; ++n) {
        std::vector<std::uint8_t> bits(n), back(n), packed(bytes_for_bits(n));
        for (auto& b : bits) b = static_cast<std::uint8_t>(r.below(2));
        pack_bits(bits, packed);
        unpack_bits(packed, back);
        EXPECT_EQ(back, bits) << n;
    }
    EXPECT_EQ(bytes_for_bits(0), 0U);
    EXPECT_EQ(bytes_for_bits(8), 1U);
    EXPECT_EQ(bytes_for_bits(9), 2U);
}

TEST(Bits, BigEndianFields)
{
    std::uint8_t b[4];
    write_be32(b, 0x12345678);
    EXPECT_EQ(b[0], 0x12);
    EXPECT_EQ(b[3], 0x78);
    EXPECT_EQ(read_be16(b + 1), 0x3456);
    EXPECT_EQ(read_be32(b), 0x12345678U);
    write_be32(b, 0xfedcba98);
    EXPECT_EQ(read_be32(b), 0xfedcba98U);
}

TEST(Counter, OneAddsAnyoneReads)
{
    counter c;
    std::thread adds([&c] {
        for (int i = 0; i < 100'000; ++i) c.add();
    });
    std::uint64_t last = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto now = c.value();
        EXPECT_GE(now, last);
        last = now;
    }
    adds.join();
    EXPECT_EQ(c.value(), 100'000U);
    const counter copy = c;
    c.reset();
    EXPECT_EQ(c.value(), 0U);
    EXPECT_EQ(copy.value(), 100'000U);
}

TEST(Result, HoldsAValueOrAnError)
{
    const result<int> good = 7;
    ASSERT_TRUE(good);
    EXPECT_EQ(*good, 7);
    const auto bad = result<int>::failure(error_code::truncated, "frame.bin: ends after 3 bytes");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, error_code::truncated);
    EXPECT_EQ(bad.error().message, "frame.bin: ends after 3 bytes");
}

TEST(Result, CarriesWhatOnlyMoves)
{
    result<std::unique_ptr<int>> r = std::make_unique<int>(3);
    const std::unique_ptr<int> p = std::move(*r);
    EXPECT_EQ(*p, 3);
    result<std::string> text = std::string("abc");
    EXPECT_EQ(text->size(), 3U);
}

} // namespace
