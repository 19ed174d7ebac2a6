// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>
#include <spacesail/io/datagram.hpp>

#include <algorithm>
#include <cassert>

namespace spacesail::io {
namespace {

using bytes_view = std::span<const std::uint8_t>;

constexpr std::uint16_t k_ethertype_ipv4 = 0x0800;
constexpr std::uint16_t k_ethertype_ipv6 = 0x86dd;
constexpr std::uint8_t k_protocol_udp = 17;
constexpr std::size_t k_ipv6_header_bytes = 40;

bool is_vlan(std::uint16_t type) noexcept { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

/// Cuts link-layer padding off; nothing if the bytes are no whole IP datagram.
std::optional<bytes_view> whole_ip(bytes_view b) noexcept
{
    if (b.empty()) return std::nullopt;
    if (b[0] >> 4 == 4) {
        if (b.size() < 20) return std::nullopt;
        const std::size_t header = 4U * (b[0] & 0x0fU);
        const std::size_t total = read_be16(b.data() + 2);
        if (header < 20 || total < header || total > b.size()) return std::nullopt;
        return b.first(total);
    }
    if (b[0] >> 4 == 6) {
        if (b.size() < k_ipv6_header_bytes) return std::nullopt;
        const std::size_t total = k_ipv6_header_bytes + read_be16(b.data() + 4);
        if (total > b.size()) return std::nullopt;
        return b.first(total);
    }
    return std::nullopt;
}

std::optional<bytes_view> behind(bytes_view b, std::size_t type_at, std::size_t header_bytes) noexcept
{
    if (b.size() < header_bytes) return std::nullopt;
    std::uint16_t type = read_be16(b.data() + type_at);
    bytes_view rest = b.subspan(header_bytes);
    while (is_vlan(type) && rest.size() >= 4) {
        type = read_be16(rest.data() + 2);
        rest = rest.subspan(4);
    }
    if (type != k_ethertype_ipv4 && type != k_ethertype_ipv6) return std::nullopt;
    return whole_ip(rest);
}

} // namespace

std::optional<bytes_view> ip_datagram_of(const pcap_packet& p) noexcept
{
    switch (p.link) {
    case link_type::ethernet:
        return behind(p.bytes, 12, 14);
    case link_type::linux_sll:
        return behind(p.bytes, 14, 16);
    case link_type::linux_sll2:
        return behind(p.bytes, 0, 20);
    case link_type::null_loopback:
        return p.bytes.size() < 4 ? std::nullopt : whole_ip(p.bytes.subspan(4));
    case link_type::raw_ip:
    case link_type::raw_ip_bsd:
    case link_type::ipv4:
    case link_type::ipv6:
        return whole_ip(p.bytes);
    }
    return std::nullopt;
}

std::optional<udp_view> udp_datagram_of(bytes_view ip) noexcept
{
    const auto whole = whole_ip(ip);
    if (!whole) return std::nullopt;
    const bytes_view b = *whole;
    bytes_view udp;
    if (b[0] >> 4 == 4) {
        const bool fragment = (read_be16(b.data() + 6) & 0x3fffU) != 0;
        if (b[9] != k_protocol_udp || fragment) return std::nullopt;
        udp = b.subspan(4U * (b[0] & 0x0fU));
    } else {
        if (b[6] != k_protocol_udp) return std::nullopt;
        udp = b.subspan(k_ipv6_header_bytes);
    }
    if (udp.size() < 8) return std::nullopt;
    const std::size_t length = read_be16(udp.data() + 4);
    if (length < 8 || length > udp.size()) return std::nullopt;
    return udp_view{ read_be16(udp.data()), read_be16(udp.data() + 2), udp.subspan(8, length - 8) };
}

std::uint16_t internet_checksum(bytes_view bytes, std::uint32_t start) noexcept
{
    std::uint64_t sum = start;
    for (; bytes.size() >= 2; bytes = bytes.subspan(2)) sum += read_be16(bytes.data());
    if (!bytes.empty()) sum += static_cast<std::uint64_t>(bytes[0]) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void make_udp_ipv4(const udp_ipv4_flow& flow, std::uint16_t id, bytes_view payload, std::vector<std::uint8_t>& out)
{
    assert(payload.size() <= k_max_udp_payload_bytes);
    out.resize(k_udp_ipv4_header_bytes + payload.size());
    std::fill_n(out.begin(), k_udp_ipv4_header_bytes, std::uint8_t{ 0 });
    std::uint8_t* ip = out.data();
    ip[0] = 0x45;
    write_be16(ip + 2, static_cast<std::uint16_t>(out.size()));
    write_be16(ip + 4, id);
    ip[8] = 64;
    ip[9] = k_protocol_udp;
    std::copy(flow.source.begin(), flow.source.end(), ip + 12);
    std::copy(flow.destination.begin(), flow.destination.end(), ip + 16);
    write_be16(ip + 10, internet_checksum({ ip, 20 }));

    std::uint8_t* udp = ip + 20;
    const auto udp_bytes = static_cast<std::uint16_t>(8 + payload.size());
    write_be16(udp, flow.source_port);
    write_be16(udp + 2, flow.destination_port);
    write_be16(udp + 4, udp_bytes);
    std::copy(payload.begin(), payload.end(), udp + 8);
    std::uint32_t pseudo = std::uint32_t{ k_protocol_udp } + udp_bytes;
    for (std::size_t i = 12; i < 20; i += 2) pseudo += read_be16(ip + i);
    const std::uint16_t sum = internet_checksum({ udp, udp_bytes }, pseudo);
    // RFC 768: a computed checksum of zero is sent as all ones, for zero means none.
    write_be16(udp + 6, sum == 0 ? 0xffff : sum);
}

} // namespace spacesail::io
