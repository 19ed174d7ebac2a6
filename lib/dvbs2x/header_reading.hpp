// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/front_end.hpp"

#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <array>
#include <complex>
#include <cstddef>

namespace spacesail::dvbs2x {

/// Known symbols as received: PLHEADER or pilot block.
struct known_block {
    std::array<float, k_header_symbols> re{}, im{}; ///< times conj(known symbol)
    std::size_t n = 0;
    double at = 0.0; ///< symbols from the frame's start to its first one
};

/// Sums of known symbols times conj(known), a quarter symbol before, at, and behind their instants.
struct early_late {
    std::complex<double> early, on_time, late;
};

/// What a PLHEADER's 90 symbols tell.
struct header_reading {
    pl_decision decision;
    known_block symbols; ///< times conj of those decided
    early_late timing;   ///< of the plain matched filter
};

/// \brief Reads the PLHEADER whose first symbol lies at instant u.
/// \param[in] step  stored samples a symbol
/// \param[in] quarter  of early and late, symbols
header_reading
read_pl_header(front_end& front, double u, double step, const dsp::carrier& carrier, double quarter) noexcept;

/// \brief By how much the carrier has moved, cycles per symbol, if the PLHEADER that was read is much better there; 0:
/// it is not. Steps to 55 kHz are looked for.
/// \param[in] u, step  as the header was read with: its stretch is the last one loaded
/// \param[in] quality  of the header where the carrier was expected
double carrier_jump(const front_end& front, double u, double step, double symbol_rate_hz, float quality) noexcept;

} // namespace spacesail::dvbs2x
