// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <array>
#include <cassert>
#include <cstddef>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_words = 32;
using vector32 = std::array<float, k_words>;

/// In-place Walsh-Hadamard transform, natural order: out[w] = sum x[i] (-1)^popcount(i & w).
void hadamard(vector32& x) noexcept
{
    for (std::size_t h = 1; h < k_words; h *= 2) {
        for (std::size_t i = 0; i < k_words; i += 2 * h) {
            for (std::size_t k = i; k < i + h; ++k) {
                const float a = x[k];
                const float b = x[k + h];
                x[k] = a + b;
                x[k + h] = a - b;
            }
        }
    }
}

/// Signs that turn received symbols into soft bits: SOF, then the PLSC scrambling of clause 5.5.2.4, then the coset
/// 90AC2DDD of bit b1.
struct header_signs {
    std::array<float, k_sof_symbols> sof{};
    std::array<float, 64> plsc{};
    vector32 coset{};
};

constexpr header_signs make_signs()
{
    header_signs s;
    constexpr char sof[] = "01100011010010111010000010";
    constexpr char scrambling[] = "0111000110011101100000111100100101010011010000100010110111111010";
    for (std::size_t i = 0; i < s.sof.size(); ++i) s.sof[i] = sof[i] == '1' ? -1.0F : 1.0F;
    for (std::size_t i = 0; i < s.plsc.size(); ++i) s.plsc[i] = scrambling[i] == '1' ? -1.0F : 1.0F;
    constexpr std::uint32_t coset = 0x90ac2dddU;
    for (std::size_t i = 0; i < k_words; ++i) s.coset[i] = ((coset >> (31 - i)) & 1U) != 0 ? -1.0F : 1.0F;
    return s;
}

constexpr header_signs k_signs = make_signs();

/// PLS code of a decision: the Hadamard index counts b2 as its lowest bit.
std::uint8_t pls_of(unsigned b1, std::size_t walsh, unsigned b7, unsigned b8) noexcept
{
    unsigned pls = b1 << 7 | b7 << 1 | b8;
    for (unsigned i = 0; i < 5; ++i) pls |= static_cast<unsigned>(walsh >> i & 1U) << (6 - i);
    return static_cast<std::uint8_t>(pls);
}

} // namespace

pl_decision decode_pl_header(std::span<const float> re, std::span<const float> im) noexcept
{
    assert(re.size() == k_header_symbols && im.size() == k_header_symbols);
    // pi/2-BPSK: times (1 - j) for even symbols, (-1 - j) for odd ones, and sqrt(1/2) at the end.
    std::array<float, k_header_symbols> y_re, y_im;
    float energy = 0.0F;
    for (std::size_t i = 0; i < k_header_symbols; i += 2) {
        y_re[i] = re[i] + im[i];
        y_im[i] = im[i] - re[i];
        y_re[i + 1] = im[i + 1] - re[i + 1];
        y_im[i + 1] = -re[i + 1] - im[i + 1];
        energy += re[i] * re[i] + im[i] * im[i] + re[i + 1] * re[i + 1] + im[i + 1] * im[i + 1];
    }
    float sof_re = 0.0F;
    float sof_im = 0.0F;
    for (std::size_t i = 0; i < k_sof_symbols; ++i) {
        sof_re += k_signs.sof[i] * y_re[i];
        sof_im += k_signs.sof[i] * y_im[i];
    }
    pl_decision best;
    float best_power = -1.0F;
    for (unsigned b8 = 0; b8 < 2; ++b8) {
        vector32 sum_re, sum_im;
        for (std::size_t i = 0; i < k_words; ++i) {
            const std::size_t at = k_sof_symbols + 2 * i;
            const float first = k_signs.plsc[2 * i];
            const float second = b8 != 0 ? -k_signs.plsc[2 * i + 1] : k_signs.plsc[2 * i + 1];
            sum_re[i] = first * y_re[at] + second * y_re[at + 1];
            sum_im[i] = first * y_im[at] + second * y_im[at + 1];
        }
        for (unsigned b1 = 0; b1 < 2; ++b1) {
            vector32 h_re = sum_re;
            vector32 h_im = sum_im;
            if (b1 != 0) {
                for (std::size_t i = 0; i < k_words; ++i) {
                    h_re[i] *= k_signs.coset[i];
                    h_im[i] *= k_signs.coset[i];
                }
            }
            hadamard(h_re);
            hadamard(h_im);
            for (std::size_t w = 0; w < k_words; ++w) {
                // S2X sends the PLSC times j: take it back by -j.
                const float c_re = b1 != 0 ? h_im[w] : h_re[w];
                const float c_im = b1 != 0 ? -h_re[w] : h_im[w];
                for (unsigned b7 = 0; b7 < 2; ++b7) {
                    const float s = b7 != 0 ? -1.0F : 1.0F;
                    const float t_re = sof_re + s * c_re;
                    const float t_im = sof_im + s * c_im;
                    const float power = t_re * t_re + t_im * t_im;
                    if (power > best_power) {
                        const std::uint8_t pls = pls_of(b1, w, b7, b8);
                        if (plframe_symbols(pls) == 0) continue;
                        best_power = power;
                        best.pls = pls;
                        best.correlation = { t_re, t_im };
                    }
                }
            }
        }
    }
    constexpr float k_sqrt_half = 0.70710678F;
    best.correlation *= k_sqrt_half;
    const float quality = 0.5F * best_power / (static_cast<float>(k_header_symbols) * energy);
    // Silence, NaN, and values whose squares overflow: no header.
    best.quality = quality >= 0.0F && quality < 1.0001F ? quality : 0.0F;
    return best;
}

} // namespace spacesail::dvbs2x
