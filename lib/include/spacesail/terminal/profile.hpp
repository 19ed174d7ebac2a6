// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spacesail::terminal {

/// Lowest and highest value, both allowed.
struct profile_range {
    double low = 0.0;
    double high = 0.0;
    bool holds(double v) const noexcept { return v >= low && v <= high; }
};

/// \brief What is known of a constellation before anything is received. Everything may be missing. It is taken by the
/// commands named where their options leave it open.
struct profile {
    std::string name;
    std::optional<profile_range> semi_major_axis_km; ///< where satellites on station are (passes, elements)
    std::optional<double> min_elevation_deg;         ///< of a user link (passes, doppler)
    std::optional<profile_range> downlink_hz;        ///< bounds (rx, doppler); the middle is a carrier (doppler)
    std::optional<profile_range> uplink_hz;          ///< bounds and the middle as a carrier (tx, doppler up)
    std::optional<double> symbol_rate_bd;            ///< of the reference waveform (rx, tx)
    std::optional<double> rolloff;                   ///< of the reference waveform (rx, tx)
};

/// \brief Reads a profile from YAML text.
///
/// Numbers take SI suffixes. A key that is not known is an error: it is a word mistyped more often than one for others.
/// \param[in] text  the YAML.
/// \param[in] name  what to call it in errors.
/// Errors: parse, naming file, line, key and what is expected.
result<profile> parse_profile(std::string_view text, const std::string& name);

/// \brief Reads the profile of a file, or of a name: NAME.yaml in the folders given.
/// Errors: not_found, listing the names that are there; those of parse_profile().
result<profile> load_profile(const std::string& name_or_file, std::span<const std::filesystem::path> folders);

} // namespace spacesail::terminal
