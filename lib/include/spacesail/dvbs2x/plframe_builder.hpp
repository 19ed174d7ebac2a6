// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/pl_scrambler.hpp>
#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/simd/aligned.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// \brief Turns BBFRAMEs into PLFRAMEs: scrambling, BCH, LDPC, interleaver, mapper, header, pilots, PL scrambling.
///
/// Any regular PLS code in any order (CCM, VCM, ACM), one symbol a value, mean energy 1. VL-SNR frames are not built.
/// Source: EN 302 307-1, clauses 5.2.2 to 5.5; EN 302 307-2, the same clauses.
class plframe_builder
{
public:
    /// \param[in] gold_code  PL scrambling code number, 0 .. 262142 (std::invalid_argument otherwise).
    /// \param[in] choice     BCH code of the two entries whose published sizes disagree.
    explicit plframe_builder(unsigned gold_code, bch_choice choice = bch_choice::table);

    /// \brief Bytes of the BBFRAME that a PLS code carries, k_bch / 8; 0 for dummy, VL-SNR and reserved codes.
    std::size_t bbframe_bytes(std::uint8_t pls) const noexcept;

    /// \brief Builds the PLFRAME of one BBFRAME.
    ///
    /// \param[in]  pls      PLS code with its pilot bit.
    /// \param[in]  bbframe  bbframe_bytes(pls) bytes: BBHEADER, data field, padding; MSB first, not scrambled.
    /// \param[out] symbols  at least plframe_symbols(pls) values.
    /// \returns symbols written; 0 if the PLS code carries no BBFRAME, or if a size does not fit.
    /// No allocation. Cost: see BM_dvbs2x_plframe.
    std::size_t
    build(std::uint8_t pls, std::span<const std::uint8_t> bbframe, std::span<std::complex<float>> symbols) noexcept;

    /// \brief Builds a dummy PLFRAME: 3330 symbols.
    ///
    /// \returns 3330; 0 if `symbols` is shorter. No allocation.
    std::size_t build_dummy(std::span<std::complex<float>> symbols) noexcept;

private:
    struct encoder {
        fec::bch_codec bch;
        fec::ldpc_encoder ldpc;
    };
    std::vector<std::shared_ptr<const encoder>> d_encoders; // by PLS code / 2
    bch_choice d_choice;
    pl_scrambler d_scrambler;
    std::vector<std::uint8_t> d_bbframe;
    std::vector<std::uint8_t> d_bch_word;
    std::vector<std::uint8_t> d_fecframe;
    simd::aligned_vector<std::uint8_t> d_labels;
};

} // namespace spacesail::dvbs2x
