// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/orbit/sgp4.hpp>

#include <array>

/// Lunar, solar and resonance terms of orbits with periods of 225 minutes and more (internal to the room).
namespace spacesail::orbit {

/// Elements that the deep-space terms change, in rad, Earth radii and minutes.
struct deep_elements {
    double eccentricity, inclination, node, perigee, mean_anomaly, mean_motion;
};

/// Amplitudes of the long-period terms of one body (dscom: se2.. or ee2..).
struct third_body_terms {
    double mean_longitude = 0.0; ///< zmos or zmol at the epoch
    double e2 = 0.0, e3 = 0.0, i2 = 0.0, i3 = 0.0, l2 = 0.0, l3 = 0.0, l4 = 0.0, gh2 = 0.0, gh3 = 0.0, gh4 = 0.0,
           h2 = 0.0, h3 = 0.0;
};

enum class resonance { none, one_day, half_day };

struct sgp4_deep_terms {
    third_body_terms sun, moon;
    double e_dot = 0.0, i_dot = 0.0, m_dot = 0.0, perigee_dot = 0.0, node_dot = 0.0; ///< dedt, didt, dmdt, domdt, dnodt
    resonance kind = resonance::none;
    double sidereal_time = 0.0; ///< gsto
    double perigee0 = 0.0, perigee_rate = 0.0, mean_motion0 = 0.0;
    double lambda0 = 0.0, lambda_rate = 0.0; ///< xlamo, xfact
    std::array<double, 3> one_day{};         ///< del1..del3
    std::array<double, 10> half_day{};       ///< d2201 d2211 d3210 d3222 d4410 d4422 d5220 d5232 d5421 d5433
};

/// \brief Terms at the epoch. \param[in] days_1950  days since 1949-12-31T00:00 UTC.
sgp4_deep_terms make_deep_terms(const sgp4_coefficients& c, double days_1950, double sidereal_time, double ke) noexcept;

/// Adds the secular lunar-solar rates and the resonance integral at `t` minutes to mean elements at `t`.
void add_deep_secular(const sgp4_deep_terms& d, double t, deep_elements& e) noexcept;

/// Adds the long-period lunar and solar terms.
void add_deep_periodics(const sgp4_deep_terms& d, double t, deep_elements& e) noexcept;

} // namespace spacesail::orbit
