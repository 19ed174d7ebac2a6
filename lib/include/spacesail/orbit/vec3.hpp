// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>

namespace spacesail::orbit {

/// Three coordinates; the frame and the unit are said where one is used.
using vec3 = std::array<double, 3>;

inline vec3 minus(const vec3& a, const vec3& b) noexcept { return { a[0] - b[0], a[1] - b[1], a[2] - b[2] }; }
inline vec3 plus(const vec3& a, const vec3& b) noexcept { return { a[0] + b[0], a[1] + b[1], a[2] + b[2] }; }
inline vec3 scaled(const vec3& a, double f) noexcept { return { f * a[0], f * a[1], f * a[2] }; }
inline double dot(const vec3& a, const vec3& b) noexcept { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline double norm(const vec3& a) noexcept { return std::sqrt(dot(a, a)); }

/// \brief Turns a vector about the z axis by an angle given as sine and cosine (counter-clockwise seen from +z).
inline vec3 turned_z(const vec3& a, double sine, double cosine) noexcept
{
    return { cosine * a[0] - sine * a[1], sine * a[0] + cosine * a[1], a[2] };
}

} // namespace spacesail::orbit
