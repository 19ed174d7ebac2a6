// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/bbheader.hpp>
#include <spacesail/encap/rolloff.hpp>

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;

// CRC-8 bit by bit from the polynomial of EN 302 307-1, clause 5.1.4: an independent form of the table.
std::uint8_t crc8_by_division(std::span<const std::uint8_t> bytes)
{
    unsigned r = 0;
    for (const auto b : bytes) {
        for (int i = 7; i >= 0; --i) {
            const unsigned in = ((r >> 7) ^ (b >> i)) & 1U;
            r = (r << 1) & 0xffU;
            if (in != 0) r ^= 0xd5U;
        }
    }
    return static_cast<std::uint8_t>(r);
}

// Table 4 of EN 302 307-1: single transport stream, CCM, no ISSY, no NPD, roll-off 0.35: MATYPE-1 = 11110000.
TEST(Bbheader, BroadcastRowOfTheStandard)
{
    std::array<std::uint8_t, 10> bytes{ 0xf0, 0x00, 0x05, 0xe0, 0x7d, 0x80, 0x47, 0x00, 0x00, 0x00 };
    bytes[9] = crc8_by_division(std::span(bytes).first(9));
    const auto h = parse_bbheader(bytes);
    ASSERT_TRUE(h.has_value());
    EXPECT_EQ(h->format, stream_format::transport);
    EXPECT_EQ(h->streams, input_streams::single);
    EXPECT_EQ(h->coding, coding_mode::constant);
    EXPECT_FALSE(h->issyi);
    EXPECT_FALSE(h->npd);
    EXPECT_EQ(h->upl_bits, 188 * 8);
    EXPECT_EQ(h->dfl_bits, 32208 - 80);
    EXPECT_EQ(h->sync, 0x47);
    EXPECT_EQ(h->syncd_bits, 0);
}

// Table D.2: interactive services with ACM over GS, several streams: 010000Y.
TEST(Bbheader, GenericStreamRowOfTheStandard)
{
    bbheader h;
    h.format = stream_format::generic_continuous;
    h.streams = input_streams::multiple;
    h.coding = coding_mode::adaptive;
    h.rolloff_code = 2;
    h.isi = 0xa5;
    h.dfl_bits = 0x1234;
    std::array<std::uint8_t, 10> bytes{};
    write_bbheader(h, bytes);
    EXPECT_EQ(bytes[0], 0b01000010);
    EXPECT_EQ(bytes[1], 0xa5);
    EXPECT_EQ(bytes[4], 0x12);
    EXPECT_EQ(bytes[5], 0x34);
    EXPECT_EQ(bytes[9], crc8_by_division(std::span(bytes).first(9)));
}

TEST(Bbheader, EveryMatypeSurvives)
{
    for (unsigned m = 0; m < 256; ++m) {
        bbheader h;
        h.format = static_cast<stream_format>(m >> 6);
        h.streams = static_cast<input_streams>((m >> 5) & 1);
        h.coding = static_cast<coding_mode>((m >> 4) & 1);
        h.issyi = (m & 8) != 0;
        h.npd = (m & 4) != 0;
        h.rolloff_code = m & 3;
        h.isi = static_cast<std::uint8_t>(255 - m);
        h.upl_bits = static_cast<std::uint16_t>(m * 257);
        h.syncd_bits = static_cast<std::uint16_t>(m * 31);
        std::array<std::uint8_t, 10> bytes{};
        write_bbheader(h, bytes);
        EXPECT_EQ(bytes[0], m);
        const auto back = parse_bbheader(bytes);
        ASSERT_TRUE(back.has_value());
        EXPECT_EQ(*back, h);
    }
}

TEST(Bbheader, EverySingleBitErrorIsSeen)
{
    std::array<std::uint8_t, 10> bytes{};
    write_bbheader({ .format = stream_format::transport, .upl_bits = 1504, .dfl_bits = 32128, .sync = 0x47 }, bytes);
    for (unsigned bit = 0; bit < 80; ++bit) {
        auto bad = bytes;
        bad[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
        const auto r = parse_bbheader(bad);
        ASSERT_FALSE(r.has_value()) << bit;
        EXPECT_EQ(r.error().code, error_code::checksum);
    }
    const auto r = parse_bbheader(std::span(bytes).first(9));
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().code, error_code::truncated);
}

TEST(Rolloff, AllSixAreWrittenAndRead)
{
    constexpr std::array<double, 6> factors = { 0.35, 0.25, 0.20, 0.15, 0.10, 0.05 };
    for (const double f : factors) {
        const auto r = rolloff_of_factor(f);
        ASSERT_TRUE(r.has_value());
        EXPECT_DOUBLE_EQ(rolloff_factor(*r), f);
        for (const int start : { 0, 1 }) {
            rolloff_writer w(*r);
            for (int i = 0; i < start; ++i) w.next();
            rolloff_reader reader;
            reader.on_frame(w.next());
            EXPECT_FALSE(reader.value().has_value());
            for (int i = 0; i < 20; ++i) {
                reader.on_frame(w.next());
                EXPECT_EQ(reader.value(), r) << f;
            }
        }
    }
    EXPECT_FALSE(rolloff_of_factor(0.3).has_value());
}

TEST(Rolloff, LostFramesDoNotFakeAFactor)
{
    // 0.10 is 11, 01, 11, 01 ..; without the 11 between them two 01 would read 0.25.
    rolloff_reader reader;
    reader.on_frame(3);
    reader.on_frame(1);
    reader.on_gap();
    reader.on_frame(1);
    EXPECT_EQ(reader.value(), rolloff::r0_10);
    rolloff_reader unreported;
    unreported.on_frame(3);
    unreported.on_frame(1);
    unreported.on_frame(1);
    EXPECT_EQ(unreported.value(), rolloff::r0_10);
    rolloff_reader fresh;
    fresh.on_frame(1);
    fresh.on_gap();
    fresh.on_frame(1);
    EXPECT_FALSE(fresh.value().has_value());
}

TEST(Rolloff, FollowsAChange)
{
    rolloff_reader reader;
    for (const std::uint8_t code : { 3, 2, 3, 2 }) reader.on_frame(code);
    EXPECT_EQ(reader.value(), rolloff::r0_05);
    for (const std::uint8_t code : { 0, 0, 0 }) reader.on_frame(code);
    EXPECT_EQ(reader.value(), rolloff::r0_35);
}

} // namespace
