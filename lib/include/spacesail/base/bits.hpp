// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail {

/// Bytes that hold n bits.
inline constexpr std::size_t bytes_for_bits(std::size_t nof_bits) noexcept { return (nof_bits + 7) / 8; }

/// \brief Bit `i` of packed bytes, MSB first.
inline std::uint8_t bit_at(std::span<const std::uint8_t> packed, std::size_t i) noexcept
{
    return static_cast<std::uint8_t>((packed[i >> 3] >> (7 - (i & 7))) & 1);
}

/// \brief Packs one bit a byte (0 or 1) into bytes, MSB first; the last byte is filled with zeros.
void pack_bits(std::span<const std::uint8_t> bits, std::span<std::uint8_t> packed) noexcept;

/// \brief Unpacks bits.size() bits into one a byte, MSB first.
void unpack_bits(std::span<const std::uint8_t> packed, std::span<std::uint8_t> bits) noexcept;

/// \brief Big-endian fields of received headers.
inline std::uint16_t read_be16(const std::uint8_t* p) noexcept
{
    return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
inline std::uint32_t read_be32(const std::uint8_t* p) noexcept
{
    return (std::uint32_t{ p[0] } << 24) | (std::uint32_t{ p[1] } << 16) | (std::uint32_t{ p[2] } << 8) | p[3];
}
inline void write_be16(std::uint8_t* p, std::uint16_t v) noexcept
{
    p[0] = static_cast<std::uint8_t>(v >> 8);
    p[1] = static_cast<std::uint8_t>(v);
}
inline void write_be32(std::uint8_t* p, std::uint32_t v) noexcept
{
    write_be16(p, static_cast<std::uint16_t>(v >> 16));
    write_be16(p + 2, static_cast<std::uint16_t>(v));
}

} // namespace spacesail
