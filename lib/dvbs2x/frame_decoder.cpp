// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/frame_decoder.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/demapper.hpp>
#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/simd/aligned.hpp>

#include <algorithm>
#include <cassert>
#include <vector>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_max_fecframe_bits = 64800;
constexpr std::size_t k_bbheader_bytes = 10;
constexpr float k_least_n0 = 1e-6F;

/// Source: EN 302 307-1, clause 5.1.6; in GSE high-efficiency mode the CRC-8 carries the mode in its last bit
/// (EN 302 307-2, clause 5.1.7).
bool header_crc_holds(std::span<const std::uint8_t> bbframe) noexcept
{
    const auto difference = crc8_dvbs2(bbframe.first(k_bbheader_bytes - 1)) ^ bbframe[k_bbheader_bytes - 1];
    const bool gse_hem = (bbframe[0] >> 6) == 2;
    return difference == 0 || (gse_hem && difference == 1);
}

} // namespace

struct frame_decoder::state {
    struct decoders {
        explicit decoders(const fec::code_parameters& c) : code(&c), ldpc(c), bch(c) {}
        const fec::code_parameters* code;
        fec::ldpc_decoder ldpc;
        fec::bch_codec bch;
    };

    decoders& of(const fec::code_parameters& code)
    {
        for (const auto& d : known) {
            if (d->code == &code) return *d;
        }
        known.push_back(std::make_unique<decoders>(code));
        return *known.back();
    }

    std::vector<std::unique_ptr<decoders>> known;
    simd::aligned_vector<std::int8_t> llr = simd::aligned_vector<std::int8_t>(k_max_fecframe_bits);
    std::vector<std::uint8_t> word = std::vector<std::uint8_t>(k_max_fecframe_bits / 8);
};

frame_decoder::frame_decoder() : d_state(std::make_unique<state>()) {}
frame_decoder::~frame_decoder() = default;
frame_decoder::frame_decoder(frame_decoder&&) noexcept = default;
frame_decoder& frame_decoder::operator=(frame_decoder&&) noexcept = default;

void frame_decoder::prepare(const modcod& m) { d_state->of(*m.code); }

decode_outcome frame_decoder::decode(const modcod& m,
                                     std::span<const std::complex<float>> symbols,
                                     float n0,
                                     unsigned max_iterations,
                                     std::span<std::uint8_t> bbframe) noexcept
{
    const fec::code_parameters& code = *m.code;
    const std::size_t nof_bytes = bytes_for_bits(code.k_bch);
    assert(symbols.size() == m.xfecframe_symbols());
    assert(bbframe.size() >= nof_bytes);
    auto& decoders = d_state->of(code);

    const auto llr = std::span(d_state->llr).first(code.sent_bits());
    demap_xfecframe(m, symbols, n0 > k_least_n0 ? n0 : k_least_n0, llr);
    const auto word = std::span(d_state->word).first(bytes_for_bits(code.k_ldpc));
    const auto ldpc = decoders.ldpc.decode(llr, max_iterations, word);

    decode_outcome outcome;
    outcome.ldpc_iterations = ldpc.iterations;
    outcome.iteration_cap = max_iterations;
    outcome.ldpc_converged = ldpc.converged;
    outcome.bch_corrections = decoders.bch.decode(word);

    const auto out = bbframe.first(nof_bytes);
    std::copy_n(word.begin(), nof_bytes, out.begin());
    bb_scramble(out);
    if (code.k_bch % 8 != 0) out.back() = static_cast<std::uint8_t>(out.back() & (0xff00 >> (code.k_bch % 8)));
    outcome.header_crc_ok = header_crc_holds(out);
    return outcome;
}

} // namespace spacesail::dvbs2x
