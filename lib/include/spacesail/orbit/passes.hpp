// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/site.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace spacesail::orbit {

/// What passes are looked for.
struct pass_query {
    utc_time start;
    double duration_s = 86400.0;     ///< > 0, at most 366 days
    double min_elevation_deg = 10.0; ///< [-5, 90)
    earth_orientation orientation;
    element_limits limits; ///< for the flags of the satellites; age is taken at the start
};

/// What limits a pass besides the horizon.
enum class pass_end : std::uint8_t {
    horizon,      ///< it crosses the minimum elevation
    span,         ///< the span of the query begins or ends there
    orbit_unknown ///< the orbit is known no further: decay, SGP4 error, validity of a state vector
};

/// \brief One pass of one satellite. Times are those of reception at the site (light time included), to 10 ms and
/// better.
struct pass {
    std::size_t satellite = 0; ///< index in the sets of the query
    std::string name;
    std::uint32_t norad_id = 0;
    utc_time aos;         ///< rises above the minimum elevation
    utc_time culmination; ///< highest elevation
    utc_time tca;         ///< smallest distance: the Doppler shift is zero
    utc_time los;         ///< sinks below it
    pass_end begins = pass_end::horizon;
    pass_end ends = pass_end::horizon;
    look_angle at_aos, at_culmination, at_tca, at_los;
    std::vector<element_flag> flags; ///< of its element set, without repetition; empty: to be trusted

    double duration_s() const noexcept { return los.seconds_since(aos); }
};

/// A satellite that was left out, and why.
struct skipped_satellite {
    std::size_t satellite;
    std::string name;
    std::string reason;
};

struct pass_list {
    std::vector<pass> passes; ///< by time of AOS
    std::vector<skipped_satellite> skipped;
};

/// \brief All passes of some satellites over a site.
///
/// A grid of 30 s (shorter for lower orbits than 300 km) finds every rise above the minimum elevation, however short:
/// each local maximum of the elevation is refined before it is dismissed. At a pole azimuths count from the meridian of
/// the longitude given. A pass cut off by the span or by the end of what is known says so. Leap seconds inside the span
/// count as elapsed time. \param[in] sets   mean elements or state vectors. \param[in] where  a fixed site or a
/// journey. Throws std::invalid_argument for a query out of range. Cost: see BM_orbit_passes.
pass_list find_passes(std::span<const element_set> sets, const site& where, const pass_query& query);

/// Heading of pass_csv_row().
std::string pass_csv_header();
/// One line without line end: name, id, times, azimuths, elevations, ranges, ends, flags.
std::string pass_csv_row(const pass& p);

} // namespace spacesail::orbit
