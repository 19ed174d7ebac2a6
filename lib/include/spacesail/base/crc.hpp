// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail {

/// \brief CRC-8 of DVB-S2: g = x^8 + x^7 + x^6 + x^4 + x^2 + 1, start value 0, MSB first.
/// Source: EN 302 307-1, clause 5.1.4.
std::uint8_t crc8_dvbs2(std::span<const std::uint8_t> bytes, std::uint8_t start = 0) noexcept;

/// \brief CRC-32 of MPEG-2 and GSE: g = 04C11DB7, MSB first, no final inversion.
/// Source: ISO/IEC 13818-1 annex A; TS 102 606-1, clause 4.2.2.4.
/// \param[in] start  FFFFFFFF, or the value so far to go on.
std::uint32_t crc32_mpeg(std::span<const std::uint8_t> bytes, std::uint32_t start = 0xffffffffU) noexcept;

} // namespace spacesail
