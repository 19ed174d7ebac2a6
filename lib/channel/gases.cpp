// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/gases.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::channel {
namespace {

/// P.676-12, Table 1: f0 in GHz, a1 .. a6.
struct oxygen_line {
    double f0, a1, a2, a3, a4, a5, a6;
};
constexpr oxygen_line k_oxygen[] = {
#include "channel/oxygen_lines.inc"
};
/// P.676-12, Table 2: f0 in GHz, b1 .. b6.
struct vapour_line {
    double f0, b1, b2, b3, b4, b5, b6;
};
constexpr vapour_line k_vapour[] = {
#include "channel/water_vapour_lines.inc"
};

/// P.676-12, Table 3: c_i and f_i in GHz.
struct height_line {
    double c, f;
};
constexpr height_line k_oxygen_heights[] = { { 0.1597, 118.750334 }, { 0.1066, 368.498246 }, { 0.1325, 424.763020 },
                                             { 0.1242, 487.249273 }, { 0.0938, 715.392902 }, { 0.1448, 773.839490 },
                                             { 0.1374, 834.145546 } };
/// P.676-12, Table 4: f_i in GHz, a_i, b_i.
struct vapour_height_line {
    double f, a, b;
};
constexpr vapour_height_line k_vapour_heights[] = {
    { 22.23508, 1.52, 2.56 },   { 183.310087, 7.62, 10.2 }, { 325.152888, 1.56, 2.7 },  { 380.197353, 4.15, 5.7 },
    { 439.150807, 0.2, 0.91 },  { 448.001085, 1.63, 2.46 }, { 474.689092, 0.76, 2.22 }, { 488.490108, 0.26, 2.49 },
    { 556.935985, 7.81, 10.0 }, { 620.70087, 1.25, 2.35 },  { 752.033113, 16.2, 20.0 }, { 916.171582, 1.47, 2.58 },
    { 970.315022, 1.36, 2.44 }, { 987.926764, 1.6, 1.86 }
};

double square(double x) { return x * x; }

/// Water vapour pressure in hPa, equation (4).
double vapour_pressure_hpa(const surface_air& air) { return air.vapour_g_m3 * air.temperature_k / 216.7; }

} // namespace

surface_air standard_air(double height_km, double vapour_g_m3) noexcept
{
    const double h = std::clamp(height_km, 0.0, 11.0);
    surface_air a;
    a.temperature_k = 288.15 - 6.5 * h;
    a.dry_pressure_hpa = 1013.25 * std::pow(288.15 / a.temperature_k, -34.1632 / 6.5);
    a.vapour_g_m3 = vapour_g_m3 * std::exp(-0.5 * h);
    return a;
}

gas_pair gas_specific_attenuation(double frequency_hz, const surface_air& air) noexcept
{
    const double f = 1e-9 * frequency_hz;
    const double p = air.dry_pressure_hpa;
    const double e = vapour_pressure_hpa(air);
    const double theta = 300.0 / air.temperature_k;

    double oxygen = 0.0;
    for (const oxygen_line& n : k_oxygen) {
        const double strength = n.a1 * 1e-7 * p * std::pow(theta, 3.0) * std::exp(n.a2 * (1.0 - theta));
        // Zeeman splitting widens the line (6b); interference corrects its shape (7).
        const double width =
            std::sqrt(square(n.a3 * 1e-4 * (p * std::pow(theta, 0.8 - n.a4) + 1.1 * e * theta)) + 2.25e-6);
        const double delta = (n.a5 + n.a6 * theta) * 1e-4 * (p + e) * std::pow(theta, 0.8);
        const double shape = f / n.f0 *
                             ((width - delta * (n.f0 - f)) / (square(n.f0 - f) + square(width)) +
                              (width - delta * (n.f0 + f)) / (square(n.f0 + f) + square(width)));
        oxygen += strength * shape;
    }
    // The dry continuum (8), (9): Debye's spectrum of oxygen and pressure-induced nitrogen.
    const double d = 5.6e-4 * (p + e) * std::pow(theta, 0.8);
    const double continuum = f * p * square(theta) *
                             (6.14e-5 / (d * (1.0 + square(f / d))) +
                              1.4e-12 * p * std::pow(theta, 1.5) / (1.0 + 1.9e-5 * std::pow(f, 1.5)));
    double vapour = 0.0;
    for (const vapour_line& n : k_vapour) {
        const double strength = n.b1 * 0.1 * e * std::pow(theta, 3.5) * std::exp(n.b2 * (1.0 - theta));
        const double pressure = n.b3 * 1e-4 * (p * std::pow(theta, n.b4) + n.b5 * e * std::pow(theta, n.b6));
        // Doppler broadening (6b).
        const double width = 0.535 * pressure + std::sqrt(0.217 * square(pressure) + 2.1316e-12 * square(n.f0) / theta);
        vapour += strength * f / n.f0 *
                  (width / (square(n.f0 - f) + square(width)) + width / (square(n.f0 + f) + square(width)));
    }
    return { 0.1820 * f * (oxygen + continuum), 0.1820 * f * vapour };
}

gas_pair gas_equivalent_heights(double frequency_hz, const surface_air& air) noexcept
{
    const double f = 1e-9 * frequency_hz;
    const double celsius = air.temperature_k - 273.15;
    const double rp = (air.dry_pressure_hpa + vapour_pressure_hpa(air)) / 1013.25;

    const double t1 = 5.1040 / (1.0 + 0.066 * std::pow(rp, -2.3)) *
                      std::exp(-square((f - 59.7) / (2.87 + 12.4 * std::exp(-7.9 * rp))));
    double t2 = 0.0;
    for (const height_line& n : k_oxygen_heights)
        t2 += n.c * std::exp(2.12 * rp) / (square(f - n.f) + 0.025 * std::exp(2.2 * rp));
    const double t3 = 0.0114 * f / (1.0 + 0.14 * std::pow(rp, -2.6)) * (15.02 * f * f - 1353.0 * f + 5.333e4) /
                      (f * f * f - 151.3 * f * f + 9629.0 * f - 6803.0);
    const double a0 = 0.7832 + 0.00709 * celsius;
    double dry = 6.1 * a0 / (1.0 + 0.17 * std::pow(rp, -1.1)) * (1.0 + t1 + t2 + t3);
    if (f < 70.0) dry = std::min(dry, 10.7 * std::pow(rp, 0.3));

    const double a = 1.9298 - 0.04166 * celsius + 0.0517 * air.vapour_g_m3;
    const double b = 1.1674 - 0.00622 * celsius + 0.0063 * air.vapour_g_m3;
    const double sigma = 1.013 / (1.0 + std::exp(-8.6 * (rp - 0.57)));
    double vapour = 0.0;
    for (const vapour_height_line& n : k_vapour_heights) vapour += n.a * sigma / (square(f - n.f) + n.b * sigma);
    return { dry, a + b * vapour };
}

double gas_zenith_attenuation_db(double frequency_hz, const surface_air& air) noexcept
{
    const gas_pair gamma = gas_specific_attenuation(frequency_hz, air);
    const gas_pair height = gas_equivalent_heights(frequency_hz, air);
    return gamma.dry * height.dry + gamma.vapour * height.vapour;
}

double slant_factor(double elevation_deg) noexcept
{
    const double s = std::sin(deg_to_rad(std::clamp(elevation_deg, 0.0, 90.0)));
    if (elevation_deg >= 5.0) return 1.0 / s;
    constexpr double layer_km = 5.0;
    constexpr double earth_km = 8500.0;
    const auto bent = [](double x) { return 2.0 / (std::sqrt(x * x + 2.0 * layer_km / earth_km) + x); };
    const double edge = std::sin(deg_to_rad(5.0));
    return bent(s) / (bent(edge) * edge);
}

} // namespace spacesail::channel
