// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/bb_deframer.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr std::size_t k_max_streams = 256;
/// A stream silent for so many BBFRAMEs gives its place to a new one.
constexpr std::uint64_t k_idle_frames = 4096;
constexpr std::uint8_t k_last_dummy_pls = 3;

void add_to(counter& sum, const counter& part) noexcept { sum.add(part.value()); }

} // namespace

struct bb_deframer::stream {
    bool used = false;
    int key = 0; ///< ISI, or 256 for a single input stream
    std::uint64_t last_frame = 0;
    ts_deframer ts;
    gse_receiver gse;
};

bb_deframer::bb_deframer(const bb_deframer_config& config, packet_sink& sink) : d_config(config), d_sink(sink)
{
    if (config.max_streams < 1 || config.max_streams > k_max_streams) {
        throw std::invalid_argument(
            fmt::format("bb_deframer: max_streams = {}, allowed 1..{}", config.max_streams, k_max_streams));
    }
    d_streams.reserve(config.max_streams);
    for (std::size_t i = 0; i < config.max_streams; ++i) {
        d_streams.push_back({ false, 0, 0, ts_deframer(config.ts_errors), gse_receiver(config.gse) });
    }
}

bb_deframer::~bb_deframer() = default;

bb_deframer::stream* bb_deframer::stream_of(const bbheader& header) noexcept
{
    const int key = header.streams == input_streams::single ? 256 : header.isi;
    stream* place = nullptr;
    for (stream& s : d_streams) {
        if (s.used && s.key == key) return &s;
        const bool free = !s.used || d_frames - s.last_frame > k_idle_frames;
        if (free && (place == nullptr || (place->used && !s.used))) place = &s;
    }
    if (place == nullptr) return nullptr;
    if (place->used) place->ts.flush(d_sink);
    place->used = true;
    place->key = key;
    place->ts.reset();
    place->gse.reset();
    return place;
}

void bb_deframer::on_gap() noexcept
{
    d_counters.gaps.add();
    d_rolloff.on_gap();
    for (stream& s : d_streams) {
        if (s.used) s.ts.on_gap(d_sink);
    }
}

void bb_deframer::on_frame(const frame_view<std::uint8_t>& frame) noexcept
{
    if (d_last_index && frame.index <= *d_last_index) {
        d_counters.repeated.add();
        return;
    }
    if (d_last_index && frame.index != *d_last_index + 1) {
        d_counters.lost.add(frame.index - *d_last_index - 1);
        on_gap();
    }
    d_last_index = frame.index;
    if (frame.payload.empty()) {
        if (frame.header.pls <= k_last_dummy_pls) {
            d_counters.dummy.add();
        } else {
            d_counters.lost.add();
            on_gap();
        }
        return;
    }
    ++d_frames;

    bbheader header;
    switch (read_bbheader(frame.payload, header)) {
    case bbheader_status::good:
        break;
    case bbheader_status::truncated:
        d_counters.malformed.add();
        on_gap();
        return;
    case bbheader_status::crc_error:
        d_counters.crc_errors.add();
        on_gap();
        return;
    }
    if (header.dfl_bits + k_bbheader_bits > 8 * frame.payload.size()) {
        d_counters.malformed.add();
        on_gap();
        return;
    }
    d_rolloff.on_frame(header.rolloff_code);
    d_last_header = header;
    if (d_config.isi && header.streams == input_streams::multiple && header.isi != *d_config.isi) {
        d_counters.filtered.add();
        return;
    }
    const bool transport = header.format == stream_format::transport;
    if (!transport && (header.format != stream_format::generic_continuous || header.upl_bits != 0)) {
        d_counters.unsupported.add();
        return;
    }
    stream* s = stream_of(header);
    if (s == nullptr) {
        d_counters.streams_refused.add();
        return;
    }
    s->last_frame = d_frames;
    d_counters.good.add();
    const frame_position position{ frame.index, frame.first_sample };
    const std::span<const std::uint8_t> field = frame.payload.subspan(k_bbheader_bytes);
    if (transport) {
        s->ts.on_data_field(header, field, position, d_sink);
    } else {
        s->gse.on_data_field(header, field, position, d_sink);
    }
}

void bb_deframer::flush() noexcept
{
    for (stream& s : d_streams) {
        if (s.used) s.ts.flush(d_sink);
    }
}

void bb_deframer::reset() noexcept
{
    for (stream& s : d_streams) {
        s.used = false;
        s.ts.reset();
        s.gse.reset();
    }
    d_last_index.reset();
    d_last_header.reset();
    d_rolloff.reset();
}

ts_deframer_counters bb_deframer::ts_counters() const noexcept
{
    ts_deframer_counters sum;
    for (const stream& s : d_streams) {
        const ts_deframer_counters& c = s.ts.counters();
        add_to(sum.packets, c.packets);
        add_to(sum.null_packets, c.null_packets);
        add_to(sum.crc_errors, c.crc_errors);
        add_to(sum.crc_unverified, c.crc_unverified);
        add_to(sum.partial_dropped, c.partial_dropped);
        add_to(sum.resyncs, c.resyncs);
        add_to(sum.header_errors, c.header_errors);
        add_to(sum.continuity_errors, c.continuity_errors);
    }
    return sum;
}

gse_receiver_counters bb_deframer::gse_counters() const noexcept
{
    gse_receiver_counters sum;
    for (const stream& s : d_streams) {
        const gse_receiver_counters& c = s.gse.counters();
        add_to(sum.pdus, c.pdus);
        add_to(sum.pdu_bytes, c.pdu_bytes);
        add_to(sum.complete_packets, c.complete_packets);
        add_to(sum.first_fragments, c.first_fragments);
        add_to(sum.fragments, c.fragments);
        add_to(sum.fragmented_pdus, c.fragmented_pdus);
        add_to(sum.crc_errors, c.crc_errors);
        add_to(sum.length_errors, c.length_errors);
        add_to(sum.timeouts, c.timeouts);
        add_to(sum.replaced, c.replaced);
        add_to(sum.evicted, c.evicted);
        add_to(sum.orphans, c.orphans);
        add_to(sum.malformed, c.malformed);
        add_to(sum.truncated, c.truncated);
        add_to(sum.label_errors, c.label_errors);
        add_to(sum.extension_errors, c.extension_errors);
        add_to(sum.unknown_extensions, c.unknown_extensions);
    }
    return sum;
}

std::size_t bb_deframer::open_reassemblies() const noexcept
{
    std::size_t n = 0;
    for (const stream& s : d_streams) n += s.gse.open_reassemblies();
    return n;
}

} // namespace spacesail::encap
