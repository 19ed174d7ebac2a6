// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/omm_record.hpp"

#include "orbit/decimal.hpp"

#include <spacesail/orbit/catalogue_number.hpp>

#include <cmath>
#include <optional>

namespace spacesail::orbit {
namespace {

// Earth's gravitational parameter of WGS72, km^3/s^2, for sets that give a semi-major axis instead of a mean motion.
constexpr double k_mu_km3_s2 = 398600.8;

constexpr std::array<std::string_view, k_omm_keys> k_names = { "OBJECT_NAME",
                                                               "OBJECT_ID",
                                                               "CENTER_NAME",
                                                               "REF_FRAME",
                                                               "TIME_SYSTEM",
                                                               "MEAN_ELEMENT_THEORY",
                                                               "EPOCH",
                                                               "MEAN_MOTION",
                                                               "SEMI_MAJOR_AXIS",
                                                               "ECCENTRICITY",
                                                               "INCLINATION",
                                                               "RA_OF_ASC_NODE",
                                                               "ARG_OF_PERICENTER",
                                                               "MEAN_ANOMALY",
                                                               "EPHEMERIS_TYPE",
                                                               "CLASSIFICATION_TYPE",
                                                               "NORAD_CAT_ID",
                                                               "ELEMENT_SET_NO",
                                                               "REV_AT_EPOCH",
                                                               "BSTAR",
                                                               "MEAN_MOTION_DOT",
                                                               "MEAN_MOTION_DDOT",
                                                               "X",
                                                               "Y",
                                                               "Z",
                                                               "X_DOT",
                                                               "Y_DOT",
                                                               "Z_DOT",
                                                               "USER_DEFINED_VALIDITY_S" };

/// The calendar form, or the one of the day of year, 2026-234T05:56:31.050240 (CCSDS 301.0-B-4, clause 3.5).
std::optional<utc_time> parse_epoch(std::string_view s)
{
    if (s.size() > 8 && s[4] == '-' && s[8] == 'T') {
        const auto day = parse_integer(s.substr(5, 3));
        auto t = parse_utc(std::string(s.substr(0, 4)).append("-01-01").append(s.substr(8)));
        if (!day || *day < 1 || *day > 366 || !t) return std::nullopt;
        return utc_time{ t->ns + (*day - 1) * std::int64_t{ 86'400'000'000'000 } };
    }
    const auto t = parse_utc(s);
    return t ? std::optional<utc_time>(*t) : std::nullopt;
}

} // namespace

std::string_view omm_key_name(omm_key key) noexcept { return k_names[static_cast<std::size_t>(key)]; }

omm_key find_omm_key(std::string_view name) noexcept
{
    for (std::size_t i = 0; i < k_omm_keys; ++i) {
        if (k_names[i].size() == name.size() && k_names[i] == name) return static_cast<omm_key>(i);
    }
    return omm_key::count;
}

void omm_record::clear() noexcept { d_seen.reset(); }

void omm_record::set(omm_key key, std::string_view value) noexcept
{
    d_text[static_cast<std::size_t>(key)] = value;
    d_seen.set(static_cast<std::size_t>(key), !value.empty());
}

std::string omm_record::describe(omm_key key, const char* remedy) const
{
    std::string name(omm_key_name(key));
    if (!has(key)) return name + " is missing; fetch the record again";
    return name + " '" + std::string(text(key)) + "': " + remedy;
}

std::string omm_record::number(omm_key key, double& v) const
{
    const auto parsed = has(key) ? parse_decimal(text(key)) : std::nullopt;
    if (!parsed) return describe(key, "a finite number is expected");
    v = *parsed;
    return {};
}

std::string omm_record::integer(omm_key key, int& v) const
{
    if (!has(key)) return {};
    const auto parsed = parse_integer(text(key));
    if (!parsed) return describe(key, "an integer is expected");
    v = *parsed;
    return {};
}

std::string omm_record::build_mean(mean_elements& m) const
{
    std::string wrong;
    const auto wanted = [&](omm_key key, double& v) { return (wrong = number(key, v)).empty(); };
    const auto optional = [&](omm_key key, double& v) { return !has(key) || wanted(key, v); };
    const auto optional_int = [&](omm_key key, int& v) { return (wrong = integer(key, v)).empty(); };

    if (has(omm_key::mean_motion) || !has(omm_key::semi_major_axis)) {
        if (!wanted(omm_key::mean_motion, m.mean_motion_rev_day)) return wrong;
        if (!(m.mean_motion_rev_day > 0.0)) return describe(omm_key::mean_motion, "it must be above zero");
    } else {
        double a_km = 0.0;
        if (!wanted(omm_key::semi_major_axis, a_km)) return wrong;
        if (!(a_km > 0.0)) return describe(omm_key::semi_major_axis, "it must be above zero");
        m.mean_motion_rev_day =
            86400.0 / (2.0 * 3.14159265358979323846) * std::sqrt(k_mu_km3_s2 / (a_km * a_km * a_km));
    }
    if (!wanted(omm_key::eccentricity, m.eccentricity) || !wanted(omm_key::inclination, m.inclination_deg) ||
        !wanted(omm_key::ra_of_asc_node, m.raan_deg) || !wanted(omm_key::arg_of_pericenter, m.arg_perigee_deg) ||
        !wanted(omm_key::mean_anomaly, m.mean_anomaly_deg) || !optional(omm_key::bstar, m.bstar_per_earth_radius) ||
        !optional(omm_key::mean_motion_dot, m.half_ndot_rev_day2) ||
        !optional(omm_key::mean_motion_ddot, m.sixth_nddot_rev_day3) ||
        !optional_int(omm_key::ephemeris_type, m.ephemeris_type) ||
        !optional_int(omm_key::element_set_no, m.element_set_no) ||
        !optional_int(omm_key::rev_at_epoch, m.rev_at_epoch)) {
        return wrong;
    }
    if (m.eccentricity < 0.0 || m.eccentricity >= 1.0) return describe(omm_key::eccentricity, "0 <= e < 1 is expected");
    if (m.inclination_deg < 0.0 || m.inclination_deg > 180.0)
        return describe(omm_key::inclination, "0 to 180 degrees are expected");
    if (has(omm_key::classification_type)) m.classification = text(omm_key::classification_type).front();
    if (m.ephemeris_type != 0 && m.ephemeris_type != 2) {
        return describe(omm_key::ephemeris_type, "only SGP4 (0 or 2) is propagated; fetch SGP4 elements, not SGP4-XP");
    }
    if (has(omm_key::mean_element_theory)) {
        const std::string_view theory = text(omm_key::mean_element_theory);
        if (theory != "SGP4" && theory != "SGP/SGP4" && theory != "SGP") {
            return describe(omm_key::mean_element_theory, "only SGP4 is propagated; fetch SGP4 elements");
        }
    }
    if (has(omm_key::ref_frame) && text(omm_key::ref_frame) != "TEME")
        return describe(omm_key::ref_frame, "mean elements are read in TEME only");
    return {};
}

std::string omm_record::build_state(ecef_state& s) const
{
    std::string wrong;
    const auto wanted = [&](omm_key key, double& v) { return (wrong = number(key, v)).empty(); };
    if (!wanted(omm_key::x, s.position_km[0]) || !wanted(omm_key::y, s.position_km[1]) ||
        !wanted(omm_key::z, s.position_km[2]) || !wanted(omm_key::x_dot, s.velocity_km_s[0]) ||
        !wanted(omm_key::y_dot, s.velocity_km_s[1]) || !wanted(omm_key::z_dot, s.velocity_km_s[2]) ||
        (has(omm_key::validity_s) && !wanted(omm_key::validity_s, s.validity_s))) {
        return wrong;
    }
    if (!(s.validity_s > 0.0)) return describe(omm_key::validity_s, "it must be above zero");
    if (!has(omm_key::ref_frame)) return "REF_FRAME is missing; a state vector needs ITRF or WGS84 there";
    const std::string_view frame = text(omm_key::ref_frame);
    if (!frame.starts_with("ITRF") && frame != "WGS84" && frame != "ECEF" && frame != "EFG") {
        return describe(omm_key::ref_frame, "state vectors are read in an Earth-fixed frame only (ITRF, WGS84)");
    }
    return {};
}

std::string omm_record::build(element_set& set) const
{
    if (!has(omm_key::epoch)) return "EPOCH is missing; fetch the record again";
    const auto epoch = parse_epoch(text(omm_key::epoch));
    if (!epoch) return describe(omm_key::epoch, "a UTC time is expected, as 2026-08-22T05:56:31.050240");
    set.epoch = *epoch;
    if (has(omm_key::time_system) && text(omm_key::time_system) != "UTC")
        return describe(omm_key::time_system, "only UTC is read");
    if (has(omm_key::center_name) && text(omm_key::center_name) != "EARTH")
        return describe(omm_key::center_name, "only EARTH is known");
    if (has(omm_key::object_name)) set.name = std::string(text(omm_key::object_name));
    if (has(omm_key::object_id)) set.object_id = std::string(text(omm_key::object_id));
    if (has(omm_key::norad_cat_id)) {
        const auto id = parse_catalogue_number(text(omm_key::norad_cat_id));
        if (!id) return describe(omm_key::norad_cat_id, "one to nine digits are expected");
        set.norad_id = *id;
    }
    if (has(omm_key::x)) {
        ecef_state s;
        std::string wrong = build_state(s);
        set.orbit = s;
        return wrong;
    }
    mean_elements m;
    std::string wrong = build_mean(m);
    set.orbit = m;
    return wrong;
}

void omm_record::finish(std::size_t line, element_file& out)
{
    element_set set;
    std::string wrong = build(set);
    if (wrong.empty()) {
        out.sets.push_back(std::move(set));
    } else {
        const std::string_view who =
            has(omm_key::object_name) ? text(omm_key::object_name) : text(omm_key::norad_cat_id);
        if ((has(omm_key::object_name) || has(omm_key::norad_cat_id)) && !who.empty())
            wrong = std::string(who) + ": " + wrong;
        out.problems.push_back({ line, std::move(wrong) });
    }
    clear();
}

std::string omm_epoch(utc_time t)
{
    std::string s = format_utc(t, t.ns % 1000 == 0 ? 6 : 9);
    s.pop_back();
    return s;
}

void omm_fields(const element_set& set, std::vector<omm_field>& out)
{
    out.clear();
    const auto text = [&](omm_key key, std::string value) { out.push_back({ key, std::move(value), false }); };
    const auto number = [&](omm_key key, double v) { out.push_back({ key, shortest(v), true }); };
    const auto integer = [&](omm_key key, long long v) { out.push_back({ key, std::to_string(v), true }); };
    text(omm_key::object_name, set.name);
    text(omm_key::object_id, set.object_id);
    text(omm_key::center_name, "EARTH");
    text(omm_key::ref_frame, set.mean() != nullptr ? "TEME" : "ITRF");
    text(omm_key::time_system, "UTC");
    if (const mean_elements* m = set.mean()) {
        text(omm_key::mean_element_theory, "SGP4");
        text(omm_key::epoch, omm_epoch(set.epoch));
        number(omm_key::mean_motion, m->mean_motion_rev_day);
        number(omm_key::eccentricity, m->eccentricity);
        number(omm_key::inclination, m->inclination_deg);
        number(omm_key::ra_of_asc_node, m->raan_deg);
        number(omm_key::arg_of_pericenter, m->arg_perigee_deg);
        number(omm_key::mean_anomaly, m->mean_anomaly_deg);
        integer(omm_key::ephemeris_type, m->ephemeris_type);
        text(omm_key::classification_type, std::string(1, m->classification));
        if (set.norad_id != 0) integer(omm_key::norad_cat_id, set.norad_id);
        integer(omm_key::element_set_no, m->element_set_no);
        integer(omm_key::rev_at_epoch, m->rev_at_epoch);
        number(omm_key::bstar, m->bstar_per_earth_radius);
        number(omm_key::mean_motion_dot, m->half_ndot_rev_day2);
        number(omm_key::mean_motion_ddot, m->sixth_nddot_rev_day3);
    } else if (const ecef_state* s = set.state()) {
        text(omm_key::epoch, omm_epoch(set.epoch));
        if (set.norad_id != 0) integer(omm_key::norad_cat_id, set.norad_id);
        number(omm_key::x, s->position_km[0]);
        number(omm_key::y, s->position_km[1]);
        number(omm_key::z, s->position_km[2]);
        number(omm_key::x_dot, s->velocity_km_s[0]);
        number(omm_key::y_dot, s->velocity_km_s[1]);
        number(omm_key::z_dot, s->velocity_km_s[2]);
        number(omm_key::validity_s, s->validity_s);
    }
}

} // namespace spacesail::orbit
