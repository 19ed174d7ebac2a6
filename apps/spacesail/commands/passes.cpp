// SPDX-License-Identifier: GPL-3.0-or-later
#include "../options.hpp"
#include "../orbit_options.hpp"
#include "../plot.hpp"
#include "../profile_option.hpp"
#include "../progress.hpp"

#include <spacesail/doppler/delay_engine.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/passes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

namespace spacesail::cli {
namespace {

struct passes_options {
    orbit_options orbit;
    double hours = 24.0;
    std::optional<double> min_elevation_deg;
    double min_culmination_deg = 0.0;
    std::string profile;
    std::string csv;
    std::string plot;
};

constexpr double k_track_step_s = 10.0;
/// With more tracks than this their names would cover the sky.
constexpr std::size_t k_names_in_picture = 14;
constexpr std::size_t k_tracks_in_picture = 2000;

std::string flags_of(const orbit::pass& p)
{
    std::string all;
    for (const auto f : p.flags) all.append(all.empty() ? "" : " ").append(orbit::flag_name(f));
    return all;
}

const char* end_name(orbit::pass_end e)
{
    switch (e) {
    case orbit::pass_end::horizon:
        return "horizon";
    case orbit::pass_end::span:
        return "span";
    case orbit::pass_end::orbit_unknown:
        return "orbit_unknown";
    }
    return "";
}

std::string table(const std::vector<orbit::pass>& passes)
{
    std::string out = fmt::format("{:<20} {:>23} {:>6} {:>12} {:>6} {:>6} {:>7} {:>7} {:>8}  {}",
                                  "satellite",
                                  "rises (UTC)",
                                  "az",
                                  "highest at",
                                  "el",
                                  "az",
                                  "sets az",
                                  "seconds",
                                  "km",
                                  "flags");
    for (const auto& p : passes) {
        out += fmt::format("\n{:<20} {:>23} {:>6.1f} {:>12} {:>6.1f} {:>6.1f} {:>7.1f} {:>7.1f} {:>8.1f}  {}{}{}",
                           p.name.empty() ? std::to_string(p.norad_id) : p.name,
                           format_utc(p.aos, 2).substr(0, 22) + "Z",
                           p.at_aos.azimuth_deg,
                           format_utc(p.culmination, 2).substr(11),
                           p.at_culmination.elevation_deg,
                           p.at_culmination.azimuth_deg,
                           p.at_los.azimuth_deg,
                           p.duration_s(),
                           1e-3 * p.at_tca.range_m,
                           flags_of(p),
                           p.begins == orbit::pass_end::horizon ? "" : " (began before)",
                           p.ends == orbit::pass_end::horizon ? "" : " (goes on)");
    }
    return out;
}

nlohmann::json to_json(const orbit::pass& p)
{
    nlohmann::json flags = nlohmann::json::array();
    for (const auto f : p.flags) flags.push_back(orbit::flag_name(f));
    return { { "name", p.name },
             { "norad_id", p.norad_id },
             { "aos", format_utc(p.aos) },
             { "culmination", format_utc(p.culmination) },
             { "tca", format_utc(p.tca) },
             { "los", format_utc(p.los) },
             { "duration_s", p.duration_s() },
             { "begins", end_name(p.begins) },
             { "ends", end_name(p.ends) },
             { "at_aos", look_json(p.at_aos) },
             { "at_culmination", look_json(p.at_culmination) },
             { "at_tca", look_json(p.at_tca) },
             { "at_los", look_json(p.at_los) },
             { "flags", flags } };
}

void save_sky(const passes_options& o,
              const std::vector<orbit::element_set>& sets,
              const std::vector<orbit::pass>& passes,
              utc_time start,
              double min_elevation_deg)
{
    figure f(1100, 1100);
    f.title = fmt::format("Passes over {}", site_words(*o.orbit.site));
    f.subtitle = fmt::format("{} passes above {:g} degrees, {:g} h from {}",
                             passes.size(),
                             min_elevation_deg,
                             o.hours,
                             format_utc(start, 0));
    auto& sky = f.add_panel(0, 0);
    sky.kind = panel_kind::sky;
    const auto where = site_of(o.orbit);
    const bool named = passes.size() <= k_names_in_picture;
    doppler::delay_options options;
    options.orientation = orientation_of(o.orbit);
    for (std::size_t i = 0; i < passes.size() && i < k_tracks_in_picture; ++i) {
        const auto& p = passes[i];
        const auto engine = value_or_failed(doppler::delay_engine::create(sets[p.satellite], where, p.aos, options));
        std::vector<double> az, el;
        const double length_s = p.duration_s();
        const auto steps = static_cast<int>(length_s / k_track_step_s) + 1;
        for (int k = 0; k <= steps; ++k) {
            const auto state = engine.down(length_s * k / steps);
            if (!state) continue;
            az.push_back(state->look.azimuth_deg);
            el.push_back(state->look.elevation_deg);
        }
        series_style style;
        if (!named) style.width_px = 0.7;
        sky.add_lines(az, el, "", style);
        if (named) {
            sky.add_text(p.at_culmination.azimuth_deg,
                         p.at_culmination.elevation_deg,
                         fmt::format("{} {}", p.name, format_utc(p.culmination, 0).substr(11, 5)));
        }
    }
    value_or_failed(f.save_png(o.plot));
}

/// Satellite after satellite, so that Ctrl-C ends it.
orbit::pass_list find_all(const session& s,
                          const std::vector<orbit::element_set>& sets,
                          const orbit::site& where,
                          const orbit::pass_query& query)
{
    orbit::pass_list all;
    progress bar(s, sets.size(), "satellites");
    for (std::size_t i = 0; i < sets.size(); ++i) {
        if (session::interrupted()) {
            s.warn(fmt::format("interrupted: passes of {} of {} satellites", i, sets.size()));
            break;
        }
        auto one = orbit::find_passes(std::span(&sets[i], 1), where, query);
        for (auto& p : one.passes) {
            p.satellite = i;
            all.passes.push_back(std::move(p));
        }
        for (auto& k : one.skipped) {
            k.satellite = i;
            all.skipped.push_back(std::move(k));
        }
        bar.update(i + 1);
    }
    std::stable_sort(
        all.passes.begin(), all.passes.end(), [](const auto& a, const auto& b) { return a.aos < b.aos; });
    return all;
}

/// How many sets are older or newer at `start` than they are good for.
std::size_t nof_stale(const std::vector<orbit::element_set>& sets, utc_time start)
{
    return static_cast<std::size_t>(std::count_if(sets.begin(), sets.end(), [&](const auto& set) {
        const auto findings = orbit::check_element_set(set, {}, start, nullptr);
        return std::any_of(findings.begin(), findings.end(), [](const auto& f) {
            return f.flag == orbit::element_flag::stale;
        });
    }));
}

exit_code run_passes(session& s, const passes_options& o)
{
    if (o.csv == "-") s.claim_stdout("--csv");
    const auto profile = open_profile(o.profile);
    const auto where = site_of(o.orbit);
    const auto sets = chosen_satellites(load_element_files(s, o.orbit.files, "--elements"), o.orbit.satellites);
    orbit::pass_query query;
    query.start = start_of(o.orbit);
    query.duration_s = 3600.0 * o.hours;
    query.min_elevation_deg = o.min_elevation_deg.value_or(profile.min_elevation_deg.value_or(10.0));
    if (const auto window = profile.semi_major_axis_km) {
        query.limits.min_semi_major_axis_km = window->low;
        query.limits.max_semi_major_axis_km = window->high;
    }
    query.orientation = orientation_of(o.orbit);
    auto found = find_all(s, sets, where, query);
    std::erase_if(found.passes, [&](const auto& p) { return p.at_culmination.elevation_deg < o.min_culmination_deg; });

    for (const auto& k : found.skipped) s.warn(fmt::format("{} left out: {}", k.name, k.reason));
    if (const auto stale = nof_stale(sets, query.start); stale > 0) {
        s.warn(fmt::format("{} of {} element sets are more than {:g} days from {}; fetch current elements",
                           stale,
                           sets.size(),
                           query.limits.max_age_days,
                           format_utc(query.start, 0)));
    }
    if (s.text_output() == stdout) s.say(table(found.passes)); // else data or JSON hold the rows
    s.say(fmt::format("{} passes of {} satellites over {}, {:g} h from {}",
                      found.passes.size(),
                      sets.size() - found.skipped.size(),
                      site_words(*o.orbit.site),
                      o.hours,
                      format_utc(query.start, 0)));
    if (!o.csv.empty()) {
        std::string text = orbit::pass_csv_header() + "\n";
        for (const auto& p : found.passes) text += orbit::pass_csv_row(p) + "\n";
        write_text(o.csv, text, "--csv");
    }
    nlohmann::json j = { { "site", site_json(*o.orbit.site) },
                         { "start", format_utc(query.start) },
                         { "hours", o.hours },
                         { "interrupted", session::interrupted() },
                         { "min_elevation_deg", query.min_elevation_deg },
                         { "passes", nlohmann::json::array() },
                         { "skipped", nlohmann::json::array() } };
    for (const auto& p : found.passes) j["passes"].push_back(to_json(p));
    for (const auto& k : found.skipped) j["skipped"].push_back({ { "name", k.name }, { "reason", k.reason } });
    s.write_json(j);
    if (!o.plot.empty()) save_sky(o, sets, found.passes, query.start, query.min_elevation_deg);
    return found.skipped.size() < sets.size() ? exit_code::done : exit_code::failed;
}

command_run declare_passes(CLI::App& app)
{
    auto o = std::make_shared<passes_options>();
    add_orbit_options(app, o->orbit);
    add_profile_option(app, o->profile);
    add_quantity(app, "--hours", o->hours, "H", "How long to look ahead", { 1.0 / 3600.0, 366.0 * 24.0 });
    add_quantity(app,
                 "--min-elevation",
                 o->min_elevation_deg,
                 "DEG",
                 "Where a pass begins and ends; 10, or what the profile says",
                 { -5.0, 89.9 });
    add_quantity(
        app, "--min-culmination", o->min_culmination_deg, "DEG", "Leave out passes that stay below", { 0.0, 90.0 });
    add_output_file(app, "--csv", o->csv, "FILE|-", "Write the passes as comma-separated values");
    add_picture(app, o->plot, "Picture of the sky with the tracks");
    return [o](session& s) { return run_passes(s, *o); };
}

const command_registration k_passes({ 40,
                                      "passes",
                                      "List the passes of satellites over a site",
                                      "spacesail passes --elements qianfan.tle --site 31.23,121.47,10 --start "
                                      "2026-08-22T06:00:00Z --hours 6 --plot sky.png",
                                      declare_passes });

} // namespace
} // namespace spacesail::cli
