// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace spacesail::channel {

/// gamma_R = k R^alpha in dB/km, R in mm/h.
struct rain_coefficients {
    double k = 0.0;
    double alpha = 1.0;
};

/// \brief Specific attenuation of rain.
///
/// Source: Recommendation ITU-R P.838-3, equations (2) to (5) with the coefficients of Tables 1 to 4.
/// \param[in] frequency_hz   1e9 .. 1000e9.
/// \param[in] elevation_deg  of the path.
/// \param[in] tilt_deg       of the polarisation from the horizontal; 45 is circular.
rain_coefficients rain_specific_attenuation(double frequency_hz, double elevation_deg, double tilt_deg) noexcept;

/// \brief Mean height in km above sea level up to which it rains, by latitude alone.
///
/// Source: the closed form of Recommendation ITU-R P.839-2 (1999) for areas without better data; its successors give a
/// map of the 0 degree isotherm instead, which differs by up to 1.5 km: give the local height where it is known.
double rain_height_km(double latitude_deg) noexcept;

/// Where the rain falls and how the wave crosses it.
struct rain_path {
    double frequency_hz = 12e9; ///< 1e9 .. 55e9, the range of P.618
    double latitude_deg = 0.0;
    double station_km = 0.0;     ///< height of the station above sea level
    double rain_height_km = 5.0; ///< h_R above sea level
    double elevation_deg = 90.0; ///< 0 .. 90
    double tilt_deg = 45.0;      ///< of the polarisation
};

/// \brief Attenuation in dB of a slant path in rain of `mm_h` at the station; 0 at or above the rain height.
///
/// Source: Recommendation ITU-R P.618-13, clause 2.2.1.1, steps 2 to 9 (equations (1) to (8)): slant length, horizontal
/// reduction factor, vertical adjustment factor, effective length.
/// Simplified: P.618 gives statistics, its factors belong to the rate exceeded for 0.01 % of the time; here that rate
/// is whatever falls now, and the whole path sees it at once.
double rain_attenuation_db(const rain_path& path, double mm_h) noexcept;

/// A rate of rain at an instant.
struct rain_point {
    double t_s = 0.0;
    double mm_h = 0.0; ///< 0 .. 500
};

/// \brief Rain over stream time: straight lines between points, constant before the first and after the last.
class rain_profile
{
public:
    /// No rain.
    rain_profile() = default;
    /// Errors: std::invalid_argument for times that do not ascend or rates outside 0 .. 500 mm/h.
    explicit rain_profile(std::span<const rain_point> points);

    double mm_h(double t_s) const noexcept;
    bool dry() const noexcept;
    const std::vector<rain_point>& points() const noexcept { return d_points; }

private:
    std::vector<rain_point> d_points;
};

/// \brief Reads a rate ("25") or points "SECONDS:MM_H,..." ("0:0,20:40,60:5"). Errors: parse and invalid_argument, with
/// the text and the range.
result<rain_profile> parse_rain_profile(std::string_view text);

} // namespace spacesail::channel
