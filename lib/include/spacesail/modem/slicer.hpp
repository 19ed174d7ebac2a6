// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <complex>
#include <span>

namespace spacesail::modem {

/// \brief Decides for the nearest point.
///
/// Two points at the same distance within rounding: either one.
/// \param[in]  symbols  n symbols, mean energy 1; may be the same memory as `decided`.
/// \param[out] decided  the nearest point of each, n values.
/// Errors: none at run time; asserts equal sizes. A NaN gives some point. No allocation. Cost: see BM_modem_slice.
void slice(const constellation& c,
           std::span<const std::complex<float>> symbols,
           std::span<std::complex<float>> decided) noexcept;

} // namespace spacesail::modem
