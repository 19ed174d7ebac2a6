// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_check.hpp>

#include <spacesail/base/units.hpp>
#include <spacesail/orbit/catalogue_number.hpp>
#include <spacesail/orbit/leap_seconds.hpp>
#include <spacesail/orbit/sgp4.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

namespace spacesail::orbit {
namespace {

constexpr double k_s_per_day = 86400.0;

double distance_km(const std::array<double, 3>& a, const std::array<double, 3>& b) noexcept
{
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

void check_age(const element_set& set, const element_limits& limits, utc_time now, std::vector<element_finding>& out)
{
    const double age_s = elapsed_s(set.epoch, now);
    if (const ecef_state* s = set.state()) {
        if (!(std::fabs(age_s) <= s->validity_s)) {
            out.push_back({ element_flag::stale,
                            fmt::format("state vector of {} is valid for {:.0f} s and is {:.0f} s old",
                                        format_utc(set.epoch, 0),
                                        s->validity_s,
                                        age_s) });
        }
        return;
    }
    if (!(std::fabs(age_s) <= limits.max_age_days * k_s_per_day)) {
        out.push_back({ element_flag::stale,
                        fmt::format("epoch {} is {:.1f} days {} the time of use, above {:.1f}; fetch current elements",
                                    format_utc(set.epoch, 0),
                                    std::fabs(age_s) / k_s_per_day,
                                    age_s >= 0.0 ? "before" : "after",
                                    limits.max_age_days) });
    }
}

void check_mean(const element_set& set,
                const mean_elements& m,
                const element_limits& limits,
                std::optional<utc_time> now,
                std::vector<element_finding>& out)
{
    if (!(std::fabs(m.bstar_per_earth_radius) <= limits.max_bstar)) {
        out.push_back({ element_flag::drag,
                        fmt::format("B* = {:.4g} per Earth radius, above {:g}: a manoeuvre fitted as drag",
                                    m.bstar_per_earth_radius,
                                    limits.max_bstar) });
    }
    if (!(std::fabs(m.half_ndot_rev_day2) <= limits.max_half_ndot_rev_day2)) {
        out.push_back(
            { element_flag::mean_motion_dot,
              fmt::format("n'/2 = {:.4g} rev/day^2, above {:g}: the satellite is raising or lowering its orbit",
                          m.half_ndot_rev_day2,
                          limits.max_half_ndot_rev_day2) });
    }
    const auto model = sgp4::create(set);
    if (!model) {
        out.push_back({ element_flag::not_propagated, model.error().message });
        return;
    }
    const double a_km = catalogue_semi_major_axis_km(m);
    if (!(a_km >= limits.min_semi_major_axis_km && a_km <= limits.max_semi_major_axis_km)) {
        out.push_back(
            { element_flag::semi_major_axis,
              fmt::format("semi-major axis {:.1f} km is outside {:.1f} to {:.1f} km: drifting, climbing or stranded",
                          a_km,
                          limits.min_semi_major_axis_km,
                          limits.max_semi_major_axis_km) });
    }
    for (const utc_time t : { set.epoch, now.value_or(set.epoch) }) {
        const sgp4_error e = model->at(t).error;
        if (e == sgp4_error::none) continue;
        out.push_back({ element_flag::not_propagated, fmt::format("at {}: {}", format_utc(t, 0), describe(e)) });
        break;
    }
}

/// Key of a satellite in a list: its catalogue number, else its name.
std::string key_of(const element_set& set)
{
    return set.norad_id != 0 ? std::to_string(set.norad_id) : "name " + set.name;
}

bool same_text(std::string_view a, std::string_view b) noexcept
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

double catalogue_semi_major_axis_km(const mean_elements& m) noexcept
{
    const double n_rad_s = m.mean_motion_rev_day * k_two_pi / k_s_per_day;
    return std::cbrt(wgs72().mu_km3_s2 / (n_rad_s * n_rad_s));
}

const char* flag_name(element_flag flag) noexcept
{
    switch (flag) {
    case element_flag::drag:
        return "drag";
    case element_flag::mean_motion_dot:
        return "mean-motion-dot";
    case element_flag::stale:
        return "stale";
    case element_flag::semi_major_axis:
        return "semi-major-axis";
    case element_flag::disagreement:
        return "disagreement";
    case element_flag::not_propagated:
        return "not-propagated";
    }
    return "";
}

std::optional<double> disagreement_km(const element_set& set, const element_set& previous)
{
    const auto here = sgp4::create(set);
    const auto there = sgp4::create(previous);
    if (!here || !there) return std::nullopt;
    const sgp4_result said = here->propagate(0.0);
    const sgp4_result predicted = there->at(set.epoch);
    if (said.error != sgp4_error::none || predicted.error != sgp4_error::none) return std::nullopt;
    return distance_km(said.state.position_km, predicted.state.position_km);
}

std::vector<element_finding> check_element_set(const element_set& set,
                                               const element_limits& limits,
                                               std::optional<utc_time> now,
                                               const element_set* previous)
{
    std::vector<element_finding> out;
    if (now) check_age(set, limits, *now, out);
    if (const mean_elements* m = set.mean()) check_mean(set, *m, limits, now, out);
    if (previous == nullptr || set.mean() == nullptr || previous->mean() == nullptr || previous->epoch == set.epoch)
        return out;
    const double days = std::fabs(elapsed_s(previous->epoch, set.epoch)) / k_s_per_day;
    const auto miss_km = disagreement_km(set, *previous);
    const double limit_km = limits.max_disagreement_km + limits.max_disagreement_km_per_day * days;
    if (!miss_km) {
        out.push_back(
            { element_flag::disagreement,
              fmt::format("the set of {} cannot be propagated to this epoch", format_utc(previous->epoch, 0)) });
    } else if (!(*miss_km <= limit_km)) {
        out.push_back({ element_flag::disagreement,
                        fmt::format("the set of {} leads {:.1f} km past this one in {:.1f} days, above {:.1f} km: it "
                                    "manoeuvred, or one of the sets is wrong",
                                    format_utc(previous->epoch, 0),
                                    *miss_km,
                                    days,
                                    limit_km) });
    }
    return out;
}

std::vector<std::vector<element_finding>> check_element_sets(std::span<const element_set> sets,
                                                             const element_limits& limits,
                                                             std::optional<utc_time> now,
                                                             std::span<const element_set> previous)
{
    std::unordered_map<std::string, const element_set*> known;
    for (const element_set& p : previous) known[key_of(p)] = &p;
    std::vector<std::vector<element_finding>> out;
    out.reserve(sets.size());
    for (const element_set& set : sets) {
        const auto found = known.find(key_of(set));
        out.push_back(check_element_set(set, limits, now, found == known.end() ? nullptr : found->second));
    }
    return out;
}

const element_set* find_satellite(std::span<const element_set> sets, std::string_view name_or_id) noexcept
{
    const auto id = parse_catalogue_number(name_or_id);
    const element_set* best = nullptr;
    for (const element_set& set : sets) {
        const bool same =
            (id && *id != 0 && set.norad_id == *id) ||
            (!name_or_id.empty() && (same_text(set.name, name_or_id) || same_text(set.object_id, name_or_id)));
        if (same && (best == nullptr || set.epoch > best->epoch)) best = &set;
    }
    return best;
}

} // namespace spacesail::orbit
