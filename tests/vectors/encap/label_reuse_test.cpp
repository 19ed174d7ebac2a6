// SPDX-License-Identifier: GPL-3.0-or-later
// Label re-use against an independent receiver. label_reuse.bbframes are BBFRAMEs of this project's encapsulator, each
// behind its length (32 bits, big-endian); label_reuse.pdus is what the GSE receiver of dvb-gse 0.7.2 (D. Estevez,
// GSEPacketDefrag::defragment) made of them: protocol type, label (- for broadcast) and payload of each PDU in
// hexadecimal. With SPACESAIL_WRITE_BBFRAMES=FILE the first test writes such BBFRAMEs.
#include <encap_traffic.hpp>
#include <outside_tool.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

const std::string k_folder = std::string(SPACESAIL_SOURCE_DIR) + "/tests/vectors/encap/";

std::string hex(std::span<const std::uint8_t> data)
{
    std::string out;
    for (const auto b : data) {
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 15U];
    }
    return out;
}

/// A PDU as a line of label_reuse.pdus.
std::string line_of(std::uint16_t protocol, std::span<const std::uint8_t> label, std::span<const std::uint8_t> payload)
{
    const std::uint8_t type[] = { static_cast<std::uint8_t>(protocol >> 8U), static_cast<std::uint8_t>(protocol) };
    return hex(type) + " " + (label.empty() ? "-" : hex(label)) + " " + hex(payload);
}

/// Labels are re-used in complete packets only: for first fragments that receiver, unlike this encapsulator, counts the
/// label that was left out in TotalLength and CRC-32.
/// PDUs of runs of equal labels of every type, some longer than a BBFRAME, in short frames of QPSK 1/4.
std::vector<bytes> bbframes(std::vector<std::string>& pdus, std::uint64_t& reused)
{
    const bytes labels[] = { { 2, 0, 0, 0, 0, 9 }, { 1, 2, 3 }, {}, { 2, 0, 0, 0, 0, 10 } };
    std::vector<bytes> frames;
    bytes buffer(k_max_bbframe_bytes);
    rng random(8);
    gse_encapsulator gse({ .reuse = label_reuse::complete_packets });
    bb_scheduler_config config;
    config.formats[6] = { 3072, 1 };
    const scheduled_stream stream{ 0, &gse, 6, 0 };
    bb_scheduler scheduler(config, { &stream, 1 });
    for (int i = 0; i < 60; ++i) {
        const bytes& label = labels[(i / 5) % 4];
        bytes payload(i % 8 == 3 ? 300 + random.below(300) : 20 + random.below(60));
        for (auto& b : payload) b = static_cast<std::uint8_t>(random());
        const std::uint16_t protocol = i % 2 == 0 ? k_protocol_ipv4 : k_protocol_ipv6;
        EXPECT_EQ(gse.push({ protocol, payload, label, {} }, 0), gse_encapsulator::push_status::queued);
        pdus.push_back(line_of(protocol, label, payload));
    }
    for (auto f = scheduler.next(0, 0, buffer); f.what == scheduled_frame::decision::bbframe;
         f = scheduler.next(0, 0, buffer)) {
        frames.emplace_back(f.bbframe.begin(), f.bbframe.end());
    }
    reused += gse.counters().labels_reused.value();
    EXPECT_GT(gse.counters().fragmented_pdus.value(), 5U);
    return frames;
}

std::vector<std::string> stored_pdus()
{
    std::ifstream in(k_folder + "label_reuse.pdus");
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

TEST(LabelReuse, AnIndependentReceiverUnderstandsTheEncapsulator)
{
    std::vector<std::string> sent;
    std::uint64_t reused = 0;
    bytes file;
    for (const bytes& f : bbframes(sent, reused)) {
        for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<std::uint8_t>(f.size() >> shift));
        file.insert(file.end(), f.begin(), f.end());
    }
    if (const char* to = std::getenv("SPACESAIL_WRITE_BBFRAMES")) test::write_file(to, file);
    EXPECT_GT(reused, 15U);
    EXPECT_EQ(file, test::read_file(k_folder + "label_reuse.bbframes")) << "not the BBFRAMEs that dvb-gse was shown";
    EXPECT_EQ(sent, stored_pdus()) << "what dvb-gse read from them";
}

std::vector<std::string> received(bytes file)
{
    test::keeping_sink sink;
    bb_deframer deframer({}, sink);
    std::uint64_t index = 0;
    for (std::size_t at = 0; at + 4 <= file.size();) {
        const std::size_t n = read_be32(file.data() + at);
        frame_view<std::uint8_t> view;
        view.index = index++;
        view.header.pls = 6;
        view.payload = std::span(file).subspan(at + 4, n);
        deframer.on_frame(view);
        at += 4 + n;
    }
    std::vector<std::string> out;
    for (const auto& p : sink.packets) out.push_back(line_of(p.protocol_type, p.label, p.payload));
    return out;
}

TEST(LabelReuse, TheReceiverReadsWhatTheIndependentOneRead)
{
    const bytes file = test::read_file(k_folder + "label_reuse.bbframes");
    ASSERT_GT(file.size(), 1000U);
    EXPECT_EQ(received(file), stored_pdus());
    // Negative control: another label in the first packet, and the packets that re-use it have that one too.
    bytes other = file;
    const std::size_t label_at = 4 + k_bbheader_bytes + 4;
    ASSERT_EQ(other[label_at], 2);
    other[label_at + 1] ^= 0xffU;
    const auto changed = received(other), before = received(file);
    ASSERT_EQ(changed.size(), before.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < changed.size(); ++i) different += changed[i] != before[i] ? 1 : 0;
    EXPECT_GE(different, 2U);
}

} // namespace
