// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/sample_format.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::io;

TEST(SampleFormat, NamesExtensionsAndDatatypes)
{
    EXPECT_EQ(*parse_sample_format("cf32"), sample_format::cf32);
    EXPECT_EQ(*parse_sample_format("FC32"), sample_format::cf32);
    EXPECT_EQ(*parse_sample_format("sc16"), sample_format::ci16);
    EXPECT_EQ(*parse_sample_format("ci16_le"), sample_format::ci16);
    EXPECT_EQ(*parse_sample_format("cu8"), sample_format::cu8);
    EXPECT_EQ(format_of_extension("a/b.c/x.cfile"), sample_format::cf32);
    EXPECT_EQ(format_of_extension("x.CS8"), sample_format::ci8);
    EXPECT_FALSE(format_of_extension("x.wav").has_value());
    EXPECT_FALSE(format_of_extension("cf32").has_value());
    for (const auto f : { sample_format::cf32, sample_format::ci16, sample_format::ci8, sample_format::cu8 }) {
        EXPECT_EQ(*parse_sample_format(sigmf_datatype(f)), f);
        EXPECT_EQ(*parse_sample_format(name_of(f)), f);
    }
}

TEST(SampleFormat, OtherDatatypesAreRefusedWithARemedy)
{
    for (const char* t : { "cf32_be", "ri16_le", "cf64_le", "ci32_le", "ru8" }) {
        const auto f = parse_sample_format(t);
        ASSERT_FALSE(f) << t;
        EXPECT_EQ(f.error().code, error_code::unsupported) << t;
        EXPECT_NE(f.error().message.find("convert"), std::string::npos);
    }
    for (const char* t : { "", "wav", "cf", "cf32_", "cf128_le" }) {
        const auto f = parse_sample_format(t);
        ASSERT_FALSE(f) << t;
        EXPECT_EQ(f.error().code, error_code::parse) << t;
    }
}

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& v)
{
    std::vector<std::byte> b(v.size() * sizeof(T));
    std::memcpy(b.data(), v.data(), b.size());
    return b;
}

TEST(ToCf32, ClosedForm)
{
    std::vector<cf32_t> out(2);
    to_cf32(sample_format::ci16, bytes_of<std::int16_t>({ 16384, -32768, 1, 32767 }), out);
    EXPECT_EQ(out[0], cf32_t(0.5F, -1.0F));
    EXPECT_EQ(out[1], cf32_t(0x1p-15F, 1.0F - 0x1p-15F));
    to_cf32(sample_format::ci8, bytes_of<std::int8_t>({ 64, -128, 1, 127 }), out);
    EXPECT_EQ(out[0], cf32_t(0.5F, -1.0F));
    EXPECT_EQ(out[1], cf32_t(0x1p-7F, 127.0F / 128.0F));
    to_cf32(sample_format::cu8, bytes_of<std::uint8_t>({ 0, 255, 127, 128 }), out);
    EXPECT_EQ(out[0], cf32_t(-127.5F / 128.0F, 127.5F / 128.0F));
    EXPECT_EQ(out[1], cf32_t(-0.5F / 128.0F, 0.5F / 128.0F));
}

TEST(ToCf32, EveryIntegerGoesThereAndBackAtAnyAlignmentAndLength)
{
    for (const auto f : { sample_format::ci16, sample_format::ci8, sample_format::cu8 }) {
        const std::size_t n = f == sample_format::ci16 ? 32768 : 128; // two components a sample
        std::vector<std::byte> in(n * bytes_per_sample(f) + 64), back(in.size());
        for (std::size_t i = 0; i < 2 * n; ++i) {
            if (f == sample_format::ci16) {
                const auto v = static_cast<std::int16_t>(static_cast<int>(i) - 32768);
                std::memcpy(&in[2 * i], &v, 2);
            } else {
                in[i] = static_cast<std::byte>(i);
            }
        }
        for (const std::size_t shift : { 0U, 1U, 3U }) {
            std::memmove(in.data() + shift, in.data(), n * bytes_per_sample(f));
            std::vector<cf32_t> x(n - 5);
            const std::size_t used = x.size() * bytes_per_sample(f);
            to_cf32(f, std::span(in).subspan(shift), x);
            EXPECT_EQ(from_cf32(f, x, std::span(back).subspan(shift)), 0U);
            EXPECT_EQ(std::memcmp(in.data() + shift, back.data() + shift, used), 0) << name_of(f) << " shift " << shift;
            std::memmove(in.data(), in.data() + shift, n * bytes_per_sample(f));
        }
    }
}

TEST(FromCf32, SaturatesAndCounts)
{
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<cf32_t> x{
        { 2.0F, -3.0F }, { inf, -inf }, { nan, 0.25F }, { 0.99999F, -1.0F }, { 1e30F, -1e30F }
    };
    std::vector<std::int16_t> out(10);
    // 0.99999 * 32768 = 32767.67 rounds to 32768, one too many
    EXPECT_EQ(from_cf32(sample_format::ci16, x, std::as_writable_bytes(std::span(out))), 8U);
    EXPECT_EQ(out, (std::vector<std::int16_t>{ 32767, -32768, 32767, -32768, 0, 8192, 32767, -32768, 32767, -32768 }));
    std::vector<std::int8_t> small(10);
    EXPECT_EQ(from_cf32(sample_format::ci8, x, std::as_writable_bytes(std::span(small))), 8U);
    EXPECT_EQ(small, (std::vector<std::int8_t>{ 127, -128, 127, -128, 0, 32, 127, -128, 127, -128 }));
    std::vector<cf32_t> same(5);
    EXPECT_EQ(from_cf32(sample_format::cf32, x, std::as_writable_bytes(std::span(same))), 0U);
    EXPECT_TRUE(std::isnan(same[2].real()));
}

TEST(FromCf32, RoundsToNearest)
{
    std::vector<cf32_t> x;
    std::vector<std::int16_t> expected;
    for (int i = -5000; i < 5000; ++i) {
        const float v = 0.37F * static_cast<float>(i);
        x.emplace_back(v / 32768.0F, -v / 32768.0F);
        expected.push_back(static_cast<std::int16_t>(std::nearbyint(v)));
        expected.push_back(static_cast<std::int16_t>(std::nearbyint(-v)));
    }
    std::vector<std::int16_t> out(expected.size());
    EXPECT_EQ(from_cf32(sample_format::ci16, x, std::as_writable_bytes(std::span(out))), 0U);
    EXPECT_EQ(out, expected);
}

} // namespace
