// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>

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

/// Rate of gmst_rad() in rad per second of UT1 (constant to 1e-12 of itself over a century).
inline constexpr double k_gmst_rate_rad_s = 7.292115855307e-5;

} // namespace spacesail::orbit
