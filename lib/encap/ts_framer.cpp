// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/ts_framer.hpp>

#include <spacesail/base/crc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr std::size_t k_min_queue = 4;
constexpr std::size_t k_max_queue = 1U << 20;
constexpr unsigned k_max_deleted = 255;

} // namespace

ts_framer::ts_framer(const ts_framer_config& config)
    : d_config(config),
      d_unit_bytes(k_ts_bytes + (config.nulls == null_packet_mode::remove ? 1 : 0)),
      d_sent(d_unit_bytes)
{
    if (config.queue_packets < k_min_queue || config.queue_packets > k_max_queue) {
        throw std::invalid_argument(fmt::format(
            "ts_framer: queue_packets = {}, allowed {}..{}", config.queue_packets, k_min_queue, k_max_queue));
    }
    d_queue.resize(config.queue_packets);
}

void ts_framer::skip_stage(std::size_t nof_bytes) noexcept
{
    std::memmove(d_stage.data(), d_stage.data() + nof_bytes, d_staged - nof_bytes);
    d_staged -= nof_bytes;
}

void ts_framer::hunt() noexcept
{
    while (d_staged == k_confirm_bytes) {
        if (d_stage[0] == k_ts_sync && d_stage[k_ts_bytes] == k_ts_sync && d_stage[2 * k_ts_bytes] == k_ts_sync) {
            d_locked = true;
            return;
        }
        const auto* next = static_cast<const std::uint8_t*>(std::memchr(d_stage.data() + 1, k_ts_sync, d_staged - 1));
        const std::size_t skip = next != nullptr ? static_cast<std::size_t>(next - d_stage.data()) : d_staged;
        d_counters.skipped_bytes.add(skip);
        skip_stage(skip);
    }
}

void ts_framer::take_packet(std::span<const std::uint8_t> packet, stream_time_ns now) noexcept
{
    d_counters.packets_in.add();
    if (d_config.nulls == null_packet_mode::remove && ts_pid(packet) == k_ts_null_pid &&
        d_deleted_nulls < k_max_deleted) {
        ++d_deleted_nulls;
        d_counters.nulls_removed.add();
        return;
    }
    if (d_count == d_queue.size()) {
        d_counters.dropped.add();
        return;
    }
    entry& e = d_queue[(d_head + d_count) % d_queue.size()];
    std::memcpy(e.bytes.data(), packet.data(), k_ts_bytes);
    e.bytes[k_ts_bytes] = static_cast<std::uint8_t>(d_deleted_nulls);
    e.crc = crc8_dvbs2({ e.bytes.data() + 1, d_unit_bytes - 1 });
    e.arrival = now;
    d_deleted_nulls = 0;
    ++d_count;
}

std::size_t ts_framer::push(std::span<const std::uint8_t> bytes, stream_time_ns now) noexcept
{
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        // Why three: the staged bytes may hold two packets when the lock comes, and one more follows.
        if (d_config.overflow == overflow_policy::refuse && d_queue.size() - d_count < 3) {
            d_counters.refused.add();
            return taken;
        }
        const std::size_t left = bytes.size() - taken;
        if (d_locked && d_staged == 0 && left >= k_ts_bytes && bytes[taken] == k_ts_sync) {
            take_packet(bytes.subspan(taken, k_ts_bytes), now);
            taken += k_ts_bytes;
            continue;
        }
        const std::size_t wanted = (d_locked ? k_ts_bytes : k_confirm_bytes) - d_staged;
        const std::size_t n = std::min(wanted, left);
        std::memcpy(d_stage.data() + d_staged, bytes.data() + taken, n);
        d_staged += n;
        taken += n;
        if (!d_locked) hunt();
        while (d_locked && d_staged >= k_ts_bytes) {
            if (d_stage[0] != k_ts_sync) {
                d_locked = false;
                d_counters.sync_losses.add();
                break;
            }
            take_packet({ d_stage.data(), k_ts_bytes }, now);
            skip_stage(k_ts_bytes);
        }
    }
    return taken;
}

void ts_framer::finish(stream_time_ns now) noexcept
{
    std::size_t at = 0;
    while (d_staged - at >= k_ts_bytes) {
        const bool next_agrees = at + k_ts_bytes >= d_staged || d_stage[at + k_ts_bytes] == k_ts_sync;
        if (d_stage[at] == k_ts_sync && next_agrees) {
            take_packet({ d_stage.data() + at, k_ts_bytes }, now);
            at += k_ts_bytes;
        } else {
            d_counters.skipped_bytes.add();
            ++at;
        }
    }
    d_counters.skipped_bytes.add(d_staged - at);
    d_staged = 0;
    d_locked = false;
}

bbheader ts_framer::header() const noexcept
{
    bbheader h;
    h.format = stream_format::transport;
    h.npd = d_config.nulls == null_packet_mode::remove;
    h.upl_bits = static_cast<std::uint16_t>(8 * d_unit_bytes);
    h.sync = k_ts_sync;
    return h;
}

std::size_t ts_framer::backlog_bytes() const noexcept
{
    if (d_config.padding == ts_padding::null_packets) return k_unlimited;
    return d_count * d_unit_bytes + (d_unit_bytes - d_sent);
}

std::optional<stream_time_ns> ts_framer::oldest_ns() const noexcept
{
    if (d_sent < d_unit_bytes) return d_current.arrival;
    if (d_count > 0) return d_queue[d_head].arrival;
    return std::nullopt;
}

bool ts_framer::load_next() noexcept
{
    if (d_count > 0) {
        d_current = d_queue[d_head];
        d_head = (d_head + 1) % d_queue.size();
        --d_count;
    } else if (d_config.padding == ts_padding::null_packets) {
        std::memcpy(d_current.bytes.data(), k_ts_null_packet.data(), k_ts_bytes);
        d_current.bytes[k_ts_bytes] = 0;
        d_current.crc = crc8_dvbs2({ d_current.bytes.data() + 1, d_unit_bytes - 1 });
        d_current.arrival = 0;
        d_counters.nulls_inserted.add();
    } else {
        return false;
    }
    d_current.bytes[0] = d_last_crc;
    d_last_crc = d_current.crc;
    d_sent = 0;
    d_counters.packets_out.add();
    return true;
}

data_field ts_framer::fill(std::span<std::uint8_t> field) noexcept
{
    // DFL has 16 bits; BBFRAMEs are shorter than that.
    const std::size_t capacity = std::min<std::size_t>(field.size(), k_max_bbframe_bytes - k_bbheader_bytes);
    data_field out;
    out.syncd_bits = k_syncd_none;
    std::size_t at = 0;
    while (at < capacity) {
        if (d_sent == d_unit_bytes) {
            if (d_config.padding == ts_padding::whole_packets && capacity - at < d_unit_bytes) break;
            if (!load_next()) break;
        }
        if (d_sent == 0 && out.syncd_bits == k_syncd_none) out.syncd_bits = static_cast<std::uint16_t>(8 * at);
        const std::size_t n = std::min(d_unit_bytes - d_sent, capacity - at);
        std::memcpy(field.data() + at, d_current.bytes.data() + d_sent, n);
        d_sent += n;
        at += n;
    }
    std::memset(field.data() + at, 0, field.size() - at);
    out.dfl_bits = static_cast<std::uint16_t>(8 * at);
    out.payload_bytes = at;
    return out;
}

} // namespace spacesail::encap
