// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' entries over seeded inputs, see parser_runs.hpp.
#include "../../fuzz/dvbs2x/entries.cpp"

#include <parser_runs.hpp>

#include <complex>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using test::bytes;

void append_bytes(bytes& to, std::complex<float> v)
{
    const auto code = [](float x) {
        return static_cast<std::uint8_t>(static_cast<std::int8_t>(std::lround(std::clamp(64.0F * x, -127.0F, 127.0F))));
    };
    to.push_back(code(v.real()));
    to.push_back(code(v.imag()));
}

void append_floats(bytes& to, std::complex<float> v)
{
    const float parts[2] = { v.real(), v.imag() };
    const auto* raw = reinterpret_cast<const std::uint8_t*>(parts);
    to.insert(to.end(), raw, raw + sizeof parts);
}

TEST(Parsers, PlHeadersOfAnyBytes)
{
    rng random(1);
    std::vector<bytes> seeds;
    for (unsigned pls = 0; pls < 256; pls += 3) {
        const bool as_floats = (pls & 1U) != 0;
        bytes s = { static_cast<std::uint8_t>(as_floats) };
        const auto turn = std::polar(1.0F, static_cast<float>(random.uniform() * 6.28));
        for (const auto& symbol : pl_header_symbols(static_cast<std::uint8_t>(pls))) {
            const auto v = turn * symbol + 0.3F * std::complex<float>(random.normal_pair());
            as_floats ? append_floats(s, v) : append_bytes(s, v);
        }
        seeds.push_back(std::move(s));
    }
    test::run_parser(fuzz::pl_header,
                     { .name = "dvbs2x_pl_header", .seeds = seeds, .longest_bytes = 2000, .executions = 200'000 },
                     11);
}

TEST(Parsers, HeaderSearchOverAnyBytes)
{
    rng random(2);
    std::vector<bytes> seeds;
    for (const std::uint8_t pls : { 0, 16, 17, 66, 93, 132, 179, 210 }) {
        // A header among noise; its successor lies behind the end.
        bytes s = { static_cast<std::uint8_t>(pls % 3 << 1) };
        const auto header = pl_header_symbols(pls);
        for (std::size_t i = 0; i < 600; ++i) {
            const std::size_t symbol = (i - 200) / 2;
            auto v = 0.3F * std::complex<float>(random.normal_pair());
            if (i >= 200 && symbol < header.size()) v += header[symbol];
            append_bytes(s, v);
        }
        seeds.push_back(std::move(s));
    }
    test::run_parser(fuzz::header_search,
                     { .name = "dvbs2x_header_search", .seeds = seeds, .longest_bytes = 2000, .executions = 3'000 },
                     12);
}

} // namespace
