// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>

#include <complex>
#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Soft-demaps and de-interleaves one XFECFRAME into the bit order of the FECFRAME.
///
/// Value = round(4 L) saturated to [-127, 127], L = ln P(b=0)/P(b=1) in nats: positive means 0. Sums of
/// exponentials over the points (see modem::soft_demap).
/// Source: EN 302 307-1, clauses 5.3.3 and 5.4; EN 302 307-2, clauses 5.3.3 and 5.4.
/// \param[in]  symbols  m.xfecframe_symbols() symbols without header and pilots, descrambled, mean energy 1.
/// \param[in]  n0       noise variance per complex symbol, linear, > 0.
/// \param[out] llr      m.code->sent_bits() values.
/// Errors: none at run time; asserts n0 > 0 and sizes. No allocation. Cost: see BM_dvbs2x_demap.
void demap_xfecframe(const modcod& m,
                     std::span<const std::complex<float>> symbols,
                     float n0,
                     std::span<std::int8_t> llr) noexcept;

} // namespace spacesail::dvbs2x
