/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "satellite_motion.h"

#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;

namespace {

void check(bool good, const std::string& block, const char* parameter, double value, const char* range)
{
    if (!good) throw std::invalid_argument(fmt::format("{}: {} = {}, must be {}", block, parameter, value, range));
}

core::orbit::site site_of(const std::string& block, const motion_parameters& p)
{
    check(std::abs(p.latitude_deg) <= 90.0, block, "latitude_deg", p.latitude_deg, "-90 .. 90");
    check(std::abs(p.longitude_deg) <= 360.0, block, "longitude_deg", p.longitude_deg, "-360 .. 360");
    check(p.height_m >= -1000.0 && p.height_m <= 100e3, block, "height_m", p.height_m, "-1000 .. 100000");
    return core::orbit::site(core::orbit::geodetic{ p.latitude_deg, p.longitude_deg, p.height_m });
}

} // namespace

satellite_motion::satellite_motion(const std::string& block,
                                   const motion_parameters& parameters,
                                   core::doppler::link_direction direction,
                                   double sample_rate_hz)
    : d_block(block),
      d_parameters(parameters),
      d_direction(direction),
      d_sample_rate_hz(sample_rate_hz),
      d_site(site_of(block, parameters))
{
    check(std::isfinite(sample_rate_hz) && sample_rate_hz > 0.0, block, "sample_rate_hz", sample_rate_hz, "above 0");
    check(std::abs(parameters.in_track_bias_m) <= 1e6,
          block,
          "in_track_bias_m",
          parameters.in_track_bias_m,
          "-1e6 .. 1e6");
    check(std::abs(parameters.ut1_minus_utc_s) < 1.0,
          block,
          "ut1_minus_utc_s",
          parameters.ut1_minus_utc_s,
          "above -1, below 1");
    if (given()) {
        d_set = chosen(parameters.elements, parameters.satellite);
    } else if (!parameters.satellite.empty()) {
        throw std::invalid_argument(fmt::format(
            "{}: elements is empty, but satellite = \"{}\"; give a file of element sets", block, parameters.satellite));
    }
}

core::orbit::element_set satellite_motion::chosen(const std::string& elements, const std::string& satellite) const
{
    const auto file = core::orbit::load_elements(elements);
    if (!file) throw std::invalid_argument(d_block + ": elements: " + file.error().message);
    const core::orbit::element_set* set = nullptr;
    if (!satellite.empty()) {
        set = core::orbit::find_satellite(file->sets, satellite);
        if (set == nullptr) {
            throw std::invalid_argument(
                fmt::format("{}: satellite = \"{}\" is not among the {} sets of {}, which begin "
                            "with {} ({})",
                            d_block,
                            satellite,
                            file->sets.size(),
                            elements,
                            file->sets.front().name,
                            file->sets.front().norad_id));
        }
    } else if (file->sets.size() == 1) {
        set = &file->sets.front();
    } else {
        throw std::invalid_argument(fmt::format("{}: satellite is empty, but {} holds {} sets; give a name or number",
                                                d_block,
                                                elements,
                                                file->sets.size()));
    }
    // Whether it can be propagated at all is told here, not when samples come.
    const auto engine = core::doppler::delay_engine::create(*set, d_site, set->epoch);
    if (!engine) {
        throw std::invalid_argument(
            fmt::format("{}: satellite {}: {}", d_block, core::orbit::display_name(*set), engine.error().message));
    }
    return *set;
}

std::vector<std::string> satellite_motion::anchor(core::utc_time t, double now_s)
{
    std::vector<std::string> remarks;
    if (!given()) return remarks;
    core::doppler::delay_options options;
    options.orientation.ut1_minus_utc_s = d_parameters.ut1_minus_utc_s;
    auto engine = core::doppler::delay_engine::create(d_set, d_site, t, options);
    const std::string name = core::orbit::display_name(d_set);
    const std::lock_guard lock(d_mutex);
    d_source.reset();
    if (!engine) {
        remarks.push_back(name + ": " + engine.error().message);
        return remarks;
    }
    engine->set_in_track_bias_m(d_parameters.in_track_bias_m);
    const auto link = d_direction == core::doppler::link_direction::down ? engine->down(now_s) : engine->up(now_s);
    if (!link) {
        remarks.push_back(fmt::format("the orbit of {} (elements of {}) is not known at {}: {}; nothing is corrected",
                                      name,
                                      core::format_utc(d_set.epoch, 0),
                                      core::format_utc(t.plus_seconds(now_s)),
                                      engine->trajectory().why_not(now_s)));
        return remarks;
    }
    if (link->look.elevation_deg < 0.0) {
        remarks.push_back(fmt::format("{} is {:.1f} degrees below the horizon at {}; check start, site and satellite",
                                      name,
                                      -link->look.elevation_deg,
                                      core::format_utc(t.plus_seconds(now_s))));
    }
    for (const auto& finding : core::orbit::check_element_set(d_set, {}, t, nullptr))
        remarks.push_back(name + ": " + finding.reason);
    d_source.emplace(*std::move(engine), d_direction, core::sample_clock(d_sample_rate_hz, t));
    return remarks;
}

void satellite_motion::forget_time()
{
    const std::lock_guard lock(d_mutex);
    d_source.reset();
}

double satellite_motion::reference_delay_s(double t_s)
{
    return d_source ? core::doppler::reference_delay_s(*d_source, t_s, d_sample_rate_hz) : 0.0;
}

core::doppler::delay_engine satellite_motion::engine_at(core::utc_time origin, const core::orbit::geodetic& place) const
{
    core::doppler::delay_options options;
    options.orientation.ut1_minus_utc_s = d_parameters.ut1_minus_utc_s;
    auto engine = core::doppler::delay_engine::create(d_set, core::orbit::site(place), origin, options);
    if (!engine) throw std::invalid_argument(d_block + ": " + engine.error().message);
    engine->set_in_track_bias_m(d_parameters.in_track_bias_m);
    return *std::move(engine);
}

void satellite_motion::set_in_track_bias_m(double bias_m)
{
    const std::lock_guard lock(d_mutex);
    d_parameters.in_track_bias_m = bias_m;
    if (d_source) d_source->set_in_track_bias_m(bias_m);
}

std::string satellite_motion::change(const std::optional<std::string>& elements,
                                     const std::optional<std::string>& satellite)
{
    motion_parameters p = d_parameters;
    if (elements) p.elements = *elements;
    if (satellite) p.satellite = *satellite;
    try {
        auto set = chosen(p.elements, p.satellite);
        const std::lock_guard lock(d_mutex);
        // A bias belongs to its satellite and its elements.
        p.in_track_bias_m = 0.0;
        d_parameters = p;
        d_set = std::move(set);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return {};
}

void satellite_motion::add_status(dict_writer& dict, double t_s, double carrier_hz) const
{
    std::optional<core::doppler::link_state> link;
    {
        const std::lock_guard lock(d_mutex);
        if (!given()) return;
        dict.add("satellite", core::orbit::display_name(d_set))
            .add("norad_id", std::uint64_t{ d_set.norad_id })
            .add("in_track_bias_m", d_parameters.in_track_bias_m);
        if (!d_source) return;
        const auto& engine = d_source->engine();
        link = d_direction == core::doppler::link_direction::down ? engine.down(t_s) : engine.up(t_s);
    }
    if (!link) return;
    dict.add("doppler_pred_hz", link->doppler_hz(carrier_hz))
        .add("doppler_rate_hz_s", link->doppler_rate_hz_s(carrier_hz))
        .add("delay_s", link->delay_s)
        .add("az_deg", link->look.azimuth_deg)
        .add("el_deg", link->look.elevation_deg)
        .add("range_km", 1e-3 * link->look.range_m)
        .add("below_horizon", link->look.elevation_deg < 0.0 ? 1 : 0);
}

} // namespace gr::spacesail
