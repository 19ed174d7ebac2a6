// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/delay_engine.hpp>

#include "doppler/chebyshev_fit.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/orbit/leap_seconds.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::doppler {
namespace {

constexpr double k_c = k_speed_of_light_m_s;
constexpr double k_up = 1.0;    // the satellite's end is later than the site's
constexpr double k_down = -1.0; // ... earlier
// Half width of the fit that gives the derivatives of a single state: its error is below 1e-17 s, the noise of tau
// (1e-15 s) gives 1e-14 of rate, 0.2 mHz at 12.7 GHz.
constexpr double k_state_half_width_s = 0.5;

} // namespace

double standard_troposphere_m(double sine_elevation, double height_m) noexcept
{
    const double h = std::clamp(height_m, -1000.0, 20000.0);
    const double temperature_k = 288.15 - 0.0065 * std::min(h, 11000.0);
    const double at_11_km = std::min(h, 11000.0);
    double pressure_hpa = 1013.25 * std::pow(1.0 - 2.25577e-5 * at_11_km, 5.25588);
    if (h > 11000.0) pressure_hpa *= std::exp(-(h - 11000.0) / 6341.6);
    const double saturation_hpa =
        6.1094 * std::exp(17.625 * (temperature_k - 273.15) / (temperature_k - 273.15 + 243.04));
    const double vapour_hpa = 0.5 * std::exp(-h / 3000.0) * saturation_hpa;
    const double zenith_m = 0.002277 * (pressure_hpa + (1255.0 / temperature_k + 0.05) * vapour_hpa);
    const double s = std::max(sine_elevation, 0.0);
    return zenith_m * 1.001 / std::sqrt(0.002001 + s * s);
}

delay_engine::delay_engine(orbit::trajectory trajectory, orbit::site where, const delay_options& options)
    : d_trajectory(std::move(trajectory)),
      d_site(std::move(where)),
      d_options(options),
      d_fixed_place(d_site.place(d_trajectory.frame().origin(), 0.0))
{
}

result<delay_engine> delay_engine::create(const orbit::element_set& set,
                                          const orbit::site& where,
                                          utc_time origin,
                                          const delay_options& options)
{
    auto path = orbit::trajectory::create(set, orbit::earth_frame(origin, options.orientation));
    if (!path) return path.error();
    return delay_engine(*std::move(path), where, options);
}

void delay_engine::set_in_track_bias_m(double bias_m) noexcept
{
    d_bias_m = bias_m;
    // Why a shift of time: errors of elements grow along the track, where a later state is the state further on.
    const auto m = d_trajectory.at(0.0);
    d_bias_s = m ? bias_m / orbit::norm(m->velocity_m_s) : 0.0;
}

double delay_engine::seconds_of(utc_time t) const noexcept { return orbit::elapsed_s(origin(), t); }

double delay_engine::air_delay_s(double sine_elevation, double height_m) const noexcept
{
    return d_options.air == troposphere::standard ? standard_troposphere_m(sine_elevation, height_m) / k_c : 0.0;
}

std::optional<delay_engine::geometry> delay_engine::solve(double t, double sign) const noexcept
{
    const orbit::earth_frame& frame = d_trajectory.frame();
    geometry g{};
    g.site_ecef_m = d_site.ecef_m(origin(), t);
    const orbit::vec3 site = frame.to_teme(g.site_ecef_m, t);
    double tau = 0.0;
    // Newton's steps on |r_sat(t +- tau) - r_site| = c tau. From tau = 0 the errors are 1e-10 s, then below 1e-17 s:
    // the third pass evaluates at the root.
    for (int k = 0; k < 3; ++k) {
        const auto m = d_trajectory.at(t + sign * tau + d_bias_s);
        if (!m) return std::nullopt;
        g.delta_teme_m = orbit::minus(m->position_m, site);
        g.range_m = orbit::norm(g.delta_teme_m);
        const double closing = sign * orbit::dot(g.delta_teme_m, m->velocity_m_s) / (g.range_m * k_c);
        tau += (g.range_m / k_c - tau) / (1.0 - closing);
    }
    g.range_m = tau * k_c;
    g.delay_s = tau;
    if (d_options.air == troposphere::standard) {
        const orbit::geodetic place = d_site.is_fixed() ? d_fixed_place : d_site.place(origin(), t);
        const orbit::vec3 delta = frame.to_ecef(g.delta_teme_m, t);
        g.delay_s += air_delay_s(orbit::local_frame(place).sine_elevation(delta), place.height_m);
    }
    return g;
}

std::optional<link_state> delay_engine::state(double t, double sign) const noexcept
{
    const auto g = solve(t, sign);
    if (!g) return std::nullopt;
    const auto fit =
        chebyshev_fit(t - k_state_half_width_s, t + k_state_half_width_s, [&](double x) -> std::optional<double> {
            const auto at = solve(x, sign);
            return at ? std::optional<double>(at->delay_s) : std::nullopt;
        });
    if (!fit) return std::nullopt;
    link_state s;
    s.delay_s = g->delay_s;
    s.delay_rate = fit->rate(t);
    s.delay_rate_per_s = fit->rate_per_s(t);
    s.range_rate_m_s = s.delay_rate * k_c;
    const orbit::geodetic place = d_site.is_fixed() ? d_fixed_place : d_site.place(origin(), t);
    const orbit::vec3 delta = d_trajectory.frame().to_ecef(g->delta_teme_m, t);
    s.look = orbit::local_frame(place).look(delta);
    s.look.range_m = g->range_m;
    s.satellite_ecef_m = orbit::plus(g->site_ecef_m, delta);
    return s;
}

std::optional<double> delay_engine::tau_down(double t) const noexcept
{
    const auto g = solve(t, k_down);
    return g ? std::optional<double>(g->delay_s) : std::nullopt;
}

std::optional<double> delay_engine::tau_up(double t) const noexcept
{
    const auto g = solve(t, k_up);
    return g ? std::optional<double>(g->delay_s) : std::nullopt;
}

std::optional<link_state> delay_engine::down(double t) const noexcept { return state(t, k_down); }
std::optional<link_state> delay_engine::up(double t) const noexcept { return state(t, k_up); }

} // namespace spacesail::doppler
