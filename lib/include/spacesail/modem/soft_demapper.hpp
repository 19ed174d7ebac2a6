// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <complex>
#include <cstdint>
#include <span>

namespace spacesail::modem {

/// Quantisation of a log-likelihood ratio: value = round(k_llr_per_nat * L), saturated to [-127, 127].
inline constexpr float k_llr_per_nat = 4.0F;

/// \brief Soft-demaps symbols into one plane of values for each bit position of the label.
///
/// L = ln P(b=0)/P(b=1): positive means 0. Sums of exponentials, not their maxima (bit-interleaved
/// metrics of APSK lose up to 0.1 dB with maxima); the error of a value against the exact formula stays
/// below 0.12 nats before rounding.
/// Source: G. Caire, G. Taricco, E. Biglieri, "Bit-interleaved coded modulation", 1998, equation (9).
/// \param[in]  symbols  n symbols, mean energy 1 (linear).
/// \param[in]  n0       noise variance per complex symbol, linear, > 0.
/// \param[out] planes   bits_per_symbol pointers; planes[k] gets the n values of bit k, k = 0 the label's
///                      most significant bit.
/// Errors: none at run time; asserts n0 > 0 and sizes. No allocation. Cost: see BM_modem_demap.
void soft_demap(const constellation& c,
                std::span<const std::complex<float>> symbols,
                float n0,
                std::span<std::int8_t* const> planes) noexcept;

/// \brief Soft-demaps Gray QPSK whose first bit is the sign of I and second the sign of Q, in transmission order.
///
/// Exact: L = 2 sqrt(2) x / n0.
/// \param[in]  symbols  n symbols, mean energy 1 (linear).
/// \param[in]  n0       noise variance per complex symbol, linear, > 0.
/// \param[out] llr      2 n values: bit of I, bit of Q, bit of I, ...
/// Errors: none at run time; asserts n0 > 0 and sizes. No allocation.
void soft_demap_qpsk(std::span<const std::complex<float>> symbols, float n0, std::span<std::int8_t> llr) noexcept;

} // namespace spacesail::modem
