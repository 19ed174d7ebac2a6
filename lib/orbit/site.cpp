// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/site.hpp>

#include "orbit/decimal.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/orbit/leap_seconds.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

namespace spacesail::orbit {
namespace {

constexpr double k_equator_m = 6378137.0;
constexpr double k_flattening = 1.0 / 298.257223563;
constexpr double k_e2 = k_flattening * (2.0 - k_flattening);

/// What is wrong with a place; empty if nothing.
std::string fault_of(const geodetic& p)
{
    if (!(p.latitude_deg >= -90.0 && p.latitude_deg <= 90.0))
        return fmt::format("latitude {} deg is outside -90 to 90", p.latitude_deg);
    if (!(p.longitude_deg >= -360.0 && p.longitude_deg <= 360.0))
        return fmt::format("longitude {} deg is outside -360 to 360", p.longitude_deg);
    if (!(p.height_m >= -1000.0 && p.height_m <= 100e3))
        return fmt::format("height {} m is outside -1000 to 100000", p.height_m);
    return {};
}

void require(const geodetic& p)
{
    if (const std::string fault = fault_of(p); !fault.empty())
        throw std::invalid_argument(fmt::format("site: {}", fault));
}

} // namespace

result<geodetic> parse_site(std::string_view text)
{
    double v[3] = { 0.0, 0.0, 0.0 };
    std::size_t n = 0;
    std::string_view rest = text;
    bool good = true;
    while (good) {
        const std::size_t comma = rest.find(',');
        const auto number = n < 3 ? parse_decimal(rest.substr(0, comma)) : std::nullopt;
        good = number.has_value();
        if (good) v[n++] = *number;
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    if (!good || n < 2) {
        return result<geodetic>::failure(error_code::parse,
                                         fmt::format("'{}' is no site; write LAT,LON,HEIGHT_M as 31.2,121.5,20", text));
    }
    const geodetic place = { v[0], v[1], v[2] };
    if (const std::string fault = fault_of(place); !fault.empty()) {
        return result<geodetic>::failure(error_code::invalid_argument, fmt::format("site '{}': {}", text, fault));
    }
    return place;
}

vec3 to_ecef_m(const geodetic& p) noexcept
{
    const double s = std::sin(deg_to_rad(p.latitude_deg));
    const double c = std::cos(deg_to_rad(p.latitude_deg));
    const double n = k_equator_m / std::sqrt(1.0 - k_e2 * s * s);
    return { (n + p.height_m) * c * std::cos(deg_to_rad(p.longitude_deg)),
             (n + p.height_m) * c * std::sin(deg_to_rad(p.longitude_deg)),
             (n * (1.0 - k_e2) + p.height_m) * s };
}

geodetic to_geodetic(const vec3& r) noexcept
{
    const double across = std::hypot(r[0], r[1]);
    if (across == 0.0 && r[2] == 0.0) return { 0.0, 0.0, -k_equator_m };
    // Fixed point on the reduced latitude (Bowring): each round gains five digits near the surface.
    const double polar = k_equator_m * (1.0 - k_flattening);
    const double second_e2 = k_e2 / (1.0 - k_e2);
    double reduced = std::atan2(r[2], across * (1.0 - k_flattening));
    double latitude = 0.0;
    for (int k = 0; k < 5; ++k) {
        const double s = std::sin(reduced);
        const double c = std::cos(reduced);
        latitude = std::atan2(r[2] + second_e2 * polar * s * s * s, across - k_e2 * k_equator_m * c * c * c);
        reduced = std::atan2((1.0 - k_flattening) * std::sin(latitude), std::cos(latitude));
    }
    const double s = std::sin(latitude);
    const double c = std::cos(latitude);
    const double n = k_equator_m / std::sqrt(1.0 - k_e2 * s * s);
    // Why this form: it has no pole.
    const double height = across * c + r[2] * s - k_equator_m * k_equator_m / n;
    return { rad_to_deg(latitude), across == 0.0 ? 0.0 : rad_to_deg(std::atan2(r[1], r[0])), height };
}

local_frame::local_frame(const geodetic& p) noexcept
{
    const double slat = std::sin(deg_to_rad(p.latitude_deg));
    const double clat = std::cos(deg_to_rad(p.latitude_deg));
    const double slon = std::sin(deg_to_rad(p.longitude_deg));
    const double clon = std::cos(deg_to_rad(p.longitude_deg));
    d_east = { -slon, clon, 0.0 };
    d_north = { -slat * clon, -slat * slon, clat };
    d_up = { clat * clon, clat * slon, slat };
}

look_angle local_frame::look(const vec3& delta) const noexcept
{
    const double e = dot(delta, d_east);
    const double n = dot(delta, d_north);
    const double u = dot(delta, d_up);
    double azimuth = rad_to_deg(std::atan2(e, n));
    if (azimuth < 0.0) azimuth += 360.0;
    if (azimuth >= 360.0) azimuth = 0.0;
    return { azimuth, rad_to_deg(std::atan2(u, std::hypot(e, n))), norm(delta) };
}

double local_frame::sine_elevation(const vec3& delta) const noexcept { return dot(delta, d_up) / norm(delta); }

site::site(const geodetic& place) : d_place(place)
{
    require(place);
    d_knots.push_back({ {}, 0.0, to_ecef_m(place), {} });
}

site::site(std::span<const waypoint> journey)
{
    if (journey.empty()) throw std::invalid_argument("site: the journey has no waypoint; give at least one");
    d_place = journey.front().place;
    for (const waypoint& w : journey) {
        require(w.place);
        const double seconds = elapsed_s(journey.front().time, w.time);
        if (!d_knots.empty() && !(seconds > d_knots.back().seconds)) {
            throw std::invalid_argument("site: waypoint times must increase, " + format_utc(w.time) + " does not");
        }
        d_knots.push_back({ w.time, seconds, to_ecef_m(w.place), {} });
    }
    for (std::size_t i = 1; i + 1 < d_knots.size(); ++i) {
        const double span = d_knots[i + 1].seconds - d_knots[i - 1].seconds;
        d_knots[i].velocity_m_s = scaled(minus(d_knots[i + 1].position_m, d_knots[i - 1].position_m), 1.0 / span);
    }
}

vec3 site::ecef_m(utc_time origin, double seconds) const noexcept
{
    if (d_knots.size() == 1) return d_knots.front().position_m;
    const double t = elapsed_s(d_knots.front().time, origin) + seconds;
    if (!(t > 0.0)) return d_knots.front().position_m;
    if (t >= d_knots.back().seconds) return d_knots.back().position_m;
    const auto next =
        std::upper_bound(d_knots.begin(), d_knots.end(), t, [](double x, const knot& k) { return x < k.seconds; });
    const knot& b = *next;
    const knot& a = *(next - 1);
    const double h = b.seconds - a.seconds;
    const double x = (t - a.seconds) / h;
    const double y = 1.0 - x;
    const double wa = y * y * (1.0 + 2.0 * x);
    const double wb = x * x * (3.0 - 2.0 * x);
    const double va = h * x * y * y;
    const double vb = -h * x * x * y;
    vec3 r{};
    for (std::size_t i = 0; i < 3; ++i) {
        r[i] = wa * a.position_m[i] + wb * b.position_m[i] + va * a.velocity_m_s[i] + vb * b.velocity_m_s[i];
    }
    return r;
}

geodetic site::place(utc_time origin, double seconds) const noexcept
{
    return d_knots.size() == 1 ? d_place : to_geodetic(ecef_m(origin, seconds));
}

} // namespace spacesail::orbit
