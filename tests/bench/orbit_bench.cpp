// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>
#include <spacesail/orbit/sgp4.hpp>
#include <spacesail/orbit/sgp4_batch.hpp>

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

std::span<const element_set> first_sets(const benchmark::State& state)
{
    return std::span(catalogue()).first(static_cast<std::size_t>(state.range(0)));
}

void BM_orbit_sgp4(benchmark::State& state)
{
    const auto model = sgp4::create(catalogue()[0]);
    double minutes = 0.0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(model->propagate(minutes));
        minutes += 0.5;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_orbit_sgp4);

void BM_orbit_sgp4_batch_fleet(benchmark::State& state)
{
    const sgp4_batch batch(first_sets(state));
    state_buffer buffer(batch.size());
    const auto out = buffer.arrays();
    utc_time t = *parse_utc("2026-08-22");
    for (auto _ : state) {
        batch.propagate(t, out);
        t.ns += 30'000'000'000;
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(BM_orbit_sgp4_batch_fleet)->Arg(238)->Arg(15'000);

void BM_orbit_sgp4_batch_times(benchmark::State& state)
{
    const sgp4_batch batch(first_sets(state));
    constexpr std::size_t k_instants = 2880;
    state_buffer buffer(k_instants);
    std::vector<double> minutes(k_instants);
    for (std::size_t i = 0; i < k_instants; ++i) minutes[i] = 0.5 * static_cast<double>(i);
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch.size(); ++i) batch.propagate_times(i, minutes, buffer.arrays());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.range(0) * static_cast<std::int64_t>(k_instants) * state.iterations());
}
BENCHMARK(BM_orbit_sgp4_batch_times)->Arg(238)->Unit(benchmark::kMillisecond);

void BM_orbit_passes(benchmark::State& state)
{
    const site where(geodetic{ 31.2, 121.5, 20.0 });
    pass_query query;
    query.start = *parse_utc("2026-08-22T12:00:00Z");
    std::size_t passes = 0;
    for (auto _ : state) passes = find_passes(first_sets(state), where, query).passes.size();
    state.counters["passes"] = static_cast<double>(passes);
}
BENCHMARK(BM_orbit_passes)->Arg(238)->Unit(benchmark::kMillisecond);

} // namespace
