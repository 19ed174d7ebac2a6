// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <complex>
#include <cstdint>
#include <span>

namespace spacesail::modem {

/// \brief Maps labels to points.
///
/// \param[in]  labels   n labels, each below 2^bits_per_symbol (higher bits are ignored).
/// \param[out] symbols  n points, mean energy 1.
/// Errors: none at run time; asserts equal sizes. No allocation.
void map_labels(const constellation& c,
                std::span<const std::uint8_t> labels,
                std::span<std::complex<float>> symbols) noexcept;

} // namespace spacesail::modem
