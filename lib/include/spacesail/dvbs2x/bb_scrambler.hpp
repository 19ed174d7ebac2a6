// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Baseband scrambling of one BBFRAME in place; its own inverse.
///
/// 1 + x^14 + x^15, started anew for every BBFRAME: 03 F6 08 34 ...
/// Source: EN 302 307-1, clause 5.2.2.
/// \param[in,out] packed  BBFRAME, MSB first, at most 8100 bytes (asserted). If k_bch is no multiple of 8 the
///                        bits behind it are scrambled too.
void bb_scramble(std::span<std::uint8_t> packed) noexcept;

} // namespace spacesail::dvbs2x
