// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/sample_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spacesail::encap {

/// What a packet is.
enum class packet_kind : std::uint8_t {
    ts,     ///< 188 bytes of an MPEG transport stream
    gse_pdu ///< the PDU of a GSE packet: protocol_type tells what
};

/// Protocol types of GSE that this project names (EtherTypes, and below 1536 the registry of RFC 4326).
inline constexpr std::uint16_t k_protocol_ipv4 = 0x0800;
inline constexpr std::uint16_t k_protocol_ipv6 = 0x86dd;
/// Transparent Ethernet bridging: the PDU is an Ethernet frame without its FCS.
inline constexpr std::uint16_t k_protocol_ethernet = 0x6558;
/// The same as a mandatory extension header of RFC 4326 (Bridged-SNDU).
inline constexpr std::uint16_t k_protocol_bridged = 0x0001;

/// \brief Reference to the time base of a user packet, as sent in its ISSY field.
/// Source: EN 302 307-1, clause D.2, table D.1.
struct issy_field {
    enum class meaning : std::uint8_t { iscr_short, iscr_long, bufs, bufstat, reserved };
    meaning what = meaning::reserved;
    std::uint32_t value = 0; ///< ISCR: symbol counter modulo 2^15 or 2^22; BUFS, BUFSTAT: bits
};

/// Where in the received stream a packet came to its end.
struct frame_position {
    std::uint64_t frame_index = 0; ///< frame_view::index of the BBFRAME
    sample_index first_sample = 0; ///< frame_view::first_sample of the BBFRAME
};

/// \brief One packet that left a deframer. Its spans are valid during the call only.
struct packet_view {
    packet_kind kind = packet_kind::ts;
    std::uint8_t isi = 0;
    std::uint16_t protocol_type = 0;          ///< GSE only
    std::span<const std::uint8_t> label;      ///< GSE only: 0, 3 or 6 bytes
    std::uint16_t extension_type = 0;         ///< GSE only: type of the first extension header, if there are any
    std::span<const std::uint8_t> extensions; ///< GSE only: the extension headers behind that type, as sent
    std::span<const std::uint8_t> payload;
    std::optional<issy_field> issy; ///< TS only
    frame_position position;
};

/// \brief Takes packets. Called from the thread that hands the frames in; must not throw or block for long.
class packet_sink
{
public:
    virtual ~packet_sink() = default;
    virtual void on_packet(const packet_view& packet) noexcept = 0;
};

} // namespace spacesail::encap
