// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/bbheader.hpp>
#include <spacesail/encap/gse.hpp>
#include <spacesail/encap/packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spacesail::encap {

/// What becomes of PDUs behind a mandatory extension header (types 0..255) other than bridged Ethernet.
enum class mandatory_extensions : std::uint8_t {
    discard, ///< as RFC 4326 asks of a receiver that does not know them
    deliver  ///< delivered with their number as protocol_type
};

struct gse_receiver_config {
    std::size_t max_reassemblies = 16;                      ///< PDUs in pieces at a time, 1..256, 64 KiB each
    std::uint32_t timeout_frames = k_gse_reassembly_frames; ///< BBFRAMEs of this stream, 1..65536
    std::uint64_t timeout_samples = 0;                      ///< input samples; 0: no limit by time
    mandatory_extensions mandatory = mandatory_extensions::discard;
};

/// Counters of a gse_receiver. Every first fragment taken ends in exactly one of: fragmented_pdus, crc_errors,
/// length_errors, timeouts, replaced, evicted; or is still open.
struct gse_receiver_counters {
    counter pdus;               ///< delivered
    counter pdu_bytes;          ///< their payload
    counter complete_packets;   ///< GSE packets with a whole PDU
    counter first_fragments;    ///< reassemblies begun
    counter fragments;          ///< fragments of all kinds
    counter fragmented_pdus;    ///< reassemblies finished with a good CRC-32
    counter crc_errors;         ///< reassemblies whose CRC-32 failed
    counter length_errors;      ///< reassemblies whose bytes do not add up to the total length
    counter timeouts;           ///< reassemblies too old, by BBFRAMEs or samples
    counter replaced;           ///< reassemblies cut off by a new first fragment with their FragID
    counter evicted;            ///< reassemblies that gave their memory to a newer one
    counter orphans;            ///< fragments without a first one
    counter malformed;          ///< packets with impossible fields
    counter truncated;          ///< data fields ended by a packet longer than what was left
    counter label_errors;       ///< label re-use with no label to re-use: packet not taken
    counter extension_errors;   ///< PDUs whose extension headers run past their end
    counter unknown_extensions; ///< PDUs behind unknown mandatory extension headers, discarded
};

/// \brief Data fields of one GSE input stream -> PDUs.
///
/// Reassembles by FragID in bounded memory; checks total length and CRC-32 of every PDU that came in fragments. Each
/// PDU is delivered once or counted as lost. Labels are resolved: label re-use refers to the last packet with a label
/// in the same data field, and to none after a broadcast packet. Optional extension headers are skipped and passed on.
/// Source: TS 102 606-1, clause 4.2; RFC 4326, clause 5. Allocates in the constructor only.
class gse_receiver
{
public:
    /// Throws std::invalid_argument for values out of range.
    explicit gse_receiver(const gse_receiver_config& config = {});

    /// \brief Takes the data field of the next BBFRAME of the stream.
    /// \param[in] header  its header, format generic_continuous.
    /// \param[in] field   at least (DFL + 7) / 8 bytes.
    void on_data_field(const bbheader& header,
                       std::span<const std::uint8_t> field,
                       const frame_position& position,
                       packet_sink& sink) noexcept;
    /// \brief Forgets all reassemblies (counters stay).
    void reset() noexcept;

    /// Reassemblies begun and not finished.
    std::size_t open_reassemblies() const noexcept { return d_nof_open; }
    const gse_receiver_counters& counters() const noexcept { return d_counters; }

private:
    /// A PDU in pieces: total length (2 bytes), then protocol type and what follows, as the CRC-32 counts them.
    struct reassembly {
        bool open = false;
        std::uint8_t frag_id = 0;
        std::uint16_t protocol_type = 0;
        std::uint8_t label_bytes = 0; ///< resolved
        std::array<std::uint8_t, 6> label{};
        std::uint8_t reused_bytes = 0; ///< label bytes that the first fragment left out
        std::size_t data_offset = 0; ///< of what follows protocol type and label
        std::size_t total_bytes = 0;
        std::size_t bytes = 0;
        std::uint64_t frame = 0;
        sample_index sample = 0;
        std::unique_ptr<std::uint8_t[]> buffer;
    };

    reassembly* find(std::uint8_t frag_id) noexcept;
    reassembly& place_for(std::uint8_t frag_id) noexcept;
    void close(reassembly& r, counter& why) noexcept;
    void expire(const frame_position& position) noexcept;
    bool resolve_label(gse_packet& packet) noexcept;
    void begin(const gse_packet& packet, const frame_position& position) noexcept;
    void append(const gse_packet& packet, packet_view& view, packet_sink& sink) noexcept;
    void deliver(std::uint16_t type,
                 std::span<const std::uint8_t> label,
                 std::span<const std::uint8_t> data,
                 packet_view& view,
                 packet_sink& sink) noexcept;

    gse_receiver_config d_config;
    std::vector<reassembly> d_reassemblies;
    std::size_t d_nof_open = 0;
    std::uint64_t d_frame = 0;
    std::array<std::uint8_t, 6> d_last_label{};
    std::size_t d_last_label_bytes = 0; ///< 0: none in this data field
    gse_receiver_counters d_counters;
};

} // namespace spacesail::encap
