// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace spacesail::encap {

/// \brief Copies bits, MSB first, between any two bit positions.
///
/// Bits of the last byte written behind the copied ones become 0; earlier bits of the first byte stay.
/// \param[out] dst      bytes; at least (dst_bit + nof_bits + 7) / 8.
/// \param[in]  src      bytes; at least (src_bit + nof_bits + 7) / 8; no overlap with dst.
void copy_bits(std::uint8_t* dst,
               std::size_t dst_bit,
               const std::uint8_t* src,
               std::size_t src_bit,
               std::size_t nof_bits) noexcept;

} // namespace spacesail::encap
