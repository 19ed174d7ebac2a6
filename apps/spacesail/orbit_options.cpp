// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit_options.hpp"

#include "options.hpp"
#include "satellite_options.hpp"

#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <fmt/format.h>

#include <chrono>

namespace spacesail::cli {
namespace {

constexpr std::size_t k_problems_shown = 5;

} // namespace

void add_orbit_options(CLI::App& app, orbit_options& target)
{
    app.add_option("--elements", target.files, "Element sets: TLE, 3LE, OMM (XML, KVN, JSON, CSV) or state vectors")
        ->required()
        ->type_name("FILE");
    app.add_option("--satellite", target.satellites, "Name, catalogue number or designator; may be repeated")
        ->type_name("NAME|ID");
    add_site(app, "--site", target.site, "Where the antenna is: degrees, degrees, metres above WGS84");
    add_time(app, "--start", target.start, "Begin; now if left out");
    add_quantity(app,
                 "--ut1-utc",
                 target.ut1_minus_utc_s,
                 "S",
                 "UT1 - UTC of the day (IERS Bulletin A); 0 costs up to 6 Hz at 12.7 GHz",
                 { -0.999, 0.999 });
}

std::vector<orbit::element_set>
load_element_files(const session& s, const std::vector<std::string>& files, const std::string& option)
{
    std::vector<orbit::element_set> all;
    for (const auto& file : files) {
        auto read = value_or_usage(option, orbit::load_elements(file));
        for (std::size_t i = 0; i < read.problems.size() && i < k_problems_shown; ++i) {
            s.warn(fmt::format("{}:{}: {}", file, read.problems[i].line, read.problems[i].message));
        }
        if (read.problems.size() > k_problems_shown) {
            s.warn(fmt::format("{}: {} more records with problems", file, read.problems.size() - k_problems_shown));
        }
        all.insert(all.end(), read.sets.begin(), read.sets.end());
    }
    return all;
}

std::vector<orbit::element_set> chosen_satellites(const std::vector<orbit::element_set>& sets,
                                                  const std::vector<std::string>& satellites)
{
    if (satellites.empty()) return sets;
    std::vector<orbit::element_set> chosen;
    for (const auto& name : satellites) chosen.push_back(find_satellite(sets, name));
    return chosen;
}

orbit::site site_of(const orbit_options& o)
{
    if (!o.site) throw usage_error{ "--site is missing: give LAT,LON,HEIGHT_M, e.g. --site 31.23,121.47,10" };
    return orbit::site(orbit::geodetic{ o.site->latitude_deg, o.site->longitude_deg, o.site->height_m });
}

utc_time start_of(const orbit_options& o)
{
    if (o.start) return *o.start;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return utc_time{ std::chrono::duration_cast<std::chrono::seconds>(now).count() * 1'000'000'000 };
}

orbit::earth_orientation orientation_of(const orbit_options& o)
{
    orbit::earth_orientation e;
    e.ut1_minus_utc_s = o.ut1_minus_utc_s;
    return e;
}

std::string site_words(const io::site_coordinates& c)
{
    return fmt::format("{:g},{:g},{:g} m", c.latitude_deg, c.longitude_deg, c.height_m);
}

nlohmann::json site_json(const io::site_coordinates& c)
{
    return { { "latitude_deg", c.latitude_deg }, { "longitude_deg", c.longitude_deg }, { "height_m", c.height_m } };
}

nlohmann::json look_json(const orbit::look_angle& look)
{
    return { { "az_deg", look.azimuth_deg }, { "el_deg", look.elevation_deg }, { "range_km", 1e-3 * look.range_m } };
}

void write_text(const std::string& file, const std::string& text, const std::string& option)
{
    auto out = io::file_descriptor::open_to_write(file);
    std::size_t written = 0;
    auto done = out ? out->write_all(std::as_bytes(std::span(text)), file, written) : result<ok_t>(out.error());
    if (done) done = out->close(file);
    if (!done) throw run_error{ option + " " + done.error().message };
}

} // namespace spacesail::cli
