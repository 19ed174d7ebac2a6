// SPDX-License-Identifier: GPL-3.0-or-later
#include "link_options.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

orbit::geodetic place_of(const io::site_coordinates& site)
{
    return { site.latitude_deg, site.longitude_deg, site.height_m };
}

channel::antenna_pattern pattern_of(const std::string& word)
{
    if (word == "dish") return channel::antenna_pattern::aperture;
    if (word == "mask") return channel::antenna_pattern::itu_mask;
    if (word == "panel") return channel::antenna_pattern::phased_array;
    return channel::antenna_pattern::isotropic;
}

channel::rain_profile rain_of(const std::string& text)
{
    if (text.empty()) return {};
    auto r = channel::parse_rain_profile(text);
    if (!r) throw usage_error{ "--" + r.error().message };
    return *std::move(r);
}

channel::link_loss_config config_of(const link_options& o, const orbit::geodetic& site, double carrier_hz)
{
    channel::link_loss_config c;
    c.frequency_hz = carrier_hz;
    c.latitude_deg = site.latitude_deg;
    c.height_km = 1e-3 * site.height_m;
    c.rain = rain_of(o.rain);
    c.rain_height_km = o.rain_height_km;
    c.tilt_deg = o.polarisation_tilt_deg;
    auto air = channel::standard_air(c.height_km);
    if (o.vapour_g_m3) air.vapour_g_m3 = *o.vapour_g_m3;
    if (o.gases || o.vapour_g_m3) c.gases = air;
    c.antenna = { .pattern = pattern_of(o.antenna),
                  .diameter_m = o.antenna_diameter_m,
                  .frequency_hz = carrier_hz,
                  .scan_exponent = o.scan_exponent,
                  .panel_normal = { o.panel_azimuth_deg, o.panel_elevation_deg } };
    c.pointing = { o.pointing_azimuth_deg, o.pointing_elevation_deg, o.pointing_lag_s };
    c.scintillation_corner_hz = o.scintillation_hz;
    c.scintillation_air = air;
    return c;
}

doppler::delay_engine beam_of(const link_options& o,
                              const satellite_options& places,
                              const chosen_satellite& first,
                              const orbit::site& where,
                              utc_time origin)
{
    if (o.point_at.empty() && o.pointing_elements.empty()) return first.delays->engine();
    const std::string path = o.pointing_elements.empty() ? places.elements : o.pointing_elements;
    const auto file = value_or_usage(orbit::load_elements(path));
    const std::string wanted = !o.point_at.empty()       ? o.point_at
                               : first.set.norad_id != 0 ? std::to_string(first.set.norad_id)
                                                         : first.set.name;
    const auto engine = value_or_usage(doppler::delay_engine::create(find_satellite(file.sets, wanted), where, origin));
    if (!engine.down(0.0)) {
        throw usage_error{ fmt::format(
            "--point-at {}: its orbit is not known at {}; give newer elements", wanted, format_utc(origin)) };
    }
    return engine;
}

} // namespace

void add_link_options(CLI::App& app, link_options& o)
{
    const char* group = "Link";
    const auto grouped = [group](CLI::Option* option) { option->group(group); };
    grouped(add_site(app, "--gateway", o.gateway, "Transparent satellites: where the uplink comes from"));
    grouped(add_quantity(app,
                         "--uplink-frequency",
                         o.uplink_frequency_hz,
                         "HZ",
                         "With --gateway: radio frequency of the uplink that becomes --frequency, e.g. 14.2G",
                         { 1e8, 100e9 }));
    app.add_flag("--path-loss", o.path_loss, "Free-space loss of the downlink against the distance at the start")
        ->group(group);
    app.add_option("--rain",
                   o.rain,
                   "Rate of rain in mm/h (0 to 500), or S:MM_H,S:MM_H,... in seconds after the start, straight lines "
                   "between; ITU-R P.838-3 and P.618-13")
        ->type_name("MM_H")
        ->group(group);
    grouped(add_quantity(app,
                         "--rain-height",
                         o.rain_height_km,
                         "KM",
                         "Height above the sea up to which it rains; by latitude (P.839-2) if left out",
                         { 0, 10 }));
    app.add_flag("--gases", o.gases, "Attenuation by oxygen and water vapour in standard air; ITU-R P.676-12")
        ->group(group);
    grouped(add_quantity(app,
                         "--vapour",
                         o.vapour_g_m3,
                         "G/M3",
                         "Density of water vapour at the site, implies --gases; 7.5 at the sea if left out",
                         { 0, 50 }));
    grouped(add_quantity(app,
                         "--polarisation",
                         o.polarisation_tilt_deg,
                         "DEG",
                         "Tilt from the horizontal, for rain: 0 horizontal, 90 vertical, 45 circular",
                         { -90, 90 }));
    grouped(add_choice(app,
                       "--antenna",
                       o.antenna,
                       { "none", "dish", "mask", "panel" },
                       "Pattern: even circular aperture, ITU mask (Radio Regulations, Appendix 8), flat phased array"));
    grouped(
        add_quantity(app, "--antenna-diameter", o.antenna_diameter_m, "M", "Diameter of dish or panel", { 0.05, 100 }));
    grouped(add_quantity(app,
                         "--scan-exponent",
                         o.scan_exponent,
                         "N",
                         "Panel: gain falls as cos^N of the angle from its normal",
                         { 0, 4 }));
    grouped(add_quantity(
        app, "--panel-azimuth", o.panel_azimuth_deg, "DEG", "Panel: where its normal points", { -360, 360 }));
    grouped(add_quantity(
        app, "--panel-elevation", o.panel_elevation_deg, "DEG", "Panel: where its normal points", { -90, 90 }));
    app.add_option("--point-at",
                   o.point_at,
                   "Satellite that the beam follows; the first --satellite if left out. Others come through side lobes")
        ->type_name("NAME|ID")
        ->group(group);
    app.add_option("--pointing-elements", o.pointing_elements, "Element sets that the beam follows, if not --elements")
        ->type_name("FILE")
        ->group(group);
    grouped(add_quantity(
        app, "--pointing-azimuth", o.pointing_azimuth_deg, "DEG", "Error of the beam's azimuth", { -180, 180 }));
    grouped(add_quantity(
        app, "--pointing-elevation", o.pointing_elevation_deg, "DEG", "Error of the beam's elevation", { -90, 90 }));
    grouped(add_quantity(
        app, "--pointing-lag", o.pointing_lag_s, "S", "The beam points where the satellite was", { -600, 600 }));
    grouped(add_quantity(app,
                         "--scintillation",
                         o.scintillation_hz,
                         "HZ",
                         "Tropospheric scintillation (P.618-13) with this corner, e.g. 0.3",
                         { 0.01, 10 }));
    grouped(add_quantity(app,
                         "--noise-temperature",
                         o.noise_temperature_k,
                         "K",
                         "Of receiver and antenna: --es-n0 is meant for clear sky then, and rain warms it; if left out "
                         "Es/N0 falls by the attenuation alone",
                         { 1, 10000 }));
}

link_scene::link_scene(const session& s,
                       const link_options& options,
                       const satellite_options& places,
                       std::span<const chosen_satellite> satellites,
                       const sample_clock& stream,
                       double carrier_hz,
                       std::uint64_t seed)
    : d_options(options), d_carrier_hz(carrier_hz)
{
    if (satellites.empty()) {
        const std::pair<bool, const char*> asked[] = { { options.gateway.has_value(), "--gateway" },
                                                       { !options.rain.empty(), "--rain" },
                                                       { options.gases, "--gases" },
                                                       { options.vapour_g_m3.has_value(), "--vapour" },
                                                       { options.antenna != "none", "--antenna" },
                                                       { options.scintillation_hz.has_value(), "--scintillation" },
                                                       { options.noise_temperature_k.has_value(),
                                                         "--noise-temperature" },
                                                       { options.path_loss, "--path-loss" } };
        for (const auto& [given, name] : asked) {
            if (given)
                throw usage_error{ fmt::format("{}: needs a satellite; give --elements, --site and --start", name) };
        }
        return;
    }
    if (options.gateway.has_value() != options.uplink_frequency_hz.has_value()) {
        throw usage_error{ options.gateway
                               ? "--uplink-frequency is missing: --gateway needs the uplink's radio frequency, "
                                 "e.g. 14.2G"
                               : "--gateway is missing: --uplink-frequency is that of a transparent "
                                 "satellite's gateway, give its LAT,LON,HEIGHT_M" };
    }
    if (options.antenna == "none" &&
        (!options.point_at.empty() || !options.pointing_elements.empty() || options.pointing_azimuth_deg != 0.0 ||
         options.pointing_elevation_deg != 0.0 || options.pointing_lag_s != 0.0)) {
        throw usage_error{ "--antenna is missing: pointing means nothing without a pattern; give dish, mask or panel" };
    }
    const bool air = !options.rain.empty() || options.gases || options.vapour_g_m3 || options.scintillation_hz;
    if (air && !(carrier_hz >= 1e9 && carrier_hz <= 55e9)) {
        throw usage_error{ fmt::format(
            "--frequency {:.10g}: rain, gases and scintillation are modelled from 1 to 55 GHz; leave them out",
            carrier_hz) };
    }
    if (options.antenna != "none" && !(carrier_hz > 0.0))
        throw usage_error{ fmt::format("--frequency {:.10g}: an antenna's pattern needs one above 0", carrier_hz) };
    const orbit::geodetic place = place_of(*places.site);
    const orbit::site where(place);
    const auto config = config_of(options, place, carrier_hz);
    const auto beam = beam_of(options, places, satellites.front(), where, stream.anchor());
    try {
        for (const chosen_satellite& satellite : satellites) {
            link l{ &satellite, nullptr, nullptr, 0.0 };
            const auto& engine = satellite.delays->engine();
            const std::uint64_t own_seed = seed + 0x9e3779b97f4a7c15ULL * (d_links.size() + 1);
            l.loss = std::make_unique<channel::link_loss>(config, engine, beam, own_seed);
            l.start_delay_s = *engine.tau_down(0.0);
            if (options.gateway) {
                const auto gateway = value_or_usage(doppler::delay_engine::create(
                    satellite.set, orbit::site(place_of(*options.gateway)), stream.anchor()));
                const auto up = gateway.up(0.0);
                if (!up || up->look.elevation_deg < 0.0) {
                    throw usage_error{ fmt::format(
                        "--gateway {},{}: {} is {} there at {}; give a gateway that sees it",
                        options.gateway->latitude_deg,
                        options.gateway->longitude_deg,
                        orbit::display_name(satellite.set),
                        up ? fmt::format("{:.1f} degrees below the horizon", -up->look.elevation_deg) : "not known",
                        format_utc(stream.anchor())) };
                }
                l.feeder = std::make_unique<doppler::feeder_delay_source>(*satellite.delays, gateway, stream);
                const auto* feeder = l.feeder->segment_at(0.0);
                if (feeder != nullptr) l.start_delay_s += feeder->delay_s(0.0);
            }
            d_links.push_back(std::move(l));
        }
        if (options.noise_temperature_k)
            d_sky = std::make_unique<channel::sky_noise>(config, beam, *options.noise_temperature_k);
    } catch (const std::invalid_argument& e) {
        throw usage_error{ e.what() };
    }
    if (!config.rain.dry() &&
        config.height_km >= config.rain_height_km.value_or(channel::rain_height_km(place.latitude_deg)))
        s.warn("--rain: the site lies above the rain height, so nothing is lost; see --rain-height");
}

std::vector<channel::satellite_path> link_scene::paths() const
{
    std::vector<channel::satellite_path> out;
    for (const link& l : d_links) {
        channel::satellite_path p;
        p.delays = l.satellite->delays.get();
        p.loss = d_options.path_loss ? channel::path_loss::free_space : channel::path_loss::none;
        p.loss_reference_delay_s = *l.satellite->delays->engine().tau_down(0.0);
        p.gains = l.loss.get();
        p.feeder = l.feeder.get();
        p.feeder_hz = d_options.uplink_frequency_hz.value_or(0.0);
        out.push_back(p);
    }
    return out;
}

double link_scene::reference_delay_s(double sample_rate_hz) const
{
    const auto least = std::min_element(
        d_links.begin(), d_links.end(), [](const link& a, const link& b) { return a.start_delay_s < b.start_delay_s; });
    return std::round(least->start_delay_s * sample_rate_hz) / sample_rate_hz;
}

nlohmann::json link_scene::terms(std::size_t satellite, double t_s) const
{
    const link& l = d_links[satellite];
    const auto t = l.loss->at(t_s);
    if (!t) return nullptr;
    // What the channel takes off for the distance: 0 dB at the start.
    const auto& engine = l.satellite->delays->engine();
    const auto delay = engine.tau_down(t_s);
    const double farther = d_options.path_loss && delay ? 20.0 * std::log10(*delay / *engine.tau_down(0.0)) : 0.0;
    nlohmann::json j{ { "az_deg", t->wave.azimuth_deg },
                      { "el_deg", t->wave.elevation_deg },
                      { "free_space_db", t->free_space_db },
                      { "free_space_applied_db", farther },
                      { "rain_mm_h", t->rain_mm_h },
                      { "rain_db", t->rain_db },
                      { "gas_db", t->gas_db },
                      { "pointing_db", t->pointing_db },
                      { "off_beam_deg", t->off_beam_deg },
                      { "scintillation_sigma_db", t->scintillation_sigma_db },
                      { "total_db", t->free_space_db + t->total_db() },
                      { "applied_db", farther + t->total_db() } };
    if (d_options.noise_temperature_k) {
        const double sky = channel::sky_noise::sky_k(t->rain_db + t->gas_db);
        j["sky_k"] = sky;
    }
    if (l.feeder) {
        const auto* down = l.satellite->delays->segment_at(t_s);
        const auto* feeder = l.feeder->segment_at(t_s);
        if (down != nullptr && feeder != nullptr) {
            const auto up = l.feeder->gateway().up(t_s - down->delay_s(t_s) - feeder->delay_s(t_s));
            j["feeder"] = { { "delay_s", feeder->delay_s(t_s) },
                            { "doppler_hz", -*d_options.uplink_frequency_hz * feeder->rate(t_s) },
                            { "el_deg", up ? up->look.elevation_deg : -90.0 } };
        }
    }
    return j;
}

std::string link_scene::terms_in_words(std::size_t satellite, double t_s) const
{
    const auto j = terms(satellite, t_s);
    if (j.is_null()) return "nothing comes through";
    std::string text;
    const auto say = [&](bool asked, const char* name, const char* key) {
        if (asked) text += fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", name, j[key].get<double>());
    };
    say(d_options.path_loss, "distance", "free_space_applied_db");
    say(!d_options.rain.empty(), "rain", "rain_db");
    say(d_options.gases || d_options.vapour_g_m3, "gases", "gas_db");
    say(d_options.antenna != "none", "pointing", "pointing_db");
    return text.empty() ? text : text + fmt::format(", in all {:.2f} dB", j["applied_db"].get<double>());
}

} // namespace spacesail::cli
