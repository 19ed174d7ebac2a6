// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/fec/code.hpp>
#include <spacesail/modem/constellation.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace spacesail::dvbs2x {

/// Length of the FECFRAME: 64800, 32400 (VL-SNR only) or 16200 bits.
enum class frame_size : std::uint8_t { normal, medium, short_frame };

/// \brief One line of the MODCOD table: modulation, code and frame size under a PLS code.
///
/// The texts are those of lib/dvbs2x/data/modcods.csv.
struct modcod {
    std::string_view standard;   ///< S2 or S2X
    std::string_view name;       ///< e.g. "QPSK 1/2"
    std::string_view modulation; ///< e.g. "4+12+16rbAPSK"
    std::string_view rate;       ///< name of the code, e.g. "128/180"
    std::string_view frame;      ///< normal, short; VL-SNR: medium, short-vlsnr, short-vlsnr-sf2, normal-vlsnr
    frame_size size = frame_size::normal;
    std::uint8_t pls = 0;  ///< PLS code with pilots off; +1 with pilots
    int vlsnr_header = -1; ///< index of the VL-SNR header sequence; -1: a regular frame
    unsigned bits_per_symbol = 0;
    std::string_view interleaver_columns;                ///< column of each label bit, MSB first; "-": no interleaver
    const modem::constellation* constellation = nullptr; ///< nullptr for pi/2-BPSK
    float ideal_es_n0_db = 0.0F;                         ///< ideal Es/N0 of the standard; NaN where it gives none
    const fec::code_parameters* code = nullptr;

    /// \brief Payload symbols of the PLFRAME, without header and pilots.
    ///
    /// 128APSK: the 12 fill symbols included. VL-SNR: 30780 or 14976.
    unsigned xfecframe_symbols() const noexcept;
    /// \brief Slots of 90 payload symbols; 0 for VL-SNR frames, which are not cut that way.
    unsigned nof_slots() const noexcept;
};

/// \brief All 116 entries, 107 of them regular, 9 VL-SNR, in the order of the csv file.
/// Source: EN 302 307-1, tables 11 and 12; EN 302 307-2, table 17a.
std::span<const modcod> all_modcods() noexcept;

/// \brief Regular entry of a PLS code; its pilot bit is ignored.
/// \returns nullptr for dummy frames, the VL-SNR sets and reserved codes.
const modcod* find_modcod(std::uint8_t pls) noexcept;

/// Which BCH code the two entries use whose published sizes disagree: 32APSK 2/3-L (PLS 174, k_bch 43040 or
/// 43008) and 64APSK 5/6 (PLS 198, 53840 or 53808).
enum class bch_choice : std::uint8_t {
    table,      ///< t = 10, the larger k_bch, as GNU Radio sends them
    alternative ///< t = 12, the smaller k_bch, from the published spectral efficiencies
};

/// \brief find_modcod() with a choice for the two entries whose published BCH codes disagree.
const modcod* find_modcod(std::uint8_t pls, bch_choice choice) noexcept;

/// \brief Entry by its name and frame, both as in the table; case and blanks do not count.
///
/// \param[in] frame  normal, short, ... or empty: the longest frame that name has.
/// Errors: not_found, with the frames of that name or the names that look like it.
result<const modcod*> modcod_by_name(std::string_view name, std::string_view frame);

} // namespace spacesail::dvbs2x
