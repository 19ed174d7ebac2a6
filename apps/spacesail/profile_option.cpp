// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile_option.hpp"

#include "options.hpp"

#include <filesystem>
#include <vector>

namespace spacesail::cli {

void add_profile_option(CLI::App& app, std::string& target)
{
    app.add_option("--profile", target, "Constellation: orbits on station, lowest elevation, bands, reference waveform")
        ->type_name("NAME|FILE.yaml");
}

terminal::profile open_profile(const std::string& name)
{
    if (name.empty()) return {};
    std::vector<std::filesystem::path> folders{ "profiles" };
    std::error_code none;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
    if (!none) {
        const auto bin = program.parent_path();
        folders.push_back(bin / "../share/spacesail/profiles");
        folders.push_back(bin / "../../../profiles"); // build/release/bin
    }
    auto p = terminal::load_profile(name, folders);
    if (!p) throw usage_error{ "--profile " + p.error().message };
    return *p;
}

} // namespace spacesail::cli
