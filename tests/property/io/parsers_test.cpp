// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' entries over seeded inputs, see parser_runs.hpp.
#include "../../fuzz/io/entries.cpp"

#include <parser_runs.hpp>

namespace {

using namespace spacesail;
using test::bytes;
using test::bytes_of;
using test::run_parser;
constexpr auto k_text = test::parser_inputs::kind::text;

bytes vector_file(const std::string& name)
{
    std::ifstream f(SPACESAIL_SOURCE_DIR "/tests/vectors/io/" + name, std::ios::binary);
    return { std::istreambuf_iterator<char>(f), {} };
}

std::vector<bytes> captures()
{
    std::vector<bytes> files;
    for (const char* name :
         { "raw_us.pcap", "raw_ns_big_endian.pcap", "raw_ns.pcapng", "ethernet_padded.pcap", "ethernet_vlan.pcap" }) {
        files.push_back(vector_file(name));
        EXPECT_FALSE(files.back().empty()) << name;
    }
    return files;
}

TEST(Parsers, SigmfMetadataOfAnyText)
{
    const std::vector<bytes> seeds = {
        bytes_of(
            R"({"global":{"core:datatype":"ci16_le","core:sample_rate":5e7,"core:version":"1.0.0","core:offset":3,"x":[1,{"y":null}]},
"captures":[{"core:sample_start":3,"core:frequency":1.9e9,"core:datetime":"2026-08-22T06:00:00.5Z","core:header_bytes":16},{"core:sample_start":77}],
"annotations":[{"core:sample_start":4,"core:sample_count":5,"core:label":"a","core:freq_lower_edge":-1}]})"),
        bytes_of(
            R"({"global":{"core:datatype":"cf32_le","core:version":"1.0.0","core:dataset":"x.bin","core:trailing_bytes":2}})"),
        bytes_of(
            R"({"global":{"core:datatype":"cu8","core:version":"1.0.0","core:author":"\u00e9"},"captures":[],"annotations":[]})"),
    };
    run_parser(fuzz::sigmf, { .name = "io_sigmf", .seeds = seeds, .form = k_text }, 21);
}

TEST(Parsers, CaptureFilesOfAnyBytes)
{
    run_parser(fuzz::pcap, { .name = "io_pcap", .seeds = captures(), .executions = 100'000 }, 22);
}

TEST(Parsers, CapturedPacketsOfAnyBytes)
{
    std::vector<bytes> seeds;
    std::uint8_t select[8] = {};
    for (std::uint8_t i = 0; i < 8; ++i) select[i] = i;
    for (const bytes& file : captures()) {
        auto reader = io::pcap_reader::from_bytes(file, "vector");
        while (reader) {
            const auto p = reader->next();
            if (!p || !p->has_value()) break;
            for (const std::uint8_t s : select) {
                bytes packet = { s };
                packet.insert(packet.end(), (*p)->bytes.begin(), (*p)->bytes.end());
                seeds.push_back(std::move(packet));
            }
        }
    }
    EXPECT_GT(seeds.size(), 50U);
    run_parser(
        fuzz::datagram, { .name = "io_datagram", .seeds = seeds, .longest_bytes = 200, .executions = 200'000 }, 23);
}

TEST(Parsers, RawSamplesOfAnyBytes)
{
    std::vector<bytes> seeds;
    rng random(24);
    for (std::uint8_t f = 0; f < 4; ++f) {
        bytes s(400);
        for (auto& b : s) b = static_cast<std::uint8_t>(random());
        s[0] = f;
        seeds.push_back(std::move(s));
    }
    run_parser(
        fuzz::raw_samples, { .name = "io_raw_samples", .seeds = seeds, .header_bytes = 1, .executions = 100'000 }, 24);
}

TEST(Parsers, OptionsOfAnyText)
{
    std::vector<bytes> seeds;
    for (const char* text : { "2M",
                              "12.7GHz",
                              "-3.5dB",
                              "1e6",
                              "20u",
                              "0:0.25:3",
                              "10:-1:-5",
                              "31.23,121.47,10",
                              "-90,360,-1000",
                              "2026-08-22T06:00:00.5Z",
                              "2026-12-31T23:59:60Z",
                              "2026-08-22",
                              "cf32",
                              "ci16_le",
                              "udp:127.0.0.1:5000",
                              "[::1]:80",
                              ":65535",
                              "9007199254740992" }) {
        seeds.push_back(bytes_of(text));
    }
    run_parser(
        fuzz::option_texts, { .name = "io_option_texts", .seeds = seeds, .longest_bytes = 60, .form = k_text }, 25);
}

} // namespace
