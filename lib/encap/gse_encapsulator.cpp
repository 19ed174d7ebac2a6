// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/gse_encapsulator.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr std::size_t k_min_queue_bytes = k_gse_max_total_length + 2;
constexpr std::size_t k_max_queue_bytes = 1U << 30;
constexpr std::size_t k_max_queue_pdus = 1U << 20;
constexpr unsigned k_max_priorities = 8;
constexpr std::size_t k_max_least_fragment = 1024;

/// Header and FragID; the first fragment has the total length too.
constexpr std::size_t k_fragment_overhead = k_gse_header_bytes + 1;
constexpr std::size_t k_start_overhead = k_fragment_overhead + 2;
constexpr std::size_t k_end_overhead = k_fragment_overhead + k_gse_crc_bytes;
/// BBFRAMEs kept in hand before a PDU would miss its 256.
constexpr std::uint64_t k_urgent_margin_frames = 16;

constexpr unsigned k_start_bit = 0x80;
constexpr unsigned k_end_bit = 0x40;

void write_gse_header(std::uint8_t* p, unsigned start_end, gse_label_type type, std::size_t length) noexcept
{
    write_be16(p,
               static_cast<std::uint16_t>(((start_end | (static_cast<unsigned>(type) << 4)) << 8) |
                                          static_cast<unsigned>(length)));
}

gse_label_type type_of_label(std::size_t label_bytes) noexcept
{
    return label_bytes == 6   ? gse_label_type::six_bytes
           : label_bytes == 3 ? gse_label_type::three_bytes
                              : gse_label_type::broadcast;
}

bool is_valid(const gse_pdu& pdu) noexcept
{
    const std::size_t n = pdu.label.size();
    if (pdu.payload.empty() || (n != 0 && n != 3 && n != 6)) return false;
    if (n == 6 && std::ranges::all_of(pdu.label, [](std::uint8_t b) { return b == 0; })) return false;
    if (gse_extension_bytes(pdu.protocol_type)) return false; // it would be read as an extension header
    return std::ranges::all_of(pdu.extensions,
                               [](const gse_extension& e) { return gse_extension_bytes(e.type) == e.data.size(); });
}

} // namespace

gse_encapsulator::gse_encapsulator(const gse_encapsulator_config& config) : d_config(config)
{
    const auto check = [](const char* name, std::size_t value, std::size_t low, std::size_t high) {
        if (value < low || value > high) {
            throw std::invalid_argument(
                fmt::format("gse_encapsulator: {} = {}, allowed {}..{}", name, value, low, high));
        }
    };
    check("queue_bytes", config.queue_bytes, k_min_queue_bytes, k_max_queue_bytes);
    check("queue_pdus", config.queue_pdus, 1, k_max_queue_pdus);
    check("nof_priorities", config.nof_priorities, 1, k_max_priorities);
    check("least_fragment_bytes", config.least_fragment_bytes, 1, k_max_least_fragment);
    d_lanes.resize(config.nof_priorities);
    for (lane& l : d_lanes) {
        l.ring.resize(config.queue_bytes);
        l.entries.resize(config.queue_pdus);
    }
}

gse_encapsulator::push_status gse_encapsulator::push(const gse_pdu& pdu, stream_time_ns now) noexcept
{
    if (pdu.priority >= d_lanes.size() || !is_valid(pdu)) {
        d_counters.invalid.add();
        return push_status::invalid;
    }
    std::size_t prefix = 2 + pdu.label.size();
    for (const gse_extension& e : pdu.extensions) prefix += e.data.size() + 2;
    const std::size_t bytes = prefix + pdu.payload.size();
    if (bytes > k_gse_max_total_length) {
        d_counters.invalid.add();
        return push_status::invalid;
    }

    lane& l = d_lanes[pdu.priority];
    if (l.ring_used == 0) l.ring_head = 0;
    const std::size_t skip = l.ring_head + bytes > l.ring.size() ? l.ring.size() - l.ring_head : 0;
    if (l.count == l.entries.size() || l.ring_used + skip + bytes > l.ring.size()) {
        const bool drop = d_config.overflow == overflow_policy::drop;
        (drop ? d_counters.dropped : d_counters.refused).add();
        return drop ? push_status::dropped : push_status::refused;
    }
    entry& e = l.entries[(l.head + l.count) % l.entries.size()];
    e.offset = skip > 0 ? 0 : l.ring_head;
    e.bytes = bytes;
    e.label_bytes = pdu.label.size();
    e.prefix_bytes = prefix;
    e.ring_bytes = skip + bytes;
    e.arrival = now;

    std::uint8_t* p = l.ring.data() + e.offset;
    write_be16(p, pdu.extensions.empty() ? pdu.protocol_type : pdu.extensions.front().type);
    p = std::copy(pdu.label.begin(), pdu.label.end(), p + 2);
    for (std::size_t i = 0; i < pdu.extensions.size(); ++i) {
        p = std::copy(pdu.extensions[i].data.begin(), pdu.extensions[i].data.end(), p);
        write_be16(p, i + 1 < pdu.extensions.size() ? pdu.extensions[i + 1].type : pdu.protocol_type);
        p += 2;
    }
    std::memcpy(p, pdu.payload.data(), pdu.payload.size());
    l.ring_head = e.offset + bytes;
    l.ring_used += e.ring_bytes;
    ++l.count;
    d_backlog += k_gse_header_bytes + bytes;
    d_counters.pdus_in.add();
    d_counters.pdu_bytes_in.add(pdu.payload.size());
    return push_status::queued;
}

bbheader gse_encapsulator::header() const noexcept
{
    bbheader h;
    h.format = stream_format::generic_continuous;
    return h;
}

std::optional<stream_time_ns> gse_encapsulator::oldest_ns() const noexcept
{
    std::optional<stream_time_ns> oldest;
    for (const lane& l : d_lanes) {
        if (l.count > 0 && (!oldest || l.entries[l.head].arrival < *oldest)) oldest = l.entries[l.head].arrival;
    }
    return oldest;
}

std::size_t gse_encapsulator::backlog_of_front(const lane& l) noexcept
{
    const entry& e = l.entries[l.head];
    return l.open ? e.bytes - l.sent + k_end_overhead : e.bytes + k_gse_header_bytes;
}

void gse_encapsulator::pop(lane& l) noexcept
{
    l.ring_used -= l.entries[l.head].ring_bytes;
    l.head = (l.head + 1) % l.entries.size();
    --l.count;
    l.open = false;
}

std::uint8_t gse_encapsulator::new_frag_id() noexcept
{
    // At most eight are open, so this ends.
    const auto is_open = [this](std::uint8_t id) {
        return std::ranges::any_of(d_lanes, [id](const lane& l) { return l.open && l.frag_id == id; });
    };
    while (is_open(d_next_frag_id)) ++d_next_frag_id;
    return d_next_frag_id++;
}

bool gse_encapsulator::is_urgent(const lane& l, std::size_t field_bytes) const noexcept
{
    if (!l.open || field_bytes <= k_end_overhead) return false;
    const std::size_t a_frame = field_bytes - k_end_overhead;
    const std::size_t frames_needed = (l.entries[l.head].bytes - l.sent + a_frame - 1) / a_frame;
    return d_frame - l.start_frame + frames_needed + k_urgent_margin_frames >= k_gse_reassembly_frames;
}

bool gse_encapsulator::can_reuse_label(const lane& l, const cursor& c) const noexcept
{
    const entry& e = l.entries[l.head];
    return e.label_bytes > 0 && e.label_bytes == c.last_label_bytes &&
           std::memcmp(l.ring.data() + e.offset + 2, c.last_label.data(), e.label_bytes) == 0;
}

/// The protocol type moves over the end of the label: the entry goes on without one.
void gse_encapsulator::drop_label(lane& l) noexcept
{
    entry& e = l.entries[l.head];
    std::uint8_t* p = l.ring.data() + e.offset;
    write_be16(p + e.label_bytes, read_be16(p));
    e.offset += e.label_bytes;
    e.bytes -= e.label_bytes;
    e.prefix_bytes -= e.label_bytes;
    e.label_bytes = 0;
    d_counters.labels_reused.add();
}

bool gse_encapsulator::send_new(lane& l, cursor& c) noexcept
{
    entry& e = l.entries[l.head];
    const bool same_label = can_reuse_label(l, c);
    const auto bytes_with = [&](bool reuse) { return e.bytes - (reuse ? e.label_bytes : 0); };
    const bool reuse_whole = same_label && d_config.reuse != label_reuse::never;
    const std::size_t whole = bytes_with(reuse_whole);
    const bool complete = whole <= k_gse_max_length && k_gse_header_bytes + whole <= c.room();
    const bool reuse = complete ? reuse_whole : same_label && d_config.reuse == label_reuse::all;

    std::size_t first_bytes = 0;
    if (!complete) {
        if (c.room() < k_start_overhead) return false;
        const std::size_t prefix = e.prefix_bytes - (reuse ? e.label_bytes : 0);
        first_bytes = std::min({ c.room() - k_start_overhead,
                                 k_gse_max_length - (k_start_overhead - k_gse_header_bytes),
                                 bytes_with(reuse) - 1 });
        const std::size_t least = std::min(d_config.least_fragment_bytes, bytes_with(reuse) - 1 - prefix);
        if (first_bytes < prefix + least) return false;
    }

    d_backlog -= backlog_of_front(l);
    gse_label_type type = type_of_label(e.label_bytes);
    if (reuse) {
        type = gse_label_type::reuse;
        drop_label(l);
    } else {
        c.last_label_bytes = e.label_bytes;
        std::memcpy(c.last_label.data(), l.ring.data() + e.offset + 2, e.label_bytes);
    }
    const std::uint8_t* body = l.ring.data() + e.offset;
    std::uint8_t* p = c.field.data() + c.at;
    if (complete) {
        write_gse_header(p, k_start_bit | k_end_bit, type, e.bytes);
        std::memcpy(p + k_gse_header_bytes, body, e.bytes);
        c.at += k_gse_header_bytes + e.bytes;
        c.payload_bytes += e.bytes - e.prefix_bytes;
        d_counters.complete_packets.add();
        pop(l);
        return true;
    }
    l.frag_id = new_frag_id();
    l.open = true;
    l.start_frame = d_frame;
    l.sent = first_bytes;
    write_gse_header(p, k_start_bit, type, k_start_overhead - k_gse_header_bytes + first_bytes);
    p[2] = l.frag_id;
    write_be16(p + 3, static_cast<std::uint16_t>(e.bytes));
    std::memcpy(p + k_start_overhead, body, first_bytes);
    l.crc = crc32_mpeg({ p + 3, 2 + first_bytes });
    c.at += k_start_overhead + first_bytes;
    c.payload_bytes += first_bytes - e.prefix_bytes;
    d_backlog += backlog_of_front(l);
    d_counters.fragments.add();
    return true;
}

bool gse_encapsulator::send_continuation(lane& l, cursor& c) noexcept
{
    const entry& e = l.entries[l.head];
    const std::size_t rest = e.bytes - l.sent;
    const std::uint8_t* body = l.ring.data() + e.offset + l.sent;
    std::uint8_t* p = c.field.data() + c.at;
    const bool last =
        k_end_overhead + rest <= c.room() && k_end_overhead - k_gse_header_bytes + rest <= k_gse_max_length;
    if (last) {
        d_backlog -= backlog_of_front(l);
        write_gse_header(p, k_end_bit, gse_label_type::reuse, k_end_overhead - k_gse_header_bytes + rest);
        p[2] = l.frag_id;
        std::memcpy(p + k_fragment_overhead, body, rest);
        write_be32(p + k_fragment_overhead + rest, crc32_mpeg({ body, rest }, l.crc));
        c.at += k_end_overhead + rest;
        c.payload_bytes += rest;
        d_counters.fragments.add();
        d_counters.fragmented_pdus.add();
        pop(l);
        return true;
    }
    // At least one byte stays for the last fragment.
    if (c.room() <= k_fragment_overhead || rest < 2) return false;
    const std::size_t n = std::min(
        { c.room() - k_fragment_overhead, k_gse_max_length - (k_fragment_overhead - k_gse_header_bytes), rest - 1 });
    write_gse_header(p, 0, gse_label_type::reuse, k_fragment_overhead - k_gse_header_bytes + n);
    p[2] = l.frag_id;
    std::memcpy(p + k_fragment_overhead, body, n);
    l.crc = crc32_mpeg({ body, n }, l.crc);
    l.sent += n;
    c.at += k_fragment_overhead + n;
    c.payload_bytes += n;
    d_backlog -= n;
    d_counters.fragments.add();
    return true;
}

bool gse_encapsulator::send_next(lane& l, cursor& c) noexcept
{
    if (l.count == 0) return false;
    return l.open ? send_continuation(l, c) : send_new(l, c);
}

data_field gse_encapsulator::fill(std::span<std::uint8_t> field) noexcept
{
    ++d_frame;
    cursor c;
    c.field = field.first(std::min(field.size(), k_max_bbframe_bytes - k_bbheader_bytes));
    for (lane& l : d_lanes) {
        if (!is_urgent(l, c.field.size())) continue;
        while (l.open && send_continuation(l, c)) d_counters.urgent.add();
    }
    for (lane& l : d_lanes) {
        while (send_next(l, c)) {
        }
    }
    std::memset(field.data() + c.at, 0, field.size() - c.at);
    data_field out;
    const bool whole = d_config.padding == gse_padding::in_field && c.at > 0;
    out.dfl_bits = static_cast<std::uint16_t>(8 * (whole ? c.field.size() : c.at));
    out.payload_bytes = c.payload_bytes;
    d_counters.padding_bytes.add(c.field.size() - c.at);
    return out;
}

} // namespace spacesail::encap
