// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/terminal_antenna.hpp>
#include <spacesail/orbit/vec3.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace spacesail::channel {
namespace {

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) throw std::invalid_argument(fmt::format("antenna: {} {} is outside {}", name, value, range));
}

/// East, north, up.
orbit::vec3 unit(const sky_direction& d)
{
    const double a = deg_to_rad(d.azimuth_deg);
    const double e = deg_to_rad(d.elevation_deg);
    return { std::cos(e) * std::sin(a), std::cos(e) * std::cos(a), std::sin(e) };
}

/// [2 J1(u) / u]^2 in dB.
double even_aperture_db(double u)
{
    if (u < 1e-6) return 0.0;
    const double v = 2.0 * std::cyl_bessel_j(1.0, u) / u;
    return linear_to_db(v * v + 1e-30);
}

} // namespace

double angle_between_deg(const sky_direction& a, const sky_direction& b) noexcept
{
    const orbit::vec3 u = unit(a);
    const orbit::vec3 v = unit(b);
    // Half the chord: exact for small angles, where the cosine has no digits left.
    return 2.0 * rad_to_deg(std::asin(std::min(1.0, 0.5 * orbit::norm(orbit::minus(u, v)))));
}

terminal_antenna::terminal_antenna(const antenna_config& config)
    : d_config(config), d_wavelengths(config.diameter_m * config.frequency_hz / k_speed_of_light_m_s)
{
    if (config.pattern == antenna_pattern::isotropic) return;
    check(config.diameter_m >= 0.05 && config.diameter_m <= 100.0, "diameter_m", config.diameter_m, "0.05 .. 100");
    check(std::isfinite(config.frequency_hz) && config.frequency_hz > 0.0,
          "frequency_hz",
          config.frequency_hz,
          "values above 0");
    check(config.scan_exponent >= 0.0 && config.scan_exponent <= 4.0, "scan_exponent", config.scan_exponent, "0 .. 4");
    check(config.floor_db >= -200.0 && config.floor_db <= 0.0, "floor_db", config.floor_db, "-200 .. 0");
    check(std::abs(config.panel_normal.elevation_deg) <= 90.0,
          "panel elevation",
          config.panel_normal.elevation_deg,
          "-90 .. 90");
    check(std::isfinite(config.panel_normal.azimuth_deg),
          "panel azimuth",
          config.panel_normal.azimuth_deg,
          "finite values");
}

double terminal_antenna::best_dbi() const noexcept
{
    if (d_config.pattern == antenna_pattern::isotropic) return 0.0;
    if (d_config.pattern == antenna_pattern::itu_mask) return 20.0 * std::log10(d_wavelengths) + 7.7;
    return linear_to_db(0.65) + 20.0 * std::log10(k_pi * d_wavelengths);
}

double terminal_antenna::mask_db(double angle_deg) const noexcept
{
    const double x = d_wavelengths;
    const double best = best_dbi();
    const double shelf = 2.0 + 15.0 * std::log10(x); // G_1
    const double lobe_end = 20.0 / x * std::sqrt(std::max(0.0, best - shelf));
    const double main_lobe = best - 2.5e-3 * (x * angle_deg) * (x * angle_deg);
    double g = 0.0;
    if (angle_deg < lobe_end) {
        g = main_lobe;
    } else if (x >= 100.0) {
        if (angle_deg < 15.85 * std::pow(x, -0.6))
            g = shelf;
        else
            g = angle_deg < 48.0 ? 32.0 - 25.0 * std::log10(angle_deg) : -10.0;
    } else {
        if (angle_deg < 100.0 / x)
            g = shelf;
        else if (angle_deg < 48.0)
            g = 52.0 - 10.0 * std::log10(x) - 25.0 * std::log10(angle_deg);
        else
            g = 10.0 - 10.0 * std::log10(x);
    }
    return std::min(0.0, g - best);
}

double terminal_antenna::gain_db(const sky_direction& beam, const sky_direction& wave) const noexcept
{
    const auto limited = [this](double db) { return db > d_config.floor_db ? db : d_config.floor_db; };
    switch (d_config.pattern) {
    case antenna_pattern::isotropic:
        break;
    case antenna_pattern::aperture: {
        const double angle = angle_between_deg(beam, wave);
        if (angle >= 90.0) return d_config.floor_db;
        return limited(even_aperture_db(k_pi * d_wavelengths * std::sin(deg_to_rad(angle))));
    }
    case antenna_pattern::itu_mask:
        return limited(mask_db(angle_between_deg(beam, wave)));
    case antenna_pattern::phased_array: {
        const orbit::vec3 normal = unit(d_config.panel_normal);
        const orbit::vec3 to_wave = unit(wave);
        const double cosine = orbit::dot(normal, to_wave);
        if (!(cosine > 0.0)) return d_config.floor_db;
        // The panel knows directions by their projections on its plane alone.
        const orbit::vec3 apart = orbit::minus(to_wave, unit(beam));
        const double along = orbit::dot(apart, normal);
        const double in_plane = std::sqrt(std::max(0.0, orbit::dot(apart, apart) - along * along));
        return limited(even_aperture_db(k_pi * d_wavelengths * in_plane) +
                       10.0 * d_config.scan_exponent * std::log10(cosine));
    }
    }
    return 0.0;
}

} // namespace spacesail::channel
