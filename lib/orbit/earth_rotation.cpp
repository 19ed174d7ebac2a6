// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/earth_rotation.hpp>

#include <spacesail/base/units.hpp>

#include <cmath>

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

} // namespace spacesail::orbit
