// SPDX-License-Identifier: GPL-3.0-or-later
#include "xfecframe.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/decode_pool.hpp>

#include <benchmark/benchmark.h>

#include <string>

/// From XFECFRAME symbols to BBFRAMEs 1 dB above the ideal point, items = payload symbols.
namespace {

using namespace spacesail;

constexpr std::size_t k_frames = 16;

struct input {
    explicit input(const dvbs2x::modcod& m)
    {
        rng random(5);
        n0 = static_cast<float>(db_to_linear(-(test::ideal_es_n0_db(m) + 1.0F)));
        for (std::size_t i = 0; i < k_frames; ++i) {
            frames.push_back(test::make_xfecframe(m, random));
            test::add_noise(frames.back().symbols, random, n0);
        }
    }
    float n0;
    std::vector<test::xfecframe> frames;
};

void decode(benchmark::State& state, const dvbs2x::modcod& m)
{
    const input in(m);
    dvbs2x::frame_decoder decoder;
    std::vector<std::uint8_t> bbframe(in.frames[0].bbframe.size());
    std::size_t i = 0, good = 0, iterations = 0, frames = 0;
    for (auto _ : state) {
        const auto o = decoder.decode(m, in.frames[i++ % k_frames].symbols, in.n0, 50, bbframe);
        good += o.good();
        iterations += o.ldpc_iterations;
        ++frames;
    }
    state.SetItemsProcessed(state.iterations() * m.xfecframe_symbols());
    state.counters["iterations"] = static_cast<double>(iterations) / static_cast<double>(frames);
    state.counters["lost"] = static_cast<double>(frames - good);
}

struct nowhere : frame_sink<std::uint8_t> {
    void on_frame(const frame_view<std::uint8_t>&) noexcept override {}
};

void pool(benchmark::State& state, const dvbs2x::modcod& m, unsigned threads)
{
    const input in(m);
    nowhere sink;
    dvbs2x::decode_pool_config config;
    config.nof_threads = threads;
    dvbs2x::decode_pool decoders(config, sink);
    decoders.prepare(m);
    frame_view<std::complex<float>> v;
    v.measured.n0 = in.n0;
    std::size_t i = 0;
    for (auto _ : state) {
        v.payload = in.frames[i++ % k_frames].symbols;
        decoders.submit(m, v);
    }
    decoders.flush();
    state.SetItemsProcessed(state.iterations() * m.xfecframe_symbols());
}

const int k_registered = [] {
    const std::pair<const char*, const char*> entries[] = {
        { "QPSK 1/4", "normal" },   { "QPSK 1/2", "normal" },   { "QPSK 3/4", "normal" }, { "8PSK 3/4", "normal" },
        { "16APSK 3/4", "normal" }, { "32APSK 4/5", "normal" }, { "QPSK 1/2", "short" },
    };
    for (const auto& [name, frame] : entries) {
        const dvbs2x::modcod& m = **dvbs2x::modcod_by_name(name, frame);
        const std::string label = std::string(name) + "-" + frame;
        benchmark::RegisterBenchmark(("BM_dvbs2x_frame_decoder/best/" + label).c_str(), decode, m);
        for (const unsigned threads : { 1U, 2U }) {
            benchmark::RegisterBenchmark(
                ("BM_dvbs2x_decode_pool/best/" + label + "/threads:" + std::to_string(threads)).c_str(),
                pool,
                m,
                threads)
                ->UseRealTime();
        }
    }
    return 0;
}();

} // namespace
