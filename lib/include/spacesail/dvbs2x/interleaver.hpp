// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>

#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Bit-interleaves a FECFRAME and cuts it into labels of a constellation.
///
/// QPSK takes pairs of bits as they come. Otherwise the FECFRAME fills columns one after the other and labels
/// are read row by row, the columns in the order of interleaver_columns. 128APSK: 6 zero bits behind the
/// FECFRAME, then labels of 127 up to a whole slot.
/// Source: EN 302 307-1, clause 5.3.3; EN 302 307-2, clause 5.3.3. The fill of 128APSK: a public implementation.
/// \param[in]  m         a regular entry (asserted).
/// \param[in]  fecframe  m.code->sent_bits() bits, packed MSB first.
/// \param[out] labels    m.xfecframe_symbols() labels, one a byte.
/// Errors: none at run time; asserts sizes. No allocation.
void interleave_fecframe(const modcod& m,
                         std::span<const std::uint8_t> fecframe,
                         std::span<std::uint8_t> labels) noexcept;

} // namespace spacesail::dvbs2x
