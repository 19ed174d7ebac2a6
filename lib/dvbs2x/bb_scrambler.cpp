// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/bb_scrambler.hpp>

#include <array>
#include <cassert>
#include <cstddef>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_longest_bytes = 64800 / 8;

constexpr std::array<std::uint8_t, k_longest_bytes> make_sequence()
{
    std::array<std::uint8_t, k_longest_bytes> bytes{};
    // Stage 1 is the most significant of 15 bits.
    unsigned stages = 0b100101010000000;
    for (std::size_t n = 0; n < bytes.size() * 8; ++n) {
        const unsigned bit = ((stages >> 1) ^ stages) & 1;
        stages = (stages >> 1) | (bit << 14);
        bytes[n / 8] = static_cast<std::uint8_t>((bytes[n / 8] << 1) | bit);
    }
    return bytes;
}

const std::array<std::uint8_t, k_longest_bytes>& sequence() noexcept
{
    static const auto bytes = make_sequence();
    return bytes;
}

} // namespace

void bb_scramble(std::span<std::uint8_t> packed) noexcept
{
    const auto& s = sequence();
    assert(packed.size() <= s.size());
    for (std::size_t n = 0; n < packed.size(); ++n) {
        packed[n] = static_cast<std::uint8_t>(packed[n] ^ s[n]);
    }
}

} // namespace spacesail::dvbs2x
