// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail::dsp {

/// \brief Impulse response of the square-root raised cosine filter.
///
/// Unit energy: the integral of its square over t is 1, so h * h is 1 at t = 0 and 0 at every other whole t.
/// Source: EN 302 307-1, clause 5.6 (its spectrum); the closed form is its inverse Fourier transform, the two
/// removable singularities by their limits.
/// \param[in] t_symbols  time in symbol periods, any finite value.
/// \param[in] rolloff    0 < rolloff <= 1.
double root_raised_cosine(double t_symbols, double rolloff) noexcept;

/// \brief Raised-cosine power spectrum |H(f)|^2, 1 in the pass band.
/// \param[in] f_symbol_rates  frequency over the symbol rate.
double raised_cosine_spectrum(double f_symbol_rates, double rolloff) noexcept;

} // namespace spacesail::dsp
