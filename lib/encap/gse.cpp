// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/gse.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/encap/packet.hpp>

namespace spacesail::encap {

gse_status read_gse_packet(std::span<const std::uint8_t> bytes, gse_packet& packet) noexcept
{
    packet = {};
    if (bytes.size() < k_gse_header_bytes || (bytes[0] & 0xf0) == 0) return gse_status::padding;
    packet.start = (bytes[0] & 0x80) != 0;
    packet.end = (bytes[0] & 0x40) != 0;
    packet.label_type = static_cast<gse_label_type>((bytes[0] >> 4) & 3);
    const std::size_t length = read_be16(bytes.data()) & 0x0fffU;
    packet.packet_bytes = k_gse_header_bytes + length;
    if (packet.packet_bytes > bytes.size()) return gse_status::truncated;
    std::span<const std::uint8_t> rest = bytes.subspan(k_gse_header_bytes, length);

    if (!packet.start || !packet.end) {
        if (rest.empty()) return gse_status::bad_fields;
        packet.frag_id = rest[0];
        rest = rest.subspan(1);
    }
    if (packet.start) {
        if (!packet.end) {
            if (rest.size() < 2) return gse_status::bad_fields;
            packet.total_length = read_be16(rest.data());
            rest = rest.subspan(2);
        }
        const std::size_t label_bytes = gse_label_bytes(packet.label_type);
        if (rest.size() < 2 + label_bytes) return gse_status::bad_fields;
        packet.protocol_type = read_be16(rest.data());
        packet.label = rest.subspan(2, label_bytes);
        packet.content = rest;
        packet.data = rest.subspan(2 + label_bytes);
        return gse_status::good;
    }
    // Fragments behind the first carry no label and say so with the code of re-use.
    if (packet.label_type != gse_label_type::reuse) return gse_status::bad_fields;
    if (packet.end) {
        if (rest.size() < k_gse_crc_bytes) return gse_status::bad_fields;
        packet.crc32 = read_be32(rest.data() + rest.size() - k_gse_crc_bytes);
        rest = rest.first(rest.size() - k_gse_crc_bytes);
    }
    packet.content = rest;
    packet.data = rest;
    return gse_status::good;
}

extension_step
take_extension(std::uint16_t& type, std::span<const std::uint8_t>& rest, gse_extension& extension) noexcept
{
    const auto data_bytes = gse_extension_bytes(type);
    if (!data_bytes) return extension_step::end_of_chain;
    if (rest.size() < *data_bytes + 2) return extension_step::truncated;
    extension = { type, rest.first(*data_bytes) };
    type = read_be16(rest.data() + *data_bytes);
    rest = rest.subspan(*data_bytes + 2);
    return extension_step::taken;
}

std::optional<std::uint16_t> ip_protocol_type(std::span<const std::uint8_t> packet) noexcept
{
    if (packet.empty()) return std::nullopt;
    switch (packet[0] >> 4) {
    case 4:
        return k_protocol_ipv4;
    case 6:
        return k_protocol_ipv6;
    default:
        return std::nullopt;
    }
}

} // namespace spacesail::encap
