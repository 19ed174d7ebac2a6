// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/terminal/profile.hpp>

#include <string>

namespace CLI {
class App;
}

namespace spacesail::cli {

/// \brief --profile.
void add_profile_option(CLI::App& app, std::string& target);

/// \brief The profile of a name or file; an empty one for an empty name. Names are looked for in ./profiles, beside the
/// program's build tree and where it is installed. Throws usage_error.
terminal::profile open_profile(const std::string& name);

} // namespace spacesail::cli
