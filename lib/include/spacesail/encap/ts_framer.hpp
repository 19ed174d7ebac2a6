// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/data_field_source.hpp>
#include <spacesail/encap/ts_packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::encap {

/// What a ts_framer does where the waiting packets do not fill a data field.
enum class ts_padding : std::uint8_t {
    short_field,  ///< DFL ends behind the last packet; the BBFRAME is padded
    null_packets, ///< null packets fill the field: a constant rate, DFL always the largest
    whole_packets ///< as short_field, and never breaks a packet over two data fields
};
/// Whether null packets of the input are sent or counted in a DNP byte behind the next packet.
enum class null_packet_mode : std::uint8_t { keep, remove };

struct ts_framer_config {
    ts_padding padding = ts_padding::short_field;
    null_packet_mode nulls = null_packet_mode::keep;
    overflow_policy overflow = overflow_policy::refuse;
    std::size_t queue_packets = 1024; ///< 4..1048576
};

struct ts_framer_counters {
    counter packets_in;     ///< packets found in the input
    counter packets_out;    ///< user packets sent, null packets that fill included
    counter dropped;        ///< packets for which the queue had no room (overflow_policy::drop)
    counter refused;        ///< calls of push() that took less than offered
    counter nulls_removed;  ///< null packets of the input not sent (null_packet_mode::remove)
    counter nulls_inserted; ///< null packets that fill (ts_padding::null_packets)
    counter sync_losses;    ///< times a sync byte was missing where a packet should begin
    counter skipped_bytes;  ///< input bytes that belong to no packet
};

/// \brief A byte stream of transport packets -> data fields of any size.
///
/// Finds the packets by three sync bytes 188 bytes apart, keeps them in a bounded queue and slices them into data
/// fields: sync bytes replaced by the CRC-8 of the packet before (0 in front of the first), SYNCD, DNP if asked.
/// Source: EN 302 307-1, clauses 5.1.4 to 5.1.6 and D.3. Allocates in the constructor only.
class ts_framer final : public data_field_source
{
public:
    /// Throws std::invalid_argument for queue_packets out of range.
    explicit ts_framer(const ts_framer_config& config = {});

    /// \brief Takes transport-stream bytes cut anywhere.
    /// \return bytes taken: all of them with overflow_policy::drop, else as many as there is room for.
    std::size_t push(std::span<const std::uint8_t> bytes, stream_time_ns now) noexcept;
    /// \brief End of the input: takes what waits for a third sync byte; an incomplete packet is skipped.
    void finish(stream_time_ns now) noexcept;

    bbheader header() const noexcept override;
    std::size_t backlog_bytes() const noexcept override;
    std::optional<stream_time_ns> oldest_ns() const noexcept override;
    data_field fill(std::span<std::uint8_t> field) noexcept override;

    /// Packets waiting, a partly sent one not counted.
    std::size_t queued_packets() const noexcept { return d_count; }
    const ts_framer_counters& counters() const noexcept { return d_counters; }

private:
    static constexpr std::size_t k_confirm_bytes = 2 * k_ts_bytes + 1;
    struct entry {
        std::array<std::uint8_t, k_ts_bytes + 1> bytes{}; ///< packet and DNP
        std::uint8_t crc = 0;
        stream_time_ns arrival = 0;
    };

    void hunt() noexcept;
    void take_packet(std::span<const std::uint8_t> packet, stream_time_ns now) noexcept;
    bool load_next() noexcept;
    void skip_stage(std::size_t nof_bytes) noexcept;

    ts_framer_config d_config;
    std::size_t d_unit_bytes;
    // Input: bytes that are not yet packets.
    bool d_locked = false;
    std::array<std::uint8_t, k_confirm_bytes> d_stage{};
    std::size_t d_staged = 0;
    unsigned d_deleted_nulls = 0;
    // Queue of packets, a ring.
    std::vector<entry> d_queue;
    std::size_t d_head = 0;
    std::size_t d_count = 0;
    // Output: the packet being sent.
    entry d_current;
    std::size_t d_sent = 0; ///< bytes of it already sent; d_unit_bytes: none in hand
    std::uint8_t d_last_crc = 0;
    ts_framer_counters d_counters;
};

} // namespace spacesail::encap
