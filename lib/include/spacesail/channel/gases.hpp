// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail::channel {

/// Air at the station.
struct surface_air {
    double dry_pressure_hpa = 1013.25; ///< 300 .. 1100
    double temperature_k = 288.15;     ///< 200 .. 330
    double vapour_g_m3 = 7.5;          ///< water vapour density, 0 .. 50
};

/// \brief Mean annual air of the world at a height.
///
/// Source: Recommendation ITU-R P.835-6, Annex 1, clause 1.1 (temperature and pressure to 11 km) and clause 1.2 (water
/// vapour, scale height 2 km). \param[in] height_km  above sea level, limited to 0 .. 11. \param[in] vapour_g_m3  at
/// sea level.
surface_air standard_air(double height_km, double vapour_g_m3 = 7.5) noexcept;

/// A figure of dry air (oxygen and pressure-induced nitrogen) and one of water vapour.
struct gas_pair {
    double dry = 0.0;
    double vapour = 0.0;
};

/// \brief Specific attenuation in dB/km. Source: Recommendation ITU-R P.676-12, Annex 1, clause 1, equations (1) to
/// (9), all lines of Tables 1 and 2. \param[in] frequency_hz  1e9 .. 1000e9.
gas_pair gas_specific_attenuation(double frequency_hz, const surface_air& air) noexcept;

/// \brief Equivalent heights h_o and h_w in km. Source: Recommendation ITU-R P.676-12, Annex 2, clause 1, equations
/// (30) to (38) with Tables 3 and 4. \param[in] frequency_hz  1e9 .. 350e9.
gas_pair gas_equivalent_heights(double frequency_hz, const surface_air& air) noexcept;

/// \brief Attenuation in dB from the ground to space straight up: specific attenuation times equivalent height, both at
/// the station's air.
double gas_zenith_attenuation_db(double frequency_hz, const surface_air& air) noexcept;

/// \brief From zenith to a slant path: the cosecant law of P.676-12, Annex 2, equation (39), for 5 to 90 degrees.
/// Below 5 degrees it goes on as P.618-13's equation (2) does for a layer of 5 km on a round Earth, finite at the
/// horizon.
double slant_factor(double elevation_deg) noexcept;

} // namespace spacesail::channel
