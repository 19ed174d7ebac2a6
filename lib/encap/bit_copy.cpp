// SPDX-License-Identifier: GPL-3.0-or-later
#include "encap/bit_copy.hpp"

#include <algorithm>
#include <cstring>

namespace spacesail::encap {

void copy_bits(
    std::uint8_t* dst, std::size_t dst_bit, const std::uint8_t* src, std::size_t src_bit, std::size_t nof_bits) noexcept
{
    if (nof_bits == 0) return;
    if (((dst_bit | src_bit) & 7U) == 0) {
        const std::size_t whole = nof_bits / 8;
        std::memcpy(dst + dst_bit / 8, src + src_bit / 8, whole);
        dst_bit += 8 * whole;
        src_bit += 8 * whole;
        nof_bits -= 8 * whole;
    }
    while (nof_bits > 0) {
        const std::size_t room = 8 - (dst_bit & 7U);
        const std::size_t n = std::min(room, nof_bits);
        const std::size_t first = src_bit / 8;
        unsigned window = static_cast<unsigned>(src[first]) << 8;
        if ((src_bit & 7U) + n > 8) window |= src[first + 1];
        const unsigned bits = (window >> (16 - (src_bit & 7U) - n)) & ((1U << n) - 1U);
        std::uint8_t& out = dst[dst_bit / 8];
        const unsigned kept = room == 8 ? 0U : out & (0xffU << room);
        out = static_cast<std::uint8_t>(kept | (bits << (room - n)));
        dst_bit += n;
        src_bit += n;
        nof_bits -= n;
    }
}

} // namespace spacesail::encap
