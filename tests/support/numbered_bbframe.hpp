// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// BBFRAMEs that can be checked on their own: BBHEADER (generic continuous stream, CCM, one stream), the frame's number
/// in 8 bytes, then pseudo-random bytes that follow from it. grdtv_source.py makes the same.
namespace spacesail::test {

/// Byte i of the pseudo-random part: 8 bytes, lowest first, of splitmix64(number * 2^20 + i / 8).
inline std::uint64_t payload_word(std::uint64_t number, std::uint64_t word) noexcept
{
    std::uint64_t z = (number << 20) + word + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

inline constexpr std::size_t k_bbheader_bytes = 10;
inline constexpr std::size_t k_number_bytes = 8;

/// Fills a whole BBFRAME (k_bch / 8 bytes, at least 18).
inline void fill_numbered_bbframe(std::uint64_t number, std::span<std::uint8_t> bbframe) noexcept
{
    const auto data_field_bits = static_cast<std::uint16_t>(8 * (bbframe.size() - k_bbheader_bytes));
    std::uint8_t* p = bbframe.data();
    p[0] = 0x72;
    p[1] = 0;
    write_be16(p + 2, 0);
    write_be16(p + 4, data_field_bits);
    p[6] = 0;
    write_be16(p + 7, 0);
    p[9] = crc8_dvbs2(bbframe.first(9));
    write_be32(p + 10, static_cast<std::uint32_t>(number >> 32));
    write_be32(p + 14, static_cast<std::uint32_t>(number));
    const auto rest = bbframe.subspan(k_bbheader_bytes + k_number_bytes);
    for (std::size_t i = 0; i < rest.size(); ++i) {
        rest[i] = static_cast<std::uint8_t>(payload_word(number, i / 8) >> (8 * (i % 8)));
    }
}

/// \return the number of a BBFRAME whose every byte is as sent, nothing otherwise.
inline std::optional<std::uint64_t> numbered_bbframe(std::span<const std::uint8_t> bbframe) noexcept
{
    if (bbframe.size() < k_bbheader_bytes + k_number_bytes) return std::nullopt;
    const std::uint8_t* p = bbframe.data();
    const std::uint64_t number = (std::uint64_t{ read_be32(p + 10) } << 32) | read_be32(p + 14);
    if (p[0] != 0x72 || p[9] != crc8_dvbs2(bbframe.first(9)) ||
        read_be16(p + 4) != 8 * (bbframe.size() - k_bbheader_bytes)) {
        return std::nullopt;
    }
    const auto rest = bbframe.subspan(k_bbheader_bytes + k_number_bytes);
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] != static_cast<std::uint8_t>(payload_word(number, i / 8) >> (8 * (i % 8)))) return std::nullopt;
    }
    return number;
}

} // namespace spacesail::test
