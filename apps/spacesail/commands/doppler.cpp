// SPDX-License-Identifier: GPL-3.0-or-later
#include "../options.hpp"
#include "../orbit_options.hpp"
#include "../plot.hpp"
#include "../profile_option.hpp"

#include <spacesail/doppler/delay_engine.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/passes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace spacesail::cli {
namespace {

struct doppler_options {
    orbit_options orbit;
    std::optional<double> duration_s;
    double step_s = 10.0;
    std::optional<double> frequency_hz;
    std::optional<double> min_elevation_deg;
    std::string profile;
    double hours = 48.0;
    std::string direction = "down";
    std::string troposphere = "none";
    std::string csv;
    std::string plot;
};

/// One row of the result.
struct sample_of_pass {
    double seconds = 0.0;
    doppler::link_state link;
};

/// Stretch of time that is looked at.
struct time_span {
    utc_time begin;
    double duration_s = 0.0;
};

constexpr double k_most_rows = 1e6;
/// Where neither an option nor a profile says otherwise.
constexpr double k_usual_frequency_hz = 12.7e9;
constexpr double k_usual_min_elevation_deg = 10.0;

/// The span asked for, or the next pass.
time_span span_of(const doppler_options& o, const orbit::element_set& set)
{
    const utc_time start = start_of(o.orbit);
    if (o.duration_s) return { start, *o.duration_s };
    orbit::pass_query query;
    query.start = start;
    query.duration_s = 3600.0 * o.hours;
    query.min_elevation_deg = *o.min_elevation_deg;
    query.orientation = orientation_of(o.orbit);
    const auto found = orbit::find_passes(std::span(&set, 1), site_of(o.orbit), query);
    if (!found.skipped.empty()) throw run_error{ found.skipped.front().name + ": " + found.skipped.front().reason };
    if (found.passes.empty()) {
        throw run_error{ fmt::format("{} does not rise above {:g} degrees within {:g} h of {}; lower --min-elevation, "
                                     "raise --hours or give --duration",
                                     orbit::display_name(set),
                                     *o.min_elevation_deg,
                                     o.hours,
                                     format_utc(start, 0)) };
    }
    return { found.passes.front().aos, found.passes.front().duration_s() };
}

std::vector<sample_of_pass> rows_of(const doppler_options& o, const doppler::delay_engine& engine, double duration_s)
{
    if (duration_s / o.step_s > k_most_rows) {
        throw usage_error{ fmt::format(
            "--step {:g} gives {:.0f} rows; a million are allowed, raise it", o.step_s, duration_s / o.step_s) };
    }
    std::vector<sample_of_pass> rows;
    const auto steps = static_cast<std::uint64_t>(std::floor(duration_s / o.step_s * (1.0 + 1e-12)));
    for (std::uint64_t k = 0; k <= steps && (k == 0 || !session::interrupted()); ++k) {
        const double t = static_cast<double>(k) * o.step_s;
        const auto link = o.direction == "up" ? engine.up(t) : engine.down(t);
        if (!link) {
            throw run_error{ fmt::format("the orbit is not known at {}: {}",
                                         format_utc(engine.origin().plus_seconds(t)),
                                         engine.trajectory().why_not(t)) };
        }
        rows.push_back({ t, *link });
    }
    return rows;
}

std::string csv_of(const std::vector<sample_of_pass>& rows, utc_time begin, double f)
{
    std::string out = "utc,seconds,tau_s,doppler_hz,doppler_rate_hz_s,range_km,range_rate_m_s,az_deg,el_deg\n";
    for (const auto& r : rows) {
        out += fmt::format("{},{:.6f},{:.15f},{:.6f},{:.9f},{:.9f},{:.9f},{:.6f},{:.6f}\n",
                           format_utc(begin.plus_seconds(r.seconds), 6),
                           r.seconds,
                           r.link.delay_s,
                           r.link.doppler_hz(f),
                           r.link.doppler_rate_hz_s(f),
                           1e-3 * r.link.look.range_m,
                           r.link.range_rate_m_s,
                           r.link.look.azimuth_deg,
                           r.link.look.elevation_deg);
    }
    return out;
}

std::string table(const std::vector<sample_of_pass>& rows, utc_time begin, double f)
{
    std::string out = fmt::format("{:>24} {:>12} {:>12} {:>10} {:>9} {:>7} {:>6}",
                                  "time (UTC)",
                                  "tau (ms)",
                                  "Doppler (Hz)",
                                  "rate (Hz/s)",
                                  "km",
                                  "az",
                                  "el");
    for (const auto& r : rows) {
        out += fmt::format("\n{:>24} {:>12.6f} {:>12.1f} {:>11.2f} {:>9.2f} {:>7.2f} {:>6.2f}",
                           format_utc(begin.plus_seconds(r.seconds)),
                           1e3 * r.link.delay_s,
                           r.link.doppler_hz(f),
                           r.link.doppler_rate_hz_s(f),
                           1e-3 * r.link.look.range_m,
                           r.link.look.azimuth_deg,
                           r.link.look.elevation_deg);
    }
    return out;
}

void save_picture(const doppler_options& o,
                  const std::vector<sample_of_pass>& rows,
                  utc_time begin,
                  const std::string& satellite,
                  const std::string& extremes)
{
    std::vector<double> t, khz, rate, el, km;
    for (const auto& r : rows) {
        t.push_back(r.seconds);
        khz.push_back(1e-3 * r.link.doppler_hz(*o.frequency_hz));
        rate.push_back(r.link.doppler_rate_hz_s(*o.frequency_hz));
        el.push_back(r.link.look.elevation_deg);
        km.push_back(1e-3 * r.link.look.range_m);
    }
    figure f(1400, 1000);
    f.title = fmt::format("{} over {}", satellite, site_words(*o.orbit.site));
    f.subtitle = extremes;
    const auto curve = [&](std::size_t row, std::size_t column, const char* title, const char* label, const auto& v) {
        auto& p = f.add_panel(row, column);
        p.title = title;
        p.x.label = "UTC";
        p.x.kind = axis_kind::time;
        p.x.epoch = begin;
        p.y.label = label;
        p.add_lines(t, v);
    };
    curve(0, 0, "Doppler shift", "kHz", khz);
    curve(0, 1, "Elevation", "degrees", el);
    curve(1, 0, "Doppler rate", "Hz/s", rate);
    curve(1, 1, "Range", "km", km);
    value_or_failed(f.save_png(o.plot));
}

/// What was left out, by the profile or as usual.
void complete(const session& s, doppler_options& o)
{
    const auto profile = open_profile(o.profile);
    if (!o.min_elevation_deg) o.min_elevation_deg = profile.min_elevation_deg.value_or(k_usual_min_elevation_deg);
    const bool up = o.direction == "up";
    const auto& band = up ? profile.uplink_hz : profile.downlink_hz;
    if (!o.frequency_hz) o.frequency_hz = band ? middle_of(*band) : k_usual_frequency_hz;
    warn_outside_band(
        s, profile, band, up ? "uplink" : "downlink", *o.frequency_hz, "--frequency and --direction");
}

exit_code run_doppler(session& s, doppler_options o)
{
    complete(s, o);
    if (o.csv == "-") s.claim_stdout("--csv");
    const auto where = site_of(o.orbit);
    if (o.orbit.satellites.size() > 1) throw usage_error{ "--satellite: give one, this command looks at one pass" };
    const auto sets = chosen_satellites(load_element_files(s, o.orbit.files, "--elements"), o.orbit.satellites);
    if (sets.size() != 1) {
        throw usage_error{ fmt::format("--satellite is missing: --elements holds {} sets; name one", sets.size()) };
    }
    const auto& set = sets.front();
    const time_span span = span_of(o, set);
    for (const auto& finding : orbit::check_element_set(set, {}, span.begin, nullptr))
        s.warn(fmt::format("{}: {}", orbit::display_name(set), finding.reason));
    doppler::delay_options options;
    options.orientation = orientation_of(o.orbit);
    if (o.troposphere == "standard") options.air = doppler::troposphere::standard;
    const auto engine = value_or_usage(doppler::delay_engine::create(set, where, span.begin, options));
    const auto rows = rows_of(o, engine, span.duration_s);

    const double f = *o.frequency_hz;
    double most_hz = 0.0, most_rate = 0.0;
    for (const auto& r : rows) {
        most_hz = std::max(most_hz, std::abs(r.link.doppler_hz(f)));
        most_rate = std::max(most_rate, std::abs(r.link.doppler_rate_hz_s(f)));
    }
    const auto highest = std::max_element(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return a.link.look.elevation_deg < b.link.look.elevation_deg;
    });
    const auto name = orbit::display_name(set);
    const auto extremes =
        fmt::format("{:.6g} GHz {}: at most {:.1f} kHz and {:.0f} Hz/s; highest at {}, {:.1f} degrees",
                    1e-9 * f,
                    o.direction,
                    1e-3 * most_hz,
                    most_rate,
                    format_utc(span.begin.plus_seconds(highest->seconds), 0),
                    highest->link.look.elevation_deg);
    s.say(fmt::format("{}, elements of {}, over {}", name, format_utc(set.epoch, 0), site_words(*o.orbit.site)));
    if (session::interrupted()) s.warn(fmt::format("interrupted after {} rows", rows.size()));
    if (s.text_output() == stdout && o.csv.empty() && !s.quiet) s.say(table(rows, span.begin, f));
    s.say(extremes);
    if (highest->link.look.elevation_deg < 0.0) s.warn(name + " is below the horizon for the whole span");
    if (!o.csv.empty()) write_text(o.csv, csv_of(rows, span.begin, f), "--csv");

    nlohmann::json j = { { "satellite", { { "name", set.name }, { "norad_id", set.norad_id } } },
                         { "elements_epoch", format_utc(set.epoch, 6) },
                         { "site", site_json(*o.orbit.site) },
                         { "direction", o.direction },
                         { "frequency_hz", f },
                         { "begin", format_utc(span.begin, 6) },
                         { "duration_s", span.duration_s },
                         { "max_doppler_hz", most_hz },
                         { "max_doppler_rate_hz_s", most_rate },
                         { "rows", nlohmann::json::array() } };
    for (const auto& r : rows) {
        auto row = look_json(r.link.look);
        row.update({ { "time", format_utc(span.begin.plus_seconds(r.seconds), 6) },
                     { "tau_s", r.link.delay_s },
                     { "doppler_hz", r.link.doppler_hz(f) },
                     { "doppler_rate_hz_s", r.link.doppler_rate_hz_s(f) },
                     { "range_rate_m_s", r.link.range_rate_m_s } });
        j["rows"].push_back(row);
    }
    s.write_json(j);
    if (!o.plot.empty()) save_picture(o, rows, span.begin, name, extremes);
    return exit_code::done;
}

command_run declare_doppler(CLI::App& app)
{
    auto o = std::make_shared<doppler_options>();
    add_orbit_options(app, o->orbit);
    add_quantity(
        app, "--duration", o->duration_s, "S", "How long from --start; the next whole pass if left out", k_positive);
    add_quantity(app, "--step", o->step_s, "S", "Time between rows", { 1e-6, 1e6 });
    add_quantity(app,
                 "--frequency",
                 o->frequency_hz,
                 "HZ",
                 "Carrier; 12.7G, or the middle of the profile's band for the direction",
                 k_positive);
    add_choice(app, "--direction", o->direction, { "down", "up" }, "Reception at the site, or transmission from it");
    add_choice(app, "--troposphere", o->troposphere, { "none", "standard" }, "Extra path of a standard atmosphere");
    add_quantity(app,
                 "--min-elevation",
                 o->min_elevation_deg,
                 "DEG",
                 "Where the pass begins and ends; 10, or what the profile says",
                 { -5.0, 89.9 });
    add_profile_option(app, o->profile);
    add_quantity(app, "--hours", o->hours, "H", "How far ahead the pass is looked for", { 1.0 / 3600.0, 366.0 * 24.0 });
    add_output_file(app, "--csv", o->csv, "FILE|-", "Write the rows as comma-separated values");
    add_picture(app, o->plot, "Picture of Doppler, its rate, elevation and range");
    return [o](session& s) { return run_doppler(s, *o); };
}

const command_registration k_doppler({ 50,
                                       "doppler",
                                       "Delay, Doppler, its rate and direction over one pass",
                                       "spacesail doppler --elements qianfan.tle --satellite QIANFAN-1 --site "
                                       "31.23,121.47,10 --start 2026-08-22T06:00:00Z --frequency 12.7G --plot pass.png",
                                       declare_doppler });

} // namespace
} // namespace spacesail::cli
