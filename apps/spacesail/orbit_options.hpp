// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>
#include <spacesail/io/quantity.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/site.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

/// Options of every command that looks at satellites from a site.
namespace spacesail::cli {

class session;

/// Satellites, site and time as the user names them.
struct orbit_options {
    std::vector<std::string> files;
    std::vector<std::string> satellites; ///< names, catalogue numbers or designators; empty: all
    std::optional<io::site_coordinates> site;
    std::optional<utc_time> start;
    double ut1_minus_utc_s = 0.0;
};

/// \brief --elements, --satellite, --site, --start and --ut1-utc.
void add_orbit_options(CLI::App& app, orbit_options& target);

/// \brief The element sets of some files; records left out become warnings. Throws usage_error that names `option`.
std::vector<orbit::element_set>
load_element_files(const session& s, const std::vector<std::string>& files, const std::string& option);

/// \brief Those of `sets` that were named; all of them if `satellites` is empty. Throws usage_error for one that is not
/// there, with the names that are.
std::vector<orbit::element_set> chosen_satellites(const std::vector<orbit::element_set>& sets,
                                                  const std::vector<std::string>& satellites);

/// \brief The site. Throws usage_error if it was not given.
orbit::site site_of(const orbit_options& o);
/// \brief The start; the time of this computer if it was not given.
utc_time start_of(const orbit_options& o);
orbit::earth_orientation orientation_of(const orbit_options& o);

/// LAT,LON,HEIGHT_M for titles.
std::string site_words(const io::site_coordinates& c);
nlohmann::json site_json(const io::site_coordinates& c);
/// Azimuth, elevation and range.
nlohmann::json look_json(const orbit::look_angle& look);

/// \brief Writes a text to a file, "-" for standard output. Throws run_error that begins with the option.
void write_text(const std::string& file, const std::string& text, const std::string& option);

} // namespace spacesail::cli
