// SPDX-License-Identifier: GPL-3.0-or-later
// dvbs2x_sync, dvbs2x_decoder, bb_deframer: the answers of their core objects, tags at the right items, ends and gaps.
#include "carrier.hpp"

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/spacesail/bb_deframer.h>
#include <gnuradio/spacesail/dvbs2x_decoder.h>
#include <gnuradio/spacesail/dvbs2x_sync.h>
#include <gnuradio/spacesail/tags.h>
#include <gnuradio/top_block.h>
#include <spacesail/dvbs2x/synchroniser.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace {

using namespace spacesail;
namespace tags = gr::spacesail::tags;
namespace keys = gr::spacesail::tags::frame;
using cf = std::complex<float>;
using bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

constexpr double k_symbol_rate = 1e6;
constexpr double k_sample_rate = 2e6;

/// The PLS codes of the carrier of these tests: QPSK 1/2 and 8PSK 3/4 short, pilots on and off, a dummy PLFRAME.
std::vector<std::uint8_t> mixed_pls()
{
    const auto a = test::pls_of("QPSK 1/2", "short", 1), b = test::pls_of("8PSK 3/4", "short", 0);
    return { a, a, b, b, 0, a, b, a, 0, 0, b, a };
}

struct scene {
    bytes ts;
    std::vector<test::sent_frame> frames;
    std::vector<cf> samples;
};

const scene& carrier()
{
    static const scene s = [] {
        scene made;
        made.ts = test::random_ts(200, 7);
        made.frames = test::ts_frames(made.ts, mixed_pls());
        test::carrier_config c;
        c.transmitter.shaping = { .symbol_rate_hz = k_symbol_rate, .sample_rate_hz = k_sample_rate, .rolloff = 0.2 };
        c.transmitter.gold_code = 11;
        c.offset_hz = 7e3;
        c.es_n0_db = 14.0;
        made.samples = test::make_carrier(c, made.frames);
        return made;
    }();
    return s;
}

/// The BBFRAMEs sent, without the dummies.
std::vector<bytes> sent_bbframes(const scene& s)
{
    std::vector<bytes> out;
    for (const auto& f : s.frames) {
        if (!f.bbframe.empty()) out.push_back(f.bbframe);
    }
    return out;
}

dvbs2x::synchroniser_config core_config()
{
    dvbs2x::synchroniser_config c;
    c.sample_rate_hz = k_sample_rate;
    c.symbol_rate_hz = k_symbol_rate;
    c.rolloff = 0.2;
    c.gold_code = 11;
    c.prior = acquisition_prior::cold(k_symbol_rate);
    return c;
}

/// Keeps the frames of the core object.
struct frame_keeper final : frame_sink<cf> {
    struct kept {
        frame_view<cf> view;
        std::size_t offset;
        unsigned dummies;
    };
    std::vector<kept> frames;
    std::vector<cf> symbols;
    unsigned dummies = 0;
    void on_frame(const frame_view<cf>& f) noexcept override
    {
        if (f.payload.empty()) {
            ++dummies;
            return;
        }
        frames.push_back({ f, symbols.size(), dummies });
        dummies = 0;
        symbols.insert(symbols.end(), f.payload.begin(), f.payload.end());
    }
};

frame_keeper run_core(std::span<const cf> samples)
{
    dvbs2x::synchroniser sync(core_config());
    frame_keeper keeper;
    sync.process(samples, keeper);
    sync.flush(keeper);
    return keeper;
}

/// The dictionaries under a key, by offset.
std::vector<gr::tag_t> with_key(std::vector<gr::tag_t> all, const pmt::pmt_t& key)
{
    std::erase_if(all, [&](const gr::tag_t& t) { return t.key != key; });
    std::sort(all.begin(), all.end(), gr::tag_t::offset_compare);
    return all;
}
std::uint64_t count(const pmt::pmt_t& dict, const pmt::pmt_t& key)
{
    return pmt::to_uint64(pmt::dict_ref(dict, key, pmt::from_uint64(~0ULL)));
}
std::uint64_t count(const pmt::pmt_t& dict, const char* key) { return count(dict, pmt::intern(key)); }
double real(const pmt::pmt_t& dict, const pmt::pmt_t& key)
{
    return pmt::to_double(pmt::dict_ref(dict, key, pmt::PMT_NIL));
}

gr::spacesail::dvbs2x_sync::sptr make_sync(const char* input = "cf32", int gold_code = 11)
{
    return gr::spacesail::dvbs2x_sync::make(k_sample_rate, k_symbol_rate, 0.2, gold_code, input);
}

TEST(Dvbs2xSync, GivesTheFramesOfTheCoreObjectWhateverTheBufferSize)
{
    const auto expected = run_core(carrier().samples);
    ASSERT_EQ(expected.frames.size(), sent_bbframes(carrier()).size()) << "the last frame has no header behind it";
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        auto tb = gr::make_top_block("t");
        auto sync = make_sync();
        auto sink = gr::blocks::vector_sink_c::make();
        sync->set_max_noutput_items(most);
        tb->connect(gr::blocks::vector_source_c::make(carrier().samples), 0, sync, 0);
        tb->connect(sync, 0, sink, 0);
        tb->run();
        EXPECT_EQ(sink->data(), expected.symbols) << most;
        const auto found = with_key(sink->tags(), tags::ss_frame());
        ASSERT_EQ(found.size(), expected.frames.size()) << most;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto& e = expected.frames[i];
            EXPECT_EQ(found[i].offset, e.offset);
            const auto& d = found[i].value;
            EXPECT_EQ(count(d, keys::index()), e.view.index);
            EXPECT_EQ(count(d, keys::sample()), e.view.first_sample);
            EXPECT_EQ(count(d, keys::pls()), e.view.header.pls);
            EXPECT_EQ(count(d, keys::dummies()), e.dummies);
            EXPECT_EQ(count(d, keys::lock()), 1U);
            EXPECT_EQ(real(d, keys::es_n0_db()), e.view.measured.es_n0_db);
            EXPECT_EQ(real(d, keys::n0()), e.view.measured.n0);
            EXPECT_NEAR(real(d, keys::cfo_hz()), 7e3, 60.0) << "what was sent";
            EXPECT_FALSE(pmt::dict_has_key(d, keys::time())) << "no rx_time was there";
        }
        EXPECT_EQ(count(sync->status(), "frames"), expected.frames.size());
        EXPECT_EQ(count(sync->status(), "samples"), carrier().samples.size());
        EXPECT_EQ(pmt::symbol_to_string(pmt::dict_ref(sync->status(), pmt::intern("state"), pmt::PMT_NIL)), "locked");
    }
}

TEST(Dvbs2xSync, TakesSixteenBitSamples)
{
    std::vector<std::int16_t> ints;
    std::vector<std::complex<std::int16_t>> pairs;
    for (const cf x : carrier().samples) {
        ints.push_back(static_cast<std::int16_t>(std::lround(32768 * x.real())));
        ints.push_back(static_cast<std::int16_t>(std::lround(32768 * x.imag())));
        pairs.emplace_back(ints[ints.size() - 2], ints.back());
    }
    dvbs2x::synchroniser core(core_config());
    frame_keeper expected;
    core.process(pairs, expected);
    core.flush(expected);
    auto tb = gr::make_top_block("t");
    auto sync = make_sync("ci16");
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(gr::blocks::vector_source_s::make(ints, false, 2), 0, sync, 0);
    tb->connect(sync, 0, sink, 0);
    tb->run();
    EXPECT_EQ(expected.frames.size(), sent_bbframes(carrier()).size());
    EXPECT_EQ(sink->data(), expected.symbols);
}

gr::tag_t time_tag(std::uint64_t offset, std::uint64_t s, double fraction)
{
    gr::tag_t t;
    t.offset = offset;
    t.key = tags::rx_time();
    t.value = pmt::make_tuple(pmt::from_uint64(s), pmt::from_double(fraction));
    return t;
}
double seconds_of(const pmt::pmt_t& tuple)
{
    return static_cast<double>(pmt::to_uint64(pmt::tuple_ref(tuple, 0))) + pmt::to_double(pmt::tuple_ref(tuple, 1));
}

/// Frames before and behind a gap carry the time of their first sample, whether rx_time alone tells of it or ss_gap.
void expect_times_across_a_gap(std::vector<gr::tag_t> gap_tags, std::size_t cut, std::size_t lost)
{
    auto samples = carrier().samples;
    const auto whole = run_core(samples);
    samples.erase(samples.begin() + static_cast<std::ptrdiff_t>(cut),
                  samples.begin() + static_cast<std::ptrdiff_t>(cut + lost));
    gap_tags.push_back(time_tag(0, 100, 0.25));
    auto tb = gr::make_top_block("t");
    auto sync = make_sync();
    auto sink = gr::blocks::vector_sink_c::make();
    tb->connect(gr::blocks::vector_source_c::make(samples, false, 1, gap_tags), 0, sync, 0);
    tb->connect(sync, 0, sink, 0);
    tb->run();
    EXPECT_EQ(count(sync->status(), "gaps"), 1U);
    EXPECT_EQ(count(sync->status(), "samples_lost"), lost);
    const auto found = with_key(sink->tags(), tags::ss_frame());
    ASSERT_GE(found.size(), 6U);
    EXPECT_EQ(count(found.front().value, keys::lock()), 1U);
    EXPECT_EQ(count(found.back().value, keys::lock()), 2U);
    EXPECT_EQ(with_key(sink->tags(), tags::rx_time()).size(), 2U) << "at the start and behind the gap";
    std::uint64_t last = 0;
    for (const auto& t : found) {
        EXPECT_TRUE(last == 0 || count(t.value, keys::sample()) > last) << "no frame comes twice";
        last = count(t.value, keys::sample());
        // The frame whose start the undisturbed stream has at this time.
        const double at = (seconds_of(pmt::dict_ref(t.value, keys::time(), pmt::PMT_NIL)) - 100.25) * k_sample_rate;
        const bool matches = std::any_of(whole.frames.begin(), whole.frames.end(), [&](const auto& e) {
            return std::abs(static_cast<double>(e.view.first_sample) - at) < 1.5; // first_sample is rounded down
        });
        EXPECT_TRUE(matches) << at;
    }
}

TEST(Dvbs2xSync, ATimeThatJumpsIsAGap)
{
    expect_times_across_a_gap({ time_tag(70'000, 100, 0.25 + 75'000 / k_sample_rate) }, 70'000, 5'000);
}

TEST(Dvbs2xSync, AGapTagIsAGap)
{
    gr::tag_t t;
    t.offset = 70'000;
    t.key = tags::ss_gap();
    t.value = pmt::from_uint64(5'000);
    expect_times_across_a_gap({ t }, 70'000, 5'000);
}

TEST(Dvbs2xSync, ATimeThatWasExpectedIsNone)
{
    auto tb = gr::make_top_block("t");
    auto sync = make_sync();
    auto sink = gr::blocks::vector_sink_c::make();
    const std::vector<gr::tag_t> times{ time_tag(0, 100, 0.25), time_tag(70'000, 100, 0.25 + 70'000 / k_sample_rate) };
    tb->connect(gr::blocks::vector_source_c::make(carrier().samples, false, 1, times), 0, sync, 0);
    tb->connect(sync, 0, sink, 0);
    tb->run();
    EXPECT_EQ(count(sync->status(), "gaps"), 0U);
    EXPECT_EQ(sink->data(), run_core(carrier().samples).symbols);
}

TEST(Dvbs2xSync, AWrongScramblingCodeGivesNoPacket)
{
    auto tb = gr::make_top_block("t");
    auto sync = make_sync("cf32", 12);
    auto decoder = gr::spacesail::dvbs2x_decoder::make();
    auto deframer = gr::spacesail::bb_deframer::make();
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(gr::blocks::vector_source_c::make(carrier().samples), 0, sync, 0);
    tb->connect(sync, 0, decoder, 0);
    tb->connect(decoder, 0, deframer, 0);
    tb->connect(deframer, 0, sink, 0);
    tb->run();
    EXPECT_TRUE(sink->data().empty());
    EXPECT_EQ(count(decoder->status(), "good"), 0U);
}

/// ss_frame tags as dvbs2x_sync writes them for the frames of the core object.
std::vector<gr::tag_t> frame_tags(const frame_keeper& k)
{
    std::vector<gr::tag_t> out;
    for (const auto& f : k.frames) {
        pmt::pmt_t d = pmt::make_dict();
        d = pmt::dict_add(d, keys::index(), pmt::from_uint64(f.view.index));
        d = pmt::dict_add(d, keys::pls(), pmt::from_long(f.view.header.pls));
        d = pmt::dict_add(d, keys::len(), pmt::from_long(static_cast<long>(f.view.payload.size())));
        d = pmt::dict_add(d, keys::dummies(), pmt::from_long(f.dummies));
        d = pmt::dict_add(d, keys::lock(), pmt::from_uint64(1));
        d = pmt::dict_add(d, keys::n0(), pmt::from_double(f.view.measured.n0));
        gr::tag_t t;
        t.offset = f.offset;
        t.key = tags::ss_frame();
        t.value = d;
        out.push_back(t);
    }
    return out;
}

struct decoded {
    bytes data;
    std::vector<gr::tag_t> tags;
    pmt::pmt_t status;
};

decoded run_decoder(const std::vector<cf>& symbols, const std::vector<gr::tag_t>& in_tags, int threads, int most)
{
    auto tb = gr::make_top_block("t");
    auto decoder = gr::spacesail::dvbs2x_decoder::make(threads);
    auto sink = gr::blocks::vector_sink_b::make();
    decoder->set_max_noutput_items(most);
    tb->connect(gr::blocks::vector_source_c::make(symbols, false, 1, in_tags), 0, decoder, 0);
    tb->connect(decoder, 0, sink, 0);
    tb->run();
    return { sink->data(), sink->tags(), decoder->status() };
}

TEST(Dvbs2xDecoder, GivesTheBbframesSentWhateverTheBufferSizeAndThreads)
{
    const auto keeper = run_core(carrier().samples);
    const auto sent = sent_bbframes(carrier());
    for (const int threads : { 0, 2 }) {
        for (const int most : { 1, 7, 4096, 1'000'000 }) {
            const auto got = run_decoder(keeper.symbols, frame_tags(keeper), threads, most);
            bytes all;
            const auto lengths = with_key(got.tags, tags::packet_len());
            const auto dicts = with_key(got.tags, tags::ss_frame());
            ASSERT_EQ(lengths.size(), sent.size());
            ASSERT_EQ(dicts.size(), sent.size());
            for (std::size_t i = 0; i < sent.size(); ++i) {
                EXPECT_EQ(lengths[i].offset, all.size());
                EXPECT_EQ(dicts[i].offset, all.size());
                EXPECT_EQ(pmt::to_long(lengths[i].value), static_cast<long>(sent[i].size()));
                EXPECT_EQ(count(dicts[i].value, keys::len()), sent[i].size());
                EXPECT_EQ(count(dicts[i].value, keys::index()), keeper.frames[i].view.index);
                EXPECT_TRUE(pmt::dict_has_key(dicts[i].value, keys::iterations()));
                all.insert(all.end(), sent[i].begin(), sent[i].end());
            }
            EXPECT_EQ(got.data, all) << threads << ' ' << most;
            EXPECT_EQ(count(got.status, "good"), sent.size());
        }
    }
}

TEST(Dvbs2xDecoder, TheEndInsideAFrameCostsThatFrameOnly)
{
    auto keeper = run_core(carrier().samples);
    keeper.symbols.resize(keeper.symbols.size() - 100);
    const auto got = run_decoder(keeper.symbols, frame_tags(keeper), 1, 4096);
    EXPECT_EQ(with_key(got.tags, tags::packet_len()).size(), keeper.frames.size() - 1);
    EXPECT_EQ(count(got.status, "frames_cut"), 1U);
}

TEST(Dvbs2xDecoder, AFrameThatIsNoiseLeavesAGapAndItsDummiesCount)
{
    auto keeper = run_core(carrier().samples);
    ASSERT_EQ(keeper.frames[4].dummies, 1U);
    rng random(3);
    for (std::size_t i = keeper.frames[4].offset; i < keeper.frames[5].offset; ++i) {
        keeper.symbols[i] = cf(random.normal_pair());
    }
    const auto got = run_decoder(keeper.symbols, frame_tags(keeper), 1, 4096);
    const auto dicts = with_key(got.tags, tags::ss_frame());
    ASSERT_EQ(dicts.size(), keeper.frames.size() - 1);
    EXPECT_EQ(count(dicts[4].value, keys::index()), keeper.frames[5].view.index);
    EXPECT_EQ(count(dicts[4].value, keys::dummies()), 1U);
    EXPECT_EQ(count(got.status, "ldpc_failed"), 1U);
}

/// BBFRAMEs with their tags; `skip` leaves one out.
std::pair<bytes, std::vector<gr::tag_t>> bbframe_stream(const scene& s, std::optional<std::size_t> skip = {})
{
    bytes data;
    std::vector<gr::tag_t> out;
    long dummies = 0;
    for (std::size_t i = 0; i < s.frames.size(); ++i) {
        const auto& f = s.frames[i];
        dummies += f.bbframe.empty() ? 1 : 0;
        if (f.bbframe.empty() || i == skip) continue;
        pmt::pmt_t d = pmt::make_dict();
        d = pmt::dict_add(d, keys::index(), pmt::from_uint64(i));
        d = pmt::dict_add(d, keys::pls(), pmt::from_long(f.pls));
        d = pmt::dict_add(d, keys::len(), pmt::from_long(static_cast<long>(f.bbframe.size())));
        d = pmt::dict_add(d, keys::dummies(), pmt::from_long(dummies));
        dummies = 0;
        gr::tag_t t;
        t.offset = data.size();
        t.key = tags::ss_frame();
        t.value = d;
        out.push_back(t);
        data.insert(data.end(), f.bbframe.begin(), f.bbframe.end());
    }
    return { data, out };
}

TEST(BbDeframer, GivesTheTransportStreamSentWhateverTheBufferSize)
{
    const auto [data, in_tags] = bbframe_stream(carrier());
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        auto tb = gr::make_top_block("t");
        auto deframer = gr::spacesail::bb_deframer::make("ts");
        auto sink = gr::blocks::vector_sink_b::make();
        deframer->set_max_noutput_items(most);
        tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, deframer, 0);
        tb->connect(deframer, 0, sink, 0);
        tb->run();
        const auto got = sink->data();
        ASSERT_GT(got.size(), 50U * 188);
        EXPECT_EQ(got.size() % 188, 0U);
        EXPECT_TRUE(std::equal(got.begin(), got.end(), carrier().ts.begin())) << most;
        std::uint64_t next = 0;
        for (const auto& t : with_key(sink->tags(), tags::packet_len())) {
            EXPECT_EQ(t.offset, next);
            EXPECT_EQ(pmt::to_long(t.value) % 188, 0);
            next += static_cast<std::uint64_t>(pmt::to_long(t.value));
        }
        EXPECT_EQ(next, got.size());
        EXPECT_EQ(count(deframer->status(), "gaps"), 0U) << "dummy PLFRAMEs are none";
        EXPECT_EQ(count(deframer->status(), "dummy"), 3U);
        EXPECT_EQ(count(deframer->status(), "packets"), got.size() / 188);
    }
}

TEST(BbDeframer, ALostBbframeCostsThePacketsItCuts)
{
    const auto [data, in_tags] = bbframe_stream(carrier(), 3);
    auto tb = gr::make_top_block("t");
    auto deframer = gr::spacesail::bb_deframer::make("ts");
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, deframer, 0);
    tb->connect(deframer, 0, sink, 0);
    tb->run();
    EXPECT_EQ(count(deframer->status(), "gaps"), 1U);
    EXPECT_EQ(count(deframer->status(), "lost"), 1U);
    // Every packet delivered is one that was sent, in order: their numbers are in bytes 4 to 11.
    const auto got = sink->data();
    std::size_t at = 0, delivered = 0;
    for (std::size_t i = 0; i + 188 <= got.size(); i += 188) {
        while (at + 188 <= carrier().ts.size() && !std::equal(got.begin() + static_cast<std::ptrdiff_t>(i),
                                                              got.begin() + static_cast<std::ptrdiff_t>(i + 188),
                                                              carrier().ts.begin() + static_cast<std::ptrdiff_t>(at))) {
            at += 188;
        }
        ASSERT_LT(at, carrier().ts.size()) << "packet " << i / 188 << " was never sent";
        at += 188;
        ++delivered;
    }
    EXPECT_EQ(delivered, 45U) << "8PSK 3/4 short: 1465 data bytes, 7.8 packets, one more cut";
}

TEST(BbDeframer, TransportPacketsAreNotIp)
{
    const auto [data, in_tags] = bbframe_stream(carrier());
    auto tb = gr::make_top_block("t");
    auto deframer = gr::spacesail::bb_deframer::make("ip");
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, deframer, 0);
    tb->connect(deframer, 0, sink, 0);
    tb->run();
    EXPECT_TRUE(sink->data().empty());
    EXPECT_GT(count(deframer->status(), "other_packets"), 50U);
}

TEST(ReceiveBlocks, FromSamplesToTheTransportStream)
{
    for (const int threads : { 0, 1, 3 }) {
        auto tb = gr::make_top_block("t");
        auto decoder = gr::spacesail::dvbs2x_decoder::make(threads);
        auto deframer = gr::spacesail::bb_deframer::make();
        auto sync = make_sync();
        auto sink = gr::blocks::vector_sink_b::make();
        tb->connect(gr::blocks::vector_source_c::make(carrier().samples), 0, sync, 0);
        tb->connect(sync, 0, decoder, 0);
        tb->connect(decoder, 0, deframer, 0);
        tb->connect(deframer, 0, sink, 0);
        tb->run();
        const auto got = sink->data();
        ASSERT_GT(got.size(), 50U * 188) << threads;
        EXPECT_TRUE(std::equal(got.begin(), got.end(), carrier().ts.begin())) << threads;
        EXPECT_EQ(count(deframer->status(), "gaps"), 0U);
    }
}

TEST(ReceiveBlocks, WrongParametersThrowAndNameThem)
{
    const auto message = [](auto&& make) -> std::string {
        try {
            make();
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "nothing thrown";
    };
    using namespace gr::spacesail;
    EXPECT_THAT(message([] { dvbs2x_sync::make(1e6, 1e6); }), HasSubstr("sample_rate_hz"));
    EXPECT_THAT(message([] { dvbs2x_sync::make(2e6, -1e6); }), HasSubstr("symbol_rate_hz"));
    EXPECT_THAT(message([] { dvbs2x_sync::make(2e6, 1e6, 0.7); }), HasSubstr("rolloff"));
    EXPECT_THAT(message([] { dvbs2x_sync::make(2e6, 1e6, 0.2, -1); }), HasSubstr("gold_code"));
    EXPECT_THAT(message([] { dvbs2x_sync::make(2e6, 1e6, 0.2, 0, "cf64"); }), HasSubstr("input"));
    EXPECT_THAT(message([] { dvbs2x_decoder::make(-1); }), HasSubstr("threads"));
    EXPECT_THAT(message([] { dvbs2x_decoder::make(0, 0); }), HasSubstr("max_iterations"));
    EXPECT_THAT(message([] { dvbs2x_decoder::make(0, 50, "queue_driven"); }), HasSubstr("threads"));
    EXPECT_THAT(message([] { dvbs2x_decoder::make(0, 50, "later"); }), HasSubstr("policy"));
    EXPECT_THAT(message([] { bb_deframer::make("udp"); }), HasSubstr("packets"));
    EXPECT_THAT(message([] { bb_deframer::make("ts", 256); }), HasSubstr("isi"));
    EXPECT_THAT(message([] { bb_deframer::make("ts", -1, 0); }), HasSubstr("max_streams"));
}

} // namespace
