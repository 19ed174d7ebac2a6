// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/crc.hpp>

#include <array>

namespace spacesail {
namespace {

constexpr auto k_crc8_table = [] {
    std::array<std::uint8_t, 256> t{};
    for (unsigned i = 0; i < 256; ++i) {
        unsigned r = i;
        for (int b = 0; b < 8; ++b) r = (r & 0x80U) ? ((r << 1) ^ 0xd5U) & 0xffU : r << 1;
        t[i] = static_cast<std::uint8_t>(r);
    }
    return t;
}();

// Slicing by eight: table k advances a byte by k further bytes.
constexpr auto k_crc32_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t r = i << 24;
        for (int b = 0; b < 8; ++b) r = (r & 0x80000000U) ? (r << 1) ^ 0x04c11db7U : r << 1;
        t[0][i] = r;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] << 8) ^ t[0][t[k - 1][i] >> 24];
    }
    return t;
}();

} // namespace

std::uint8_t crc8_dvbs2(std::span<const std::uint8_t> bytes, std::uint8_t start) noexcept
{
    std::uint8_t crc = start;
    for (const std::uint8_t b : bytes) crc = k_crc8_table[crc ^ b];
    return crc;
}

std::uint32_t crc32_mpeg(std::span<const std::uint8_t> bytes, std::uint32_t start) noexcept
{
    const auto& t = k_crc32_tables;
    std::uint32_t crc = start;
    const std::uint8_t* p = bytes.data();
    std::size_t n = bytes.size();
    for (; n >= 8; n -= 8, p += 8) {
        crc = t[7][p[0] ^ (crc >> 24)] ^ t[6][p[1] ^ ((crc >> 16) & 0xff)] ^ t[5][p[2] ^ ((crc >> 8) & 0xff)] ^
              t[4][p[3] ^ (crc & 0xff)] ^ t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
    }
    for (; n > 0; --n, ++p) crc = (crc << 8) ^ t[0][(crc >> 24) ^ *p];
    return crc;
}

} // namespace spacesail
