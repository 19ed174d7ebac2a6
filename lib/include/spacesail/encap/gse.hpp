// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spacesail::encap {

/// Label type field of a GSE packet.
enum class gse_label_type : std::uint8_t { six_bytes = 0, three_bytes = 1, broadcast = 2, reuse = 3 };

inline constexpr std::size_t k_gse_header_bytes = 2;
/// Largest value of the GSE length field: bytes behind it.
inline constexpr std::size_t k_gse_max_length = 4095;
/// Largest value of the total length field: protocol type, label, extension headers and PDU.
inline constexpr std::size_t k_gse_max_total_length = 65535;
inline constexpr std::size_t k_gse_crc_bytes = 4;
/// Types below are extension headers of RFC 4326, from here on EtherTypes.
inline constexpr std::uint16_t k_first_ethertype = 1536;
/// A PDU must be complete within so many BBFRAMEs of its stream (TS 102 606-1, clause 4.2.2).
inline constexpr std::uint32_t k_gse_reassembly_frames = 256;

/// Bytes of label that a label type puts into a packet.
inline constexpr std::size_t gse_label_bytes(gse_label_type type) noexcept
{
    return type == gse_label_type::six_bytes ? 6 : type == gse_label_type::three_bytes ? 3 : 0;
}

/// \brief The fields of one GSE packet, as far as they are present.
/// Source: TS 102 606-1, clause 4.2.
struct gse_packet {
    bool start = false;
    bool end = false;
    gse_label_type label_type = gse_label_type::broadcast;
    std::uint8_t frag_id = 0;              ///< not in a complete packet
    std::uint16_t total_length = 0;        ///< first fragment only
    std::uint16_t protocol_type = 0;       ///< first fragment and complete packet
    std::span<const std::uint8_t> label;   ///< first fragment and complete packet
    std::span<const std::uint8_t> content; ///< protocol type, label and all behind it, as sent; without the CRC-32
    std::span<const std::uint8_t> data;    ///< what follows protocol type and label; without the CRC-32
    std::uint32_t crc32 = 0;               ///< last fragment only
    std::size_t packet_bytes = 0;          ///< the whole packet in the data field
};

/// What read_gse_packet found.
enum class gse_status : std::uint8_t {
    good,
    padding,    ///< the rest of the data field is padding
    bad_fields, ///< its length is right, but its fields are not: skip packet_bytes and go on
    truncated   ///< it is longer than the data field: nothing more can be read
};

/// \brief Reads the GSE packet at the start of `bytes`, without allocating.
gse_status read_gse_packet(std::span<const std::uint8_t> bytes, gse_packet& packet) noexcept;

/// \brief One optional extension header: its type (H-LEN 1..5 in bits 8..10) and 2 (H-LEN - 1) bytes.
/// Source: RFC 4326, clause 5; TS 102 606-1, clause 4.2.3.
struct gse_extension {
    std::uint16_t type = 0;
    std::span<const std::uint8_t> data;
};

/// Bytes of data in an optional extension header of this type; nothing if the type is none.
inline constexpr std::optional<std::size_t> gse_extension_bytes(std::uint16_t type) noexcept
{
    const unsigned h_len = type >> 8;
    if (h_len < 1 || h_len > 5) return std::nullopt;
    return 2 * (h_len - 1);
}

/// What take_extension found.
enum class extension_step : std::uint8_t { taken, end_of_chain, truncated };
/// \brief Takes the next optional extension header off a chain.
///
/// Loop over packet_view::extension_type and packet_view::extensions with it.
/// \param[in,out] type       type of the header at the front of `rest`; afterwards of what follows it. At the end of
/// the
///                           chain it is the protocol type.
/// \param[in,out] rest       bytes behind that type; shortened.
/// \param[out]    extension  the header taken.
extension_step
take_extension(std::uint16_t& type, std::span<const std::uint8_t>& rest, gse_extension& extension) noexcept;

/// \brief Protocol type of an IP packet by its version field; nothing if it is neither IPv4 nor IPv6.
std::optional<std::uint16_t> ip_protocol_type(std::span<const std::uint8_t> packet) noexcept;

} // namespace spacesail::encap
