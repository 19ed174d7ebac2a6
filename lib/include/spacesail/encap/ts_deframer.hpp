// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/bbheader.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/ts_packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spacesail::encap {

/// What becomes of a transport packet whose CRC-8 does not match.
enum class ts_error_policy : std::uint8_t {
    mark, ///< delivered with its transport_error_indicator set, if it lay in one data field; else dropped
    drop
};

/// Counters of a ts_deframer.
struct ts_deframer_counters {
    counter packets;           ///< delivered, without re-inserted null packets
    counter null_packets;      ///< re-inserted where the sender deleted them
    counter crc_errors;        ///< packets whose CRC-8 did not match
    counter crc_unverified;    ///< delivered although the CRC-8 behind them was lost
    counter partial_dropped;   ///< packets cut by a lost BBFRAME
    counter resyncs;           ///< packet boundary taken anew from SYNCD after a loss
    counter header_errors;     ///< data fields with impossible UPL or SYNCD
    counter continuity_errors; ///< continuity counters that jumped, in delivered packets
};

/// \brief BBFRAMEs of one input stream in transport-stream mode -> transport packets of 188 bytes.
///
/// A packet is delivered when the CRC-8 that follows it has come, so the last one of a data field may wait for the
/// next BBFRAME (or flush()). A boundary is believed only where SYNCD and the bits of the packet at hand agree; a gap
/// drops the packet it cuts. No packet is delivered twice. ISSY and DNP fields are removed, deleted null packets put
/// back. Data fields need not hold whole bytes (those of VL-SNR frames do not).
/// Source: EN 302 307-1, clauses 5.1.4, 5.1.6, D.2, D.3. No allocation.
class ts_deframer
{
public:
    explicit ts_deframer(ts_error_policy policy = ts_error_policy::mark) noexcept : d_policy(policy) {}

    /// \brief Takes the data field of the next BBFRAME.
    /// \param[in] header  its header, format transport.
    /// \param[in] field   at least (DFL + 7) / 8 bytes.
    void on_data_field(const bbheader& header,
                       std::span<const std::uint8_t> field,
                       const frame_position& position,
                       packet_sink& sink) noexcept;
    /// \brief One or more BBFRAMEs (of this or an unknown stream) were lost before the next one.
    void on_gap(packet_sink& sink) noexcept;
    /// \brief End of the stream: delivers the packet that waits for its CRC-8.
    void flush(packet_sink& sink) noexcept;
    /// \brief Forgets the stream (counters stay).
    void reset() noexcept;

    const ts_deframer_counters& counters() const noexcept { return d_counters; }

private:
    static constexpr std::size_t k_max_unit_bytes = k_ts_bytes + 3 + 1;
    /// A user packet as sent: CRC-8 of the one before, 187 bytes, ISSY, DNP.
    struct user_packet {
        std::array<std::uint8_t, k_max_unit_bytes> bytes{};
        bool spans_frames = false;
    };

    bool set_layout(const bbheader& header) noexcept;
    void find_issy_length(std::span<const std::uint8_t> field, std::size_t start_bit, std::size_t dfl_bits) noexcept;
    void lose_boundary() noexcept;
    void deliver_pending(std::optional<std::uint8_t> crc, packet_sink& sink) noexcept;

    ts_error_policy d_policy;
    // Layout of a user packet on the wire.
    bool d_issyi = false;
    bool d_npd = false;
    std::uint16_t d_upl_bits = 0;
    std::size_t d_issy_bytes = 0;
    std::size_t d_unit_bytes = 0; ///< 0: unknown
    // State.
    bool d_aligned = false;      ///< the boundary of user packets is known
    bool d_was_aligned = false;  ///< it was known before
    std::size_t d_fill_bits = 0; ///< bits gathered of d_units[d_gathering]
    std::array<user_packet, 2> d_units;
    std::size_t d_gathering = 0;
    bool d_pending = false; ///< the other unit is complete and waits for its CRC-8
    frame_position d_pending_position;
    std::uint8_t d_isi = 0;
    ts_continuity d_continuity;
    ts_deframer_counters d_counters;
};

/// \brief Reads an ISSY field.
/// \param[in] bytes  2 or 3 bytes.
issy_field read_issy(std::span<const std::uint8_t> bytes) noexcept;

} // namespace spacesail::encap
