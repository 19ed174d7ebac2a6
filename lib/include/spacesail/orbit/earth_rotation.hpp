// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/vec3.hpp>

namespace spacesail::orbit {

/// \brief Greenwich mean sidereal time (IAU 1982) in rad, 0 <= value < 2 pi.
///
/// Day and fraction are kept apart, so the angle is good to 1e-12 rad (7 um at the satellite).
/// Source: Aoki et al., A&A 105 (1982) 359; the rotation from TEME to the pseudo Earth-fixed frame (AIAA 2006-6753,
/// appendix C). \param[in] ut1  the instant on the UT1 clock: utc.plus_seconds(UT1 - UTC), or see gmst_rad(utc,
/// ut1_minus_utc_s).
double gmst_rad(utc_time ut1) noexcept;

/// \brief The same for an instant `seconds` of UT1 after `ut1`, without rounding it to a nanosecond.
double gmst_rad(utc_time ut1, double seconds) noexcept;

/// Rate of gmst_rad() at J2000 in rad per second of UT1; it grows by 6e-11 of itself a century.
inline constexpr double k_gmst_rate_rad_s = 7.292115855307e-5;

/// \brief What must be known of the Earth besides the time: published daily by the IERS (Bulletin A).
///
/// Left at zero, UT1 - UTC costs up to 0.9 s of rotation: 6 Hz at 12.7 GHz at 1070 km; polar motion up to 9 m: 2 Hz.
struct earth_orientation {
    double ut1_minus_utc_s = 0.0; ///< at the origin of the time span; (-1, 1)
    double polar_x_arcsec = 0.0;  ///< (-1, 1)
    double polar_y_arcsec = 0.0;  ///< (-1, 1)
};

/// \brief Turns between the Earth-fixed frame and TEME over a span of elapsed time.
///
/// The angle at the origin is exact; from there it runs with the elapsed seconds, so a leap second inside the span
/// makes no step (UT1 has none). Polar motion is kept constant.
class earth_frame
{
public:
    /// Throws std::invalid_argument for an orientation out of range.
    explicit earth_frame(utc_time origin, const earth_orientation& orientation = {});

    utc_time origin() const noexcept { return d_origin; }
    /// Earth-fixed (ITRF, WGS84) to TEME, any unit, at `seconds` of elapsed time after the origin.
    vec3 to_teme(const vec3& ecef, double seconds) const noexcept;
    /// TEME to Earth-fixed.
    vec3 to_ecef(const vec3& teme, double seconds) const noexcept;
    /// \brief Velocity relative to the rotating Earth, in the unit of the position a second.
    vec3 velocity_to_ecef(const vec3& teme, const vec3& teme_velocity, double seconds) const noexcept;
    /// Sidereal angle in rad (not reduced) at `seconds` after the origin.
    double angle_rad(double seconds) const noexcept { return d_angle + d_rate * seconds; }

private:
    utc_time d_origin;
    double d_angle;
    double d_rate;               ///< rad/s at the origin
    double d_polar_x, d_polar_y; ///< rad
};

} // namespace spacesail::orbit
