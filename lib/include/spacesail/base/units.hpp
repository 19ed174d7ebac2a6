// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <numbers>

namespace spacesail {

/// Speed of light in vacuum, m/s (exact, SI).
inline constexpr double k_speed_of_light_m_s = 299792458.0;
/// Boltzmann constant, J/K (exact, SI).
inline constexpr double k_boltzmann_j_k = 1.380649e-23;
inline constexpr double k_pi = std::numbers::pi;
inline constexpr double k_two_pi = 2.0 * std::numbers::pi;

/// \brief Power ratio from decibel.
inline double db_to_linear(double db) noexcept { return std::pow(10.0, 0.1 * db); }
/// \brief Decibel from a power ratio (> 0).
inline double linear_to_db(double ratio) noexcept { return 10.0 * std::log10(ratio); }
inline constexpr double deg_to_rad(double deg) noexcept { return deg * (k_pi / 180.0); }
inline constexpr double rad_to_deg(double rad) noexcept { return rad * (180.0 / k_pi); }

} // namespace spacesail
