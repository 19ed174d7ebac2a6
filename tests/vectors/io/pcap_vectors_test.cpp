// SPDX-License-Identifier: GPL-3.0-or-later
// The capture files of this folder were made by Scapy 2.5.0 and editcap 4.0.17: see make_captures.py.
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace spacesail;
using namespace spacesail::io;

std::string path_of(const std::string& name) { return std::string(SPACESAIL_SOURCE_DIR "/tests/vectors/io/") + name; }

std::vector<std::uint8_t> content_of(const std::string& path)
{
    std::ifstream f(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(f), {} };
}

std::string text_of(std::span<const std::uint8_t> bytes) { return { bytes.begin(), bytes.end() }; }

struct capture_file {
    const char* name;
    link_type link;
    std::int64_t first_ns;
};

class Captures : public testing::TestWithParam<capture_file>
{
};

TEST_P(Captures, GiveTimesAndDatagramsThatTheirAuthorPutIn)
{
    auto reader = pcap_reader::open(path_of(GetParam().name));
    ASSERT_TRUE(reader) << reader.error().message;
    const std::int64_t times[] = { 1787378191'000000000 + GetParam().first_ns,
                                   1787378191'500000000,
                                   1787378200'000000000 };
    const char* payloads[] = { "spacesail", "a longer payload of 31 bytes...", "x" };
    for (std::size_t i = 0; i < 3; ++i) {
        const auto p = reader->next();
        ASSERT_TRUE(p) << p.error().message;
        ASSERT_TRUE(p->has_value()) << i;
        EXPECT_EQ((*p)->link, GetParam().link);
        EXPECT_EQ((*p)->time.ns, times[i]) << i;
        EXPECT_EQ((*p)->original_bytes, (*p)->bytes.size());
        const auto ip = ip_datagram_of(**p);
        ASSERT_TRUE(ip.has_value()) << i;
        const auto udp = udp_datagram_of(*ip);
        ASSERT_TRUE(udp.has_value()) << i;
        EXPECT_EQ(udp->source_port, 5000 + i);
        EXPECT_EQ(udp->destination_port, 6000 + i);
        EXPECT_EQ(text_of(udp->payload), payloads[i]);
    }
    const auto end = reader->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(end->has_value());
    EXPECT_EQ(reader->nof_packets(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Files,
                         Captures,
                         testing::Values(capture_file{ "raw_us.pcap", link_type::raw_ip, 123456000 },
                                         capture_file{ "raw_ns_big_endian.pcap", link_type::raw_ip, 123456789 },
                                         capture_file{ "raw_ns.pcapng", link_type::raw_ip, 123456789 },
                                         capture_file{ "ethernet_padded.pcap", link_type::ethernet, 123456789 },
                                         capture_file{ "ethernet_vlan.pcap", link_type::ethernet, 123456000 }));

TEST(UdpIpv4, IsTheDatagramThatScapyMakes)
{
    const std::string texts[] = { "spacesail", "x" };
    const std::uint16_t offsets[] = { 0, 2 };
    for (std::size_t k = 0; k < 2; ++k) {
        auto reader = pcap_reader::open(path_of("raw_us.pcap"));
        ASSERT_TRUE(reader);
        auto p = reader->next();
        for (std::size_t i = 0; i < offsets[k]; ++i) p = reader->next();
        ASSERT_TRUE(p && p->has_value());
        const udp_ipv4_flow flow{ { 10, 1, 2, 3 },
                                  { 10, 4, 5, 6 },
                                  static_cast<std::uint16_t>(5000 + offsets[k]),
                                  static_cast<std::uint16_t>(6000 + offsets[k]) };
        std::vector<std::uint8_t> made;
        const auto* text = reinterpret_cast<const std::uint8_t*>(texts[k].data());
        make_udp_ipv4(flow, k == 0 ? 7 : 8, { text, texts[k].size() }, made);
        EXPECT_EQ(made, std::vector<std::uint8_t>((*p)->bytes.begin(), (*p)->bytes.end())) << texts[k];
    }
}

TEST(PcapWriter, WritesTheFileThatScapyWrites)
{
    auto reader = pcap_reader::open(path_of("raw_us.pcap"));
    ASSERT_TRUE(reader);
    const std::string copy = testing::TempDir() + "spacesail_pcap_copy.pcap";
    {
        auto writer = pcap_writer::create(copy, link_type::raw_ip, pcap_resolution::microseconds);
        ASSERT_TRUE(writer) << writer.error().message;
        for (;;) {
            const auto p = reader->next();
            ASSERT_TRUE(p);
            if (!p->has_value()) break;
            ASSERT_TRUE(writer->write((*p)->time, (*p)->bytes));
        }
        EXPECT_TRUE(writer->close());
    }
    auto ours = content_of(copy);
    auto theirs = content_of(path_of("raw_us.pcap"));
    ASSERT_EQ(ours.size(), theirs.size());
    // The snap length (bytes 16..19) is a matter of taste: 262144 here, 65535 there.
    std::fill_n(ours.begin() + 16, 4, std::uint8_t{ 0 });
    std::fill_n(theirs.begin() + 16, 4, std::uint8_t{ 0 });
    EXPECT_EQ(ours, theirs);
    std::remove(copy.c_str());
}

} // namespace
