// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/bb_scheduler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr unsigned k_max_queue = 64;
/// Dummy PLFRAME: 90 symbols of header and 36 slots of 90, without pilots (EN 302 307-1, clause 5.5.1).
constexpr std::uint32_t k_dummy_symbols = 90 + 36 * 90;

void raise_to(counter& highest, std::uint64_t value) noexcept
{
    if (value > highest.value()) highest.add(value - highest.value());
}

} // namespace

bb_scheduler::bb_scheduler(const bb_scheduler_config& config, std::span<const scheduled_stream> streams)
    : d_config(config), d_rolloff(config.signalled_rolloff)
{
    const auto fail = [](const std::string& text) { throw std::invalid_argument("bb_scheduler: " + text); };
    if (streams.empty()) fail("streams is empty, at least one is needed");
    if (config.streams == input_streams::single && streams.size() > 1) {
        fail(fmt::format("{} streams with input_streams::single, allowed 1", streams.size()));
    }
    if (config.max_queued_plframes < 1 || config.max_queued_plframes > k_max_queue) {
        fail(fmt::format("max_queued_plframes = {}, allowed 1..{}", config.max_queued_plframes, k_max_queue));
    }
    for (std::size_t pls = 0; pls < config.formats.size(); ++pls) {
        const std::uint32_t bits = config.formats[pls].k_bch_bits;
        if (bits != 0 && (bits < k_bbheader_bits + 8 || bits > 8 * k_max_bbframe_bytes)) {
            fail(fmt::format("k_bch_bits = {} for PLS code {}, allowed {}..{}",
                             bits,
                             pls,
                             k_bbheader_bits + 8,
                             8 * k_max_bbframe_bytes));
        }
    }
    for (const scheduled_stream& s : streams) {
        if (s.source == nullptr) fail(fmt::format("source of ISI {} is null", s.isi));
        if (field_bytes(s.pls) == 0) fail(fmt::format("pls = {} of ISI {} has no format", s.pls, s.isi));
        if (!(s.weight > 0.0) || !std::isfinite(s.weight)) fail(fmt::format("weight = {}, must be > 0", s.weight));
        if (s.fill_timeout_ns < 0) fail(fmt::format("fill_timeout_ns = {}, must be >= 0", s.fill_timeout_ns));
        if (config.mode == adaptation::ccm && s.pls != streams.front().pls) {
            fail(fmt::format("pls = {} and {} with adaptation::ccm", streams.front().pls, s.pls));
        }
        if (pls_of(s.isi)) fail(fmt::format("isi = {} twice", s.isi));
        lane l;
        l.stream = s;
        l.header = s.source->header();
        l.header.streams = config.streams;
        l.header.coding = config.mode == adaptation::ccm ? coding_mode::constant : coding_mode::adaptive;
        l.header.isi = config.streams == input_streams::single ? std::uint8_t{ 0 } : s.isi;
        d_streams.push_back(l);
    }
}

std::size_t bb_scheduler::field_bytes(std::uint8_t pls) const noexcept
{
    const std::uint32_t bits = d_config.formats[pls].k_bch_bits;
    return bits == 0 ? 0 : (bits - k_bbheader_bits) / 8;
}

std::optional<std::uint8_t> bb_scheduler::pls_of(std::uint8_t isi) const noexcept
{
    for (const lane& l : d_streams) {
        if (l.stream.isi == isi) return l.stream.pls;
    }
    return std::nullopt;
}

bb_scheduler::pls_change bb_scheduler::set_pls(std::uint8_t isi, std::uint8_t pls) noexcept
{
    if (d_config.mode != adaptation::acm) return pls_change::not_adaptive;
    if (field_bytes(pls) == 0) return pls_change::unknown_pls;
    for (lane& l : d_streams) {
        if (l.stream.isi != isi) continue;
        if (l.stream.pls != pls) l.counters.pls_changes.add();
        l.stream.pls = pls;
        return pls_change::taken;
    }
    return pls_change::unknown_stream;
}

bb_scheduler::lane* bb_scheduler::choose(stream_time_ns now) noexcept
{
    lane* best = nullptr;
    for (lane& l : d_streams) {
        const std::size_t backlog = l.stream.source->backlog_bytes();
        bool ready = backlog >= field_bytes(l.stream.pls);
        if (!ready && backlog > 0) {
            const auto oldest = l.stream.source->oldest_ns();
            ready = oldest && now - *oldest >= l.stream.fill_timeout_ns;
        }
        if (!ready) continue;
        // Why: a stream that was silent starts level with the one served last, it has no time to catch up.
        l.virtual_time = std::max(l.virtual_time, d_virtual_now);
        if (best == nullptr || l.virtual_time < best->virtual_time) best = &l;
    }
    return best;
}

scheduled_frame bb_scheduler::next(stream_time_ns now, unsigned nof_queued, std::span<std::uint8_t> buffer) noexcept
{
    scheduled_frame out;
    raise_to(d_counters.longest_queue, nof_queued);
    if (nof_queued >= d_config.max_queued_plframes) {
        d_counters.queue_full.add();
        out.what = scheduled_frame::decision::queue_full;
        return out;
    }
    if (lane* l = choose(now); l != nullptr) {
        data_field_source& source = *l->stream.source;
        std::uint8_t pls = l->stream.pls;
        const std::size_t backlog = source.backlog_bytes();
        const bool timed_out = backlog < field_bytes(pls);
        const std::uint8_t shorter = d_config.timeout_pls[pls];
        const bool shorten = timed_out && shorter != 0 && backlog <= field_bytes(shorter);
        if (shorten) pls = shorter;
        const stream_time_ns waited = std::max<stream_time_ns>(0, now - source.oldest_ns().value_or(now));

        const frame_format& format = d_config.formats[pls];
        const std::span<std::uint8_t> frame = buffer.first((format.k_bch_bits + 7) / 8);
        const std::size_t room = field_bytes(pls);
        const data_field field = source.fill(frame.subspan(k_bbheader_bytes, room));
        if (field.dfl_bits > 0) {
            for (std::uint8_t& b : frame.subspan(k_bbheader_bytes + room)) b = 0;
            bbheader header = l->header;
            header.rolloff_code = d_rolloff.next();
            header.dfl_bits = field.dfl_bits;
            header.syncd_bits = field.syncd_bits;
            write_bbheader(header, frame.first<k_bbheader_bytes>());

            d_virtual_now = l->virtual_time;
            l->virtual_time += static_cast<double>(format.plframe_symbols) / l->stream.weight;
            scheduled_stream_counters& c = l->counters;
            c.bbframes.add();
            if (timed_out) c.timeouts.add();
            if (shorten) c.shortened.add();
            c.field_bytes.add(room);
            c.payload_bytes.add(field.payload_bytes);
            c.padding_bytes.add(room - field.dfl_bits / 8U);
            c.symbols.add(format.plframe_symbols);
            c.delay_ns.add(static_cast<std::uint64_t>(waited));
            raise_to(c.longest_delay_ns, static_cast<std::uint64_t>(waited));
            d_counters.bbframes.add();

            out.what = scheduled_frame::decision::bbframe;
            out.pls = pls;
            out.isi = l->stream.isi;
            out.bbframe = frame;
            out.dfl_bits = field.dfl_bits;
            out.plframe_symbols = format.plframe_symbols;
            return out;
        }
        d_counters.empty_fields.add();
    }
    if (d_config.idle == idle_policy::dummy_plframe) {
        d_counters.dummies.add();
        out.what = scheduled_frame::decision::dummy_plframe;
        out.plframe_symbols = k_dummy_symbols;
    }
    return out;
}

} // namespace spacesail::encap
