// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/plframe.hpp>

#include <spacesail/dvbs2x/modcod.hpp>

#include <numbers>

namespace spacesail::dvbs2x {
namespace {

// SOF, 26 bits.
constexpr std::uint32_t k_sof_bits = 0b01'1000'1101'0010'1110'1000'0010;
// Rows of the (32, 7) generator for b1 .. b7.
constexpr std::uint32_t k_pls_rows[7] = { 0x90ac2ddd, 0x55555555, 0x33333333, 0x0f0f0f0f,
                                          0x00ff00ff, 0x0000ffff, 0xffffffff };
// 0111000110011101 1000001111001001 0101001101000010 0010110111111010
constexpr std::uint64_t k_pls_scrambling = 0x719d83c953422dfa;

// pi/2-BPSK: (1+j)/sqrt2 for even i, (-1+j)/sqrt2 for odd, negated for bit 1.
std::complex<float> pi_2_bpsk(unsigned i, bool bit) noexcept
{
    constexpr float a = std::numbers::sqrt2_v<float> / 2.0F;
    const std::complex<float> point(i % 2 == 0 ? a : -a, a);
    return bit ? -point : point;
}

std::uint64_t pls_codeword(std::uint8_t pls) noexcept
{
    std::uint32_t y = 0;
    for (unsigned k = 0; k < 7; ++k) {
        if ((pls >> (7 - k)) & 1) y ^= k_pls_rows[k];
    }
    std::uint64_t word = 0;
    for (unsigned k = 0; k < 32; ++k) {
        const std::uint64_t bit = (y >> (31 - k)) & 1;
        word = (word << 2) | (bit << 1) | (bit ^ (pls & 1U));
    }
    return word ^ k_pls_scrambling;
}

} // namespace

bool is_dummy(std::uint8_t pls) noexcept { return (pls >> 2) == 0; }

bool has_pilots(std::uint8_t pls) noexcept { return (pls & 1) != 0 && !is_dummy(pls); }

unsigned plframe_symbols(std::uint8_t pls) noexcept
{
    if (is_dummy(pls)) return k_header_symbols + k_dummy_slots * k_slot_symbols;
    if ((pls & ~1) == k_pls_vlsnr_set_1) return k_vlsnr_set_1_symbols;
    if ((pls & ~1) == k_pls_vlsnr_set_2) return k_vlsnr_set_2_symbols;
    const modcod* m = find_modcod(pls);
    if (m == nullptr) return 0;
    const unsigned slots = m->nof_slots();
    return k_header_symbols + slots * k_slot_symbols + (has_pilots(pls) ? pilot_symbols(slots) : 0);
}

std::array<std::complex<float>, k_header_symbols> pl_header_symbols(std::uint8_t pls) noexcept
{
    std::array<std::complex<float>, k_header_symbols> out;
    for (unsigned i = 0; i < k_sof_symbols; ++i) {
        out[i] = pi_2_bpsk(i, ((k_sof_bits >> (k_sof_symbols - 1 - i)) & 1) != 0);
    }
    const std::uint64_t word = pls_codeword(pls);
    for (unsigned i = k_sof_symbols; i < k_header_symbols; ++i) {
        const std::complex<float> s = pi_2_bpsk(i, ((word >> (k_header_symbols - 1 - i)) & 1) != 0);
        out[i] = pls >= 128 ? std::complex<float>(-s.imag(), s.real()) : s;
    }
    return out;
}

const std::array<std::complex<float>, k_sof_symbols>& sof_symbols() noexcept
{
    static const auto symbols = [] {
        std::array<std::complex<float>, k_sof_symbols> s;
        for (unsigned i = 0; i < k_sof_symbols; ++i) {
            s[i] = pi_2_bpsk(i, ((k_sof_bits >> (k_sof_symbols - 1 - i)) & 1) != 0);
        }
        return s;
    }();
    return symbols;
}

} // namespace spacesail::dvbs2x
