// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/demapper.hpp>
#include <spacesail/dvbs2x/pl_scrambler.hpp>
#include <spacesail/modem/slicer.hpp>
#include <spacesail/modem/soft_demapper.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

constexpr const char* k_names[] = { "qpsk_2-9_normal",       "8psk_3-5_normal",           "16apsk_2-3_normal",
                                    "32apsk_3-4_normal",     "8_16_20_20apsk_7-9_normal", "128apsk_135-180_normal",
                                    "256apsk_116-180_normal" };

std::vector<cf> noisy(const modem::constellation& c, std::size_t n, float n0)
{
    rng random(1);
    std::vector<cf> symbols(n);
    for (auto& s : symbols) {
        s = c.points()[random.below(c.points().size())] + std::sqrt(n0 / 2.0F) * cf(random.normal_pair());
    }
    return symbols;
}

void BM_modem_demap(benchmark::State& state, const char* name)
{
    const auto& c = *modem::find_constellation(name);
    const auto symbols = noisy(c, 16200, 0.05F);
    std::vector<std::int8_t> llr(symbols.size() * c.bits_per_symbol());
    std::vector<std::int8_t*> planes;
    for (unsigned k = 0; k < c.bits_per_symbol(); ++k) {
        planes.push_back(llr.data() + k * symbols.size());
    }
    for (auto _ : state) {
        modem::soft_demap(c, symbols, 0.05F, planes);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<long>(symbols.size()));
    state.SetLabel(simd::active_target_name());
}

void BM_modem_demap_qpsk(benchmark::State& state)
{
    const auto symbols = noisy(*modem::find_constellation(k_names[0]), 32400, 0.5F);
    std::vector<std::int8_t> llr(symbols.size() * 2);
    for (auto _ : state) {
        modem::soft_demap_qpsk(symbols, 0.5F, llr);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<long>(symbols.size()));
}

void BM_modem_slice(benchmark::State& state, const char* name)
{
    const auto& c = *modem::find_constellation(name);
    const auto symbols = noisy(c, 16200, 0.05F);
    std::vector<cf> decided(symbols.size());
    for (auto _ : state) {
        modem::slice(c, symbols, decided);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<long>(symbols.size()));
}

void BM_dvbs2x_descramble(benchmark::State& state)
{
    const dvbs2x::pl_scrambler scrambler(0);
    std::vector<cf> symbols(33192, cf(1, 1));
    for (auto _ : state) {
        scrambler.descramble(symbols, 0);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<long>(symbols.size()));
}

BENCHMARK(BM_modem_demap_qpsk);
BENCHMARK(BM_dvbs2x_descramble);
[[maybe_unused]] const bool k_registered = [] {
    for (const char* name : k_names) {
        benchmark::RegisterBenchmark(("BM_modem_demap/" + std::string(name)).c_str(), BM_modem_demap, name);
        benchmark::RegisterBenchmark(("BM_modem_slice/" + std::string(name)).c_str(), BM_modem_slice, name);
    }
    return true;
}();

} // namespace
