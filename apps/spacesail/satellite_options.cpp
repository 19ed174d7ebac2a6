// SPDX-License-Identifier: GPL-3.0-or-later
#include "satellite_options.hpp"

#include "near_names.hpp"

#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace spacesail::cli {
namespace {

constexpr std::size_t k_names_shown = 5;

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

} // namespace

void add_satellite_options(CLI::App& app, satellite_options& target, satellite_count count)
{
    auto* elements =
        app.add_option("--elements", target.elements, "Element sets (TLE, 3LE, OMM) of the satellite that moves the signal")
            ->type_name("FILE");
    auto* option = app.add_option("--satellite",
                                  target.satellites,
                                  "Name or catalogue number in --elements; may be left out if the file holds one set");
    option->type_name("NAME|ID");
    // Why: a list would take the input's name behind it as another satellite.
    option->allow_extra_args(false);
    if (count == satellite_count::one) option->expected(1);
    option->needs(elements);
    add_site(app, "--site", target.site, "Where the terminal stands");
}

const orbit::element_set& find_satellite(const std::vector<orbit::element_set>& sets, const std::string& wanted)
{
    if (const auto* set = orbit::find_satellite(sets, wanted)) return *set;
    const std::string key = lower(wanted);
    std::vector<const orbit::element_set*> holds;
    for (const auto& set : sets) {
        if (!key.empty() && lower(set.name).find(key) != std::string::npos) holds.push_back(&set);
    }
    if (holds.size() == 1) return *holds.front();
    std::string hint;
    if (holds.empty()) {
        std::vector<std::string> names;
        for (const auto& set : sets) names.push_back(orbit::display_name(set));
        const auto near = near_names(wanted, names, k_names_shown);
        if (names.size() > k_names_shown) names.resize(k_names_shown);
        throw usage_error{ fmt::format("--satellite {}: is not among the {} sets of --elements; {} {}",
                                       wanted,
                                       sets.size(),
                                       near.empty() ? "they begin with" : "near it:",
                                       fmt::join(near.empty() ? names : near, ", ")) };
    }
    for (std::size_t k = 0; k < std::min(k_names_shown, holds.size()); ++k)
        hint += fmt::format("{}{} ({})", k > 0 ? ", " : "", holds[k]->name, holds[k]->norad_id);
    throw usage_error{ fmt::format("--satellite {}: fits {} sets: {}{}; write one in full",
                                   wanted,
                                   holds.size(),
                                   hint,
                                   holds.size() > k_names_shown ? ", ..." : "") };
}

std::vector<chosen_satellite>
open_satellites(const session& s, const satellite_options& options, const sample_clock& stream)
{
    const auto file = value_or_usage("--elements", orbit::load_elements(options.elements));
    for (const auto& p : file.problems) s.warn(fmt::format("{}:{}: {}", options.elements, p.line, p.message));
    if (!options.site) throw usage_error{ "--site is missing: give the terminal's place as LAT,LON,HEIGHT_M" };
    const orbit::site where(
        orbit::geodetic{ options.site->latitude_deg, options.site->longitude_deg, options.site->height_m });

    std::vector<const orbit::element_set*> sets;
    for (const auto& name : options.satellites) sets.push_back(&find_satellite(file.sets, name));
    if (sets.empty()) {
        if (file.sets.size() != 1) {
            throw usage_error{ fmt::format("--satellite is missing: {} holds {} sets, name one by name or number",
                                           options.elements,
                                           file.sets.size()) };
        }
        sets.push_back(&file.sets.front());
    }
    std::vector<chosen_satellite> chosen;
    for (const auto* set : sets) {
        const std::string name = orbit::display_name(*set);
        for (const auto& finding : orbit::check_element_set(*set, {}, stream.anchor(), nullptr))
            s.warn(fmt::format("{}: {}", name, finding.reason));
        const auto engine = value_or_usage(doppler::delay_engine::create(*set, where, stream.anchor()));
        const auto link = engine.down(0.0);
        if (!link) {
            throw usage_error{ fmt::format("--start {}: the orbit of {} (elements of {}) is not known there",
                                           format_utc(stream.anchor()),
                                           name,
                                           format_utc(set->epoch)) };
        }
        if (link->look.elevation_deg < 0.0) {
            s.warn(fmt::format("{} is {:.1f} degrees below the horizon at {}; check --start, --site and --satellite",
                               name,
                               -link->look.elevation_deg,
                               format_utc(stream.anchor())));
        }
        chosen.push_back(
            { *set, std::make_unique<doppler::orbit_delay_source>(engine, doppler::link_direction::down, stream) });
    }
    return chosen;
}

} // namespace spacesail::cli
