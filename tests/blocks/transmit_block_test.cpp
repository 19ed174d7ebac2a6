// SPDX-License-Identifier: GPL-3.0-or-later
// bb_scheduler, dvbs2x_modulator, packet_source, packet_sink and the two hierarchical blocks.
#include "carrier.hpp"
#include "temp_folder.hpp"

#include <gnuradio/block.h>
#include <gnuradio/blocks/head.h>
#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/spacesail/bb_deframer.h>
#include <gnuradio/spacesail/bb_scheduler.h>
#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <gnuradio/spacesail/dvbs2x_receiver.h>
#include <gnuradio/spacesail/dvbs2x_transmitter.h>
#include <gnuradio/spacesail/packet_sink.h>
#include <gnuradio/spacesail/packet_source.h>
#include <gnuradio/spacesail/tags.h>
#include <gnuradio/top_block.h>
#include <spacesail/encap/ts_generator.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/udp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace {

using namespace spacesail;
using namespace std::chrono_literals;
namespace tags = gr::spacesail::tags;
namespace keys = gr::spacesail::tags::frame;
using cf = std::complex<float>;
using bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

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

std::vector<std::uint8_t> some_pls()
{
    const auto a = test::pls_of("QPSK 1/2", "short", 1), b = test::pls_of("8PSK 3/4", "short", 0);
    return { a, b, 0, b, a };
}

dvbs2x::transmitter_configuration shaping()
{
    dvbs2x::transmitter_configuration c;
    c.shaping = { .symbol_rate_hz = 1e6, .sample_rate_hz = 2.5e6, .rolloff = 0.2 };
    c.gold_code = 5;
    return c;
}

TEST(Dvbs2xModulator, GivesTheSamplesOfTheCoreTransmitterWhateverTheBufferSize)
{
    const auto frames = test::ts_frames(test::random_ts(60, 2), some_pls());
    dvbs2x::transmitter core(shaping());
    std::vector<cf> expected, block(1000);
    const auto drain = [&] {
        for (std::size_t n = block.size(); n == block.size();) {
            n = core.read(block);
            expected.insert(expected.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n));
        }
    };
    bytes data;
    std::vector<gr::tag_t> in_tags;
    std::vector<std::size_t> starts;
    for (const auto& f : frames) {
        starts.push_back(expected.size());
        f.bbframe.empty() ? core.push_dummy() : core.push(f.pls, f.bbframe);
        drain();
        const bytes item = f.bbframe.empty() ? bytes{ 0 } : f.bbframe;
        pmt::pmt_t d = pmt::make_dict();
        d = pmt::dict_add(d, keys::pls(), pmt::from_long(f.pls));
        d = pmt::dict_add(d, keys::len(), pmt::from_long(static_cast<long>(item.size())));
        gr::tag_t t;
        t.offset = data.size();
        t.key = tags::ss_frame();
        t.value = d;
        in_tags.push_back(t);
        data.insert(data.end(), item.begin(), item.end());
    }
    for (int i = 0; i < 2; ++i) {
        core.push_silence();
        drain();
    }
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        auto tb = gr::make_top_block("t");
        auto modulator = gr::spacesail::dvbs2x_modulator::make(1e6, 2.5e6, 0.2, 5);
        auto sink = gr::blocks::vector_sink_c::make();
        modulator->set_max_noutput_items(most);
        tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, modulator, 0);
        tb->connect(modulator, 0, sink, 0);
        tb->run();
        EXPECT_EQ(sink->data(), expected) << most;
        const auto found = with_key(sink->tags(), tags::ss_frame());
        ASSERT_EQ(found.size(), frames.size());
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].offset, starts[i]);
        EXPECT_EQ(count(modulator->status(), "plframes"), 4U);
        EXPECT_EQ(count(modulator->status(), "dummies"), 1U);
    }
}

TEST(Dvbs2xModulator, LeavesOutWhatDoesNotFitItsCode)
{
    auto tb = gr::make_top_block("t");
    auto modulator = gr::spacesail::dvbs2x_modulator::make(1e6, 2.5e6);
    auto sink = gr::blocks::vector_sink_c::make();
    gr::tag_t t;
    t.key = tags::packet_len();
    t.value = pmt::from_long(100);
    tb->connect(gr::blocks::vector_source_b::make(bytes(150), false, 1, { t }), 0, modulator, 0);
    tb->connect(modulator, 0, sink, 0);
    tb->run();
    EXPECT_EQ(count(modulator->status(), "refused"), 1U);
    EXPECT_EQ(count(modulator->status(), "bytes_skipped"), 50U);
    EXPECT_EQ(count(modulator->status(), "plframes"), 0U);
}

/// BBFRAMEs of the block -> bb_deframer -> what came in.
TEST(BbScheduler, ATransportStreamComesBackFromItsBbframes)
{
    const auto ts = test::random_ts(300, 3);
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        auto tb = gr::make_top_block("t");
        auto scheduler = gr::spacesail::bb_scheduler::make({ "QPSK 1/2" }, "short");
        auto deframer = gr::spacesail::bb_deframer::make("ts");
        auto frames = gr::blocks::vector_sink_b::make();
        auto sink = gr::blocks::vector_sink_b::make();
        scheduler->set_max_noutput_items(most);
        tb->connect(gr::blocks::vector_source_b::make(ts), 0, scheduler, 0);
        tb->connect(scheduler, 0, deframer, 0);
        tb->connect(scheduler, 0, frames, 0);
        tb->connect(deframer, 0, sink, 0);
        tb->run();
        EXPECT_EQ(sink->data(), ts) << most;
        const std::size_t frame_bytes = 7032 / 8;             // k_bch of QPSK 1/2 short
        const std::size_t expected = (ts.size() + 868) / 869; // 879 less 10 of the BBHEADER
        EXPECT_EQ(frames->data().size(), expected * frame_bytes);
        const auto found = with_key(frames->tags(), tags::ss_frame());
        ASSERT_EQ(found.size(), expected);
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].offset, i * frame_bytes);
            EXPECT_EQ(count(found[i].value, keys::index()), i);
            EXPECT_EQ(count(found[i].value, keys::pls()), 4U * 4 + 2 + 1); // MODCOD 4, short, pilots
        }
        EXPECT_LE(count(scheduler->status(), "longest_queue"), 3U);
    }
}

TEST(BbScheduler, SeveralStreamsKeepTheirPacketsAndIdentifiers)
{
    const auto a = test::random_ts(200, 3), b = test::random_ts(150, 4);
    auto tb = gr::make_top_block("t");
    auto scheduler =
        gr::spacesail::bb_scheduler::make({ "QPSK 1/2", "8PSK 3/4" }, "short", "off", "ts", { 7, 9 }, 1e6, 0.2, "vcm");
    tb->connect(gr::blocks::vector_source_b::make(a), 0, scheduler, 0);
    tb->connect(gr::blocks::vector_source_b::make(b), 0, scheduler, 1);
    gr::blocks::vector_sink_b::sptr sinks[2];
    const int isis[] = { 7, 9 };
    for (int i = 0; i < 2; ++i) {
        auto deframer = gr::spacesail::bb_deframer::make("ts", isis[i]);
        sinks[i] = gr::blocks::vector_sink_b::make();
        tb->connect(scheduler, 0, deframer, 0);
        tb->connect(deframer, 0, sinks[i], 0);
    }
    tb->run();
    EXPECT_EQ(sinks[0]->data(), a);
    EXPECT_EQ(sinks[1]->data(), b);
}

/// IPv4 and IPv6 packets of many sizes; only the version nibble matters here.
std::pair<bytes, std::vector<gr::tag_t>> some_packets(std::size_t n, std::uint64_t seed)
{
    rng random(seed);
    bytes data;
    std::vector<gr::tag_t> out;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t length = 20 + random.below(i % 10 == 0 ? 9000 : 1480);
        gr::tag_t t;
        t.offset = data.size();
        t.key = tags::packet_len();
        t.value = pmt::from_long(static_cast<long>(length));
        out.push_back(t);
        data.push_back(i % 2 == 0 ? 0x45 : 0x60);
        while (data.size() < t.offset + length) data.push_back(static_cast<std::uint8_t>(random()));
    }
    return { data, out };
}

std::vector<long> lengths(const std::vector<gr::tag_t>& all)
{
    std::vector<long> out;
    for (const auto& t : with_key(all, tags::packet_len())) out.push_back(pmt::to_long(t.value));
    return out;
}

TEST(BbScheduler, IpPacketsComeBackInGse)
{
    const auto [data, in_tags] = some_packets(200, 5);
    auto tb = gr::make_top_block("t");
    auto scheduler = gr::spacesail::bb_scheduler::make({ "QPSK 1/2" }, "short", "on", "ip");
    auto deframer = gr::spacesail::bb_deframer::make("ip");
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, scheduler, 0);
    tb->connect(scheduler, 0, deframer, 0);
    tb->connect(deframer, 0, sink, 0);
    tb->run();
    EXPECT_EQ(sink->data(), data);
    EXPECT_EQ(lengths(sink->tags()), lengths(in_tags));
    EXPECT_EQ(count(deframer->status(), "packets"), 200U);
}

TEST(BbScheduler, DummiesKeepTheCarrierUpWhenNothingComes)
{
    auto tb = gr::make_top_block("t");
    // A UDP port at which nothing arrives.
    auto source = gr::spacesail::packet_source::make("udp:127.0.0.1:0");
    auto scheduler =
        gr::spacesail::bb_scheduler::make({ "QPSK 1/2" }, "short", "on", "ts", {}, 1e6, 0.2, "ccm", "dummy");
    auto modulator = gr::spacesail::dvbs2x_modulator::make(1e6, 2e6);
    auto head = gr::blocks::head::make(sizeof(cf), 100'000);
    tb->connect(source, 0, scheduler, 0);
    tb->connect(scheduler, 0, modulator, 0);
    tb->connect(modulator, 0, head, 0);
    tb->connect(head, 0, gr::blocks::null_sink::make(sizeof(cf)), 0);
    tb->start();
    tb->wait();
    EXPECT_GE(count(modulator->status(), "dummies"), 15U) << "6660 samples each";
    EXPECT_EQ(count(modulator->status(), "plframes"), 0U);
    EXPECT_LE(count(scheduler->status(), "longest_queue"), 3U);
}

TEST(PacketBlocks, FilesComeThroughUnchanged)
{
    const test::temp_folder folder;
    const auto ts = test::random_ts(500, 8);
    const auto in = folder.write("in.ts", std::string(ts.begin(), ts.end()));
    auto tb = gr::make_top_block("t");
    auto source = gr::spacesail::packet_source::make(in);
    auto sink = gr::spacesail::packet_sink::make(folder / "out.ts");
    tb->connect(source, 0, sink, 0);
    tb->run();
    EXPECT_EQ(folder.read("out.ts"), std::string(ts.begin(), ts.end()));
    EXPECT_EQ(source->nof_packets(), 500U);
    EXPECT_EQ(sink->nof_packets(), 500U);
    EXPECT_EQ(sink->failure(), "");
}

TEST(PacketBlocks, AFileIsRepeatedUntilThereAreEnoughPackets)
{
    const test::temp_folder folder;
    const auto ts = test::random_ts(10, 8);
    const auto in = folder.write("in.ts", std::string(ts.begin(), ts.end()));
    auto tb = gr::make_top_block("t");
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(gr::spacesail::packet_source::make(in, "ts", "repeat", 25), 0, sink, 0);
    tb->run();
    ASSERT_EQ(sink->data().size(), 25U * 188);
    for (std::size_t i = 0; i < 25U * 188; ++i) ASSERT_EQ(sink->data()[i], ts[i % ts.size()]);
}

TEST(PacketBlocks, CapturesKeepTheirPackets)
{
    const test::temp_folder folder;
    const auto [data, in_tags] = some_packets(50, 9);
    auto written = gr::make_top_block("t");
    auto to_file = gr::spacesail::packet_sink::make(folder / "x.pcap", "ip");
    to_file->set_max_noutput_items(100); // packets in pieces
    written->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, to_file, 0);
    written->run();
    EXPECT_EQ(to_file->nof_packets(), 50U);
    auto reader = io::pcap_reader::open(folder / "x.pcap");
    ASSERT_TRUE(reader);
    std::size_t at = 0, n = 0;
    for (;; ++n) {
        const auto p = reader->next();
        ASSERT_TRUE(p);
        if (!*p) break;
        EXPECT_TRUE(std::equal((*p)->bytes.begin(), (*p)->bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(at)));
        at += (*p)->bytes.size();
    }
    EXPECT_EQ(n, 50U);
}

TEST(PacketBlocks, DatagramsOfSevenPackets)
{
    auto receiver = io::udp_receiver::open({ "127.0.0.1", 0 });
    ASSERT_TRUE(receiver);
    const auto ts = test::random_ts(16, 1);
    auto tb = gr::make_top_block("t");
    auto sink = gr::spacesail::packet_sink::make("udp:127.0.0.1:" + std::to_string(receiver->port()));
    tb->connect(gr::blocks::vector_source_b::make(ts), 0, sink, 0);
    tb->run();
    bytes got, datagram(65535);
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 3; ++i) {
        const auto r = receiver->receive(datagram, 2000);
        ASSERT_TRUE(r);
        sizes.push_back(r->nof_bytes);
        got.insert(got.end(), datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(r->nof_bytes));
    }
    EXPECT_EQ(got, ts);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{ 1316, 1316, 376 }));
}

TEST(PacketBlocks, EveryDatagramIsAPacket)
{
    std::uint16_t port = 0;
    {
        auto probe = io::udp_receiver::open({ "127.0.0.1", 0 });
        ASSERT_TRUE(probe);
        port = probe->port();
    }
    auto tb = gr::make_top_block("t");
    auto source = gr::spacesail::packet_source::make("udp:127.0.0.1:" + std::to_string(port), "ip", "stop", 20);
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(source, 0, sink, 0);
    auto sender = io::udp_sender::open({ "127.0.0.1", port });
    ASSERT_TRUE(sender);
    const auto [data, in_tags] = some_packets(20, 3);
    const auto sizes = lengths(in_tags);
    std::size_t at = 0;
    for (const long n : sizes) {
        ASSERT_TRUE(sender->send(std::span(data).subspan(at, static_cast<std::size_t>(n))));
        at += static_cast<std::size_t>(n);
    }
    tb->run();
    EXPECT_EQ(sink->data(), data);
    EXPECT_EQ(lengths(sink->tags()), sizes);
    EXPECT_EQ(source->nof_packets(), 20U);
}

/// Never takes a message.
class deaf final : public gr::block
{
public:
    deaf() : gr::block("deaf", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    {
        message_port_register_in(pmt::intern("in"));
    }
};

TEST(PduTap, ASlowListenerLosesCountedPacketsTheStreamNone)
{
    const auto [data, in_tags] = some_packets(1000, 6);
    auto tb = gr::make_top_block("t");
    auto scheduler = gr::spacesail::bb_scheduler::make({ "8PSK 3/4" }, "normal", "on", "ip");
    auto deframer = gr::spacesail::bb_deframer::make("ip");
    auto sink = gr::blocks::vector_sink_b::make();
    auto listener = gnuradio::make_block_sptr<deaf>();
    tb->connect(gr::blocks::vector_source_b::make(data, false, 1, in_tags), 0, scheduler, 0);
    tb->connect(scheduler, 0, deframer, 0);
    tb->connect(deframer, 0, sink, 0);
    tb->msg_connect(deframer, "pdus", listener, "in");
    tb->start();
    for (int i = 0; i < 1000 && sink->data().size() < data.size(); ++i) std::this_thread::sleep_for(10ms);
    const auto waiting = listener->nmsgs(pmt::intern("in"));
    tb->stop(); // a block of messages alone never ends by itself
    tb->wait();
    EXPECT_EQ(sink->data(), data);
    EXPECT_EQ(waiting, 256U);
    EXPECT_EQ(count(deframer->status(), "pdus_dropped"), 1000U - 256U);
}

/// Packets through both hierarchical blocks.
bytes through_the_air(const char* modcod, std::uint64_t nof_packets, int gold_code_rx)
{
    auto tb = gr::make_top_block("t");
    auto source =
        gr::spacesail::packet_source::make("random:", "ts", "stop", static_cast<std::int64_t>(nof_packets), 77);
    auto transmitter = gr::spacesail::dvbs2x_transmitter::make(1e6, 2e6, modcod, "short", "on", 0.2, 3);
    auto receiver = gr::spacesail::dvbs2x_receiver::make(2e6, 1e6, 0.2, gold_code_rx);
    auto sink = gr::blocks::vector_sink_b::make();
    tb->connect(source, 0, transmitter, 0);
    tb->connect(transmitter, 0, receiver, 0);
    tb->connect(receiver, 0, sink, 0);
    tb->run();
    return sink->data();
}

TEST(HierBlocks, EveryPacketComesThroughToTheLast)
{
    bytes sent(400 * 188);
    encap::ts_generator(77).read(sent);
    EXPECT_EQ(through_the_air("16APSK 3/4", 400, 3), sent);
}

TEST(HierBlocks, AWrongScramblingCodeGivesNoPacket) { EXPECT_TRUE(through_the_air("QPSK 1/2", 100, 4).empty()); }

TEST(TransmitBlocks, WrongParametersThrowAndNameThem)
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
    EXPECT_THAT(message([] { bb_scheduler::make({}); }), HasSubstr("modcods"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/7" }); }), HasSubstr("modcods"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/2", "8PSK 3/4" }); }), HasSubstr("isis"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/2" }, "long"); }), HasSubstr("frame"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/2" }, "short", "maybe"); }), HasSubstr("pilots"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/2" }, "short", "on", "ts", { 256 }); }), HasSubstr("isis"));
    EXPECT_THAT(message([] { bb_scheduler::make({ "QPSK 1/2" }, "short", "on", "ts", {}, 1e6, 0.3); }),
                HasSubstr("rolloff"));
    const auto acm = [](double margin, double hysteresis, double delay, const std::vector<std::string>& set) {
        bb_scheduler::make(
            { "QPSK 1/2" }, "any", "low", "ts", {}, 1e6, 0.2, "acm", "wait", 0.01, 3, margin, hysteresis, delay, set);
    };
    EXPECT_THAT(message([&] { acm(-1, 0.3, 0.1, {}); }), HasSubstr("acm_margin_db"));
    EXPECT_THAT(message([&] { acm(0.5, 11, 0.1, {}); }), HasSubstr("acm_hysteresis_db"));
    EXPECT_THAT(message([&] { acm(0.5, 0.3, 0.019, {}); }), HasSubstr("acm_loop_delay_s"));
    EXPECT_THAT(message([&] { acm(0.5, 0.3, 0.1, { "QPSK 1/7" }); }), HasSubstr("acm_modcods"));
    EXPECT_THAT(message([] { dvbs2x_modulator::make(1e6, 1e6); }), HasSubstr("sample_rate_hz"));
    EXPECT_THAT(message([] { dvbs2x_modulator::make(1e6, 2e6, 0.2, 0, 30); }), HasSubstr("level_dbfs"));
    EXPECT_THAT(message([] { dvbs2x_modulator::make(1e6, 2e6, 0.2, -1); }), HasSubstr("gold_code"));
    EXPECT_THAT(message([] { packet_source::make("/no/such.ts"); }), HasSubstr("input"));
    EXPECT_THAT(message([] { packet_source::make("random:", "ip"); }), HasSubstr("packets"));
    EXPECT_THAT(message([] { packet_source::make("random:", "ts", "again"); }), HasSubstr("at_end"));
    const test::temp_folder folder;
    const auto no_capture = folder.write("x.pcap", "this is no capture file");
    EXPECT_THAT(message([&] { packet_source::make(no_capture, "ip"); }), HasSubstr("is no capture file"));
    EXPECT_THAT(message([] { packet_source::make("udp:nowhere"); }), HasSubstr("udp:HOST:PORT"));
    auto in_use = io::udp_receiver::open({ "127.0.0.1", 0 });
    ASSERT_TRUE(in_use);
    EXPECT_THAT(message([&] { packet_source::make("udp:127.0.0.1:" + std::to_string(in_use->port())); }),
                HasSubstr("another program has this port"));
    // The loopback interface is no TUN interface; without the right, or the device, that is said.
    const auto no_tun = testing::AnyOf(HasSubstr("is no TUN"), HasSubstr("not permitted"), HasSubstr("modprobe tun"));
    EXPECT_THAT(message([] { packet_source::make("tun:lo", "ip"); }), no_tun);
    EXPECT_THAT(message([] { packet_sink::make("tun:lo", "ip"); }), no_tun);
    EXPECT_THAT(message([] { packet_source::make("tun:a b", "ip"); }), HasSubstr("interface name"));
    EXPECT_THAT(message([] { packet_source::make("tun:sat0", "ts"); }), HasSubstr("packets = ip"));
    EXPECT_THAT(message([] { packet_sink::make("/no/such/x.ts"); }), HasSubstr("output"));
    EXPECT_THAT(message([] { packet_sink::make("udp:127.0.0.1:9", "ethernet"); }), HasSubstr("packets"));
    EXPECT_THAT(message([] { dvbs2x_receiver::make(2e6, 1e6, 0.2, 0, "float"); }), HasSubstr("input"));
    EXPECT_THAT(message([] { dvbs2x_transmitter::make(1e6, 2e6, "QPSK"); }), HasSubstr("modcods"));
}

} // namespace
