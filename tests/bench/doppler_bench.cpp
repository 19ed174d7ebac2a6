// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace spacesail;

doppler::delay_engine engine()
{
    const auto set =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets[0];
    return *doppler::delay_engine::create(set, orbit::site(orbit::geodetic{ 31.2, 121.5, 20.0 }), set.epoch);
}

void BM_doppler_tau(benchmark::State& state)
{
    const auto e = engine();
    double t = 0.0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(e.tau_down(t));
        t += 0.5;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_doppler_tau);

void BM_doppler_segment(benchmark::State& state)
{
    const auto e = engine();
    doppler::orbit_delay_source source(e, doppler::link_direction::down, sample_clock(1e6, e.origin()));
    double t = 0.0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(source.segment_at(t));
        t += 2.0;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_doppler_segment);

} // namespace
