// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/data_field_source.hpp>
#include <spacesail/encap/gse.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::encap {

/// Where the encapsulator leaves out a label equal to that of the packet before in the same data field.
enum class label_reuse : std::uint8_t {
    never,
    complete_packets, ///< in packets that hold a whole PDU
    all               ///< in first fragments too: TotalLength and CRC-32 then count the bytes as sent, without label
};
/// How a data field that is not full ends.
enum class gse_padding : std::uint8_t {
    in_field,   ///< DFL is the whole field, zeros behind the last packet (TS 102 606-1, clause 4.2.1)
    short_field ///< DFL ends behind the last packet
};

struct gse_encapsulator_config {
    std::size_t queue_bytes = 1U << 20; ///< a priority, 65537..1 GiB
    std::size_t queue_pdus = 4096;      ///< a priority, 1..1048576
    unsigned nof_priorities = 1;        ///< 1..8
    overflow_policy overflow = overflow_policy::refuse;
    label_reuse reuse = label_reuse::complete_packets;
    gse_padding padding = gse_padding::in_field;
    /// A PDU is not begun at the end of a data field for fewer bytes of it, 1..1024.
    std::size_t least_fragment_bytes = 16;
};

/// A PDU to be sent.
struct gse_pdu {
    std::uint16_t protocol_type = 0;
    std::span<const std::uint8_t> payload;     ///< not empty
    std::span<const std::uint8_t> label;       ///< 0 (broadcast), 3 or 6 bytes (not all zero)
    std::span<const gse_extension> extensions; ///< optional extension headers, in this order
    unsigned priority = 0;                     ///< 0 goes first
};

struct gse_encapsulator_counters {
    counter pdus_in;          ///< taken into a queue
    counter pdu_bytes_in;     ///< their payload
    counter refused;          ///< no room, left with the caller
    counter dropped;          ///< no room, thrown away
    counter invalid;          ///< PDUs that cannot be sent in GSE
    counter complete_packets; ///< PDUs sent in one packet
    counter fragmented_pdus;  ///< PDUs sent in fragments, complete
    counter fragments;        ///< fragments sent
    counter labels_reused;
    counter padding_bytes; ///< bytes of data fields with no packet in them
    counter urgent;        ///< fragments sent ahead of their priority to meet the 256 BBFRAMEs
};

/// \brief PDUs -> GSE packets in data fields of any size.
///
/// A PDU that does not fit the rest of a data field, or is longer than a GSE packet can be, is cut into fragments over
/// as many data fields as it takes. Priorities are strict: a higher one interrupts a fragmented PDU of a lower one,
/// whose fragments then interleave under another FragID, and go first once they would miss the 256 BBFRAMEs allowed.
/// FragIDs are used in turn, so that one returns as late as possible. Within a priority PDUs keep their order.
/// Source: TS 102 606-1, clauses 4.2 and 4.3. Allocates in the constructor only.
class gse_encapsulator final : public data_field_source
{
public:
    /// Throws std::invalid_argument for values out of range.
    explicit gse_encapsulator(const gse_encapsulator_config& config = {});

    /// What push() did.
    enum class push_status : std::uint8_t {
        queued,
        refused, ///< no room (overflow_policy::refuse)
        dropped, ///< no room (overflow_policy::drop)
        invalid  ///< empty, too long, a label or extension header of a wrong size, no such priority
    };
    push_status push(const gse_pdu& pdu, stream_time_ns now) noexcept;

    bbheader header() const noexcept override;
    std::size_t backlog_bytes() const noexcept override { return d_backlog; }
    std::optional<stream_time_ns> oldest_ns() const noexcept override;
    data_field fill(std::span<std::uint8_t> field) noexcept override;

    const gse_encapsulator_counters& counters() const noexcept { return d_counters; }

private:
    /// A PDU in the byte ring: protocol type, label, extension headers, payload in a row.
    struct entry {
        std::size_t offset = 0;
        std::size_t bytes = 0;
        std::size_t label_bytes = 0;
        std::size_t prefix_bytes = 0; ///< all in front of the payload
        std::size_t ring_bytes = 0;   ///< space held in the ring, with what was skipped at its end
        stream_time_ns arrival = 0;
    };
    /// One priority: a FIFO of PDUs and the one being cut into fragments.
    struct lane {
        std::vector<std::uint8_t> ring;
        std::size_t ring_head = 0; ///< first free byte
        std::size_t ring_used = 0;
        std::vector<entry> entries;
        std::size_t head = 0;
        std::size_t count = 0;
        bool open = false; ///< entries[head] is partly sent
        std::size_t sent = 0;
        std::uint8_t frag_id = 0;
        std::uint32_t crc = 0;
        std::uint64_t start_frame = 0;
    };
    struct cursor {
        std::span<std::uint8_t> field;
        std::size_t at = 0;
        std::array<std::uint8_t, 6> last_label{};
        std::size_t last_label_bytes = 0; ///< 0: no label to re-use
        std::size_t payload_bytes = 0;
        std::size_t room() const noexcept { return field.size() - at; }
    };

    bool send_next(lane& l, cursor& c) noexcept;
    bool send_new(lane& l, cursor& c) noexcept;
    bool send_continuation(lane& l, cursor& c) noexcept;
    bool can_reuse_label(const lane& l, const cursor& c) const noexcept;
    void drop_label(lane& l) noexcept;
    void pop(lane& l) noexcept;
    std::uint8_t new_frag_id() noexcept;
    bool is_urgent(const lane& l, std::size_t field_bytes) const noexcept;
    static std::size_t backlog_of_front(const lane& l) noexcept;

    gse_encapsulator_config d_config;
    std::vector<lane> d_lanes;
    std::size_t d_backlog = 0;
    std::uint64_t d_frame = 0;
    std::uint8_t d_next_frag_id = 0;
    gse_encapsulator_counters d_counters;
};

} // namespace spacesail::encap
