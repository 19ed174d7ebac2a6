// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/ts_deframer.hpp>

#include "encap/bit_copy.hpp"

#include <spacesail/base/crc.hpp>

#include <algorithm>

namespace spacesail::encap {
namespace {

constexpr std::size_t k_crc_bits = 8;

} // namespace

issy_field read_issy(std::span<const std::uint8_t> bytes) noexcept
{
    issy_field field;
    const unsigned first = bytes[0];
    if ((first & 0x80U) == 0) {
        field.what = issy_field::meaning::iscr_short;
        field.value = (first << 8) | bytes[1];
    } else if ((first & 0x40U) == 0) {
        field.what = issy_field::meaning::iscr_long;
        field.value = ((first & 0x3fU) << 16) | (static_cast<unsigned>(bytes[1]) << 8);
        if (bytes.size() > 2) field.value |= bytes[2];
    } else {
        const unsigned name = (first >> 4) & 3U;
        const unsigned unit = (first >> 2) & 3U;
        if (name == 0) field.what = issy_field::meaning::bufs;
        if (name == 2) field.what = issy_field::meaning::bufstat;
        if (unit == 3) field.what = issy_field::meaning::reserved;
        constexpr std::uint32_t k_unit_bits[] = { 1, 1024, 1024 * 1024, 0 };
        field.value = (((first & 3U) << 8) | bytes[1]) * k_unit_bits[unit];
    }
    return field;
}

bool ts_deframer::set_layout(const bbheader& header) noexcept
{
    d_isi = header.isi;
    if (header.issyi == d_issyi && header.npd == d_npd && header.upl_bits == d_upl_bits) return d_upl_bits != 0;
    lose_boundary();
    d_issyi = header.issyi;
    d_npd = header.npd;
    d_upl_bits = 0;
    d_issy_bytes = 0;
    d_unit_bytes = 0;
    const unsigned dnp_bytes = header.npd ? 1 : 0;
    if (header.upl_bits == k_ts_upl_bits) {
        // Some senders leave UPL at 188 bytes: then the ISSY field itself must tell its length.
        if (!header.issyi) d_unit_bytes = k_ts_bytes + dnp_bytes;
    } else {
        const unsigned expected = k_ts_upl_bits + 8 * dnp_bytes;
        const unsigned issy_bits = header.upl_bits > expected ? header.upl_bits - expected : 0;
        const bool fits = header.issyi ? issy_bits == 16 || issy_bits == 24 : header.upl_bits == expected;
        if (!fits) return false;
        d_issy_bytes = issy_bits / 8;
        d_unit_bytes = header.upl_bits / 8U;
    }
    d_upl_bits = header.upl_bits;
    return true;
}

void ts_deframer::find_issy_length(std::span<const std::uint8_t> field,
                                   std::size_t start_bit,
                                   std::size_t dfl_bits) noexcept
{
    const std::size_t issy_bit = start_bit + 8 * k_ts_bytes;
    if (issy_bit + 8 > dfl_bits) return;
    std::uint8_t first = 0;
    copy_bits(&first, 0, field.data(), issy_bit, 8);
    // Only an ISCR tells; BUFS and BUFSTAT come in both lengths, and the next data field brings another chance.
    if ((first & 0x80U) == 0) {
        d_issy_bytes = 2;
    } else if ((first & 0x40U) == 0) {
        d_issy_bytes = 3;
    } else {
        return;
    }
    d_unit_bytes = k_ts_bytes + d_issy_bytes + (d_npd ? 1 : 0);
}

void ts_deframer::lose_boundary() noexcept
{
    if (d_aligned && d_fill_bits > 0) d_counters.partial_dropped.add();
    d_aligned = false;
    d_fill_bits = 0;
}

void ts_deframer::deliver_pending(std::optional<std::uint8_t> crc, packet_sink& sink) noexcept
{
    if (!d_pending) return;
    d_pending = false;
    user_packet& unit = d_units[1 - d_gathering];
    const std::span<std::uint8_t> packet(unit.bytes.data(), k_ts_bytes);
    bool good = true;
    if (!crc) {
        d_counters.crc_unverified.add();
    } else if (crc8_dvbs2({ unit.bytes.data() + 1, d_unit_bytes - 1 }) != *crc) {
        good = false;
        d_counters.crc_errors.add();
        // Why drop a packet gathered from two data fields: it may be two halves around a loss nobody reported.
        if (d_policy == ts_error_policy::drop || unit.spans_frames) return;
    }
    packet[0] = k_ts_sync;
    if (!good) packet[1] |= 0x80;

    packet_view view;
    view.kind = packet_kind::ts;
    view.isi = d_isi;
    view.position = d_pending_position;
    if (d_npd && good) {
        view.payload = k_ts_null_packet;
        const unsigned deleted = unit.bytes[d_unit_bytes - 1];
        for (unsigned i = 0; i < deleted; ++i) sink.on_packet(view);
        d_counters.null_packets.add(deleted);
    }
    if (d_issy_bytes > 0 && good) view.issy = read_issy({ unit.bytes.data() + k_ts_bytes, d_issy_bytes });
    view.payload = packet;
    if (!d_continuity.follows(packet)) d_counters.continuity_errors.add();
    d_counters.packets.add();
    sink.on_packet(view);
}

void ts_deframer::on_data_field(const bbheader& header,
                                std::span<const std::uint8_t> field,
                                const frame_position& position,
                                packet_sink& sink) noexcept
{
    const std::size_t dfl_bits = std::min<std::size_t>(header.dfl_bits, 8 * field.size());
    const bool none_starts = header.syncd_bits == k_syncd_none;
    if (d_pending && (header.issyi != d_issyi || header.npd != d_npd || header.upl_bits != d_upl_bits)) {
        deliver_pending(std::nullopt, sink);
    }
    if (!set_layout(header) || (!none_starts && header.syncd_bits >= dfl_bits && dfl_bits > 0)) {
        d_counters.header_errors.add();
        deliver_pending(std::nullopt, sink);
        lose_boundary();
        return;
    }
    if (dfl_bits == 0) return;

    std::size_t at = 0;
    if (d_aligned) {
        const std::size_t rest = d_fill_bits == 0 ? 0 : 8 * d_unit_bytes - d_fill_bits;
        const bool agrees = rest >= dfl_bits ? none_starts : header.syncd_bits == rest;
        if (!agrees) {
            deliver_pending(std::nullopt, sink);
            lose_boundary();
        }
    }
    if (!d_aligned) {
        if (none_starts) return;
        at = header.syncd_bits;
        if (d_unit_bytes == 0) find_issy_length(field, at, dfl_bits);
        if (d_unit_bytes == 0) return;
        if (d_was_aligned) d_counters.resyncs.add();
        d_aligned = true;
        d_was_aligned = true;
    }
    if (d_fill_bits > 0) d_units[d_gathering].spans_frames = true;

    const std::size_t unit_bits = 8 * d_unit_bytes;
    while (at < dfl_bits) {
        user_packet& unit = d_units[d_gathering];
        if (d_fill_bits == 0) unit.spans_frames = false;
        const std::size_t n = std::min(unit_bits - d_fill_bits, dfl_bits - at);
        copy_bits(unit.bytes.data(), d_fill_bits, field.data(), at, n);
        d_fill_bits += n;
        at += n;
        if (d_pending && d_fill_bits >= k_crc_bits) deliver_pending(unit.bytes[0], sink);
        if (d_fill_bits == unit_bits) {
            d_pending = true;
            d_pending_position = position;
            d_gathering = 1 - d_gathering;
            d_fill_bits = 0;
        }
    }
}

void ts_deframer::on_gap(packet_sink& sink) noexcept
{
    deliver_pending(std::nullopt, sink);
    lose_boundary();
}

void ts_deframer::flush(packet_sink& sink) noexcept
{
    deliver_pending(std::nullopt, sink);
    lose_boundary();
}

void ts_deframer::reset() noexcept
{
    d_aligned = false;
    d_was_aligned = false;
    d_fill_bits = 0;
    d_pending = false;
    d_upl_bits = 0;
    d_unit_bytes = 0;
    d_continuity.reset();
}

} // namespace spacesail::encap
