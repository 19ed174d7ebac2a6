// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/demapper.hpp>

#include <spacesail/modem/soft_demapper.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

namespace spacesail::dvbs2x {
namespace {

static_assert(modem::k_llr_per_nat == fec::k_llr_scale, "demapper and decoder must agree on the step of a value");

std::int8_t quantised(float value) noexcept
{
    return static_cast<std::int8_t>(std::lrint(std::clamp(value, -127.0F, 127.0F)));
}

// pi/2-BPSK payload of VL-SNR frames: (1+j)/sqrt2 for even i, (-1+j)/sqrt2 for odd, negated for bit 1; each bit
// `repeats` times in a row.
void demap_pi_2_bpsk(std::span<const std::complex<float>> symbols,
                     float n0,
                     std::size_t repeats,
                     std::span<std::int8_t> llr) noexcept
{
    const float scale = modem::k_llr_per_nat * 2.0F * std::numbers::sqrt2_v<float> / n0;
    for (std::size_t bit = 0; bit < llr.size(); ++bit) {
        float sum = 0.0F;
        for (std::size_t i = bit * repeats; i < (bit + 1) * repeats; ++i) {
            sum += symbols[i].imag() + (i % 2 == 0 ? symbols[i].real() : -symbols[i].real());
        }
        llr[bit] = quantised(sum * scale);
    }
}

} // namespace

void demap_xfecframe(const modcod& m,
                     std::span<const std::complex<float>> symbols,
                     float n0,
                     std::span<std::int8_t> llr) noexcept
{
    assert(n0 > 0.0F);
    assert(symbols.size() == m.xfecframe_symbols());
    assert(llr.size() == m.code->sent_bits());
    if (m.constellation == nullptr) {
        demap_pi_2_bpsk(symbols, n0, symbols.size() / llr.size(), llr);
        return;
    }
    if (m.interleaver_columns == "-") {
        modem::soft_demap_qpsk(symbols, n0, llr);
        return;
    }
    const unsigned bits = m.bits_per_symbol;
    const std::size_t rows = (llr.size() + bits - 1) / bits;
    // The columns lie one behind the other in the FECFRAME: every bit position of the label is one run of it.
    std::array<std::int8_t*, 8> planes{};
    for (unsigned k = 0; k < bits; ++k) {
        planes[k] = llr.data() + static_cast<std::size_t>(m.interleaver_columns[k] - '0') * rows;
    }
    const std::size_t fill = rows * bits - llr.size();
    if (fill == 0) {
        modem::soft_demap(*m.constellation, symbols.first(rows), n0, std::span(planes).first(bits));
        return;
    }
    // 128APSK: the last column ends in bits that are not part of the FECFRAME (6 zeros). The rows that hold them
    // are demapped apart.
    modem::soft_demap(*m.constellation, symbols.first(rows - fill), n0, std::span(planes).first(bits));
    std::array<std::array<std::int8_t, 8>, 8> last{};
    std::array<std::int8_t*, 8> last_planes{};
    for (unsigned k = 0; k < bits; ++k) {
        last_planes[k] = last[k].data();
    }
    modem::soft_demap(*m.constellation, symbols.subspan(rows - fill, fill), n0, std::span(last_planes).first(bits));
    for (unsigned k = 0; k < bits; ++k) {
        std::int8_t* to = planes[k] + (rows - fill);
        if (to < llr.data() + llr.size()) std::copy_n(last[k].data(), fill, to);
    }
}

} // namespace spacesail::dvbs2x
