// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/orbit/element_set.hpp>

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spacesail::orbit {

/// Why a set is not to be trusted.
enum class element_flag {
    drag,            ///< |B*| too large: a manoeuvre was fitted as drag
    mean_motion_dot, ///< |n'/2| too large, likewise
    stale,           ///< too old (or too far in the future), or outside the validity of a state vector
    semi_major_axis, ///< outside the window of the constellation
    disagreement,    ///< the previous set does not lead to this one
    not_propagated   ///< SGP4 gives an error at the epoch or at the time asked for
};
/// Name of a flag as reports write it: drag, mean-motion-dot, stale, semi-major-axis, disagreement, not-propagated.
const char* flag_name(element_flag flag) noexcept;

/// One flag with its reason: the value, the limit and what it means.
struct element_finding {
    element_flag flag;
    std::string reason;
};

/// \brief Limits of the checks.
struct element_limits {
    double max_bstar = 0.01;              ///< per Earth radius; station-kept satellites show below 1e-3
    double max_half_ndot_rev_day2 = 1e-3; ///< rev/day^2
    double max_age_days = 3.0;            ///< in-track error grows to about 0.5 km there
    double min_semi_major_axis_km = 0.0;  ///< the profile's window
    double max_semi_major_axis_km = std::numeric_limits<double>::infinity();
    /// A previous set may miss the new one by this much ...
    double max_disagreement_km = 5.0;
    /// ... and this much more a day between the two: 25 km in ten days is the 95th percentile of station-kept
    /// satellites.
    double max_disagreement_km_per_day = 2.5;
};

/// \brief Checks one set.
/// \param[in] set       the set.
/// \param[in] limits    see element_limits.
/// \param[in] now       the instant it is to be used at; nothing: its age is not checked.
/// \param[in] previous  an older (or newer) set of the same satellite, or nullptr.
/// Returns the findings, none for a set to be trusted.
std::vector<element_finding> check_element_set(const element_set& set,
                                               const element_limits& limits,
                                               std::optional<utc_time> now,
                                               const element_set* previous);

/// \brief Distance in km between what `previous` predicts for the epoch of `set` and what `set` says; nothing if either
/// cannot be propagated there. Both must hold mean elements.
std::optional<double> disagreement_km(const element_set& set, const element_set& previous);

/// \brief Checks every set of a list against the one of the same satellite in another list.
/// Satellites are told apart by their catalogue number, else by their name. Result i belongs to sets[i].
std::vector<std::vector<element_finding>> check_element_sets(std::span<const element_set> sets,
                                                             const element_limits& limits,
                                                             std::optional<utc_time> now,
                                                             std::span<const element_set> previous);

/// \brief The set of a satellite by name (case-insensitive), catalogue number or international designator; nullptr if
/// there is none. Of several sets of one satellite the one with the latest epoch is chosen.
const element_set* find_satellite(std::span<const element_set> sets, std::string_view name_or_id) noexcept;

} // namespace spacesail::orbit
