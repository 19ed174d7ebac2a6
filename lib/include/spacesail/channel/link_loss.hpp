// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/channel/gain_source.hpp>
#include <spacesail/channel/gases.hpp>
#include <spacesail/channel/rain.hpp>
#include <spacesail/channel/scintillation.hpp>
#include <spacesail/channel/terminal_antenna.hpp>
#include <spacesail/doppler/delay_engine.hpp>

#include <cstdint>
#include <optional>

namespace spacesail::channel {

/// Where the beam points, seen from where it should.
struct pointing_error {
    double azimuth_deg = 0.0;   ///< of the mount, -180 .. 180
    double elevation_deg = 0.0; ///< -90 .. 90
    double lag_s = 0.0;         ///< the beam points where its satellite was, -600 .. 600
};

/// What weakens the links of one terminal.
struct link_loss_config {
    double frequency_hz = 12e9; ///< >= 0; 1e9 .. 55e9 with rain, gases or scintillation
    double latitude_deg = 0.0;  ///< of the terminal, for rain
    double height_km = 0.0;     ///< of the terminal above sea level, -1 .. 100
    rain_profile rain;
    std::optional<double> rain_height_km; ///< above sea level, 0 .. 10; empty: rain_height_km(latitude)
    double tilt_deg = 45.0;               ///< of the polarisation, 45: circular
    std::optional<surface_air> gases;     ///< empty: no gaseous attenuation
    antenna_config antenna;
    pointing_error pointing;
    std::optional<double> scintillation_corner_hz; ///< empty: none
    surface_air scintillation_air;                 ///< N_wet of scintillation
};

/// The terms of one link at one instant, losses in dB >= 0.
struct link_terms {
    sky_direction wave;
    double range_m = 0.0;
    double free_space_db = 0.0; ///< 20 log(4 pi d f / c)
    double rain_mm_h = 0.0;
    double rain_db = 0.0;
    double gas_db = 0.0;
    double off_beam_deg = 0.0; ///< the wave's angle from the beam; 0 without a pattern
    double pointing_db = 0.0;  ///< antenna's gain below its best, scan loss included
    double scintillation_sigma_db = 0.0;
    /// What link_loss takes off: all but free space (leo_channel's own) and scintillation.
    double total_db() const noexcept { return rain_db + gas_db + pointing_db; }
};

/// \brief Losses of one satellite's link at a terminal, as a gain_source: rain, gases, antenna, scintillation.
///
/// Terms are worked out every 0.1 s and joined by straight lines in dB; scintillation has its own value each step.
/// Below the horizon, or where the orbit is not known, nothing comes through. Clouds, depolarisation and the uplink of
/// a transparent satellite are not modelled. No allocation after construction (but in reset()).
class link_loss final : public gain_source
{
public:
    /// \param[in] satellite  engine of the satellite that sends; its origin is time 0 of the stream.
    /// \param[in] aimed_at   engine that the beam follows: of the served satellite by the elements that the terminal
    /// has. Both copied. Errors: std::invalid_argument naming the parameter, its value and range.
    link_loss(const link_loss_config& config,
              const doppler::delay_engine& satellite,
              const doppler::delay_engine& aimed_at,
              std::uint64_t seed = 1);

    /// \brief The terms at an instant; nothing below the horizon or where an orbit is not known.
    std::optional<link_terms> at(double t_s) const noexcept;
    double gain_db(double t_s) noexcept override;
    void reset() noexcept override;

private:
    struct knot {
        double loss_db, sigma_db;
    };
    knot knot_at(std::int64_t index) const noexcept;

    link_loss_config d_config;
    doppler::delay_engine d_satellite, d_beam;
    terminal_antenna d_antenna;
    double d_zenith_gas_db = 0.0;
    double d_rain_height_km;
    double d_wet_refractivity = 0.0;
    std::optional<scintillation> d_scintillation;
    bool d_has_knots = false;
    std::int64_t d_index = 0;
    knot d_from{}, d_to{};
};

/// \brief Noise power of a receiver under a sky that rain makes warmer, as a gain_source of leo_channel's noise.
///
/// (T_receiver + T_sky(t)) over the same in dry air at the start. Source: Recommendation ITU-R P.618-13, clause 3:
/// T_sky = T_mr (1 - 10^(-A/10)) + 2.7 * 10^(-A/10), T_mr = 275 K, A the attenuation by rain and gases. Simplified: the
/// beam sees the sky of its satellite alone, side lobes and spill-over belong to T_receiver. Without it Es/N0 falls by
/// the attenuation alone, which flatters a quiet receiver by up to 10 log(1 + 275 / T_receiver).
class sky_noise final : public gain_source
{
public:
    /// \param[in] receiver_k  noise temperature of antenna losses and receiver, 1 .. 10000 (std::invalid_argument).
    sky_noise(const link_loss_config& config, const doppler::delay_engine& served, double receiver_k);

    double gain_db(double t_s) noexcept override;
    /// T_sky in K of an attenuation.
    static double sky_k(double attenuation_db) noexcept;

private:
    link_loss d_loss;
    double d_receiver_k, d_reference_k;
};

} // namespace spacesail::channel
