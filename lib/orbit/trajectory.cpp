// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/trajectory.hpp>

#include <spacesail/orbit/leap_seconds.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::orbit {
namespace {

constexpr double k_mu = 3.986004418e14; // m^3/s^2
constexpr double k_radius_m = 6378136.3;
constexpr double k_j2 = 1.0826266836e-3;
constexpr double k_j3 = -2.5326564853e-6;
constexpr double k_j4 = -1.6196215914e-6;
// EGM96's C22 and S22, not normalised.
constexpr double k_c22 = 1.5745360427e-6;
constexpr double k_s22 = -9.0386806729e-7;
constexpr double k_step_s = 5.0;
constexpr double k_longest_validity_s = 86400.0;

/// Acceleration in the rotating frame. Source: O. Montenbruck, E. Gill, Satellite Orbits, section 3.2 (zonal and 2,2
/// terms as gradients).
vec3 acceleration(const vec3& r, const vec3& v) noexcept
{
    const double r2 = dot(r, r);
    const double d = std::sqrt(r2);
    const double q = k_radius_m * k_radius_m / r2;
    const double s = r[2] / d; // sine of the latitude
    const double s2 = s * s;
    const double g = k_mu / (r2 * d);
    const double j3 = k_j3 * q * k_radius_m / d;
    const double j4 = k_j4 * q * q;
    const double across = -1.0 + 1.5 * k_j2 * q * (5.0 * s2 - 1.0) + 2.5 * j3 * s * (7.0 * s2 - 3.0) +
                          0.625 * j4 * (63.0 * s2 * s2 - 42.0 * s2 + 3.0);
    const double along = -1.0 + 1.5 * k_j2 * q * (5.0 * s2 - 3.0) + 0.625 * j4 * (63.0 * s2 * s2 - 70.0 * s2 + 15.0);
    vec3 a = { g * r[0] * across,
               g * r[1] * across,
               g * (r[2] * along + 2.5 * j3 * d * (7.0 * s2 * s2 - 6.0 * s2 + 0.6)) };
    // U22 = 3 mu R^2 / r^5 (C22 (x^2 - y^2) + 2 S22 x y)
    const double w = k_c22 * (r[0] * r[0] - r[1] * r[1]) + 2.0 * k_s22 * r[0] * r[1];
    const double u = 3.0 * g * q;
    a[0] += u * (2.0 * (k_c22 * r[0] + k_s22 * r[1]) - 5.0 * w * r[0] / r2);
    a[1] += u * (2.0 * (-k_c22 * r[1] + k_s22 * r[0]) - 5.0 * w * r[1] / r2);
    a[2] += u * (-5.0 * w * r[2] / r2);
    constexpr double k_w = k_gmst_rate_rad_s;
    a[0] += k_w * k_w * r[0] + 2.0 * k_w * v[1];
    a[1] += k_w * k_w * r[1] - 2.0 * k_w * v[0];
    return a;
}

motion runge_kutta(const motion& m, double h) noexcept
{
    const vec3 a1 = acceleration(m.position_m, m.velocity_m_s);
    const vec3 v2 = plus(m.velocity_m_s, scaled(a1, h / 2));
    const vec3 a2 = acceleration(plus(m.position_m, scaled(m.velocity_m_s, h / 2)), v2);
    const vec3 v3 = plus(m.velocity_m_s, scaled(a2, h / 2));
    const vec3 a3 = acceleration(plus(m.position_m, scaled(v2, h / 2)), v3);
    const vec3 v4 = plus(m.velocity_m_s, scaled(a3, h));
    const vec3 a4 = acceleration(plus(m.position_m, scaled(v3, h)), v4);
    motion out;
    for (std::size_t i = 0; i < 3; ++i) {
        out.position_m[i] = m.position_m[i] + h / 6 * (m.velocity_m_s[i] + 2 * v2[i] + 2 * v3[i] + v4[i]);
        out.velocity_m_s[i] = m.velocity_m_s[i] + h / 6 * (a1[i] + 2 * a2[i] + 2 * a3[i] + a4[i]);
    }
    return out;
}

} // namespace

result<trajectory> trajectory::create(const element_set& set, const earth_frame& frame)
{
    trajectory out(frame);
    out.d_since_epoch_s = elapsed_s(set.epoch, frame.origin());
    const ecef_state* s = set.state();
    if (s == nullptr) {
        auto model = sgp4::create(set);
        if (!model) return model.error();
        out.d_model = *std::move(model);
        return out;
    }
    const auto refuse = [&](const std::string& why) {
        return result<trajectory>::failure(error_code::invalid_argument, display_name(set) + ": " + why);
    };
    motion start;
    for (std::size_t i = 0; i < 3; ++i) {
        start.position_m[i] = 1e3 * s->position_km[i];
        start.velocity_m_s[i] = 1e3 * s->velocity_km_s[i];
    }
    const double radius_m = norm(start.position_m);
    if (!(radius_m > k_radius_m && radius_m < 1e9) || !(norm(start.velocity_m_s) < 1e5)) {
        return refuse(
            fmt::format("state vector with radius {:.0f} m and speed {:.0f} m/s is no orbit; positions are in km",
                        radius_m,
                        norm(start.velocity_m_s)));
    }
    if (!(s->validity_s > 0.0 && s->validity_s <= k_longest_validity_s)) {
        return refuse(fmt::format("validity {} s is outside 0 to {}", s->validity_s, k_longest_validity_s));
    }
    const auto steps = static_cast<std::size_t>(std::ceil(s->validity_s / k_step_s));
    std::vector<knot> knots(2 * steps + 1);
    for (const double h : { k_step_s, -k_step_s }) {
        motion m = start;
        for (std::size_t i = 0; i <= steps; ++i) {
            knots[h > 0.0 ? steps + i : steps - i] = { m.position_m,
                                                       m.velocity_m_s,
                                                       acceleration(m.position_m, m.velocity_m_s) };
            m = runge_kutta(m, h);
        }
    }
    out.d_knots = std::make_shared<const std::vector<knot>>(std::move(knots));
    out.d_validity_s = s->validity_s;
    return out;
}

std::optional<motion> trajectory::at(double seconds) const noexcept
{
    const double since_epoch = d_since_epoch_s + seconds;
    motion out;
    if (d_model) {
        const sgp4_result r = d_model->propagate(since_epoch / 60.0);
        if (r.error != sgp4_error::none) return std::nullopt;
        for (std::size_t i = 0; i < 3; ++i) {
            out.position_m[i] = 1e3 * r.state.position_km[i];
            out.velocity_m_s[i] = 1e3 * r.state.velocity_km_s[i];
        }
        return out;
    }
    if (!(std::fabs(since_epoch) <= d_validity_s)) return std::nullopt;
    const auto& knots = *d_knots;
    const double place = since_epoch / k_step_s + static_cast<double>(knots.size() / 2);
    const auto i = std::min(static_cast<std::size_t>(place), knots.size() - 2);
    const knot& a = knots[i];
    const knot& b = knots[i + 1];
    // Quintic through position, velocity and acceleration at both ends.
    const double x = place - static_cast<double>(i);
    constexpr double h = k_step_s;
    vec3 r{};
    vec3 v{};
    for (std::size_t j = 0; j < 3; ++j) {
        const double p = b.position_m[j] - a.position_m[j] - h * (a.velocity_m_s[j] + 0.5 * h * a.acceleration_m_s2[j]);
        const double q = h * (b.velocity_m_s[j] - a.velocity_m_s[j] - h * a.acceleration_m_s2[j]);
        const double w = h * h * (b.acceleration_m_s2[j] - a.acceleration_m_s2[j]);
        const double c3 = 10.0 * p - 4.0 * q + 0.5 * w;
        const double c4 = -15.0 * p + 7.0 * q - w;
        const double c5 = 6.0 * p - 3.0 * q + 0.5 * w;
        const double c1 = h * a.velocity_m_s[j];
        const double c2 = 0.5 * h * h * a.acceleration_m_s2[j];
        r[j] = a.position_m[j] + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * c5))));
        v[j] = (c1 + x * (2.0 * c2 + x * (3.0 * c3 + x * (4.0 * c4 + x * 5.0 * c5)))) / h;
    }
    out.position_m = d_frame.to_teme(r, seconds);
    out.velocity_m_s = d_frame.to_teme(v, seconds);
    out.velocity_m_s[0] -= k_gmst_rate_rad_s * out.position_m[1];
    out.velocity_m_s[1] += k_gmst_rate_rad_s * out.position_m[0];
    return out;
}

std::string trajectory::why_not(double seconds) const
{
    if (d_model) return describe(d_model->propagate((d_since_epoch_s + seconds) / 60.0).error);
    return fmt::format("{:.0f} s from its epoch the state vector is no longer valid ({:.0f} s)",
                       d_since_epoch_s + seconds,
                       d_validity_s);
}

} // namespace spacesail::orbit
