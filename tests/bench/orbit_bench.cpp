// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

constexpr std::size_t k_catalogue_objects = 15'000;

/// The snapshot repeated to the size of the catalogue.
const std::vector<element_set>& catalogue()
{
    static const std::vector<element_set> sets = [] {
        const auto snapshot =
            load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle");
        std::vector<element_set> out;
        for (std::size_t i = 0; i < k_catalogue_objects; ++i) {
            out.push_back(snapshot->sets[i % snapshot->sets.size()]);
            out.back().norad_id = static_cast<std::uint32_t>(i + 1);
        }
        return out;
    }();
    return sets;
}

void BM_orbit_parse(benchmark::State& state, element_format format)
{
    const std::string text = *write_elements(catalogue(), format);
    for (auto _ : state) {
        auto file = parse_elements(text);
        if (!file || file->sets.size() != k_catalogue_objects) state.SkipWithError("not all sets were read");
        benchmark::DoNotOptimize(file);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(k_catalogue_objects) * state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK_CAPTURE(BM_orbit_parse, tle, element_format::tle)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_orbit_parse, omm_csv, element_format::omm_csv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_orbit_parse, omm_json, element_format::omm_json)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_orbit_parse, omm_xml, element_format::omm_xml)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_orbit_parse, omm_kvn, element_format::omm_kvn)->Unit(benchmark::kMillisecond);

} // namespace
