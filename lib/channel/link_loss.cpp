// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/link_loss.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace spacesail::channel {
namespace {

constexpr double k_knot_s = 0.1;
constexpr double k_sky_medium_k = 275.0;
constexpr double k_cosmic_k = 2.7;
constexpr double k_never_db = std::numeric_limits<double>::infinity();

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) throw std::invalid_argument(fmt::format("link_loss: {} {} is outside {}", name, value, range));
}

link_loss_config checked(const link_loss_config& c)
{
    check(std::isfinite(c.frequency_hz) && c.frequency_hz >= 0.0, "frequency_hz", c.frequency_hz, "0 and above");
    if (!c.rain.dry() || c.gases || c.scintillation_corner_hz) {
        check(c.frequency_hz >= 1e9 && c.frequency_hz <= 55e9,
              "frequency_hz",
              c.frequency_hz,
              "1e9 .. 55e9, where rain, gases and scintillation are modelled");
    }
    check(std::abs(c.latitude_deg) <= 90.0, "latitude_deg", c.latitude_deg, "-90 .. 90");
    check(c.height_km >= -1.0 && c.height_km <= 100.0, "height_km", c.height_km, "-1 .. 100");
    if (c.rain_height_km)
        check(*c.rain_height_km >= 0.0 && *c.rain_height_km <= 10.0, "rain_height_km", *c.rain_height_km, "0 .. 10");
    check(std::abs(c.tilt_deg) <= 90.0, "tilt_deg", c.tilt_deg, "-90 .. 90");
    for (const surface_air* air : { c.gases ? &*c.gases : nullptr, &c.scintillation_air }) {
        if (air == nullptr) continue;
        check(air->dry_pressure_hpa >= 100.0 && air->dry_pressure_hpa <= 1100.0,
              "dry_pressure_hpa",
              air->dry_pressure_hpa,
              "100 .. 1100");
        check(air->temperature_k >= 200.0 && air->temperature_k <= 330.0,
              "temperature_k",
              air->temperature_k,
              "200 .. 330");
        check(air->vapour_g_m3 >= 0.0 && air->vapour_g_m3 <= 50.0, "vapour_g_m3", air->vapour_g_m3, "0 .. 50");
    }
    check(std::abs(c.pointing.azimuth_deg) <= 180.0, "pointing azimuth", c.pointing.azimuth_deg, "-180 .. 180");
    check(std::abs(c.pointing.elevation_deg) <= 90.0, "pointing elevation", c.pointing.elevation_deg, "-90 .. 90");
    check(std::abs(c.pointing.lag_s) <= 600.0, "pointing lag", c.pointing.lag_s, "-600 .. 600");
    return c;
}

link_loss_config without_antenna(link_loss_config c)
{
    c.antenna.pattern = antenna_pattern::isotropic;
    c.scintillation_corner_hz.reset();
    return c;
}

} // namespace

link_loss::link_loss(const link_loss_config& config,
                     const doppler::delay_engine& satellite,
                     const doppler::delay_engine& aimed_at,
                     std::uint64_t seed)
    : d_config(checked(config)),
      d_satellite(satellite),
      d_beam(aimed_at),
      d_antenna(config.antenna),
      d_rain_height_km(config.rain_height_km.value_or(channel::rain_height_km(config.latitude_deg))),
      d_wet_refractivity(wet_refractivity(config.scintillation_air))
{
    if (config.gases) d_zenith_gas_db = gas_zenith_attenuation_db(config.frequency_hz, *config.gases);
    if (config.scintillation_corner_hz) d_scintillation.emplace(*config.scintillation_corner_hz, seed);
}

std::optional<link_terms> link_loss::at(double t_s) const noexcept
{
    const auto link = d_satellite.down(t_s);
    if (!link || !(link->look.elevation_deg >= 0.0)) return std::nullopt;
    link_terms t;
    t.wave = { link->look.azimuth_deg, link->look.elevation_deg };
    t.range_m = link->look.range_m;
    t.free_space_db = 20.0 * std::log10(2.0 * k_two_pi * t.range_m * d_config.frequency_hz / k_speed_of_light_m_s);
    t.rain_mm_h = d_config.rain.mm_h(t_s);
    t.rain_db = rain_attenuation_db({ .frequency_hz = d_config.frequency_hz,
                                      .latitude_deg = d_config.latitude_deg,
                                      .station_km = d_config.height_km,
                                      .rain_height_km = d_rain_height_km,
                                      .elevation_deg = t.wave.elevation_deg,
                                      .tilt_deg = d_config.tilt_deg },
                                    t.rain_mm_h);
    t.gas_db = d_zenith_gas_db * slant_factor(t.wave.elevation_deg);
    if (d_config.antenna.pattern != antenna_pattern::isotropic) {
        const auto aim = d_beam.down(t_s - d_config.pointing.lag_s);
        if (!aim) return std::nullopt;
        const sky_direction beam{ aim->look.azimuth_deg + d_config.pointing.azimuth_deg,
                                  aim->look.elevation_deg + d_config.pointing.elevation_deg };
        t.off_beam_deg = angle_between_deg(beam, t.wave);
        t.pointing_db = -d_antenna.gain_db(beam, t.wave);
    }
    if (d_scintillation) {
        t.scintillation_sigma_db = scintillation_sigma_db({ .frequency_hz = d_config.frequency_hz,
                                                            .elevation_deg = t.wave.elevation_deg,
                                                            .diameter_m = d_config.antenna.diameter_m,
                                                            .wet_refractivity = d_wet_refractivity });
    }
    return t;
}

link_loss::knot link_loss::knot_at(std::int64_t index) const noexcept
{
    const auto t = at(static_cast<double>(index) * k_knot_s);
    return t ? knot{ t->total_db(), t->scintillation_sigma_db } : knot{ k_never_db, 0.0 };
}

double link_loss::gain_db(double t_s) noexcept
{
    const double place = t_s / k_knot_s;
    const auto index = static_cast<std::int64_t>(std::floor(place + 1e-6));
    if (!d_has_knots || index != d_index) {
        d_from = d_has_knots && index == d_index + 1 ? d_to : knot_at(index);
        d_to = knot_at(index + 1);
        d_index = index;
        d_has_knots = true;
    }
    const double x = std::clamp(place - static_cast<double>(index), 0.0, 1.0);
    const double flicker = d_scintillation ? d_scintillation->next() : 0.0;
    if (!std::isfinite(d_from.loss_db) || !std::isfinite(d_to.loss_db)) return -k_never_db;
    const double loss = d_from.loss_db + x * (d_to.loss_db - d_from.loss_db);
    return flicker * (d_from.sigma_db + x * (d_to.sigma_db - d_from.sigma_db)) - loss;
}

void link_loss::reset() noexcept
{
    d_has_knots = false;
    if (d_scintillation) d_scintillation->reset();
}

sky_noise::sky_noise(const link_loss_config& config, const doppler::delay_engine& served, double receiver_k)
    : d_loss(without_antenna(config), served, served), d_receiver_k(receiver_k), d_reference_k(receiver_k)
{
    if (!(receiver_k >= 1.0 && receiver_k <= 10000.0))
        throw std::invalid_argument(fmt::format("sky_noise: receiver_k {} is outside 1 .. 10000", receiver_k));
    const auto start = d_loss.at(0.0);
    d_reference_k = receiver_k + sky_k(start ? start->gas_db : 0.0);
}

double sky_noise::sky_k(double attenuation_db) noexcept
{
    const double passed = db_to_linear(-attenuation_db);
    return k_sky_medium_k * (1.0 - passed) + k_cosmic_k * passed;
}

double sky_noise::gain_db(double t_s) noexcept
{
    const double gain = d_loss.gain_db(t_s);
    // Below the horizon the beam sees the ground or keeps its last direction: the medium's temperature.
    const double sky = std::isfinite(gain) ? sky_k(-gain) : k_sky_medium_k;
    return linear_to_db((d_receiver_k + sky) / d_reference_k);
}

} // namespace spacesail::channel
