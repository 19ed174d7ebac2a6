// SPDX-License-Identifier: GPL-3.0-or-later
// Flowgraphs that are stopped, at their end or in the middle, and started again: every run is as the first.
#include "carrier.hpp"
#include "motion_scene.hpp"
#include "temp_folder.hpp"

#include <gnuradio/block_detail.h>
#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/buffer.h>
#include <gnuradio/spacesail/bb_deframer.h>
#include <gnuradio/spacesail/bb_scheduler.h>
#include <gnuradio/spacesail/doppler_corrector.h>
#include <gnuradio/spacesail/doppler_precompensator.h>
#include <gnuradio/spacesail/dvbs2x_decoder.h>
#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <gnuradio/spacesail/dvbs2x_receiver.h>
#include <gnuradio/spacesail/dvbs2x_sync.h>
#include <gnuradio/spacesail/dvbs2x_transmitter.h>
#include <gnuradio/spacesail/iq_sink.h>
#include <gnuradio/spacesail/iq_source.h>
#include <gnuradio/spacesail/leo_channel.h>
#include <gnuradio/spacesail/packet_sink.h>
#include <gnuradio/spacesail/packet_source.h>
#include <gnuradio/spacesail/tags.h>
#include <gnuradio/top_block.h>
#include <spacesail/io/iq_spec.hpp>
#include <spacesail/io/pcap.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace {

using namespace spacesail;
using namespace std::chrono_literals;
using cf = std::complex<float>;
using bytes = std::vector<std::uint8_t>;

/// What came out of a run: items and tags.
template <class T>
struct outcome {
    std::vector<T> items;
    std::vector<std::pair<std::uint64_t, std::string>> tags;
    bool operator==(const outcome&) const = default;
};

/// A block between a source whose length can be chosen and a sink, in one flowgraph that is started again and again.
template <class In, class Out>
class graph
{
public:
    graph(const gr::basic_block_sptr& block, const std::vector<In>& input)
        : d_n(input.size()),
          d_source(gr::blocks::vector_source<In>::make(input, true)),
          d_head(gr::blocks::head::make(sizeof(In), d_n)),
          d_sink(gr::blocks::vector_sink<Out>::make())
    {
        d_top->connect(d_source, 0, d_head, 0);
        d_top->connect(d_head, 0, block, 0);
        d_top->connect(block, 0, d_sink, 0);
    }
    /// All of the input, once.
    outcome<Out> whole()
    {
        rewind(d_n);
        d_top->run();
        outcome<Out> o{ d_sink->data(), {} };
        for (const auto& t : d_sink->tags())
            o.tags.emplace_back(t.offset, pmt::write_string(t.key) + pmt::write_string(t.value));
        std::sort(o.tags.begin(), o.tags.end());
        return o;
    }
    /// Stopped while it runs, with items at every place.
    void interrupted()
    {
        rewind(std::uint64_t{ 1 } << 60);
        d_top->start();
        for (int i = 0; i < 3000 && d_sink->data().empty(); ++i) std::this_thread::sleep_for(10ms);
        EXPECT_FALSE(d_sink->data().empty());
        d_top->stop();
        d_top->wait();
    }

private:
    void rewind(std::uint64_t n)
    {
        d_source->rewind();
        d_head->reset();
        d_head->set_length(n);
        d_sink->reset();
    }
    std::uint64_t d_n;
    gr::top_block_sptr d_top = gr::make_top_block("restart");
    typename gr::blocks::vector_source<In>::sptr d_source;
    gr::blocks::head::sptr d_head;
    typename gr::blocks::vector_sink<Out>::sptr d_sink;
};

/// Runs it whole, whole again, in part, whole. Returns what the first run gave.
template <class In, class Out>
outcome<Out> expect_every_run_as_the_first(const gr::basic_block_sptr& block, const std::vector<In>& input)
{
    graph<In, Out> g(block, input);
    const auto first = g.whole();
    EXPECT_FALSE(first.items.empty());
    EXPECT_TRUE(g.whole() == first) << "after a run to the end";
    g.interrupted();
    EXPECT_TRUE(g.whole() == first) << "after a run that was stopped";
    return first;
}

bytes some_ts() { return test::random_ts(200, 7); }

std::vector<cf> some_carrier()
{
    const auto a = test::pls_of("QPSK 1/2", "short", 1), b = test::pls_of("8PSK 3/4", "short", 0);
    test::carrier_config c;
    c.transmitter.shaping = { .symbol_rate_hz = 1e6, .sample_rate_hz = 2e6, .rolloff = 0.2 };
    c.offset_hz = 7e3;
    c.es_n0_db = 14.0;
    return test::make_carrier(c, test::ts_frames(some_ts(), { a, a, b, b, 0, a, b, a, 0, 0, b, a }));
}

std::string start() { return format_utc(motion_scene::early_in_the_pass()); }

TEST(Restart, Receiver)
{
    const auto receiver = gr::spacesail::dvbs2x_receiver::make(2e6, 1e6);
    const auto got = expect_every_run_as_the_first<cf, std::uint8_t>(receiver, some_carrier());
    const auto sent = some_ts();
    ASSERT_GT(got.items.size(), 50U * 188U);
    EXPECT_NE(std::search(sent.begin(), sent.end(), got.items.begin(), got.items.end()), sent.end());
}

TEST(Restart, StatusIsOfTheRunThatGoes)
{
    const auto sync = gr::spacesail::dvbs2x_sync::make(2e6, 1e6);
    const auto input = some_carrier();
    graph<cf, cf> g(sync, input);
    const auto count = [&](const char* key) {
        return pmt::to_uint64(pmt::dict_ref(sync->status(), pmt::intern(key), pmt::from_uint64(0)));
    };
    g.whole();
    const auto frames = count("frames");
    EXPECT_EQ(count("samples"), input.size());
    g.whole();
    EXPECT_EQ(count("samples"), input.size());
    EXPECT_EQ(count("frames"), frames);
}

TEST(Restart, OutputBuffersAreAsLongAsTheFirstTime)
{
    const test::temp_folder folder;
    const auto ts = some_ts();
    const auto source = gr::spacesail::packet_source::make(folder.write("in.ts", { ts.begin(), ts.end() }));
    const auto scheduler = gr::spacesail::bb_scheduler::make({ "QPSK 1/2" }, "short");
    const auto modulator = gr::spacesail::dvbs2x_modulator::make(1e6, 2e6);
    const auto sync = gr::spacesail::dvbs2x_sync::make(2e6, 1e6);
    const auto decoder = gr::spacesail::dvbs2x_decoder::make();
    const auto deframer = gr::spacesail::bb_deframer::make();
    const auto sink = gr::blocks::vector_sink_b::make();
    const std::vector<gr::block_sptr> blocks{ source, scheduler, modulator, sync, decoder, deframer };
    auto top = gr::make_top_block("restart");
    for (std::size_t i = 0; i + 1 < blocks.size(); ++i) top->connect(blocks[i], 0, blocks[i + 1], 0);
    top->connect(deframer, 0, sink, 0);
    std::vector<int> lengths[2];
    for (auto& of_run : lengths) {
        top->run();
        for (const auto& b : blocks) of_run.push_back(b->detail()->output(0)->bufsize());
    }
    EXPECT_EQ(lengths[0], lengths[1]);
    EXPECT_GE(lengths[1][3], 2 * 33282) << "two of the longest PLFRAME";
}

TEST(Restart, SyncWithTheMotionOfASatellite)
{
    const auto sync = gr::spacesail::dvbs2x_sync::make(2e6,
                                                       1e6,
                                                       0.2,
                                                       0,
                                                       "cf32",
                                                       0.0,
                                                       400e3,
                                                       "upright",
                                                       "adaptive",
                                                       1.0,
                                                       motion_scene::k_elements,
                                                       motion_scene::sets()[0].name,
                                                       motion_scene::k_lat,
                                                       motion_scene::k_lon,
                                                       motion_scene::k_height,
                                                       10e6,
                                                       start());
    expect_every_run_as_the_first<cf, cf>(sync, some_carrier());
}

TEST(Restart, Transmitter)
{
    const auto transmitter = gr::spacesail::dvbs2x_transmitter::make(1e6, 2e6, "QPSK 1/2", "short");
    expect_every_run_as_the_first<std::uint8_t, cf>(transmitter, some_ts());
}

TEST(Restart, DopplerCorrectorAndPrecompensator)
{
    using namespace motion_scene;
    const auto samples = noise(100'000);
    const auto& name = sets()[0].name;
    expect_every_run_as_the_first<cf, cf>(
        gr::spacesail::doppler_corrector::make(k_rate_hz, k_down_hz, k_elements, name, k_lat, k_lon, k_height, start()),
        samples);
    expect_every_run_as_the_first<cf, cf>(
        gr::spacesail::doppler_precompensator::make(
            k_rate_hz, k_up_hz, k_elements, name, k_lat, k_lon, k_height, start()),
        samples);
}

TEST(Restart, LeoChannel)
{
    using namespace motion_scene;
    gr::spacesail::leo_channel_parameters p;
    p.sample_rate_hz = k_rate_hz;
    p.carrier_hz = k_down_hz;
    p.elements = k_elements;
    p.satellites = { sets()[0].name };
    p.latitude_deg = k_lat;
    p.longitude_deg = k_lon;
    p.height_m = k_height;
    p.start = start();
    p.noise_power = 0.1;
    expect_every_run_as_the_first<cf, cf>(gr::spacesail::leo_channel::make(p), noise(100'000));
}

TEST(Restart, RecordingsAreReadFromTheirStartAndWrittenOn)
{
    const test::temp_folder folder;
    std::vector<io::ci16_t> samples(10'000);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = { static_cast<std::int16_t>(i), static_cast<std::int16_t>(-static_cast<int>(i)) };
    const std::string raw(reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(io::ci16_t));
    const auto input = folder.write("in.ci16", raw);
    const auto source =
        gr::spacesail::iq_source::make(input, "ci16", "", 1e6, 12.7e9, "2026-08-22T06:00:00Z");
    const auto sink = gr::spacesail::iq_sink::make(folder / "out", "ci16", "ci16");
    auto top = gr::make_top_block("restart");
    top->connect(source, 0, sink, 0);
    top->run();
    top->run();
    EXPECT_EQ(source->failure() + sink->failure(), "");
    EXPECT_EQ(source->nof_samples(), samples.size());
    EXPECT_EQ(sink->nof_samples(), 2 * samples.size());
    EXPECT_EQ(folder.read("out.sigmf-data"), raw + raw);
    const auto spec = io::parse_iq_input(folder / "out", {});
    ASSERT_TRUE(spec) << spec.error().message;
    ASSERT_EQ(spec->captures.size(), 2U);
    EXPECT_EQ(spec->captures[1].first_sample, samples.size());
    EXPECT_EQ(spec->captures[1].start, spec->captures[0].start);
    EXPECT_EQ(spec->captures[1].frequency_hz, 12.7e9);
}

TEST(Restart, PacketsAreReadFromTheirStartAndWrittenOn)
{
    const test::temp_folder folder;
    const auto ts = some_ts();
    const std::string text(ts.begin(), ts.end());
    const auto source = gr::spacesail::packet_source::make(folder.write("in.ts", text));
    const auto sink = gr::spacesail::packet_sink::make(folder / "out.ts");
    auto top = gr::make_top_block("restart");
    top->connect(source, 0, sink, 0);
    top->run();
    top->run();
    EXPECT_EQ(source->failure() + sink->failure(), "");
    EXPECT_EQ(source->nof_packets(), 200U);
    EXPECT_EQ(folder.read("out.ts"), text + text);

    {
        auto capture = io::pcap_writer::create(folder / "in.pcap");
        ASSERT_TRUE(capture);
        for (std::uint8_t i = 0; i < 20; ++i) {
            bytes packet(100, i);
            packet[0] = 0x45; // IPv4, 100 bytes
            packet[2] = 0;
            packet[3] = 100;
            ASSERT_TRUE(capture->write({}, packet));
        }
        ASSERT_TRUE(capture->close());
    }
    const auto from = gr::spacesail::packet_source::make(folder / "in.pcap", "ip");
    const auto into = gr::spacesail::packet_sink::make(folder / "out.pcap", "ip");
    auto other = gr::make_top_block("restart");
    other->connect(from, 0, into, 0);
    other->run();
    other->run();
    EXPECT_EQ(from->failure() + into->failure(), "");
    auto reader = io::pcap_reader::open(folder / "out.pcap");
    ASSERT_TRUE(reader) << reader.error().message;
    for (int i = 0; i < 40; ++i) {
        const auto p = reader->next();
        ASSERT_TRUE(p && *p) << i;
        EXPECT_EQ((*p)->bytes.back(), i % 20);
    }
    const auto end = reader->next();
    EXPECT_TRUE(end && !*end);
}

} // namespace
