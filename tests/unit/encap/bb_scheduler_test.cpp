// SPDX-License-Identifier: GPL-3.0-or-later
#include <encap_traffic.hpp>

#include <alloc_guard.hpp>

#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using decision = scheduled_frame::decision;
using bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t k_normal = 16; // QPSK 1/2 normal, pilots off
constexpr std::uint8_t k_short = 18;  // QPSK 1/2 short
constexpr std::uint8_t k_vlsnr = 128; // a BBFRAME that is no whole number of bytes

bb_scheduler_config config_of(adaptation mode, input_streams streams)
{
    bb_scheduler_config c;
    c.formats[k_normal] = { 32208, 32490 };
    c.formats[k_short] = { 7032, 8190 };
    c.formats[k_vlsnr] = { 5660, 33282 };
    c.mode = mode;
    c.streams = streams;
    return c;
}

frame_view<std::uint8_t> view_of(std::span<const std::uint8_t> bbframe, std::uint64_t index)
{
    frame_view<std::uint8_t> v;
    v.index = index;
    v.header.pls = k_normal;
    v.payload = bbframe;
    return v;
}

TEST(BbScheduler, RefusesBadConfiguration)
{
    ts_framer a;
    const auto single = config_of(adaptation::ccm, input_streams::single);
    const auto multiple = config_of(adaptation::ccm, input_streams::multiple);
    using list = std::vector<scheduled_stream>;
    EXPECT_THROW(bb_scheduler(single, list{}), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(single, (list{ { 0, nullptr, k_normal } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(single, (list{ { 0, &a, 17 } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(single, (list{ { 0, &a, k_normal }, { 1, &a, k_normal } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(multiple, (list{ { 1, &a, k_normal }, { 1, &a, k_normal } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(multiple, (list{ { 1, &a, k_normal }, { 2, &a, k_short } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(single, (list{ { 0, &a, k_normal, -1 } })), std::invalid_argument);
    EXPECT_THROW(bb_scheduler(single, (list{ { 0, &a, k_normal, 0, 0.0 } })), std::invalid_argument);
    auto bad = single;
    bad.max_queued_plframes = 0;
    EXPECT_THROW(bb_scheduler(bad, (list{ { 0, &a, k_normal } })), std::invalid_argument);
    bad = single;
    bad.formats[3] = { 80, 1 };
    EXPECT_THROW(bb_scheduler(bad, (list{ { 0, &a, k_normal } })), std::invalid_argument);
}

TEST(BbScheduler, FullFramesThenTheTimeoutThenDummies)
{
    const bytes ts = test::random_ts(50, 1); // 9400 bytes: two data fields of 4016 bytes and 1368 bytes
    ts_framer framer;
    framer.push(ts, 1000);
    framer.finish(1000);
    const scheduled_stream stream{ 0, &framer, k_normal, 5000 };
    bb_scheduler s(config_of(adaptation::ccm, input_streams::single), { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    test::keeping_sink sink;
    bb_deframer d({}, sink);
    std::uint64_t index = 0;
    for (int i = 0; i < 2; ++i) {
        const auto f = s.next(1500, 0, buffer);
        ASSERT_EQ(f.what, decision::bbframe);
        EXPECT_EQ(f.bbframe.size(), 4026U);
        EXPECT_EQ(f.dfl_bits, 32128);
        d.on_frame(view_of(f.bbframe, index++));
    }
    EXPECT_EQ(s.next(5999, 0, buffer).what, decision::dummy_plframe);
    const auto last = s.next(6000, 2, buffer);
    ASSERT_EQ(last.what, decision::bbframe);
    EXPECT_EQ(last.dfl_bits, 8 * (9400 - 2 * 4016));
    d.on_frame(view_of(last.bbframe, index++));
    d.flush();
    EXPECT_EQ(sink.bytes(), ts);
    EXPECT_EQ(s.next(7000, 0, buffer).what, decision::dummy_plframe);
    EXPECT_EQ(s.next(7000, 0, buffer).plframe_symbols, 3330U);
    EXPECT_EQ(s.next(7000, 3, buffer).what, decision::queue_full);
    const auto& c = s.stream_counters(0);
    EXPECT_EQ(c.bbframes.value(), 3U);
    EXPECT_EQ(c.timeouts.value(), 1U);
    EXPECT_EQ(c.payload_bytes.value(), 9400U);
    EXPECT_EQ(c.field_bytes.value(), 3U * 4016);
    EXPECT_EQ(c.padding_bytes.value(), 3U * 4016 - 9400);
    EXPECT_EQ(c.longest_delay_ns.value(), 5000U);
    EXPECT_EQ(s.counters().queue_full.value(), 1U);
    EXPECT_EQ(s.counters().longest_queue.value(), 3U);
    EXPECT_EQ(s.counters().dummies.value(), 3U);
    ASSERT_TRUE(d.last_header().has_value());
    EXPECT_EQ(d.last_header()->coding, coding_mode::constant);
    EXPECT_EQ(d.last_header()->streams, input_streams::single);
}

TEST(BbScheduler, TheShorterFrameTakesWhatTimedOut)
{
    const bytes ts = test::random_ts(4, 2); // 752 bytes fit the 869 of a short frame
    ts_framer framer;
    framer.push(ts, 0);
    framer.finish(0);
    const scheduled_stream stream{ 0, &framer, k_normal, 1000 };
    auto config = config_of(adaptation::acm, input_streams::single);
    config.timeout_pls[k_normal] = k_short;
    config.idle = idle_policy::wait;
    bb_scheduler s(config, { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    EXPECT_EQ(s.next(999, 0, buffer).what, decision::nothing);
    const auto f = s.next(1000, 0, buffer);
    ASSERT_EQ(f.what, decision::bbframe);
    EXPECT_EQ(f.pls, k_short);
    EXPECT_EQ(f.bbframe.size(), 879U);
    EXPECT_EQ(s.stream_counters(0).shortened.value(), 1U);
}

TEST(BbScheduler, ChangesOfModcodApplyToTheNextFrame)
{
    const bytes ts = test::random_ts(100, 3);
    ts_framer framer;
    framer.push(ts, 0);
    framer.finish(0);
    const scheduled_stream stream{ 9, &framer, k_normal, 0 };
    bb_scheduler s(config_of(adaptation::acm, input_streams::multiple), { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    test::keeping_sink sink;
    bb_deframer d({ .isi = 9 }, sink);
    std::uint64_t index = 0;
    rng random(4);
    constexpr std::uint8_t codes[] = { k_normal, k_short, k_vlsnr };
    while (framer.oldest_ns()) {
        const auto pls = codes[random.below(3)];
        EXPECT_EQ(s.set_pls(9, pls), bb_scheduler::pls_change::taken);
        const auto f = s.next(0, 0, buffer);
        ASSERT_EQ(f.what, decision::bbframe);
        EXPECT_EQ(f.pls, pls);
        EXPECT_EQ(f.isi, 9);
        EXPECT_EQ(f.bbframe.size(), pls == k_normal ? 4026U : pls == k_short ? 879U : 708U);
        d.on_frame(view_of(f.bbframe, index++));
    }
    d.flush();
    EXPECT_EQ(sink.bytes(), ts);
    EXPECT_EQ(s.set_pls(9, 77), bb_scheduler::pls_change::unknown_pls);
    EXPECT_EQ(s.set_pls(8, k_short), bb_scheduler::pls_change::unknown_stream);
    ASSERT_TRUE(d.last_header().has_value());
    EXPECT_EQ(d.last_header()->coding, coding_mode::adaptive);

    bb_scheduler fixed(config_of(adaptation::vcm, input_streams::multiple), { &stream, 1 });
    EXPECT_EQ(fixed.set_pls(9, k_short), bb_scheduler::pls_change::not_adaptive);
}

TEST(BbScheduler, SharesTheCarrierByWeight)
{
    const bytes ts = test::random_ts(2000, 5);
    std::vector<ts_framer> framers;
    for (int i = 0; i < 3; ++i) framers.emplace_back(ts_framer_config{ .queue_packets = 4000 });
    for (auto& f : framers) f.push(ts, 0);
    std::vector<scheduled_stream> streams;
    streams.push_back({ 1, &framers[0], k_normal, 0, 1.0 });
    streams.push_back({ 2, &framers[1], k_short, 0, 1.0 });
    streams.push_back({ 3, &framers[2], k_normal, 0, 2.0 });
    bb_scheduler s(config_of(adaptation::vcm, input_streams::multiple), streams);
    bytes buffer(k_max_bbframe_bytes);
    double symbols[4] = {};
    for (int i = 0; i < 200; ++i) {
        const auto f = s.next(0, 0, buffer);
        ASSERT_EQ(f.what, decision::bbframe);
        symbols[f.isi] += f.plframe_symbols;
    }
    EXPECT_NEAR(symbols[2] / symbols[1], 1.0, 0.05);
    EXPECT_NEAR(symbols[3] / symbols[1], 2.0, 0.1);
}

TEST(BbScheduler, ASilentStreamIsServedAtOnceAndGathersNoClaim)
{
    const bytes ts = test::random_ts(3000, 6);
    std::vector<ts_framer> framers;
    for (int i = 0; i < 2; ++i) framers.emplace_back(ts_framer_config{ .queue_packets = 4000 });
    framers[0].push(ts, 0);
    std::vector<scheduled_stream> streams;
    streams.push_back({ 1, &framers[0], k_normal, 0 });
    streams.push_back({ 2, &framers[1], k_normal, 0 });
    bb_scheduler s(config_of(adaptation::vcm, input_streams::multiple), streams);
    bytes buffer(k_max_bbframe_bytes);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(s.next(0, 0, buffer).isi, 1);
    framers[1].push(ts, 0);
    int in_a_row = 0;
    int longest = 0;
    int first = -1;
    for (int i = 0; i < 20; ++i) {
        const bool second = s.next(0, 0, buffer).isi == 2;
        if (second && first < 0) first = i;
        in_a_row = second ? in_a_row + 1 : 0;
        longest = std::max(longest, in_a_row);
    }
    EXPECT_LE(first, 1);
    EXPECT_LE(longest, 2);
}

TEST(BbScheduler, SignalsLowRolloffAcrossStreams)
{
    const bytes ts = test::random_ts(200, 7);
    ts_framer a;
    ts_framer b;
    a.push(ts, 0);
    b.push(ts, 0);
    std::vector<scheduled_stream> streams;
    streams.push_back({ 1, &a, k_normal, 0 });
    streams.push_back({ 2, &b, k_short, 0 });
    auto config = config_of(adaptation::vcm, input_streams::multiple);
    config.signalled_rolloff = rolloff::r0_10;
    bb_scheduler s(config, streams);
    bytes buffer(k_max_bbframe_bytes);
    test::counting_sink sink;
    bb_deframer d({}, sink);
    const std::size_t before = test::allocations();
    for (std::uint64_t i = 0; i < 10; ++i) d.on_frame(view_of(s.next(0, 0, buffer).bbframe, i));
    EXPECT_EQ(test::allocations(), before);
    EXPECT_EQ(d.signalled_rolloff(), rolloff::r0_10);
}

} // namespace
