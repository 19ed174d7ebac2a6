// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/decode_pool.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/simd/aligned.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace spacesail::dvbs2x {
namespace {

void require(unsigned value, unsigned least, unsigned most, const char* name)
{
    if (value < least || value > most) {
        throw std::invalid_argument("decode_pool: " + std::string(name) + " = " + std::to_string(value) + " outside " +
                                    std::to_string(least) + ".." + std::to_string(most));
    }
}

const decode_pool_config& checked(const decode_pool_config& c)
{
    require(c.nof_threads, 0, 64, "nof_threads");
    require(c.queue_frames, 1, 1024, "queue_frames");
    require(c.max_iterations, 1, 1000, "max_iterations");
    require(c.min_iterations, 1, c.max_iterations, "min_iterations");
    return c;
}

/// One frame on its way. `stage` says whose it is: ticket t is written at 4 t, waits at 4 t + 1, is decoded at
/// 4 t + 2; delivered, the slot is writable for ticket t + queue_frames.
struct slot {
    std::atomic<std::uint64_t> stage{ 0 };
    const modcod* entry = nullptr;
    frame_view<std::uint8_t> frame;
    float n0 = 1.0F;
    std::size_t nof_symbols = 0;
    simd::aligned_vector<std::complex<float>> symbols;
    std::array<std::uint8_t, frame_decoder::k_max_bbframe_bytes> bbframe;
    decode_outcome outcome;
};

constexpr std::uint64_t k_stopped = ~std::uint64_t{ 0 };

const modcod* modcod_of(const pl_header& header, bch_choice choice) noexcept
{
    if (const modcod* m = find_modcod(header.pls, choice)) return m;
    const auto set = static_cast<std::uint8_t>(header.pls & 0xfe);
    if (set != k_pls_vlsnr_set_1 && set != k_pls_vlsnr_set_2) return nullptr;
    for (const modcod& m : all_modcods()) {
        if (m.vlsnr_header == header.vlsnr_index && m.pls == set) return &m;
    }
    return nullptr;
}

} // namespace

struct decode_pool::state {
    state(const decode_pool_config& c, frame_sink<std::uint8_t>& s, decode_observer* o)
        : config(checked(c)), sink(s), observer(o), slots(c.queue_frames), decoders(std::max(1U, c.nof_threads))
    {
        for (std::size_t i = 0; i < slots.size(); ++i) {
            slots[i].stage.store(4 * i, std::memory_order_relaxed);
            slots[i].symbols.resize(k_longest_plframe_symbols);
        }
    }

    ~state()
    {
        for (auto& s : slots) {
            s.stage.store(k_stopped, std::memory_order_release);
            s.stage.notify_all();
        }
        for (auto& t : threads) t.join();
    }

    slot& slot_of(std::uint64_t ticket) noexcept { return slots[ticket % slots.size()]; }
    unsigned cap(std::uint64_t ticket) const noexcept;
    void decode(slot& s, frame_decoder& decoder, unsigned max_iterations) noexcept;
    void work(frame_decoder& decoder) noexcept;
    void deliver(slot& s) noexcept;

    decode_pool_config config;
    frame_sink<std::uint8_t>& sink;
    decode_observer* observer;
    counters counts;
    std::vector<slot> slots;
    std::vector<frame_decoder> decoders;
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> submitted{ 0 }; // written by the submitting thread
    std::atomic<std::uint64_t> taken{ 0 };     // tickets drawn by the workers
    std::atomic<std::uint64_t> delivered{ 0 }; // written by the submitting thread
    bool delivering = false;                   // a sink that calls back does not deliver a frame twice
};

/// Linear from max at a quarter of the queue to min at a full one. Why the quarter: with one frame a thread in
/// work the queue is never quite empty.
unsigned decode_pool::state::cap(std::uint64_t ticket) const noexcept
{
    if (config.policy == decode_policy::fixed) return config.max_iterations;
    const std::uint64_t now = submitted.load(std::memory_order_relaxed);
    const std::uint64_t waiting = now > ticket ? now - ticket : 0;
    const std::uint64_t size = slots.size();
    if (4 * waiting <= size) return config.max_iterations;
    const std::uint64_t excess = std::min(4 * waiting - size, 3 * size);
    const std::uint64_t range = config.max_iterations - config.min_iterations;
    return config.max_iterations - static_cast<unsigned>(range * excess / (3 * size));
}

void decode_pool::state::decode(slot& s, frame_decoder& decoder, unsigned max_iterations) noexcept
{
    s.outcome = decoder.decode(*s.entry, std::span(s.symbols).first(s.nof_symbols), s.n0, max_iterations, s.bbframe);
    s.frame.payload = std::span<const std::uint8_t>(s.bbframe).first(bytes_for_bits(s.entry->code->k_bch));
}

void decode_pool::state::work(frame_decoder& decoder) noexcept
{
    for (;;) {
        const std::uint64_t ticket = taken.fetch_add(1, std::memory_order_relaxed);
        slot& s = slot_of(ticket);
        for (;;) {
            const std::uint64_t stage = s.stage.load(std::memory_order_acquire);
            if (stage == 4 * ticket + 1) break;
            if (stage == k_stopped) return;
            s.stage.wait(stage, std::memory_order_acquire);
        }
        decode(s, decoder, cap(ticket));
        std::uint64_t mine = 4 * ticket + 1;
        if (!s.stage.compare_exchange_strong(mine, 4 * ticket + 2, std::memory_order_release)) return;
        s.stage.notify_all();
        if (observer != nullptr) observer->on_ready();
    }
}

void decode_pool::state::deliver(slot& s) noexcept
{
    const decode_outcome& o = s.outcome;
    counts.frames.add();
    counts.ldpc_iterations.add(o.ldpc_iterations);
    if (!o.ldpc_converged) counts.ldpc_failed.add();
    if (o.iteration_cap < config.max_iterations) counts.caps_lowered.add();
    if (o.bch_corrections < 0) {
        counts.bch_failed.add();
    } else {
        counts.bch_corrected_bits.add(static_cast<std::uint64_t>(o.bch_corrections));
        if (!o.header_crc_ok) counts.header_crc_failed.add();
    }
    if (observer != nullptr) observer->on_outcome(s.frame, o);
    if (o.good()) {
        counts.good.add();
        sink.on_frame(s.frame);
    }
}

decode_pool::decode_pool(const decode_pool_config& config, frame_sink<std::uint8_t>& sink, decode_observer* observer)
    : d_state(std::make_unique<state>(config, sink, observer))
{
    for (unsigned i = 0; i < config.nof_threads; ++i) {
        d_state->threads.emplace_back([s = d_state.get(), i] { s->work(s->decoders[i]); });
    }
}

decode_pool::~decode_pool() = default;

void decode_pool::prepare(const modcod& m)
{
    for (auto& d : d_state->decoders) d.prepare(m);
}

void decode_pool::submit(const modcod& m, const frame_view<std::complex<float>>& frame) noexcept
{
    auto& s = *d_state;
    if (frame.payload.size() != m.xfecframe_symbols()) {
        s.counts.ignored.add();
        return;
    }
    poll();
    const std::uint64_t ticket = s.submitted.load(std::memory_order_relaxed);
    slot& place = s.slot_of(ticket);
    while (place.stage.load(std::memory_order_acquire) != 4 * ticket) {
        if (s.config.policy == decode_policy::queue_driven || s.delivering) {
            s.counts.dropped.add();
            return;
        }
        // Full: the oldest frame is in this very slot.
        place.stage.wait(4 * (ticket - s.slots.size()) + 1, std::memory_order_acquire);
        poll();
    }
    place.entry = &m;
    place.n0 = frame.measured.n0;
    place.nof_symbols = frame.payload.size();
    std::copy(frame.payload.begin(), frame.payload.end(), place.symbols.begin());
    place.frame.first_sample = frame.first_sample;
    place.frame.index = frame.index;
    place.frame.header = frame.header;
    place.frame.measured = frame.measured;
    s.submitted.store(ticket + 1, std::memory_order_relaxed);
    if (s.threads.empty()) {
        s.decode(place, s.decoders.front(), s.config.max_iterations);
        place.stage.store(4 * ticket + 2, std::memory_order_release);
        poll();
        return;
    }
    place.stage.store(4 * ticket + 1, std::memory_order_release);
    place.stage.notify_all();
}

void decode_pool::on_frame(const frame_view<std::complex<float>>& frame) noexcept
{
    const modcod* m = modcod_of(frame.header, d_state->config.bch);
    if (m == nullptr) {
        d_state->counts.ignored.add();
        return;
    }
    submit(*m, frame);
}

void decode_pool::poll() noexcept
{
    auto& s = *d_state;
    if (s.delivering) return;
    s.delivering = true;
    for (;;) {
        const std::uint64_t ticket = s.delivered.load(std::memory_order_relaxed);
        slot& place = s.slot_of(ticket);
        if (place.stage.load(std::memory_order_acquire) != 4 * ticket + 2) break;
        s.deliver(place);
        s.delivered.store(ticket + 1, std::memory_order_relaxed);
        // Wakes a worker that drew a later ticket of this slot; it goes on waiting for its turn.
        place.stage.store(4 * (ticket + s.slots.size()), std::memory_order_release);
        place.stage.notify_all();
    }
    s.delivering = false;
}

void decode_pool::flush() noexcept
{
    auto& s = *d_state;
    if (s.delivering) return;
    for (;;) {
        poll();
        const std::uint64_t ticket = s.delivered.load(std::memory_order_relaxed);
        if (ticket == s.submitted.load(std::memory_order_relaxed)) return;
        s.slot_of(ticket).stage.wait(4 * ticket + 1, std::memory_order_acquire);
    }
}

unsigned decode_pool::in_flight() const noexcept
{
    return static_cast<unsigned>(d_state->submitted.load(std::memory_order_relaxed) -
                                 d_state->delivered.load(std::memory_order_relaxed));
}

const decode_pool::counters& decode_pool::counts() const noexcept { return d_state->counts; }

} // namespace spacesail::dvbs2x
