// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/terminal/profile.hpp>

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace spacesail::cli {

class session;

/// \brief --profile.
void add_profile_option(CLI::App& app, std::string& target);

/// \brief The profile of a name or file; an empty one for an empty name. Names are looked for in ./profiles, beside the
/// program's build tree and where it is installed. Throws usage_error.
terminal::profile open_profile(const std::string& name);

/// \brief Roll-off as an option takes it: `given`, else that of the profile, else `otherwise`.
std::string rolloff_words(const std::string& given, const terminal::profile& p, const char* otherwise);

/// \brief Middle of a band, Hz.
double middle_of(const terminal::profile_range& band_hz) noexcept;

/// \brief Warns if a frequency lies outside the profile's band for it; says nothing where the profile has none.
/// \param[in] link   "downlink" or "uplink".
/// \param[in] check  the options to look at.
void warn_outside_band(const session& s,
                       const terminal::profile& p,
                       const std::optional<terminal::profile_range>& band_hz,
                       const char* link,
                       double rf_hz,
                       const char* check);

} // namespace spacesail::cli
