// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fec_channel.hpp"

#include <spacesail/base/crc.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/interleaver.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/modem/mapper.hpp>

#include <complex>
#include <numbers>
#include <vector>

namespace spacesail::test {

/// One BBFRAME (random data field behind a header with a good CRC-8) and its symbols.
struct xfecframe {
    std::vector<std::uint8_t> bbframe;
    std::vector<std::complex<float>> symbols;
};

inline xfecframe make_xfecframe(const dvbs2x::modcod& m, rng& random)
{
    xfecframe out;
    const auto& code = *m.code;
    out.bbframe = random_bits(random, code.k_bch);
    out.bbframe[0] = 0x72; // generic continuous, single, CCM
    out.bbframe[9] = crc8_dvbs2(std::span<const std::uint8_t>(out.bbframe).first(9));
    auto scrambled = out.bbframe;
    dvbs2x::bb_scramble(scrambled);
    std::vector<std::uint8_t> word(bytes_for_bits(code.k_ldpc)), sent(bytes_for_bits(code.sent_bits()));
    fec::bch_codec(code).encode(scrambled, word);
    fec::ldpc_encoder(code).encode(word, sent);
    out.symbols.resize(m.xfecframe_symbols());
    if (m.vlsnr_header < 0) {
        std::vector<std::uint8_t> labels(m.xfecframe_symbols());
        dvbs2x::interleave_fecframe(m, sent, labels);
        modem::map_labels(*m.constellation, labels, out.symbols);
        return out;
    }
    // VL-SNR: QPSK, or pi/2-BPSK with every bit once or twice.
    const float a = 1.0F / std::numbers::sqrt2_v<float>;
    const std::size_t repeats = m.constellation != nullptr ? 1 : out.symbols.size() / code.sent_bits();
    for (std::size_t i = 0; i < out.symbols.size(); ++i) {
        if (m.constellation != nullptr) {
            out.symbols[i] = { bit_at(sent, 2 * i) ? -a : a, bit_at(sent, 2 * i + 1) ? -a : a };
        } else {
            const float s = bit_at(sent, i / repeats) ? -a : a;
            out.symbols[i] = i % 2 == 0 ? std::complex<float>(s, s) : std::complex<float>(-s, s);
        }
    }
    return out;
}

/// Ideal Es/N0 of an entry; S2 short frames have none of their own: 0.3 dB more than normal ones bounds it.
inline float ideal_es_n0_db(const dvbs2x::modcod& m)
{
    if (!std::isnan(m.ideal_es_n0_db)) return m.ideal_es_n0_db;
    return (*dvbs2x::modcod_by_name(m.name, "normal"))->ideal_es_n0_db + 0.3F;
}

inline void add_noise(std::vector<std::complex<float>>& symbols, rng& random, float n0)
{
    const float sigma = std::sqrt(n0 / 2);
    for (auto& x : symbols) {
        const auto n = random.normal_pair();
        x += sigma * std::complex<float>(static_cast<float>(n.real()), static_cast<float>(n.imag()));
    }
}

} // namespace spacesail::test
