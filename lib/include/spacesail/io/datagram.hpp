// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/io/pcap.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// IP and UDP headers around packets in capture files.
namespace spacesail::io {

/// \brief The IP datagram inside a captured packet, without link-layer header and padding.
///
/// Ethernet (with VLAN tags), Linux cooked, BSD loopback and raw IP. Nothing if it carries no whole IPv4 or IPv6
/// datagram.
std::optional<std::span<const std::uint8_t>> ip_datagram_of(const pcap_packet& packet) noexcept;

/// One UDP datagram: ports and payload, a view into the packet.
struct udp_view {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::span<const std::uint8_t> payload;
};
/// \brief The UDP datagram inside an IPv4 or IPv6 datagram; nothing for fragments, other protocols and lengths that do
/// not fit.
std::optional<udp_view> udp_datagram_of(std::span<const std::uint8_t> ip) noexcept;

/// Addresses and ports of datagrams put into a capture file.
struct udp_ipv4_flow {
    std::array<std::uint8_t, 4> source{ 127, 0, 0, 1 };
    std::array<std::uint8_t, 4> destination{ 127, 0, 0, 1 };
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
};
inline constexpr std::size_t k_udp_ipv4_header_bytes = 28;
/// Largest UDP payload that one IPv4 datagram holds.
inline constexpr std::size_t k_max_udp_payload_bytes = 65535 - k_udp_ipv4_header_bytes;

/// \brief Writes IPv4 + UDP headers and the payload, both checksums set. Source: RFC 791, RFC 768, RFC 1071.
///
/// \param[in]  payload  at most k_max_udp_payload_bytes (asserted).
/// \param[in]  id       IPv4 identification, counted up by the caller.
/// \param[out] out      replaced by the datagram; its memory is used again.
void make_udp_ipv4(const udp_ipv4_flow& flow,
                   std::uint16_t id,
                   std::span<const std::uint8_t> payload,
                   std::vector<std::uint8_t>& out);

/// \brief Internet checksum of bytes, ready to be put into a header whose field is 0. Source: RFC 1071.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t start = 0) noexcept;

} // namespace spacesail::io
