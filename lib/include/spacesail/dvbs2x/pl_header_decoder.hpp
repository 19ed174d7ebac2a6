// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// What a PLHEADER looked like.
struct pl_decision {
    std::uint8_t pls = 0;
    /// |correlation|^2 / (90 * energy received): 1 without noise, about (1 + N0 / 90) / (1 + N0) with it; pure noise
    /// exceeds q with probability 256 exp(-90 q). 0 for silence and for values that are not finite.
    float quality = 0.0F;
    std::complex<float> correlation; ///< sum of symbol * conj(header symbol) over the 90
};

/// \brief Decodes 90 symbols as SOF + PLSC: the most likely of all valid PLS codes, phase unknown.
///
/// Maximum likelihood over the biorthogonal code by four fast Hadamard transforms, SOF and PLSC added coherently.
/// Source: EN 302 307-1, clause 5.5.2; EN 302 307-2, clause 5.5.2 (b1 = 1: PLSC symbols times j).
/// \param[in] re, im  90 symbols at one a symbol period; residual frequency below 0.003 cycles a symbol.
pl_decision decode_pl_header(std::span<const float> re, std::span<const float> im) noexcept;

} // namespace spacesail::dvbs2x
