// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_folder.hpp"

#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_source.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/spacesail/iq_sink.h>
#include <gnuradio/spacesail/iq_source.h>
#include <gnuradio/spacesail/tags.h>
#include <gnuradio/top_block.h>
#include <spacesail/base/rng.hpp>
#include <spacesail/io/iq_reader.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace core = spacesail;
namespace tags = gr::spacesail::tags;

std::vector<core::io::ci16_t> noise(std::size_t n)
{
    core::rng r(1);
    std::vector<core::io::ci16_t> x(n);
    for (auto& v : x) v = { static_cast<std::int16_t>(r()), static_cast<std::int16_t>(r()) };
    return x;
}

std::string as_text(const std::vector<core::io::ci16_t>& x)
{
    return { reinterpret_cast<const char*>(x.data()), x.size() * sizeof(core::io::ci16_t) };
}

/// The value of the tags with one key, by offset.
std::vector<std::pair<std::uint64_t, pmt::pmt_t>> with_key(const std::vector<gr::tag_t>& all, const pmt::pmt_t& key)
{
    std::vector<std::pair<std::uint64_t, pmt::pmt_t>> out;
    for (const auto& t : all) {
        if (t.key == key) out.emplace_back(t.offset, t.value);
    }
    return out;
}

constexpr const char* k_meta = R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1000000},
 "captures": [{"core:sample_start": 0, "core:frequency": 1e9, "core:datetime": "2026-08-22T06:00:00.000000000Z"},
              {"core:sample_start": 60000, "core:frequency": 2e9, "core:datetime": "2026-08-22T06:00:00.070000000Z"}]})";

TEST(IqSource, GivesTheSamplesOfTheCoreReaderWhateverTheBufferSize)
{
    const core::test::temp_folder folder;
    const auto x = noise(100'000);
    folder.write("pass.sigmf-meta", k_meta);
    folder.write("pass.sigmf-data", as_text(x) + "odd");
    std::vector<core::io::cf32_t> expected(x.size());
    core::io::to_cf32(core::io::sample_format::ci16, std::as_bytes(std::span(x)), expected);
    for (const int most : { 7, 4096, 1'000'000 }) {
        auto tb = gr::make_top_block("t");
        auto source = gr::spacesail::iq_source::make(folder / "pass");
        auto sink = gr::blocks::vector_sink_c::make();
        tb->connect(source, 0, sink, 0);
        tb->run(most);
        EXPECT_EQ(sink->data(), expected) << most;
        EXPECT_EQ(source->nof_samples(), x.size());
        EXPECT_EQ(source->odd_bytes(), 3U);

        const auto all = sink->tags();
        const auto times = with_key(all, tags::rx_time());
        ASSERT_EQ(times.size(), 2U);
        EXPECT_EQ(times[1].first, 60'000U);
        EXPECT_EQ(pmt::to_uint64(pmt::tuple_ref(times[1].second, 0)), 1787378400U);
        EXPECT_NEAR(pmt::to_double(pmt::tuple_ref(times[1].second, 1)), 0.07, 1e-12);
        const auto frequencies = with_key(all, tags::rx_freq());
        ASSERT_EQ(frequencies.size(), 2U);
        EXPECT_EQ(pmt::to_double(frequencies[1].second), 2e9);
        const auto gaps = with_key(all, tags::ss_gap());
        ASSERT_EQ(gaps.size(), 1U);
        EXPECT_EQ(gaps[0].first, 60'000U);
        EXPECT_EQ(pmt::to_uint64(gaps[0].second), 10'000U);
    }
}

TEST(IqSource, OneItemAtATime)
{
    const core::test::temp_folder folder;
    const auto x = noise(300);
    const auto file = folder.write("x.ci16", as_text(x));
    auto tb = gr::make_top_block("t");
    auto source = gr::spacesail::iq_source::make(file, "ci16", "", 1e6);
    auto sink = gr::blocks::vector_sink_s::make(2);
    tb->connect(source, 0, sink, 0);
    tb->run(1);
    const auto got = sink->data();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(got.data()), 2 * got.size()), as_text(x))
        << "ci16 passes unchanged";
}

TEST(IqSource, StopsWhileAPipeIsSilent)
{
    const core::test::temp_folder folder;
    const auto pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::fstream both(pipe, std::ios::in | std::ios::out); // holds the pipe open
    auto tb = gr::make_top_block("t");
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(gr::spacesail::iq_source::make(pipe, "cf32", "cf32", 1e6), 0, sink, 0);
    tb->start();
    both << std::string(8, '\0') << std::flush;
    for (int i = 0; i < 500 && sink->data().empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(sink->data().size(), 1U);
    const auto before = std::chrono::steady_clock::now();
    tb->stop();
    tb->wait();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST(IqSink, TagsBecomeCaptures)
{
    const core::test::temp_folder folder;
    const auto time_tag = [](std::uint64_t offset, std::uint64_t s, double fraction) {
        gr::tag_t t;
        t.offset = offset;
        t.key = tags::rx_time();
        t.value = pmt::make_tuple(pmt::from_uint64(s), pmt::from_double(fraction));
        return t;
    };
    gr::tag_t rate;
    rate.key = tags::rx_rate();
    rate.value = pmt::from_double(1e6);
    gr::tag_t frequency;
    frequency.offset = 5000;
    frequency.key = tags::rx_freq();
    frequency.value = pmt::from_double(1.5e9);
    const std::vector<gr::tag_t> all{ rate,
                                      time_tag(0, 1787378400, 0.25),
                                      time_tag(3000, 1787378400, 0.253), // on time: nothing new
                                      frequency,
                                      time_tag(7000, 1787378400, 0.27) }; // 13 ms lost
    {
        auto tb = gr::make_top_block("t");
        auto source =
            gr::blocks::vector_source_c::make(std::vector<gr_complex>(10'000, { 0.5F, -0.25F }), false, 1, all);
        auto sink = gr::spacesail::iq_sink::make(folder / "out");
        tb->connect(source, 0, sink, 0);
        tb->run();
        EXPECT_EQ(sink->failure(), "");
        EXPECT_EQ(sink->nof_samples(), 10'000U);
    }
    const auto s = core::io::parse_iq_input(folder / "out");
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->rate_hz, 1e6);
    EXPECT_EQ(s->nof_samples, 10'000U);
    ASSERT_EQ(s->captures.size(), 3U);
    EXPECT_EQ(s->captures[0].start->ns, 1787378400'250'000'000);
    EXPECT_EQ(s->captures[1].first_sample, 5000U);
    EXPECT_EQ(s->captures[1].frequency_hz, 1.5e9);
    EXPECT_EQ(s->captures[1].start->ns, 1787378400'255'000'000) << "its time goes on";
    EXPECT_EQ(s->captures[2].first_sample, 7000U);
    EXPECT_EQ(core::io::lost_samples(*s, 1), 0);
    EXPECT_EQ(core::io::lost_samples(*s, 2), 13'000);
}

TEST(IqSink, AFullDiskEndsTheFlowgraphAndIsTold)
{
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    auto tb = gr::make_top_block("t");
    auto sink = gr::spacesail::iq_sink::make("/dev/full", "cf32", "cf32");
    tb->connect(gr::blocks::null_source::make(sizeof(gr_complex)), 0, sink, 0);
    tb->run(); // without the error it would never end
    EXPECT_THAT(sink->failure(), HasSubstr("No space left"));
}

TEST(IqBlocks, WrongParametersThrow)
{
    EXPECT_THROW(gr::spacesail::iq_source::make("/no/such.cf32"), std::invalid_argument);
    EXPECT_THROW(gr::spacesail::iq_source::make("-", "float"), std::invalid_argument);
    EXPECT_THROW(gr::spacesail::iq_sink::make("/no/such/out"), std::invalid_argument);
    EXPECT_THROW(gr::spacesail::iq_sink::make("uhd:"), std::invalid_argument);
}

} // namespace
