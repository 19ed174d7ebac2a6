// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/gain_source.hpp>
#include <spacesail/channel/scintillation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace spacesail::channel {
namespace {

constexpr double k_rate_hz = 1.0 / gain_source::k_step_s;

/// Flat to the corner, f^-8/3 to half the rate; the level is settled afterwards.
phase_noise_mask mask_of(double corner_hz)
{
    phase_noise_mask m;
    m.name = "scintillation";
    // Why: the fit begins at the first point; without this one the flat part would be what is left of it.
    m.points.push_back({ corner_hz / 20.0, 0.0 });
    constexpr int points = 9;
    const double end = 0.5 * k_rate_hz;
    for (int k = 0; k < points; ++k) {
        const double f = corner_hz * std::pow(end / corner_hz, static_cast<double>(k) / (points - 1));
        m.points.push_back({ f, -80.0 / 3.0 * std::log10(f / corner_hz) });
    }
    return m;
}

/// Twice the integral of the density up to half the rate, by the trapezoidal rule over log f.
double variance_of(const phase_noise& source, double corner_hz)
{
    const double low = 1e-5 * corner_hz;
    const double high = 0.5 * k_rate_hz;
    constexpr int steps = 400;
    const double step = std::log(high / low) / steps;
    double sum = low * source.density(low);
    for (int k = 0; k <= steps; ++k) {
        const double f = low * std::exp(step * k);
        sum += (k == 0 || k == steps ? 0.5 : 1.0) * step * f * source.density(f);
    }
    return 2.0 * sum;
}

} // namespace

double wet_refractivity(const surface_air& air) noexcept
{
    const double e = air.vapour_g_m3 * air.temperature_k / 216.7;
    return 72.0 * e / air.temperature_k + 3.75e5 * e / (air.temperature_k * air.temperature_k);
}

double scintillation_sigma_db(const scintillation_path& p) noexcept
{
    constexpr double turbulence_m = 1000.0; // h_L
    const double f = 1e-9 * p.frequency_hz;
    const double s = std::sin(deg_to_rad(std::clamp(p.elevation_deg, 5.0, 90.0)));
    const double reference = 3.6e-3 + 1e-4 * p.wet_refractivity;
    const double length = 2.0 * turbulence_m / (std::sqrt(s * s + 2.35e-4) + s);
    const double x = 1.22 * p.efficiency * p.diameter_m * p.diameter_m * f / length;
    const double averaging = 3.86 * std::pow(x * x + 1.0, 11.0 / 12.0) * std::sin(11.0 / 6.0 * std::atan2(1.0, x)) -
                             7.08 * std::pow(x, 5.0 / 6.0);
    // Above x = 7 the aperture averages everything out.
    const double g = x < 7.0 ? std::sqrt(std::max(0.0, averaging)) : 0.0;
    return reference * std::pow(f, 7.0 / 12.0) * g / std::pow(s, 1.2);
}

scintillation::scintillation(double corner_hz, std::uint64_t seed) : d_corner_hz(corner_hz), d_seed(seed)
{
    if (!(corner_hz >= 0.01 && corner_hz <= 10.0))
        throw std::invalid_argument(fmt::format("scintillation: corner_hz {} is outside 0.01 .. 10", corner_hz));
    d_source.emplace(mask_of(corner_hz), k_rate_hz, seed);
    d_scale = 1.0 / std::sqrt(variance_of(*d_source, corner_hz));
}

void scintillation::reset() noexcept
{
    d_source.emplace(mask_of(d_corner_hz), k_rate_hz, d_seed);
    d_at = phase_noise::k_block;
}

double scintillation::next() noexcept
{
    if (d_at == d_values.size()) {
        d_values.fill(0.0F);
        d_source->add(d_values.data());
        d_at = 0;
    }
    return d_scale * static_cast<double>(d_values[d_at++]);
}

} // namespace spacesail::channel
