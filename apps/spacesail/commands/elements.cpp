// SPDX-License-Identifier: GPL-3.0-or-later
#include "../options.hpp"
#include "../orbit_options.hpp"
#include "../profile_option.hpp"

#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace spacesail::cli {
namespace {

struct elements_options {
    std::vector<std::string> files;
    std::vector<std::string> previous;
    std::vector<std::string> satellites;
    std::string to;
    std::string output = "-";
    std::optional<utc_time> at;
    orbit::element_limits limits;
    std::optional<double> min_semi_major_axis_km, max_semi_major_axis_km;
    std::string profile;
    bool ignore_checksums = false;
    bool drop_flagged = false;
    bool strict = false;
};

nlohmann::json to_json(const orbit::element_set& set, const std::vector<orbit::element_finding>& findings)
{
    nlohmann::json j = { { "name", set.name },
                         { "norad_id", set.norad_id },
                         { "object_id", set.object_id },
                         { "epoch", format_utc(set.epoch, 6) },
                         { "kind", set.mean() != nullptr ? "mean_elements" : "state_vector" } };
    if (const auto* m = set.mean()) {
        j["semi_major_axis_km"] = orbit::catalogue_semi_major_axis_km(*m);
        j["inclination_deg"] = m->inclination_deg;
        j["eccentricity"] = m->eccentricity;
        j["bstar"] = m->bstar_per_earth_radius;
    }
    j["flags"] = nlohmann::json::array();
    for (const auto& f : findings) {
        j["flags"].push_back({ { "flag", orbit::flag_name(f.flag) }, { "reason", f.reason } });
    }
    return j;
}

exit_code run_elements(session& s, const elements_options& o)
{
    std::optional<orbit::element_format> format;
    if (!o.to.empty()) format = value_or_usage("--to", orbit::parse_format_name(o.to));
    if (format && o.output == "-") s.claim_stdout("--to");
    if (!format && (o.output != "-" || o.drop_flagged)) {
        throw usage_error{ std::string(o.drop_flagged ? "--drop-flagged" : "--output " + o.output) +
                           ": nothing is written without --to; say in which form, e.g. --to omm-json" };
    }
    const auto checksums = o.ignore_checksums ? orbit::checksum_policy::ignore : orbit::checksum_policy::refuse;

    const auto profile = open_profile(o.profile);
    std::vector<orbit::element_set> sets;
    nlohmann::json files = nlohmann::json::array();
    std::size_t problems = 0;
    for (const auto& file : o.files) {
        const auto read = value_or_usage(orbit::load_elements(file, checksums));
        nlohmann::json remarks = nlohmann::json::array();
        for (const auto& p : read.problems) {
            s.warn(fmt::format("{}:{}: {}", file, p.line, p.message));
            remarks.push_back({ { "line", p.line }, { "message", p.message } });
        }
        problems += read.problems.size();
        s.say(fmt::format("{}: {} sets in the form {}", file, read.sets.size(), orbit::format_name(read.format)));
        files.push_back({ { "file", file },
                          { "format", orbit::format_name(read.format) },
                          { "sets", read.sets.size() },
                          { "problems", remarks } });
        sets.insert(sets.end(), read.sets.begin(), read.sets.end());
    }
    sets = chosen_satellites(sets, o.satellites);
    const auto previous = load_element_files(s, o.previous, "--previous");
    auto limits = o.limits;
    if (const auto window = profile.semi_major_axis_km) {
        limits.min_semi_major_axis_km = window->low;
        limits.max_semi_major_axis_km = window->high;
    }
    if (o.min_semi_major_axis_km) limits.min_semi_major_axis_km = *o.min_semi_major_axis_km;
    if (o.max_semi_major_axis_km) limits.max_semi_major_axis_km = *o.max_semi_major_axis_km;
    const auto findings = orbit::check_element_sets(sets, limits, o.at, previous);

    const auto [oldest, newest] =
        std::minmax_element(sets.begin(), sets.end(), [](const auto& a, const auto& b) { return a.epoch < b.epoch; });
    s.say(fmt::format(
        "{} sets, epochs {} to {}", sets.size(), format_utc(oldest->epoch, 0), format_utc(newest->epoch, 0)));
    std::size_t flagged = 0;
    nlohmann::json list = nlohmann::json::array();
    std::vector<orbit::element_set> kept;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        list.push_back(to_json(sets[i], findings[i]));
        if (!findings[i].empty()) ++flagged;
        if (findings[i].empty() || !o.drop_flagged) kept.push_back(sets[i]);
        for (const auto& f : findings[i]) {
            s.say(fmt::format("  {:<20} {:<16} {}", orbit::display_name(sets[i]), orbit::flag_name(f.flag), f.reason));
        }
    }
    s.say(fmt::format("{} of {} flagged{}", flagged, sets.size(), o.at ? "" : " (ages not checked: give --at UTC)"));
    if (format) {
        write_text(o.output, value_or_failed(orbit::write_elements(kept, *format)), "--output");
        s.say(fmt::format("{} sets written as {}", kept.size(), orbit::format_name(*format)));
    }
    s.write_json({ { "files", files }, { "sets", list }, { "flagged", flagged }, { "problems", problems } });
    return o.strict && (flagged > 0 || problems > 0) ? exit_code::failed : exit_code::done;
}

command_run declare_elements(CLI::App& app)
{
    auto o = std::make_shared<elements_options>();
    app.add_option("files", o->files, "Element sets: TLE, 3LE, OMM (XML, KVN, JSON, CSV) or state vectors")
        ->required()
        ->type_name("FILE");
    app.add_option("--previous", o->previous, "Older sets of the same satellites, to find what does not follow")
        ->type_name("FILE");
    app.add_option("--satellite", o->satellites, "Only this name, catalogue number or designator; may be repeated")
        ->type_name("NAME|ID");
    add_time(app, "--at", o->at, "When the sets are to be used: their age is checked");
    app.add_option("--to", o->to, "Convert the sets")->type_name("tle|2le|3le|omm-xml|omm-kvn|omm-json|omm-csv");
    add_output_file(app, "--output", o->output, "FILE|-", "Where the converted sets go")->capture_default_str();
    app.add_flag("--drop-flagged", o->drop_flagged, "Leave flagged sets out of what --to writes");
    app.add_flag("--strict", o->strict, "Exit status 1 if a set is flagged or a record could not be used");
    app.add_flag("--ignore-checksums", o->ignore_checksums, "Take two-line sets whose checksum does not fit");
    add_profile_option(app, o->profile);
    add_quantity(app, "--max-age-days", o->limits.max_age_days, "DAYS", "Age that --at allows", k_positive);
    add_quantity(app,
                 "--min-semi-major-axis",
                 o->min_semi_major_axis_km,
                 "KM",
                 "Flag sets below: satellites on their way up or down",
                 { 0.0, k_positive.high });
    add_quantity(
        app, "--max-semi-major-axis", o->max_semi_major_axis_km, "KM", "Flag sets above", { 0.0, k_positive.high });
    add_quantity(app, "--max-bstar", o->limits.max_bstar, "1/RE", "Flag sets with more drag", k_positive);
    add_quantity(app,
                 "--max-disagreement",
                 o->limits.max_disagreement_km,
                 "KM",
                 "Flag sets that --previous misses by more (and 2.5 km a day between them)",
                 k_positive);
    return [o](session& s) { return run_elements(s, *o); };
}

const command_registration k_elements(
    { 100,
      "elements",
      "Read, check and convert element sets",
      "spacesail elements new.tle --previous old.tle --at 2026-08-22T06:00:00Z --to omm-json --output new.json",
      declare_elements });

} // namespace
} // namespace spacesail::cli
