// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/io/iq_reader.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace {

using namespace spacesail;
using namespace spacesail::io;

std::vector<cf32_t> noise(std::size_t n)
{
    rng r(1);
    std::vector<cf32_t> x(n);
    for (auto& v : x) v = cf32_t(0.2F * std::complex<float>(r.normal_pair()));
    return x;
}

void BM_io_from_cf32(benchmark::State& state)
{
    const auto f = static_cast<sample_format>(state.range(0));
    const auto x = noise(16384);
    std::vector<std::byte> bytes(x.size() * bytes_per_sample(f));
    for (auto _ : state) benchmark::DoNotOptimize(from_cf32(f, x, bytes));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
    state.SetLabel(std::string(name_of(f)));
}
BENCHMARK(BM_io_from_cf32)->DenseRange(0, 3);

void BM_io_to_cf32(benchmark::State& state)
{
    const auto f = static_cast<sample_format>(state.range(0));
    std::vector<cf32_t> x(16384);
    const std::vector<std::byte> bytes(x.size() * bytes_per_sample(f), std::byte{ 17 });
    for (auto _ : state) {
        to_cf32(f, bytes, x);
        benchmark::DoNotOptimize(x.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
    state.SetLabel(std::string(name_of(f)));
}
BENCHMARK(BM_io_to_cf32)->DenseRange(0, 3);

/// 64 Msamples of ci16 from the page cache, each byte looked at once.
void BM_io_read_ci16(benchmark::State& state)
{
    const std::string file = (std::filesystem::temp_directory_path() / "spacesail_io_bench.ci16").string();
    constexpr std::size_t n = std::size_t{ 64 } << 20;
    {
        auto writer = iq_writer::create(*parse_iq_output(file));
        const std::vector<ci16_t> block(65536, ci16_t{ 1, 2 });
        for (std::size_t i = 0; i < n; i += block.size()) {
            if (!writer->write(block)) return state.SkipWithError("no room for the file");
        }
    }
    iq_options options;
    options.rate_hz = 1.0;
    for (auto _ : state) {
        auto reader = iq_reader::open(*parse_iq_input(file, options));
        for (;;) {
            const auto chunk = reader->next(65536);
            if (chunk->status != read_status::data) break;
            std::int64_t sum = 0;
            for (const ci16_t v : iq_reader::as_ci16(*chunk)) sum += v.real() + v.imag();
            benchmark::DoNotOptimize(sum);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
    std::filesystem::remove(file);
}
BENCHMARK(BM_io_read_ci16)->Unit(benchmark::kMillisecond);

} // namespace
