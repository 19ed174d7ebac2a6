// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <variant>

namespace spacesail::orbit {

/// \brief SGP4 mean elements in the units of their text forms, so that writing them again changes no digit.
///
/// Source: CCSDS 502.0-B-2 (OMM), table 4-3; the two-line form of Hoots and Roehrich, Spacetrack Report 3.
struct mean_elements {
    double mean_motion_rev_day = 0.0;    ///< Kozai mean motion, > 0
    double eccentricity = 0.0;           ///< [0, 1)
    double inclination_deg = 0.0;        ///< [0, 180]
    double raan_deg = 0.0;               ///< right ascension of the ascending node, TEME
    double arg_perigee_deg = 0.0;        ///< argument of perigee
    double mean_anomaly_deg = 0.0;       ///< mean anomaly at the epoch
    double bstar_per_earth_radius = 0.0; ///< drag term B*
    double half_ndot_rev_day2 = 0.0;     ///< half the first derivative of the mean motion, as the text forms carry it
    double sixth_nddot_rev_day3 = 0.0;   ///< a sixth of its second derivative
    int ephemeris_type = 0;              ///< 0 or 2: SGP4
    char classification = 'U';           ///< U, C or S
    int element_set_no = 0;              ///< running number
    int rev_at_epoch = 0;                ///< revolutions since launch

    bool operator==(const mean_elements&) const = default;
};

/// \brief An Earth-fixed position and velocity with a time of validity: what a satellite broadcasts of itself.
///
/// The content of 3GPP TS 38.331 EphemerisInfo-r17 (SIB19) and of a CCSDS OPM in an Earth-fixed frame.
struct ecef_state {
    std::array<double, 3> position_km{};   ///< WGS84 Earth-fixed
    std::array<double, 3> velocity_km_s{}; ///< relative to the rotating Earth
    double validity_s = 900.0;             ///< usable within this many seconds of the epoch, > 0

    bool operator==(const ecef_state&) const = default;
};

/// \brief Where a satellite is: one type for every form it may be told in.
struct element_set {
    std::string name;           ///< may be empty
    std::string object_id;      ///< international designator, 2024-140A; may be empty
    std::uint32_t norad_id = 0; ///< catalogue number, up to nine digits; 0: none
    utc_time epoch;
    std::variant<mean_elements, ecef_state> orbit;

    /// The mean elements, or nullptr for a state vector.
    const mean_elements* mean() const noexcept { return std::get_if<mean_elements>(&orbit); }
    mean_elements* mean() noexcept { return std::get_if<mean_elements>(&orbit); }
    /// The state vector, or nullptr for mean elements.
    const ecef_state* state() const noexcept { return std::get_if<ecef_state>(&orbit); }
    ecef_state* state() noexcept { return std::get_if<ecef_state>(&orbit); }

    bool operator==(const element_set&) const = default;
};

/// \brief Semi-major axis in km that belongs to the mean motion as published (Kozai), (mu / n^2)^(1/3) with WGS72: the
/// value catalogues print. SGP4's own (Brouwer) axis differs by up to 7 km, see sgp4::semi_major_axis_km().
double catalogue_semi_major_axis_km(const mean_elements& m) noexcept;

/// Name of a set for people: its name, else its catalogue number, else its designator.
std::string display_name(const element_set& set);

} // namespace spacesail::orbit
