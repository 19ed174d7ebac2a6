// SPDX-License-Identifier: GPL-3.0-or-later
// Oracle: tshark's dissectors of DVB-S2 mode adaptation, BBFRAMEs and GSE; PDUs by python3-scapy.
// They know no label re-use and no extension headers (tried with 4.0.17), so none is used here.
#include <encap_traffic.hpp>
#include <outside_tool.hpp>
#include <temp_folder.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/mode_adaptation.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

constexpr const char* k_recipe =
    "tshark -o dvb-s2_modeadapt.decode_df:TRUE -o dvb-s2_modeadapt.full_decode:TRUE --enable-heuristic dvb_s2_udp ";

// A pcap file of raw IPv4 with UDP datagrams, written field by field: independent of the library's own.
class udp_capture
{
public:
    udp_capture()
    {
        for (const std::uint32_t v : { 0xa1b2c3d4U, 0x00020004U, 0U, 0U, 262144U, 101U }) put32(v);
    }
    void add(std::span<const std::uint8_t> payload)
    {
        const auto n = static_cast<std::uint32_t>(payload.size() + 28);
        put32(d_frames);
        put32(0);
        put32(n);
        put32(n);
        bytes ip = { 0x45,
                     0,
                     static_cast<std::uint8_t>(n >> 8),
                     static_cast<std::uint8_t>(n),
                     0,
                     1,
                     0,
                     0,
                     64,
                     17,
                     0,
                     0,
                     10,
                     9,
                     0,
                     1,
                     10,
                     9,
                     0,
                     2 };
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < ip.size(); i += 2) sum += read_be16(ip.data() + i);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        write_be16(ip.data() + 10, static_cast<std::uint16_t>(~sum));
        d_bytes.insert(d_bytes.end(), ip.begin(), ip.end());
        const std::uint32_t udp = n - 20;
        for (const std::uint32_t v : { 20000U, 20001U, udp, 0U }) {
            d_bytes.push_back(static_cast<std::uint8_t>(v >> 8));
            d_bytes.push_back(static_cast<std::uint8_t>(v));
        }
        d_bytes.insert(d_bytes.end(), payload.begin(), payload.end());
        ++d_frames;
    }
    const bytes& file() const { return d_bytes; }
    unsigned frames() const { return d_frames; }

private:
    void put32(std::uint32_t v)
    {
        for (int i = 3; i >= 0; --i) d_bytes.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    bytes d_bytes;
    unsigned d_frames = 0;
};

struct verdict {
    unsigned frames = 0; ///< that tshark took for BBFRAMEs
    unsigned bb_good = 0, bb_bad = 0;
    unsigned gse_good = 0, gse_bad = 0;
    unsigned experts = 0;
    std::string expert_messages;
};

verdict ask_tshark(const std::string& pcap)
{
    const auto run = test::run_tool(std::string(k_recipe) + "-r " + pcap +
                                    " -T fields -E separator=/t -e dvb-s2_bb.crc.status -e dvb-s2_gse.crc.status -e "
                                    "_ws.expert.message -e dvb-s2_bb.dfl");
    EXPECT_EQ(run.status, 0);
    verdict v;
    std::istringstream lines(run.out);
    std::string line;
    while (std::getline(lines, line)) {
        std::vector<std::string> fields(1);
        for (const char c : line) {
            if (c == '\t') {
                fields.emplace_back();
            } else {
                fields.back() += c;
            }
        }
        fields.resize(4);
        if (!fields[3].empty()) ++v.frames;
        v.bb_good += static_cast<unsigned>(std::ranges::count(fields[0], '1'));
        v.bb_bad += static_cast<unsigned>(std::ranges::count(fields[0], '0'));
        v.gse_good += static_cast<unsigned>(std::ranges::count(fields[1], '1'));
        v.gse_bad += static_cast<unsigned>(std::ranges::count(fields[1], '0'));
        // The header of L.3 can look like that of another mode by chance; tshark says so and reads L.3.
        if (!fields[2].empty() && fields[2] != "Mode adaptation header format is ambiguous. Assuming L.3") {
            ++v.experts;
            v.expert_messages += fields[2] + "\n";
        }
    }
    return v;
}

std::vector<bytes> scapy_pdus(const test::temp_folder& folder, unsigned seed, unsigned count)
{
    const std::string out = folder / "pdus.bin";
    const std::string script = std::string(SPACESAIL_SOURCE_DIR) + "/tests/vectors/encap/make_pdus.py";
    const auto run = test::run_tool("/usr/bin/python3 " + script + " " + std::to_string(seed) + " " +
                                    std::to_string(count) + " " + out);
    EXPECT_EQ(run.status, 0);
    const bytes all = test::read_file(out);
    std::vector<bytes> pdus;
    for (std::size_t at = 0; at + 4 <= all.size();) {
        const std::size_t n = read_be32(all.data() + at);
        pdus.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at + 4),
                          all.begin() + static_cast<std::ptrdiff_t>(at + 4 + n));
        at += 4 + n;
    }
    return pdus;
}

bool tools_missing()
{
    return !test::has_tool("tshark") || test::run_tool("/usr/bin/python3 -c 'import scapy.all'").status != 0;
}

class Tshark : public ::testing::Test
{
protected:
    void SetUp() override
    {
        if (tools_missing()) GTEST_SKIP() << "tshark or python3-scapy is not installed";
    }
    test::temp_folder folder;
};

struct produced {
    std::vector<bytes> datagrams;
    unsigned end_fragments = 0;
};

// Three GSE streams with four priorities each and one transport stream share a carrier of changing MODCODs.
produced produce(const std::vector<bytes>& pdus, gse_padding padding)
{
    const bytes labels[] = { {}, { 1, 2, 3 }, { 2, 0, 0, 0, 0, 9 } };
    std::vector<std::unique_ptr<gse_encapsulator>> gse;
    for (int i = 0; i < 3; ++i) {
        gse.push_back(std::make_unique<gse_encapsulator>(
            gse_encapsulator_config{ .nof_priorities = 4, .reuse = label_reuse::never, .padding = padding }));
    }
    ts_framer ts;
    ts.push(test::random_ts(100, 3), 0);
    ts.finish(0);
    bb_scheduler_config config;
    config.formats[4] = { 16008, 1 };   // S2 normal 1/4
    config.formats[6] = { 3072, 1 };    // S2 short 1/4
    config.formats[45] = { 58192, 1 };  // S2 8PSK 9/10 normal, pilots
    config.formats[132] = { 18528, 1 }; // S2X QPSK 13/45
    config.mode = adaptation::acm;
    config.streams = input_streams::multiple;
    const scheduled_stream streams[] = {
        { 10, gse[0].get(), 4, 0 }, { 11, gse[1].get(), 6, 0 }, { 12, gse[2].get(), 45, 0 }, { 13, &ts, 132, 0 }
    };
    bb_scheduler scheduler(config, streams);
    produced out;
    rng random(5);
    std::size_t next = 0;
    bytes buffer(k_max_bbframe_bytes);
    bytes datagram(k_l3_max_datagram_bytes);
    constexpr std::uint8_t codes[] = { 4, 6, 45, 132 };
    for (;;) {
        // PDUs come while others are on their way, so that fragments of several priorities interleave.
        for (int k = 0; k < 3 && next < pdus.size(); ++k, ++next) {
            gse_pdu p;
            p.payload = pdus[next];
            p.protocol_type = *ip_protocol_type(p.payload);
            p.label = labels[random.below(3)];
            p.priority = static_cast<unsigned>(random.below(4));
            EXPECT_EQ(gse[next % 3]->push(p, 0), gse_encapsulator::push_status::queued);
        }
        (void)scheduler.set_pls(static_cast<std::uint8_t>(10 + random.below(4)), codes[random.below(4)]);
        const auto f = scheduler.next(0, 0, buffer);
        if (f.what != scheduled_frame::decision::bbframe) {
            if (next == pdus.size()) break;
            continue;
        }
        const auto number = static_cast<std::uint8_t>(out.datagrams.size());
        const auto d = write_l3_datagram({ f.pls, 10.0, number }, f.bbframe, datagram);
        out.datagrams.emplace_back(d.begin(), d.end());
    }
    for (const auto& g : gse) {
        out.end_fragments += static_cast<unsigned>(g->counters().fragmented_pdus.value());
        EXPECT_GT(g->counters().complete_packets.value(), 10U);
        EXPECT_GT(g->counters().fragments.value(), 2 * g->counters().fragmented_pdus.value());
    }
    return out;
}

TEST_F(Tshark, AcceptsEveryBbframeAndGsePacket)
{
    const auto pdus = scapy_pdus(folder, 1, 300);
    ASSERT_EQ(pdus.size(), 300U);
    for (const auto padding : { gse_padding::in_field, gse_padding::short_field }) {
        const produced p = produce(pdus, padding);
        ASSERT_GT(p.end_fragments, 30U);
        udp_capture capture;
        for (const bytes& d : p.datagrams) capture.add(d);
        test::write_file(folder / "cap.pcap", capture.file());
        const verdict v = ask_tshark(folder / "cap.pcap");
        EXPECT_EQ(v.frames, capture.frames());
        EXPECT_EQ(v.bb_good, capture.frames());
        EXPECT_EQ(v.bb_bad, 0U);
        EXPECT_EQ(v.gse_good, p.end_fragments);
        EXPECT_EQ(v.gse_bad, 0U);
        EXPECT_EQ(v.experts, 0U) << v.expert_messages;

        // tshark finds the scapy packets inside the complete GSE packets: their UDP, TCP and ICMP headers.
        const auto inner = test::run_tool(std::string(k_recipe) + "-r " + (folder / "cap.pcap") +
                                          " -Y 'ip.src == 10.0.0.5' -T fields -e frame.number");
        EXPECT_GT(std::ranges::count(inner.out, '\n'), 10);

        // And what they accepted comes back as the PDUs that went in.
        test::keeping_sink sink;
        bb_deframer deframer({}, sink);
        for (std::size_t i = 0; i < p.datagrams.size(); ++i) {
            const auto d = parse_l3_datagram(p.datagrams[i]);
            ASSERT_TRUE(d.has_value());
            frame_view<std::uint8_t> view;
            view.index = i;
            view.header.pls = d->header.pls;
            view.payload = d->bbframe;
            deframer.on_frame(view);
        }
        std::vector<std::string> got;
        for (const auto& k : sink.packets) {
            if (k.kind == packet_kind::gse_pdu) got.emplace_back(k.payload.begin(), k.payload.end());
        }
        std::vector<std::string> sent;
        for (const bytes& b : pdus) sent.emplace_back(b.begin(), b.end());
        std::ranges::sort(sent);
        std::ranges::sort(got);
        EXPECT_EQ(got, sent);
    }
}

TEST_F(Tshark, NegativeControls)
{
    const auto pdus = scapy_pdus(folder, 2, 60);
    const produced p = produce(pdus, gse_padding::in_field);
    // A byte of one BBHEADER: that datagram is no BBFRAME any more.
    udp_capture header_hit;
    for (std::size_t i = 0; i < p.datagrams.size(); ++i) {
        bytes d = p.datagrams[i];
        if (i == 3) d[k_l3_header_bytes + 4] ^= 0x01;
        header_hit.add(d);
    }
    test::write_file(folder / "header.pcap", header_hit.file());
    EXPECT_EQ(ask_tshark(folder / "header.pcap").bb_good, header_hit.frames() - 1);

    // The last byte of a fragmented PDU: its CRC-32 fails, no other.
    udp_capture data_hit;
    bool hit = false;
    for (const bytes& original : p.datagrams) {
        bytes d = original;
        const auto h = parse_bbheader(std::span(d).subspan(k_l3_header_bytes));
        ASSERT_TRUE(h.has_value());
        std::size_t at = k_l3_header_bytes + k_bbheader_bytes;
        gse_packet g;
        while (!hit && h->format == stream_format::generic_continuous &&
               read_gse_packet(std::span(d).subspan(at), g) == gse_status::good) {
            if (g.end && !g.start) {
                d[at + g.packet_bytes - 5] ^= 0x01;
                hit = true;
            }
            at += g.packet_bytes;
        }
        data_hit.add(d);
    }
    ASSERT_TRUE(hit);
    test::write_file(folder / "data.pcap", data_hit.file());
    const verdict v = ask_tshark(folder / "data.pcap");
    EXPECT_EQ(v.gse_bad, 1U);
    EXPECT_EQ(v.gse_good, p.end_fragments - 1);
}

} // namespace
