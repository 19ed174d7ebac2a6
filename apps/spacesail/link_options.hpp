// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "satellite_options.hpp"

#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/channel/link_loss.hpp>
#include <spacesail/doppler/feeder_delay_source.hpp>

#include <memory>
#include <string>
#include <vector>

/// The options that say what lies between satellite and terminal: feeder link, rain, gases, antenna, scintillation.
namespace spacesail::cli {

struct link_options {
    std::optional<io::site_coordinates> gateway;
    std::optional<double> uplink_frequency_hz;
    std::string rain;
    std::optional<double> rain_height_km;
    bool gases = false;
    std::optional<double> vapour_g_m3;
    double polarisation_tilt_deg = 45.0;
    std::string antenna = "none";
    double antenna_diameter_m = 0.5;
    double scan_exponent = 1.3;
    double panel_azimuth_deg = 0.0, panel_elevation_deg = 90.0;
    std::string point_at, pointing_elements;
    double pointing_azimuth_deg = 0.0, pointing_elevation_deg = 0.0, pointing_lag_s = 0.0;
    std::optional<double> scintillation_hz;
    std::optional<double> noise_temperature_k;
    bool path_loss = false;
};

void add_link_options(CLI::App& app, link_options& target);

/// \brief What the options make of the satellites: sources that a leo_channel can be given. Keep it while that lives.
class link_scene
{
public:
    /// \param[in] satellites  must outlive this.
    /// Throws usage_error naming option, value and remedy: no satellite, a gateway below the horizon, absurd values.
    link_scene(const session& s,
               const link_options& options,
               const satellite_options& places,
               std::span<const chosen_satellite> satellites,
               const sample_clock& stream,
               double carrier_hz,
               std::uint64_t seed);

    /// One path a satellite.
    std::vector<channel::satellite_path> paths() const;
    /// Sky noise over time; null without --noise-temperature.
    channel::gain_source* noise_gains() const noexcept { return d_sky.get(); }
    /// Delay at the start of the whole path with the shortest one, rounded to a sample.
    double reference_delay_s(double sample_rate_hz) const;
    /// \brief Every term of a satellite's link at stream time `t_s`; null where nothing comes through.
    nlohmann::json terms(std::size_t satellite, double t_s) const;
    /// \brief The same in words, the terms that options ask for alone; empty if they ask for none.
    std::string terms_in_words(std::size_t satellite, double t_s) const;

private:
    struct link {
        const chosen_satellite* satellite;
        std::unique_ptr<doppler::feeder_delay_source> feeder;
        std::unique_ptr<channel::link_loss> loss;
        double start_delay_s;
    };
    link_options d_options;
    double d_carrier_hz;
    std::vector<link> d_links;
    std::unique_ptr<channel::sky_noise> d_sky;
};

} // namespace spacesail::cli
