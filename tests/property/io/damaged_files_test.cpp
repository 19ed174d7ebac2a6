// SPDX-License-Identifier: GPL-3.0-or-later
// Random, cut and flipped input: an error or a value, never a crash, never endless, never memory that the input does
// not have.
#include "temp_folder.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/iq_reader.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/sigmf.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace {

using namespace spacesail;
using namespace spacesail::io;

std::vector<std::uint8_t> content_of(const std::string& name)
{
    std::ifstream f(SPACESAIL_SOURCE_DIR "/tests/vectors/io/" + name, std::ios::binary);
    return { std::istreambuf_iterator<char>(f), {} };
}

const std::string k_meta =
    R"({"global":{"core:datatype":"ci16_le","core:sample_rate":5e7,"core:version":"1.0.0","core:offset":3,"x":[1,{"y":null}]},
"captures":[{"core:sample_start":3,"core:frequency":1.9e9,"core:datetime":"2026-08-22T06:00:00.5Z","core:header_bytes":16},{"core:sample_start":77}],
"annotations":[{"core:sample_start":4,"core:sample_count":5,"core:label":"a","core:freq_lower_edge":-1}]})";

/// Flips bits, cuts, doubles, and swaps in texts that parsers trip over.
std::string damage(std::string text, rng& r)
{
    static const std::string_view k_traps[] = {
        "-1", "1e400", "null", "[",    "{",      "\"", "\\u0000", "\xff", "18446744073709551616", "9223372036854775807",
        ":",  ",",     "0.5",  "true", "\"cu8\""
    };
    const auto times = 1 + r.below(4);
    for (std::uint64_t k = 0; k < times && !text.empty(); ++k) {
        const std::size_t at = r.below(text.size());
        switch (r.below(5)) {
        case 0:
            text[at] = static_cast<char>(text[at] ^ (1 << r.below(8)));
            break;
        case 1:
            text.resize(at);
            break;
        case 2:
            text.erase(at, 1 + r.below(8));
            break;
        case 3:
            text.insert(at, k_traps[r.below(std::size(k_traps))]);
            break;
        default:
            text.replace(
                at, std::min<std::size_t>(text.size() - at, 1 + r.below(6)), k_traps[r.below(std::size(k_traps))]);
            break;
        }
    }
    return text;
}

TEST(SigmfProperty, AcceptedMetadataOpensAndReadsWithinTheDataFile)
{
    const test::temp_folder folder;
    folder.write("f.sigmf-data", std::string(1003, 'q'));
    rng r(7);
    for (int i = 0; i < 1500; ++i) {
        folder.write("f.sigmf-meta", damage(k_meta, r));
        iq_options free;
        free.rate = rate_need::optional;
        const auto s = parse_iq_input(folder / "f", free);
        if (!s) continue;
        auto reader = iq_reader::open(*s);
        ASSERT_TRUE(reader);
        std::uint64_t bytes = 0;
        for (;;) {
            const auto chunk = reader->next(64);
            ASSERT_TRUE(chunk);
            if (chunk->status == read_status::end) break;
            ASSERT_FALSE(chunk->bytes.empty());
            bytes += chunk->bytes.size();
        }
        ASSERT_LE(bytes, 1003U);
        ASSERT_EQ(reader->nof_samples(), s->nof_samples.value_or(0));
    }
}

/// Reads everything; returns the packets, checks that views stay inside the file's size.
std::uint64_t drain(std::vector<std::uint8_t> bytes)
{
    const std::size_t size = bytes.size();
    auto reader = pcap_reader::from_bytes(std::move(bytes), "fuzz.pcap");
    if (!reader) return 0;
    for (;;) {
        const auto p = reader->next();
        if (!p) {
            EXPECT_NE(p.error().message.find("fuzz.pcap"), std::string::npos);
            EXPECT_FALSE(reader->next()->has_value()) << "after an error only the end follows";
            break;
        }
        if (!p->has_value()) break;
        EXPECT_LE((*p)->bytes.size(), size);
        unsigned sum = 0;
        for (const auto b : (*p)->bytes) sum += b;
        if (const auto ip = ip_datagram_of(**p)) {
            if (const auto udp = udp_datagram_of(*ip)) {
                for (const auto b : udp->payload) sum += b;
            }
        }
        EXPECT_LE(sum, 255U * 2U * size);
    }
    return reader->nof_packets();
}

TEST(PcapProperty, EveryCutIsAnErrorOrAShorterFile)
{
    for (const char* name : { "raw_us.pcap", "raw_ns_big_endian.pcap", "raw_ns.pcapng", "ethernet_padded.pcap" }) {
        const auto whole = content_of(name);
        ASSERT_FALSE(whole.empty()) << name;
        EXPECT_EQ(drain(whole), 3U);
        std::uint64_t last = 0;
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const auto packets = drain({ whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n) });
            EXPECT_GE(packets, last);
            EXPECT_LE(packets, 3U);
            last = packets;
        }
    }
}

TEST(PcapProperty, RandomPacketsComeBackAsTheyWere)
{
    const test::temp_folder folder;
    rng r(5);
    for (const auto resolution : { pcap_resolution::nanoseconds, pcap_resolution::microseconds }) {
        std::vector<std::pair<utc_time, std::vector<std::uint8_t>>> sent;
        auto writer = pcap_writer::create(folder / "x.pcap", link_type::ethernet, resolution);
        ASSERT_TRUE(writer);
        for (int i = 0; i < 2'000; ++i) {
            std::vector<std::uint8_t> bytes(r.below(3000));
            for (auto& b : bytes) b = static_cast<std::uint8_t>(r());
            const utc_time t{ static_cast<std::int64_t>(r.below(4'294'967'295ULL * 1'000'000ULL)) * 1000 };
            ASSERT_TRUE(writer->write(t, bytes));
            sent.emplace_back(t, std::move(bytes));
        }
        ASSERT_TRUE(writer->close());
        auto reader = pcap_reader::open(folder / "x.pcap");
        ASSERT_TRUE(reader);
        for (const auto& [t, bytes] : sent) {
            const auto p = reader->next();
            ASSERT_TRUE(p && p->has_value());
            ASSERT_EQ((*p)->time.ns, t.ns);
            ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), (*p)->bytes.begin(), (*p)->bytes.end()));
        }
        EXPECT_FALSE(reader->next()->has_value());
    }
}

} // namespace
