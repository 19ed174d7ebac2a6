// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>
#include <cstdint>

/// Structure of the physical-layer frame: slots, pilots, header.
namespace spacesail::dvbs2x {

inline constexpr unsigned k_slot_symbols = 90;
inline constexpr unsigned k_pilot_symbols = 36;
inline constexpr unsigned k_slots_between_pilots = 16;
inline constexpr unsigned k_header_symbols = 90;
inline constexpr unsigned k_sof_symbols = 26;
inline constexpr unsigned k_dummy_slots = 36;
/// Longest PLFRAME: QPSK normal with pilots, and VL-SNR set 1.
inline constexpr unsigned k_longest_plframe_symbols = 33282;
/// Shortest PLFRAME: the dummy frame is 3330, 32APSK short without pilots 3330.
inline constexpr unsigned k_shortest_plframe_symbols = 3330;

/// PLS codes of the two VL-SNR sets with their pilot bit off (they are sent with it on).
inline constexpr std::uint8_t k_pls_vlsnr_set_1 = 128;
inline constexpr std::uint8_t k_pls_vlsnr_set_2 = 130;
inline constexpr unsigned k_vlsnr_set_1_symbols = 33282;
inline constexpr unsigned k_vlsnr_set_2_symbols = 16686;
inline constexpr unsigned k_vlsnr_set_1_payload_symbols = 30780;
inline constexpr unsigned k_vlsnr_set_2_payload_symbols = 14976;
inline constexpr unsigned k_vlsnr_header_symbols = 900;

/// \brief Whether a frame with this PLS code carries pilots. Dummy frames do not.
bool has_pilots(std::uint8_t pls) noexcept;
/// \brief Whether the PLS code is that of a dummy PLFRAME (MODCOD 0).
bool is_dummy(std::uint8_t pls) noexcept;

/// \brief Pilot symbols between `slots` slots: 36 after every 16 slots but not after the last slot.
constexpr unsigned pilot_symbols(unsigned slots) noexcept
{
    return slots == 0 ? 0 : (slots - 1) / k_slots_between_pilots * k_pilot_symbols;
}

/// \brief Symbols of the whole PLFRAME with header and pilots.
///
/// \returns 3330 for a dummy frame, 33282 or 16686 for VL-SNR, 0 for a reserved code.
/// Source: EN 302 307-1, clause 5.5; EN 302 307-2, clause 5.5. VL-SNR lengths: a public implementation.
unsigned plframe_symbols(std::uint8_t pls) noexcept;

/// \brief The 90 symbols of the PLHEADER, unit energy, not scrambled.
///
/// pi/2-BPSK; for S2X codes (128 and above) the 64 symbols behind the SOF are turned by +90 degrees.
/// Source: EN 302 307-1, clauses 5.5.2.1 to 5.5.2.4; EN 302 307-2, clause 5.5.2.
std::array<std::complex<float>, k_header_symbols> pl_header_symbols(std::uint8_t pls) noexcept;

/// \brief The 26 symbols of the start of frame.
const std::array<std::complex<float>, k_sof_symbols>& sof_symbols() noexcept;

} // namespace spacesail::dvbs2x
