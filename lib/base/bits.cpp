// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>

#include <bit>
#include <cstring>

namespace spacesail {

void pack_bits(std::span<const std::uint8_t> bits, std::span<std::uint8_t> packed) noexcept
{
    assert(packed.size() >= bytes_for_bits(bits.size()));
    const std::size_t whole = bits.size() / 8;
    for (std::size_t i = 0; i < whole; ++i) {
        unsigned v = 0;
        for (std::size_t k = 0; k < 8; ++k) v = (v << 1) | (bits[8 * i + k] & 1U);
        packed[i] = static_cast<std::uint8_t>(v);
    }
    if (const std::size_t rest = bits.size() % 8; rest != 0) {
        unsigned v = 0;
        for (std::size_t k = 0; k < rest; ++k) v |= (bits[8 * whole + k] & 1U) << (7 - k);
        packed[whole] = static_cast<std::uint8_t>(v);
    }
}

void unpack_bits(std::span<const std::uint8_t> packed, std::span<std::uint8_t> bits) noexcept
{
    assert(packed.size() >= bytes_for_bits(bits.size()));
    std::size_t i = 0;
    if constexpr (std::endian::native == std::endian::little) {
        // Eight bits at a time: every byte of the word keeps one bit of the byte, which 0x7f carries into its top.
        for (; i + 8 <= bits.size(); i += 8) {
            const std::uint64_t kept = packed[i / 8] * 0x0101010101010101U & 0x0102040810204080U;
            const std::uint64_t ones = (kept + 0x7f7f7f7f7f7f7f7fU) >> 7 & 0x0101010101010101U;
            std::memcpy(bits.data() + i, &ones, sizeof ones);
        }
    }
    for (; i < bits.size(); ++i) bits[i] = bit_at(packed, i);
}

} // namespace spacesail
