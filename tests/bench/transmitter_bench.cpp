// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/interleaver.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

void BM_dsp_pulse_shaper(benchmark::State& state, double sps, double rolloff)
{
    dsp::pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = sps * 1e6, .rolloff = rolloff });
    rng random(1);
    std::vector<cf> symbols(8000);
    for (auto& s : symbols) {
        s = cf(random.normal_pair());
    }
    std::vector<cf> samples(static_cast<std::size_t>(8100.0 * sps));
    std::int64_t produced = 0;
    for (auto _ : state) {
        produced += static_cast<std::int64_t>(shaper.process(symbols, samples).produced);
    }
    state.SetItemsProcessed(produced);
}
BENCHMARK_CAPTURE(BM_dsp_pulse_shaper, sps_2_rolloff_020, 2.0, 0.2);
BENCHMARK_CAPTURE(BM_dsp_pulse_shaper, sps_2_5_rolloff_005, 2.5, 0.05);
BENCHMARK_CAPTURE(BM_dsp_pulse_shaper, sps_pi_rolloff_020, 3.14159265, 0.2);

void BM_dvbs2x_plframe(benchmark::State& state, std::uint8_t pls)
{
    dvbs2x::plframe_builder builder(0);
    std::vector<std::uint8_t> bbframe(builder.bbframe_bytes(pls), 0x5a);
    std::vector<cf> symbols(dvbs2x::k_longest_plframe_symbols);
    std::int64_t built = 0;
    for (auto _ : state) {
        built += static_cast<std::int64_t>(builder.build(pls, bbframe, symbols));
    }
    state.SetItemsProcessed(built);
}
BENCHMARK_CAPTURE(BM_dvbs2x_plframe, qpsk_1_2, 17);
BENCHMARK_CAPTURE(BM_dvbs2x_plframe, qpsk_3_4, 29);
BENCHMARK_CAPTURE(BM_dvbs2x_plframe, 8psk_3_4, 57);
BENCHMARK_CAPTURE(BM_dvbs2x_plframe, 32apsk_3_4, 97);
BENCHMARK_CAPTURE(BM_dvbs2x_plframe, 256apsk_3_4, 215);

void BM_dvbs2x_interleave(benchmark::State& state, std::uint8_t pls)
{
    const auto& m = *dvbs2x::find_modcod(pls);
    std::vector<std::uint8_t> fecframe(8100, 0x5a);
    std::vector<std::uint8_t> labels(m.xfecframe_symbols());
    for (auto _ : state) {
        dvbs2x::interleave_fecframe(m, fecframe, labels);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(labels.size()));
}
BENCHMARK_CAPTURE(BM_dvbs2x_interleave, qpsk_1_2, 17);
BENCHMARK_CAPTURE(BM_dvbs2x_interleave, 8psk_3_4, 57);

void BM_dvbs2x_transmitter(benchmark::State& state, std::uint8_t pls)
{
    dvbs2x::transmitter tx({ .shaping = { .symbol_rate_hz = 25e6, .sample_rate_hz = 50e6 } });
    std::vector<std::uint8_t> bbframe(tx.bbframe_bytes(pls), 0x5a);
    std::vector<cf> samples(2 * dvbs2x::k_longest_plframe_symbols + 100);
    std::int64_t symbols = 0;
    for (auto _ : state) {
        tx.push(pls, bbframe);
        tx.read(samples);
        symbols += dvbs2x::plframe_symbols(pls);
    }
    state.SetItemsProcessed(symbols);
}
BENCHMARK_CAPTURE(BM_dvbs2x_transmitter, qpsk_1_2, 17);
BENCHMARK_CAPTURE(BM_dvbs2x_transmitter, 8psk_3_4, 57);

} // namespace
