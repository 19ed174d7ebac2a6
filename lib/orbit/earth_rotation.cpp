// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/earth_rotation.hpp>

#include <spacesail/base/units.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace spacesail::orbit {
namespace {

constexpr std::int64_t k_ns_per_day = 86'400'000'000'000;
constexpr std::int64_t k_noon_2000_ns = 946'728'000'000'000'000; // J2000.0: 2000-01-01T12:00
constexpr double k_s_per_day = 86400.0;
constexpr double k_days_per_century = 36525.0;

} // namespace

double gmst_rad(utc_time ut1, double seconds) noexcept
{
    const std::int64_t since_noon = ut1.ns - k_noon_2000_ns;
    const std::int64_t days = since_noon / k_ns_per_day;
    const double in_day_s = 1e-9 * static_cast<double>(since_noon - days * k_ns_per_day) + seconds;
    const double t = (static_cast<double>(days) + in_day_s / k_s_per_day) / k_days_per_century;
    // Why without 876600 h per century: these are whole turns, one a day, so only the part of the day is left of them.
    const double slow_s = 67310.54841 + t * (8640184.812866 + t * (0.093104 - t * 6.2e-6));
    const double turns = (std::fmod(slow_s, k_s_per_day) + in_day_s) / k_s_per_day;
    return (turns - std::floor(turns)) * k_two_pi;
}

double gmst_rad(utc_time ut1) noexcept { return gmst_rad(ut1, 0.0); }

namespace {

constexpr double k_rad_per_arcsec = k_pi / 648000.0;

void require_below_one(double v, const char* what)
{
    if (!(std::fabs(v) < 1.0))
        throw std::invalid_argument(fmt::format("earth_frame: {} {} is outside -1 to 1", what, v));
}

/// Polar motion matrix times a vector, terrestrial to intermediate frame: IERS Conventions 2010, equation 5.3, without
/// s'.
vec3 polar_to_intermediate(const vec3& r, double x, double y) noexcept
{
    const vec3 a = { r[0], std::cos(y) * r[1] + std::sin(y) * r[2], -std::sin(y) * r[1] + std::cos(y) * r[2] };
    return { std::cos(x) * a[0] - std::sin(x) * a[2], a[1], std::sin(x) * a[0] + std::cos(x) * a[2] };
}

vec3 intermediate_to_polar(const vec3& r, double x, double y) noexcept
{
    const vec3 a = { std::cos(x) * r[0] + std::sin(x) * r[2], r[1], -std::sin(x) * r[0] + std::cos(x) * r[2] };
    return { a[0], std::cos(y) * a[1] - std::sin(y) * a[2], std::sin(y) * a[1] + std::cos(y) * a[2] };
}

} // namespace

earth_frame::earth_frame(utc_time origin, const earth_orientation& o)
    : d_origin(origin),
      d_angle(0.0),
      d_rate(k_gmst_rate_rad_s),
      d_polar_x(o.polar_x_arcsec * k_rad_per_arcsec),
      d_polar_y(o.polar_y_arcsec * k_rad_per_arcsec)
{
    require_below_one(o.ut1_minus_utc_s, "UT1 - UTC in s");
    require_below_one(o.polar_x_arcsec, "polar motion x in arcsec");
    require_below_one(o.polar_y_arcsec, "polar motion y in arcsec");
    d_angle = gmst_rad(origin, o.ut1_minus_utc_s);
    // The derivative of gmst_rad(): without its term in t the angle is off by 1e-10 rad after a day, 2 ps.
    const double t = origin.seconds_since({ k_noon_2000_ns }) / k_s_per_day / k_days_per_century;
    const double slow = (8640184.812866 + t * (2.0 * 0.093104 - t * 3.0 * 6.2e-6)) / (k_s_per_day * k_days_per_century);
    d_rate = k_two_pi / k_s_per_day * (1.0 + slow);
}

vec3 earth_frame::to_teme(const vec3& ecef, double seconds) const noexcept
{
    const double angle = angle_rad(seconds);
    return turned_z(polar_to_intermediate(ecef, d_polar_x, d_polar_y), std::sin(angle), std::cos(angle));
}

vec3 earth_frame::to_ecef(const vec3& teme, double seconds) const noexcept
{
    const double angle = angle_rad(seconds);
    return intermediate_to_polar(turned_z(teme, -std::sin(angle), std::cos(angle)), d_polar_x, d_polar_y);
}

vec3 earth_frame::velocity_to_ecef(const vec3& teme, const vec3& v, double seconds) const noexcept
{
    const vec3 relative = { v[0] + k_gmst_rate_rad_s * teme[1], v[1] - k_gmst_rate_rad_s * teme[0], v[2] };
    return to_ecef(relative, seconds);
}

} // namespace spacesail::orbit
