// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_folder.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/io/iq_reader.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

namespace {

using namespace spacesail;
using namespace spacesail::io;
using testing::AllOf;
using testing::HasSubstr;

iq_options with_rate(double rate_hz)
{
    iq_options o;
    o.rate_hz = rate_hz;
    return o;
}

std::vector<ci16_t> noise(std::size_t n, std::uint64_t seed)
{
    rng r(seed);
    std::vector<ci16_t> x(n);
    for (auto& v : x) v = { static_cast<std::int16_t>(r()), static_cast<std::int16_t>(r()) };
    return x;
}

std::string as_text(std::span<const ci16_t> x) { return { reinterpret_cast<const char*>(x.data()), x.size_bytes() }; }

/// Reads to the end in pieces of at most `step`; the samples must be in order.
std::vector<ci16_t> read_all(iq_reader& reader, std::size_t step)
{
    std::vector<ci16_t> out;
    for (;;) {
        const auto chunk = reader.next(step);
        if (!chunk) {
            ADD_FAILURE() << chunk.error().message;
            return out;
        }
        if (chunk->status == read_status::end) return out;
        EXPECT_EQ(chunk->first_sample, out.size());
        EXPECT_LE(chunk->bytes.size(), step * sizeof(ci16_t));
        const auto x = iq_reader::as_ci16(*chunk);
        out.insert(out.end(), x.begin(), x.end());
    }
}

TEST(IqSpec, RawFileTakesFormatFromItsNameAndRateFromTheOption)
{
    const test::temp_folder folder;
    const auto file = folder.write("x.cs16", std::string(4003, 'a'));
    const auto s = parse_iq_input(file, with_rate(2e6));
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->origin, iq_origin::raw_file);
    EXPECT_EQ(s->format, sample_format::ci16);
    EXPECT_EQ(s->nof_samples, 1000U);
    EXPECT_EQ(s->odd_bytes, 3U);
    ASSERT_EQ(s->warnings.size(), 1U);
    EXPECT_THAT(s->warnings[0], HasSubstr("3 bytes"));

    auto options = with_rate(2e6);
    options.format = sample_format::cu8;
    EXPECT_EQ(parse_iq_input(file, options)->nof_samples, 2001U) << "the option wins over the name";
}

TEST(IqSpec, SaysWhatIsMissingAndHowToGiveIt)
{
    const test::temp_folder folder;
    const auto bin = folder.write("x.bin", "12345678");
    const auto raw = folder.write("x.cf32", "12345678");
    EXPECT_THAT(parse_iq_input(bin, with_rate(1)).error().message, AllOf(HasSubstr("x.bin"), HasSubstr("--format")));
    EXPECT_THAT(parse_iq_input(raw).error().message, AllOf(HasSubstr("x.cf32"), HasSubstr("--rate")));
    EXPECT_THAT(parse_iq_input("-").error().message, HasSubstr("--rate"));
    EXPECT_EQ(parse_iq_input(folder / "absent.cf32", with_rate(1)).error().code, error_code::not_found);
    EXPECT_EQ(parse_iq_input(folder / "absent.sigmf-data", with_rate(1)).error().code, error_code::not_found);
    EXPECT_EQ(parse_iq_input("", with_rate(1)).error().code, error_code::invalid_argument);
    EXPECT_EQ(parse_iq_input(folder / "", with_rate(1)).error().code, error_code::invalid_argument);
    for (const double rate : { 0.0, -1.0, std::nan("") })
        EXPECT_THAT(parse_iq_input(raw, with_rate(rate)).error().message, HasSubstr("--rate"));
    iq_options free;
    free.rate = rate_need::optional;
    EXPECT_TRUE(parse_iq_input(raw, free));
}

TEST(IqSpec, RadiosAndStandardInput)
{
    const auto radio = parse_iq_input("uhd:type=b200,serial=31");
    ASSERT_TRUE(radio);
    EXPECT_EQ(radio->origin, iq_origin::uhd);
    EXPECT_EQ(radio->uhd_args, "type=b200,serial=31");
    EXPECT_EQ(parse_iq_input("uhd:")->uhd_args, "");
    const auto in = parse_iq_input("-", with_rate(1e6));
    ASSERT_TRUE(in);
    EXPECT_EQ(in->origin, iq_origin::stream);
    EXPECT_EQ(in->format, sample_format::cf32);
    EXPECT_FALSE(iq_reader::open(*radio));
}

constexpr const char* k_two_captures = R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1000},
 "captures": [{"core:sample_start": 0, "core:frequency": 1e9, "core:datetime": "2026-08-22T06:00:00.000000000Z", "core:header_bytes": 3},
              {"core:sample_start": 500, "core:frequency": 2e9, "core:datetime": "2026-08-22T06:00:00.750000000Z", "core:header_bytes": 5}]})";

TEST(IqSpec, SigmfByAnyOfItsNames)
{
    const test::temp_folder folder;
    folder.write("pass.sigmf-meta", k_two_captures);
    folder.write("pass.sigmf-data", std::string(8 + 4000, 'x'));
    for (const char* name : { "pass", "pass.sigmf", "pass.sigmf-meta", "pass.sigmf-data" }) {
        const auto s = parse_iq_input(folder / name);
        ASSERT_TRUE(s) << name << ": " << s.error().message;
        EXPECT_EQ(s->origin, iq_origin::sigmf);
        EXPECT_EQ(s->rate_hz, 1000.0);
        EXPECT_EQ(s->frequency_hz(), 1e9);
        EXPECT_EQ(s->nof_samples, 1000U);
        ASSERT_EQ(s->captures.size(), 2U);
        EXPECT_EQ(lost_samples(*s, 1), 250);
        EXPECT_EQ(lost_samples(*s, 0), 0);
    }
}

TEST(IqSpec, OptionsWinOverMetadata)
{
    const test::temp_folder folder;
    folder.write("pass.sigmf-meta", k_two_captures);
    folder.write("pass.sigmf-data", std::string(8 + 4000, 'x'));
    iq_options o;
    o.rate_hz = 2000;
    o.frequency_hz = 3e9;
    o.start = *parse_utc("2026-09-01T00:00:00Z");
    const auto s = parse_iq_input(folder / "pass", o);
    ASSERT_TRUE(s);
    EXPECT_EQ(s->rate_hz, 2000.0);
    EXPECT_EQ(s->captures[1].frequency_hz, 3e9);
    EXPECT_EQ(s->captures[0].start->ns, o.start->ns);
    EXPECT_EQ(s->captures[1].start->ns, o.start->ns + 750'000'000) << "every capture moves alike";
}

TEST(IqSpec, AGapSmallerThanTheTimesAreWrittenWithIsNone)
{
    iq_spec s;
    s.rate_hz = 1e6;
    s.captures = { { 0, 0, {}, utc_time{ 0 }, 1'000'000'000 },
                   { 2'300'000, 0, {}, utc_time{ 3'000'000'000 }, 1'000'000'000 } };
    EXPECT_EQ(lost_samples(s, 1), 0) << "whole seconds cannot tell";
    for (auto& c : s.captures) c.time_step_ns = 1;
    EXPECT_EQ(lost_samples(s, 1), 700'000);
    s.captures[1].start = utc_time{ 1'000'000'000 };
    EXPECT_EQ(lost_samples(s, 1), 0) << "time going backwards is no gap";
}

TEST(IqSpec, RecordingsThatWereCutAreNamed)
{
    const test::temp_folder folder;
    folder.write("cut.sigmf-meta", k_two_captures);
    folder.write("cut.sigmf-data", std::string(8 + 402, 'x'));
    const auto s = parse_iq_input(folder / "cut");
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->nof_samples, 100U);
    EXPECT_EQ(s->odd_bytes, 2U);
    EXPECT_EQ(s->captures.size(), 1U);
    EXPECT_THAT(s->warnings, testing::Contains(HasSubstr("before the capture at sample 500")));

    folder.write("cut.sigmf-data", "1234567");
    EXPECT_EQ(parse_iq_input(folder / "cut").error().code, error_code::truncated);
    std::filesystem::remove(folder / "cut.sigmf-data");
    EXPECT_THAT(parse_iq_input(folder / "cut").error().message, AllOf(HasSubstr("cut.sigmf-data"), HasSubstr("copy")));
}

TEST(IqSpec, OutputsByTheirNames)
{
    const test::temp_folder folder;
    const auto base = parse_iq_output(folder / "out", with_rate(1e6));
    ASSERT_TRUE(base) << base.error().message;
    EXPECT_EQ(base->origin, iq_origin::sigmf);
    EXPECT_EQ(base->format, sample_format::ci16);
    EXPECT_EQ(base->data.filename(), "out.sigmf-data");
    EXPECT_EQ(parse_iq_output(folder / "out.sigmf-meta")->data.filename(), "out.sigmf-data");
    EXPECT_EQ(parse_iq_output(folder / "out.fc32")->origin, iq_origin::raw_file);
    EXPECT_EQ(parse_iq_output("/dev/null")->origin, iq_origin::raw_file);
    EXPECT_EQ(parse_iq_output("-")->origin, iq_origin::stream);
    EXPECT_THAT(parse_iq_output(folder / "out.bin").error().message, HasSubstr("--format"));
    EXPECT_EQ(parse_iq_output(folder / "none/out").error().code, error_code::not_found);
    EXPECT_EQ(parse_iq_output(folder / "").error().code, error_code::invalid_argument);
}

TEST(IqReader, AnyPieceSizeGivesTheSameSamples)
{
    const test::temp_folder folder;
    const auto x = noise(200'001, 1);
    const auto file = folder.write("x.ci16", as_text(x) + "abc");
    for (const std::size_t step : { 1U, 7U, 4096U, 1'000'000U }) {
        if (step == 1 && x.size() > 250'000) continue;
        auto reader = iq_reader::open(*parse_iq_input(file, with_rate(1)));
        ASSERT_TRUE(reader) << reader.error().message;
        EXPECT_EQ(read_all(*reader, step), x) << step;
        EXPECT_EQ(reader->odd_bytes(), 3U);
        EXPECT_EQ(reader->nof_samples(), x.size());
        EXPECT_EQ(reader->next(1)->status, read_status::end) << "the end stays the end";
    }
}

TEST(IqReader, CapturesStartAtTheirSamplesAndHeadersAreSkipped)
{
    const test::temp_folder folder;
    const auto x = noise(1000, 2);
    folder.write("pass.sigmf-meta", k_two_captures);
    folder.write("pass.sigmf-data",
                 "HHH" + as_text(std::span(x).first(500)) + "hhhhh" + as_text(std::span(x).subspan(500)));
    for (const std::size_t step : { 3U, 499U, 100'000U }) {
        auto reader = iq_reader::open(*parse_iq_input(folder / "pass"));
        ASSERT_TRUE(reader);
        std::vector<ci16_t> got;
        std::vector<std::uint64_t> starts;
        for (;;) {
            const auto chunk = reader->next(step);
            ASSERT_TRUE(chunk);
            if (chunk->status == read_status::end) break;
            if (chunk->capture) starts.push_back(chunk->first_sample);
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunk->bytes.data()) % alignof(ci16_t), 0U);
            const auto s = iq_reader::as_ci16(*chunk);
            got.insert(got.end(), s.begin(), s.end());
        }
        EXPECT_EQ(got, x);
        EXPECT_EQ(starts, (std::vector<std::uint64_t>{ 0, 500 }));
    }
}

TEST(IqReader, TrailingBytesAreNoSamples)
{
    const test::temp_folder folder;
    const auto x = noise(100, 3);
    folder.write("t.sigmf-meta",
                 R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1, "core:trailing_bytes": 11}})");
    std::string data = as_text(x);
    data.append("eleven byte");
    folder.write("t.sigmf-data", data);
    auto reader = iq_reader::open(*parse_iq_input(folder / "t"));
    ASSERT_TRUE(reader);
    EXPECT_EQ(read_all(*reader, 64), x);
    EXPECT_EQ(reader->odd_bytes(), 0U);
}

TEST(IqReader, AFileThatShrinksIsCountedNotFatal)
{
    const test::temp_folder folder;
    const auto x = noise(300'000, 4);
    const auto file = folder.write("x.ci16", as_text(x));
    auto reader = iq_reader::open(*parse_iq_input(file, with_rate(1)));
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->next(1));
    std::filesystem::resize_file(file, 800'002);
    while (reader->next(1 << 20)->status == read_status::data) {
    }
    EXPECT_EQ(reader->nof_samples(), 200'000U);
    EXPECT_EQ(reader->missing_samples(), 100'000U);
    EXPECT_EQ(reader->odd_bytes(), 2U);
}

TEST(IqReader, PipesComeInAnyPieces)
{
    const test::temp_folder folder;
    const auto x = noise(50'000, 5);
    const auto pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] {
        std::ofstream out(pipe, std::ios::binary);
        const auto bytes = as_text(x) + "z";
        rng r(1);
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t n = std::min<std::size_t>(1 + r.below(9000), bytes.size() - at);
            out.write(bytes.data() + at, static_cast<std::streamsize>(n));
            out.flush();
            at += n;
        }
    });
    iq_options options = with_rate(1);
    options.format = sample_format::ci16;
    auto reader = iq_reader::open(*parse_iq_input(pipe, options));
    EXPECT_TRUE(reader);
    if (reader) {
        EXPECT_EQ(read_all(*reader, 1000), x);
        EXPECT_EQ(reader->odd_bytes(), 1U);
    }
    writer.join();
}

TEST(IqReader, ASilentPipeTimesOut)
{
    const test::temp_folder folder;
    const auto pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::fstream both(pipe, std::ios::in | std::ios::out); // holds the pipe open
    auto reader = iq_reader::open(*parse_iq_input(pipe, with_rate(1)));
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->next(10, 5)->status, read_status::timeout);
    both << "12345678" << std::flush;
    EXPECT_EQ(reader->next(10, 5)->status, read_status::data);
}

TEST(IqWriter, SigmfThereAndBackWithCaptures)
{
    const test::temp_folder folder;
    const auto x = noise(100'000, 6);
    iq_options o = with_rate(1e6);
    o.frequency_hz = 12.7e9;
    o.start = *parse_utc("2026-08-22T06:00:00Z");
    {
        auto writer = iq_writer::create(*parse_iq_output(folder / "out", o));
        ASSERT_TRUE(writer) << writer.error().message;
        ASSERT_TRUE(writer->write(std::span(x).first(70'000)));
        writer->begin_capture(12.7e9, utc_time{ o.start->ns + 75'000'000 });
        ASSERT_TRUE(writer->write(std::span(x).subspan(70'000)));
        ASSERT_TRUE(writer->close());
        EXPECT_EQ(writer->nof_samples(), x.size());
    }
    const auto s = parse_iq_input(folder / "out");
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_TRUE(s->warnings.empty());
    EXPECT_EQ(s->rate_hz, 1e6);
    EXPECT_EQ(s->frequency_hz(), 12.7e9);
    ASSERT_EQ(s->captures.size(), 2U);
    EXPECT_EQ(lost_samples(*s, 1), 5000);
    auto reader = iq_reader::open(*s);
    ASSERT_TRUE(reader);
    std::vector<ci16_t> got;
    for (;;) {
        const auto chunk = reader->next(1 << 20);
        ASSERT_TRUE(chunk);
        if (chunk->status == read_status::end) break;
        const auto part = iq_reader::as_ci16(*chunk);
        got.insert(got.end(), part.begin(), part.end());
    }
    EXPECT_EQ(got, x);
}

TEST(IqWriter, OtherFormatsAndSaturation)
{
    const test::temp_folder folder;
    auto writer = iq_writer::create(*parse_iq_output(folder / "x.cs8"));
    ASSERT_TRUE(writer);
    const std::vector<ci16_t> x{ { 256, -512 }, { 32767, -32768 } };
    ASSERT_TRUE(writer->write(x));
    const std::vector<cf32_t> y{ { 5.0F, 0.5F } };
    ASSERT_TRUE(writer->write(y));
    ASSERT_TRUE(writer->close());
    EXPECT_EQ(folder.read("x.cs8"), std::string("\x01\xfe\x7f\x80\x7f\x40", 6));
    EXPECT_EQ(writer->saturated(), 2U) << "32767/256 = 127.996 rounds to 128; 5.0";
}

TEST(IqWriter, AFullDiskIsNamedWithWhatWasWritten)
{
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    auto writer = iq_writer::create(*parse_iq_output("/dev/full"));
    ASSERT_TRUE(writer);
    const std::vector<cf32_t> x(100);
    result<ok_t> r = ok;
    for (int i = 0; i < 1000 && r; ++i) r = writer->write(x);
    ASSERT_FALSE(r);
    EXPECT_THAT(
        r.error().message,
        AllOf(HasSubstr("/dev/full"), HasSubstr("No space left"), HasSubstr("0 samples"), HasSubstr("free space")));
    EXPECT_FALSE(writer->write(x)) << "stays failed";
    EXPECT_FALSE(writer->close());
}

TEST(IqWriter, AFileSizeLimitLeavesWholeSamplesAndTrueMetadata)
{
    // A child process, since the limit holds for all of it. SIGXFSZ is ignored so that write() reports EFBIG.
    const test::temp_folder folder;
    const auto out = folder / "out";
    EXPECT_EXIT(
        {
            ::signal(SIGXFSZ, SIG_IGN);
            rlimit limit = {};
            limit.rlim_cur = limit.rlim_max = 300'002;
            ::setrlimit(RLIMIT_FSIZE, &limit);
            auto writer = iq_writer::create(*parse_iq_output(out, with_rate(1e6)));
            const std::vector<ci16_t> x(200'000);
            auto r = writer->write(x);
            if (r) r = writer->close();
            static_cast<void>(writer->close());
            ::_exit(!r && r.error().message.find("300000 bytes = 75000 samples") != std::string::npos ? 0 : 1);
        },
        testing::ExitedWithCode(0),
        "");
    const auto s = parse_iq_input(out);
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->nof_samples, 75'000U);
    EXPECT_EQ(s->odd_bytes, 0U);
}

} // namespace
