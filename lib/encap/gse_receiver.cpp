// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/gse_receiver.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr std::size_t k_max_reassemblies = 256;
constexpr std::uint32_t k_max_timeout_frames = 65536;
constexpr std::size_t k_total_length_bytes = 2;
constexpr std::uint16_t k_first_optional_extension = 256;

std::size_t keep_label(std::span<const std::uint8_t> label, std::array<std::uint8_t, 6>& place) noexcept
{
    const std::size_t n = std::min(label.size(), place.size());
    if (n > 0) std::memcpy(place.data(), label.data(), n);
    return n;
}

} // namespace

gse_receiver::gse_receiver(const gse_receiver_config& config) : d_config(config)
{
    if (config.max_reassemblies < 1 || config.max_reassemblies > k_max_reassemblies) {
        throw std::invalid_argument(fmt::format(
            "gse_receiver: max_reassemblies = {}, allowed 1..{}", config.max_reassemblies, k_max_reassemblies));
    }
    if (config.timeout_frames < 1 || config.timeout_frames > k_max_timeout_frames) {
        throw std::invalid_argument(fmt::format(
            "gse_receiver: timeout_frames = {}, allowed 1..{}", config.timeout_frames, k_max_timeout_frames));
    }
    d_reassemblies.resize(config.max_reassemblies);
    for (reassembly& r : d_reassemblies) {
        r.buffer = std::make_unique_for_overwrite<std::uint8_t[]>(k_total_length_bytes + k_gse_max_total_length);
    }
}

gse_receiver::reassembly* gse_receiver::find(std::uint8_t frag_id) noexcept
{
    for (reassembly& r : d_reassemblies) {
        if (r.open && r.frag_id == frag_id) return &r;
    }
    return nullptr;
}

void gse_receiver::close(reassembly& r, counter& why) noexcept
{
    r.open = false;
    --d_nof_open;
    why.add();
}

gse_receiver::reassembly& gse_receiver::place_for(std::uint8_t frag_id) noexcept
{
    if (reassembly* same = find(frag_id); same != nullptr) {
        close(*same, d_counters.replaced);
        return *same;
    }
    const auto free = std::ranges::find_if(d_reassemblies, [](const reassembly& r) { return !r.open; });
    if (free != d_reassemblies.end()) return *free;
    const auto oldest = std::ranges::min_element(d_reassemblies, {}, &reassembly::frame);
    close(*oldest, d_counters.evicted);
    return *oldest;
}

void gse_receiver::expire(const frame_position& position) noexcept
{
    if (d_nof_open == 0) return;
    for (reassembly& r : d_reassemblies) {
        if (!r.open) continue;
        const bool by_frames = d_frame - r.frame > d_config.timeout_frames;
        const bool by_samples =
            d_config.timeout_samples > 0 && position.first_sample - r.sample > d_config.timeout_samples;
        if (by_frames || by_samples) close(r, d_counters.timeouts);
    }
}

bool gse_receiver::resolve_label(gse_packet& packet) noexcept
{
    if (packet.label_type != gse_label_type::reuse) {
        d_last_label_bytes = keep_label(packet.label, d_last_label);
        return true;
    }
    if (d_last_label_bytes == 0) {
        d_counters.label_errors.add();
        return false;
    }
    packet.label = { d_last_label.data(), d_last_label_bytes };
    return true;
}

void gse_receiver::begin(const gse_packet& packet, const frame_position& position) noexcept
{
    // Behind the first fragment there is at least the CRC-32, with or without data.
    if (packet.content.size() > packet.total_length) {
        d_counters.malformed.add();
        return;
    }
    reassembly& r = place_for(packet.frag_id);
    r.open = true;
    ++d_nof_open;
    d_counters.first_fragments.add();
    r.frag_id = packet.frag_id;
    r.protocol_type = packet.protocol_type;
    r.label_bytes = static_cast<std::uint8_t>(keep_label(packet.label, r.label));
    r.reused_bytes = packet.label_type == gse_label_type::reuse ? r.label_bytes : std::uint8_t{ 0 };
    r.data_offset = k_total_length_bytes + (packet.content.size() - packet.data.size());
    r.total_bytes = k_total_length_bytes + packet.total_length;
    r.frame = d_frame;
    r.sample = position.first_sample;
    write_be16(r.buffer.get(), packet.total_length);
    std::memcpy(r.buffer.get() + k_total_length_bytes, packet.content.data(), packet.content.size());
    r.bytes = k_total_length_bytes + packet.content.size();
}

void gse_receiver::append(const gse_packet& packet, packet_view& view, packet_sink& sink) noexcept
{
    reassembly* r = find(packet.frag_id);
    if (r == nullptr) {
        d_counters.orphans.add();
        return;
    }
    const std::size_t bytes = r->bytes + packet.data.size();
    // Why two readings: the standard does not say whether a label that is re-used counts in TotalLength and CRC-32, and
    // senders of both kinds are about.
    const bool label_counts = r->reused_bytes > 0 && bytes + r->reused_bytes == r->total_bytes;
    if (bytes > r->total_bytes || (packet.end && bytes != r->total_bytes && !label_counts)) {
        close(*r, d_counters.length_errors);
        return;
    }
    if (!packet.data.empty()) std::memcpy(r->buffer.get() + r->bytes, packet.data.data(), packet.data.size());
    r->bytes = bytes;
    if (!packet.end) return;
    const std::span<const std::uint8_t> all(r->buffer.get(), r->bytes);
    std::uint32_t crc = 0;
    if (label_counts) {
        constexpr std::size_t label_at = k_total_length_bytes + 2;
        crc = crc32_mpeg({ r->label.data(), r->reused_bytes }, crc32_mpeg(all.first(label_at)));
        crc = crc32_mpeg(all.subspan(label_at), crc);
    } else {
        crc = crc32_mpeg(all);
    }
    if (crc != packet.crc32) {
        close(*r, d_counters.crc_errors);
        return;
    }
    close(*r, d_counters.fragmented_pdus);
    deliver(r->protocol_type, { r->label.data(), r->label_bytes }, all.subspan(r->data_offset), view, sink);
}

void gse_receiver::deliver(std::uint16_t type,
                           std::span<const std::uint8_t> label,
                           std::span<const std::uint8_t> data,
                           packet_view& view,
                           packet_sink& sink) noexcept
{
    const std::uint16_t first_type = type;
    std::span<const std::uint8_t> rest = data;
    gse_extension extension;
    extension_step step = extension_step::taken;
    while (step == extension_step::taken) step = take_extension(type, rest, extension);
    if (step == extension_step::truncated) {
        d_counters.extension_errors.add();
        return;
    }
    if (type < k_first_optional_extension && type != k_protocol_bridged &&
        d_config.mandatory == mandatory_extensions::discard) {
        d_counters.unknown_extensions.add();
        return;
    }
    if (rest.empty()) {
        d_counters.malformed.add();
        return;
    }
    view.protocol_type = type;
    view.label = label;
    view.extensions = data.first(data.size() - rest.size());
    view.extension_type = view.extensions.empty() ? std::uint16_t{ 0 } : first_type;
    view.payload = rest;
    d_counters.pdus.add();
    d_counters.pdu_bytes.add(rest.size());
    sink.on_packet(view);
}

void gse_receiver::on_data_field(const bbheader& header,
                                 std::span<const std::uint8_t> field,
                                 const frame_position& position,
                                 packet_sink& sink) noexcept
{
    ++d_frame;
    d_last_label_bytes = 0;
    expire(position);
    std::span<const std::uint8_t> rest = field.first(std::min<std::size_t>(header.dfl_bits / 8U, field.size()));
    packet_view view;
    view.kind = packet_kind::gse_pdu;
    view.isi = header.isi;
    view.position = position;
    gse_packet packet;
    while (!rest.empty()) {
        const gse_status status = read_gse_packet(rest, packet);
        if (status == gse_status::padding) return;
        if (status == gse_status::truncated) {
            d_counters.truncated.add();
            return;
        }
        rest = rest.subspan(packet.packet_bytes);
        if (status == gse_status::bad_fields) {
            d_counters.malformed.add();
            continue;
        }
        if (!packet.start || !packet.end) d_counters.fragments.add();
        if (packet.start && !resolve_label(packet)) continue;
        if (packet.start && packet.end) {
            d_counters.complete_packets.add();
            deliver(packet.protocol_type, packet.label, packet.data, view, sink);
        } else if (packet.start) {
            begin(packet, position);
        } else {
            append(packet, view, sink);
        }
    }
}

void gse_receiver::reset() noexcept
{
    for (reassembly& r : d_reassemblies) r.open = false;
    d_nof_open = 0;
    d_last_label_bytes = 0;
}

} // namespace spacesail::encap
