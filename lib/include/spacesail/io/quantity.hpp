// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

/// Numbers and places as people type them.
namespace spacesail::io {

/// \brief Reads a number with an optional SI suffix: 2M, 12.7G, 200k, 1e6, -3.5, 20u, 1.5GHz.
///
/// Suffixes n u m k M G T (K is read as k); behind them a unit may stand: Hz, Bd, dB, s, m, sps, S/s. No spaces.
/// Errors: parse, with the text and an example. Never gives NaN or an infinity.
result<double> parse_quantity(std::string_view text);

/// \brief A quantity that is a whole number from 0 to 2^53: 20000, 20k. Errors: parse, out_of_range.
result<std::uint64_t> parse_count(std::string_view text);

/// \brief FROM:STEP:TO, both ends included (TO within a millionth of a step); a single number is a range of one.
/// Errors: parse; out_of_range for a step of 0 or of the wrong sign, or more than 1e6 values.
result<std::vector<double>> parse_range(std::string_view text);

/// A place on the WGS84 ellipsoid.
struct site_coordinates {
    double latitude_deg = 0.0;  ///< north positive, -90 .. 90
    double longitude_deg = 0.0; ///< east positive, -180 .. 180
    double height_m = 0.0;      ///< above the ellipsoid

    bool operator==(const site_coordinates&) const = default;
};

/// \brief Reads LAT,LON,HEIGHT_M in degrees and metres: 31.23,121.47,10. Longitudes from 180 to 360 are read as western
/// ones. Errors: parse, out_of_range, naming the field and its range. Heights from -1000 to 100000 m.
result<site_coordinates> parse_site(std::string_view text);

} // namespace spacesail::io
