// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/interleaver.hpp>

#include <spacesail/base/bits.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_block = 512; // rows at a time: the bits of one block stay in the first-level cache

// Bits `first` .. of packed bytes, one a byte; bits behind the end are 0.
void unpack_from(std::span<const std::uint8_t> packed, std::size_t first, std::span<std::uint8_t> bits) noexcept
{
    std::array<std::uint8_t, 8 + k_block> aligned;
    const std::size_t skip = first % 8;
    const std::size_t have = std::min(packed.size() * 8 - first, bits.size());
    unpack_bits(packed.subspan(first / 8), std::span(aligned).first(skip + have));
    std::copy_n(aligned.data() + skip, have, bits.data());
    std::fill(bits.begin() + static_cast<std::ptrdiff_t>(have), bits.end(), std::uint8_t{ 0 });
}

} // namespace

void interleave_fecframe(const modcod& m,
                         std::span<const std::uint8_t> fecframe,
                         std::span<std::uint8_t> labels) noexcept
{
    assert(m.vlsnr_header < 0);
    assert(fecframe.size() == bytes_for_bits(m.code->sent_bits()));
    assert(labels.size() == m.xfecframe_symbols());
    const unsigned bits = m.bits_per_symbol;
    const std::size_t rows = (m.code->sent_bits() + bits - 1) / bits;
    std::array<std::uint8_t, k_block> column;
    if (m.interleaver_columns == "-") {
        assert(bits == 2);
        for (std::size_t n = 0; n < rows; ++n) {
            labels[n] = (fecframe[n / 4] >> (6 - 2 * (n % 4))) & 3;
        }
        return;
    }
    std::fill(labels.begin(), labels.end(), std::uint8_t{ 0 });
    for (std::size_t at = 0; at < rows; at += k_block) {
        const std::size_t count = std::min(k_block, rows - at);
        for (unsigned k = 0; k < bits; ++k) {
            const auto index = static_cast<std::size_t>(m.interleaver_columns[k] - '0');
            unpack_from(fecframe, index * rows + at, std::span(column).first(count));
            for (std::size_t n = 0; n < count; ++n) {
                labels[at + n] = static_cast<std::uint8_t>(labels[at + n] << 1 | column[n]);
            }
        }
    }
    std::fill(
        labels.begin() + static_cast<std::ptrdiff_t>(rows), labels.end(), static_cast<std::uint8_t>((1U << bits) - 1));
}

} // namespace spacesail::dvbs2x
