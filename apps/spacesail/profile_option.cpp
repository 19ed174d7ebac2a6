// SPDX-License-Identifier: GPL-3.0-or-later
#include "profile_option.hpp"

#include "options.hpp"

#include <fmt/format.h>

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

std::string rolloff_words(const std::string& given, const terminal::profile& p, const char* otherwise)
{
    if (!given.empty()) return given;
    return p.rolloff ? fmt::format("{:g}", *p.rolloff) : otherwise;
}

double middle_of(const terminal::profile_range& band_hz) noexcept { return 0.5 * (band_hz.low + band_hz.high); }

void warn_outside_band(const session& s,
                       const terminal::profile& p,
                       const std::optional<terminal::profile_range>& band_hz,
                       const char* link,
                       double rf_hz,
                       const char* check)
{
    if (!band_hz || band_hz->holds(rf_hz)) return;
    s.warn(fmt::format("{:.10g}G is outside the {} of {}, {:.10g}G to {:.10g}G; check {}",
                       1e-9 * rf_hz,
                       link,
                       p.name,
                       1e-9 * band_hz->low,
                       1e-9 * band_hz->high,
                       check));
}

} // namespace spacesail::cli
