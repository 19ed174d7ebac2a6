// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "options.hpp"

#include <spacesail/doppler/orbit_delay_source.hpp>

#include <memory>
#include <string>
#include <vector>

/// The options that say which satellite moves the signal: --elements, --satellite, --site.
namespace spacesail::cli {

struct satellite_options {
    std::string elements;                ///< file; empty: nothing moves
    std::vector<std::string> satellites; ///< names or catalogue numbers
    std::optional<io::site_coordinates> site;

    bool given() const noexcept { return !elements.empty(); }
};

/// How many satellites a command takes.
enum class satellite_count { one, many };

/// \brief --elements, --satellite and --site. --start belongs to the IQ options.
void add_satellite_options(CLI::App& app, satellite_options& target, satellite_count count);

/// A satellite of the options and its delays for a stream.
struct chosen_satellite {
    orbit::element_set set;
    std::unique_ptr<doppler::orbit_delay_source> delays; ///< tau_down(t_receive), t from the stream's anchor
};

/// \brief Finds the satellites and prepares their delays; warns of stale or doubtful elements and of a satellite below
/// the horizon at the start.
/// \param[in] stream  rate and time of the first sample.
/// Throws usage_error naming option, value and remedy.
std::vector<chosen_satellite>
open_satellites(const session& s, const satellite_options& options, const sample_clock& stream);

/// \brief A set by its catalogue number, its designator, its name or a part of it that fits one alone; of several of one
/// satellite the latest. Capitals do not matter. Throws usage_error with names that come near.
const orbit::element_set& find_satellite(const std::vector<orbit::element_set>& sets, const std::string& wanted);

} // namespace spacesail::cli
