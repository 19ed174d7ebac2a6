// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/vec3.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace spacesail::orbit {

/// A place on WGS84.
struct geodetic {
    double latitude_deg = 0.0;  ///< [-90, 90]
    double longitude_deg = 0.0; ///< east positive, [-360, 360]
    double height_m = 0.0;      ///< above the ellipsoid, [-1000, 100000]

    bool operator==(const geodetic&) const = default;
};

/// \brief Reads LAT,LON,HEIGHT_M (height optional). Errors: parse, invalid_argument, with the value and the range.
result<geodetic> parse_site(std::string_view text);

/// \brief Earth-fixed coordinates in m. Source: NIMA TR8350.2 (WGS84), chapter 4.
vec3 to_ecef_m(const geodetic& place) noexcept;
/// \brief The place below (or at) Earth-fixed coordinates, to 1e-9 deg and 1 um up to 100 000 km.
/// At the pole the longitude is 0. Source: B. Bowring, Survey Review 23 (1976), five rounds.
geodetic to_geodetic(const vec3& ecef_m) noexcept;

/// Direction to a satellite as seen from a site.
struct look_angle {
    double azimuth_deg = 0.0;   ///< from north over east, [0, 360)
    double elevation_deg = 0.0; ///< above the ellipsoid's tangent plane, [-90, 90]
    double range_m = 0.0;
};

/// \brief The local frame of a place: east, north, up. At the poles east and north follow the longitude given.
class local_frame
{
public:
    explicit local_frame(const geodetic& place) noexcept;
    /// Direction and distance of `delta_m`, an Earth-fixed vector from the place to the satellite.
    look_angle look(const vec3& delta_m) const noexcept;
    /// Sine of the elevation of `delta_m`, cheaper than look().
    double sine_elevation(const vec3& delta_m) const noexcept;

private:
    vec3 d_east, d_north, d_up;
};

/// A place at an instant: a knot of a journey.
struct waypoint {
    utc_time time;
    geodetic place;
};

/// \brief Where the terminal is: a fixed place, or a journey through waypoints.
///
/// Between waypoints the Earth-fixed position is a cubic (Hermite, with the slopes of the neighbouring chords), so
/// position and velocity are continuous; before the first and after the last it rests.
class site
{
public:
    /// Throws std::invalid_argument for coordinates that are not finite or out of range.
    explicit site(const geodetic& place);
    /// Throws std::invalid_argument for no waypoint, coordinates out of range, or times that do not increase.
    explicit site(std::span<const waypoint> journey);

    bool is_fixed() const noexcept { return d_knots.size() == 1; }
    /// \brief Earth-fixed position at `seconds` of elapsed time after `origin`, in m.
    vec3 ecef_m(utc_time origin, double seconds) const noexcept;
    /// Place at an instant.
    geodetic place(utc_time origin, double seconds) const noexcept;

private:
    struct knot {
        utc_time time;
        double seconds; ///< elapsed since the first
        vec3 position_m;
        vec3 velocity_m_s;
    };
    geodetic d_place;
    std::vector<knot> d_knots;
};

} // namespace spacesail::orbit
