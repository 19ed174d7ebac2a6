// SPDX-License-Identifier: GPL-3.0-or-later
// BM_encap_<what>/<packet bytes>/<BBFRAME bits>: bits of payload per second on one core.
#include <encap_traffic.hpp>

#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

bb_scheduler_config config_of(std::uint32_t k_bch)
{
    bb_scheduler_config c;
    c.formats[16] = { k_bch, 1 };
    return c;
}

gse_pdu pdu_of(const bytes& payload)
{
    gse_pdu p;
    p.protocol_type = k_protocol_ipv4;
    p.payload = payload;
    return p;
}

void report(benchmark::State& state, std::uint64_t payload_bytes)
{
    state.SetBytesProcessed(static_cast<std::int64_t>(payload_bytes));
    state.counters["bit/s"] = benchmark::Counter(8.0 * static_cast<double>(payload_bytes), benchmark::Counter::kIsRate);
}

frame_view<std::uint8_t> view_of(std::span<const std::uint8_t> bbframe, std::uint64_t index)
{
    frame_view<std::uint8_t> v;
    v.index = index;
    v.header.pls = 16;
    v.payload = bbframe;
    return v;
}

// Packets into the queue, out as BBFRAMEs through the scheduler.
void BM_encap_gse_send(benchmark::State& state)
{
    const bytes payload(static_cast<std::size_t>(state.range(0)), 0x45);
    gse_encapsulator gse;
    const scheduled_stream stream{ 0, &gse, 16, 0 };
    bb_scheduler scheduler(config_of(static_cast<std::uint32_t>(state.range(1))), { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    for (auto _ : state) {
        while (gse.backlog_bytes() < 20000) (void)gse.push(pdu_of(payload), 0);
        benchmark::DoNotOptimize(scheduler.next(0, 0, buffer));
    }
    report(state, scheduler.stream_counters(0).payload_bytes.value());
}

// BBFRAMEs into packets.
void BM_encap_gse_receive(benchmark::State& state)
{
    const bytes payload(static_cast<std::size_t>(state.range(0)), 0x45);
    gse_encapsulator gse;
    const scheduled_stream stream{ 0, &gse, 16, 0 };
    bb_scheduler scheduler(config_of(static_cast<std::uint32_t>(state.range(1))), { &stream, 1 });
    std::vector<bytes> frames;
    bytes buffer(k_max_bbframe_bytes);
    for (int i = 0; i < 200; ++i) {
        while (gse.backlog_bytes() < 20000) (void)gse.push(pdu_of(payload), 0);
        const auto f = scheduler.next(0, 0, buffer);
        frames.emplace_back(f.bbframe.begin(), f.bbframe.end());
    }
    test::counting_sink sink;
    bb_deframer deframer({}, sink);
    std::uint64_t index = 0;
    for (auto _ : state) {
        deframer.on_frame(view_of(frames[index % frames.size()], index));
        ++index;
    }
    report(state, sink.bytes);
}

void BM_encap_ts_send(benchmark::State& state)
{
    const bytes ts = test::random_ts(1000, 1);
    ts_framer framer;
    const scheduled_stream stream{ 0, &framer, 16, 0 };
    bb_scheduler scheduler(config_of(static_cast<std::uint32_t>(state.range(1))), { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    std::size_t at = 0;
    for (auto _ : state) {
        while (framer.backlog_bytes() < 10000) {
            at += framer.push(std::span(ts).subspan(at), 0);
            if (at == ts.size()) at = 0;
        }
        benchmark::DoNotOptimize(scheduler.next(0, 0, buffer));
    }
    report(state, scheduler.stream_counters(0).payload_bytes.value());
}

void BM_encap_ts_receive(benchmark::State& state)
{
    const bytes ts = test::random_ts(4000, 1);
    ts_framer framer({ .queue_packets = 4096 });
    framer.push(ts, 0);
    const scheduled_stream stream{ 0, &framer, 16, 0 };
    bb_scheduler scheduler(config_of(static_cast<std::uint32_t>(state.range(1))), { &stream, 1 });
    std::vector<bytes> frames;
    bytes buffer(k_max_bbframe_bytes);
    while (framer.backlog_bytes() >= k_max_bbframe_bytes) {
        const auto f = scheduler.next(0, 0, buffer);
        frames.emplace_back(f.bbframe.begin(), f.bbframe.end());
    }
    test::counting_sink sink;
    bb_deframer deframer({}, sink);
    std::uint64_t index = 0;
    for (auto _ : state) {
        deframer.on_frame(view_of(frames[index % frames.size()], index));
        ++index;
    }
    report(state, sink.bytes);
}

} // namespace

BENCHMARK(BM_encap_gse_send)->ArgsProduct({ { 64, 1500, 9000 }, { 7032, 32208, 58192 } });
BENCHMARK(BM_encap_gse_receive)->ArgsProduct({ { 64, 1500, 9000 }, { 7032, 32208, 58192 } });
BENCHMARK(BM_encap_ts_send)->ArgsProduct({ { 188 }, { 7032, 32208, 58192 } });
BENCHMARK(BM_encap_ts_receive)->ArgsProduct({ { 188 }, { 7032, 32208, 58192 } });
