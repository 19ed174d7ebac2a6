// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' entries over seeded inputs, see parser_runs.hpp.
#include "../../fuzz/encap/entries.cpp"

#include <encap_traffic.hpp>
#include <parser_runs.hpp>

#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using test::bytes;
using test::run_parser;

constexpr std::uint64_t k_executions = 100'000;

// A few hundred real BBFRAMEs: GSE with fragments and extension headers, and a transport stream.
std::vector<bytes> real_frames()
{
    gse_encapsulator gse({ .nof_priorities = 4, .reuse = label_reuse::all });
    ts_framer ts({ .nulls = null_packet_mode::remove });
    ts.push(test::random_ts(500, 1), 0);
    bb_scheduler_config config;
    config.formats[16] = { 5232, 1 };
    config.mode = adaptation::vcm;
    config.streams = input_streams::multiple;
    const scheduled_stream streams[] = { { 1, &gse, 16, 0 }, { 2, &ts, 16, 0 } };
    bb_scheduler scheduler(config, streams);
    rng random(2);
    std::vector<bytes> out;
    bytes buffer(k_max_bbframe_bytes);
    const bytes four = { 1, 2, 3, 4 };
    const gse_extension chain[] = { { 0x0301, four }, { 0x0102, {} } };
    for (int i = 0; i < 150; ++i) {
        for (int k = 0; k < 3; ++k) {
            bytes payload(1 + random.below(900));
            for (auto& b : payload) b = static_cast<std::uint8_t>(random());
            gse_pdu p;
            p.protocol_type = k_protocol_ipv4;
            p.payload = payload;
            const bytes label(3 * random.below(3), 7);
            p.label = label;
            if (random.below(4) == 0) p.extensions = chain;
            p.priority = static_cast<unsigned>(random.below(4));
            (void)gse.push(p, 0);
        }
        const auto f = scheduler.next(0, 0, buffer);
        out.emplace_back(f.bbframe.begin(), f.bbframe.end());
    }
    return out;
}

TEST(Parsers, BbframesOfAnyBytes)
{
    std::vector<bytes> seeds;
    for (const bytes& f : real_frames()) {
        bytes s = { static_cast<std::uint8_t>(f.size() >> 8), static_cast<std::uint8_t>(f.size()) };
        s.insert(s.end(), f.begin(), f.end());
        seeds.push_back(std::move(s));
    }
    run_parser(fuzz::bbframes,
               { .name = "encap_bbframes", .seeds = seeds, .longest_bytes = 1500, .executions = k_executions },
               1);
}

TEST(Parsers, GseFieldsOfAnyBytes)
{
    gse_encapsulator gse({ .nof_priorities = 3 });
    rng random(3);
    std::vector<bytes> seeds;
    for (int i = 0; i < 400; ++i) {
        bytes payload(1 + random.below(120), 0x45);
        (void)gse.push({ k_protocol_ipv4, payload, {}, {}, static_cast<unsigned>(random.below(3)) }, 0);
        bytes field(64);
        (void)gse.fill(field);
        seeds.push_back(field);
    }
    run_parser(fuzz::gse_fields,
               { .name = "encap_gse_fields", .seeds = seeds, .longest_bytes = 600, .executions = k_executions },
               2);
}

TEST(Parsers, TsFieldsOfAnyBytes)
{
    ts_framer ts({ .nulls = null_packet_mode::remove });
    ts.push(test::random_ts(500, 4), 0);
    std::vector<bytes> seeds;
    for (int i = 0; i < 100; ++i) {
        bytes field(200);
        const data_field d = ts.fill(field);
        bytes s = { 2 | (1 << 2),
                    static_cast<std::uint8_t>(d.syncd_bits >> 8),
                    static_cast<std::uint8_t>(d.syncd_bits),
                    static_cast<std::uint8_t>(d.dfl_bits >> 8),
                    static_cast<std::uint8_t>(d.dfl_bits) };
        s.insert(s.end(), field.begin(), field.end());
        seeds.push_back(std::move(s));
    }
    run_parser(fuzz::ts_fields,
               { .name = "encap_ts_fields", .seeds = seeds, .longest_bytes = 1500, .executions = k_executions },
               3);
}

TEST(Parsers, TsInputOfAnyBytes)
{
    std::vector<bytes> seeds;
    const bytes ts = test::random_ts(200, 5);
    for (std::size_t i = 0; i < ts.size(); i += 188) seeds.emplace_back(ts.begin() + i, ts.begin() + i + 188);
    run_parser(fuzz::ts_input,
               { .name = "encap_ts_input", .seeds = seeds, .longest_bytes = 1500, .executions = k_executions },
               4);
}

TEST(Parsers, L3DatagramsOfAnyBytes)
{
    std::vector<bytes> seeds;
    for (const bytes& f : real_frames()) {
        bytes d(f.size() + 4);
        write_l3_datagram({ 16, 5.0, 0 }, f, d);
        seeds.push_back(std::move(d));
    }
    run_parser(fuzz::l3_datagram,
               { .name = "encap_l3_datagram", .seeds = seeds, .longest_bytes = 9000, .executions = k_executions },
               5);
}

} // namespace
