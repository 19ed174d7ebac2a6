// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace spacesail::fec {

/// \brief Steps of one LLR at the decoder's input and inside it: an int8 value is L * k_llr_scale, one step is 0.25.
///
/// Why so fine: many messages of a check with weak inputs lie below 0.5. A step of 0.5 costs 0.015 dB at rate 1/2 and
/// 0.02 at 1/4 at the input, as much again inside. The range of +-31.75 cuts off nothing that matters.
inline constexpr int k_llr_scale = 4;

/// Rows of an LDPC layer: the parity-check matrices are built from circulants of this size.
inline constexpr unsigned k_group_bits = 360;

/// \brief One FEC configuration: the BCH code and the LDPC code that work on one FECFRAME.
///
/// Source: EN 302 307-1, tables 5a, 5b; EN 302 307-2, tables 5a..5c and annexes B, C (address tables).
struct code_parameters {
    std::string_view rate;                    ///< name of the rate, as in "1/2" or "100/180"
    std::string_view frame;                   ///< normal, short, medium, normal-vlsnr, short-vlsnr, short-vlsnr-sf2
    unsigned n_ldpc;                          ///< bits of the mother code: 64800, 32400 or 16200 // N_ldpc
    unsigned k_ldpc;                          ///< bits of the BCH word, without the shortened ones // k_ldpc = N_bch
    unsigned k_bch;                           ///< bits of the BBFRAME // K_bch
    unsigned bch_t;                           ///< errors the BCH code corrects // t
    unsigned q;                               ///< parity groups of 360 bits = layers of the decoder // q_ldpc
    unsigned shortened;                       ///< zeros in front of the BCH word, not sent // X_s
    unsigned puncture_period;                 ///< parity bits 0, P, 2 P .. are not sent; 0: none // P
    unsigned punctured;                       ///< how many of them // X_p
    std::span<const std::uint16_t> ldpc_rows; ///< per group of 360 input bits: a count, then as many parity addresses

    /// Bits of the FECFRAME on air.
    constexpr unsigned sent_bits() const noexcept { return n_ldpc - shortened - punctured; }
    /// Parity bits of the mother code, 360 q.
    constexpr unsigned parity_bits() const noexcept { return k_group_bits * q; }
    /// Degree of the Galois field of the BCH code.
    constexpr unsigned bch_m() const noexcept { return n_ldpc == 64800 ? 16 : n_ldpc == 32400 ? 15 : 14; }
};

/// \brief Every configuration of the standards, in the order of fec_codes.csv. The alternatives are not in it.
std::span<const code_parameters> all_codes() noexcept;

/// \brief The configuration of a rate and frame as fec_codes.csv names them; nullptr where there is none.
const code_parameters* find_code(std::string_view rate, std::string_view frame) noexcept;

/// \brief The other published BCH code of a configuration, or nullptr.
///
/// Published efficiencies disagree about two configurations: 2/3 normal (k_bch 43040, t = 10, or 43008, t = 12)
/// and 5/6 normal (53840, t = 10, or 53808, t = 12), used so by 32APSK 2/3-L and 64APSK 5/6. all_codes() has the
/// former ones.
const code_parameters* alternative_code(const code_parameters& code) noexcept;

} // namespace spacesail::fec
