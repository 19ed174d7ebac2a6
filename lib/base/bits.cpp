// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>

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
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = bit_at(packed, i);
}

} // namespace spacesail
