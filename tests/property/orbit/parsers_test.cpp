// SPDX-License-Identifier: GPL-3.0-or-later
// The fuzzers' entries over seeded inputs, see parser_runs.hpp.
#include "../../fuzz/orbit/entries.cpp"

#include <parser_runs.hpp>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;
using test::bytes;

TEST(Parsers, ElementFilesOfAnyText)
{
    // Two real sets, one with a nine-digit number, and a state vector, in every form that holds them.
    const char* text = "QIANFAN-1\n"
                       "1 60379U 24140A   26234.50000000  .00000012  00000+0  13844-3 0  9990\n"
                       "2 60379  88.9937 101.2345 0012345  90.1234 270.4321 13.50123456 98766\n";
    const auto sets = parse_elements(text, element_format::tle, checksum_policy::ignore);
    ASSERT_TRUE(sets) << sets.error().message;
    std::vector<element_set> all = sets->sets;
    element_set moving;
    moving.name = "STATE";
    moving.norad_id = 123456789;
    moving.epoch = all[0].epoch;
    moving.orbit = ecef_state{ { 7000.0, 100.5, -20.25 }, { 1.0, 7.2, -0.125 }, 600.0 };
    std::vector<element_set> with_state = all;
    with_state.push_back(moving);

    std::vector<bytes> seeds;
    for (unsigned f = 0; f < 7; ++f) {
        const auto format = static_cast<element_format>(f);
        const auto written = write_elements(f < 3 ? all : with_state, format);
        ASSERT_TRUE(written) << written.error().message;
        for (const unsigned select : { f, 7U, f | 8U, 7U | 8U }) {
            bytes s = { static_cast<std::uint8_t>(select) };
            s.insert(s.end(), written->begin(), written->end());
            seeds.push_back(std::move(s));
        }
    }
    test::run_parser(fuzz::elements,
                     { .name = "orbit_elements",
                       .seeds = seeds,
                       .longest_bytes = 800,
                       .header_bytes = 200,
                       .executions = 30'000,
                       .form = test::parser_inputs::kind::text },
                     31);
}

} // namespace
