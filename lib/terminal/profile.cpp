// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/terminal/profile.hpp>

#include <spacesail/io/quantity.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace spacesail::terminal {
namespace {

/// What a wrong profile throws inside this file.
struct profile_error {
    std::string message;
};

class reader
{
public:
    explicit reader(std::string name) : d_name(std::move(name)) {}

    [[noreturn]] void fail(const YAML::Node& at, const std::string& why) const
    {
        throw profile_error{ fmt::format("{}:{}: {}", d_name, at.Mark().line + 1, why) };
    }
    /// Every key of a map must be one of these.
    void check_keys(const YAML::Node& map, const char* where, std::initializer_list<const char*> known) const
    {
        if (!map.IsMap()) fail(map, fmt::format("{} is no map of keys and values", where));
        for (const auto& entry : map) {
            const auto key = entry.first.as<std::string>("");
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            std::string all;
            for (const char* k : known) all += (all.empty() ? "" : ", ") + std::string(k);
            fail(entry.first, fmt::format("{} has no key '{}'; it takes {}", where, key, all));
        }
    }
    double number(const YAML::Node& node, const char* key, double low, double high) const
    {
        const auto text = node.IsScalar() ? node.as<std::string>("") : std::string();
        const auto v = io::parse_quantity(text);
        if (!v) fail(node, fmt::format("{}: '{}' is no number; write it like 25M, 12.7G or 0.2", key, text));
        if (!(*v >= low && *v <= high)) fail(node, fmt::format("{} {:g} is outside {:g} to {:g}", key, *v, low, high));
        return *v;
    }
    profile_range range(const YAML::Node& node, const char* key, double low, double high) const
    {
        if (!node.IsSequence() || node.size() != 2) fail(node, fmt::format("{}: write [LOW, HIGH]", key));
        const profile_range r{ number(node[0], key, low, high), number(node[1], key, low, high) };
        if (r.low > r.high) fail(node, fmt::format("{}: {:g} is above {:g}; write [LOW, HIGH]", key, r.low, r.high));
        return r;
    }

private:
    std::string d_name;
};

profile read(const YAML::Node& root, const reader& r)
{
    profile p;
    r.check_keys(root, "a profile", { "name", "constellation", "links", "waveform" });
    if (const auto name = root["name"]) {
        p.name = name.IsScalar() ? name.as<std::string>("") : std::string();
        if (p.name.empty()) r.fail(name, "name is no text");
    }
    if (const auto c = root["constellation"]) {
        r.check_keys(c, "constellation", { "semi_major_axis_km", "min_elevation_deg" });
        if (const auto v = c["semi_major_axis_km"])
            p.semi_major_axis_km = r.range(v, "semi_major_axis_km", 6378.0, 1e6);
        if (const auto v = c["min_elevation_deg"]) p.min_elevation_deg = r.number(v, "min_elevation_deg", -5.0, 89.9);
    }
    if (const auto l = root["links"]) {
        r.check_keys(l, "links", { "downlink_hz", "uplink_hz" });
        if (const auto v = l["downlink_hz"]) p.downlink_hz = r.range(v, "downlink_hz", 1e6, 1e12);
        if (const auto v = l["uplink_hz"]) p.uplink_hz = r.range(v, "uplink_hz", 1e6, 1e12);
    }
    if (const auto w = root["waveform"]) {
        r.check_keys(w, "waveform", { "symbol_rate_bd", "rolloff" });
        if (const auto v = w["symbol_rate_bd"]) p.symbol_rate_bd = r.number(v, "symbol_rate_bd", 1e3, 1e9);
        if (const auto v = w["rolloff"]) p.rolloff = r.number(v, "rolloff", 0.05, 0.35);
    }
    return p;
}

} // namespace

result<profile> parse_profile(std::string_view text, const std::string& name)
{
    try {
        const YAML::Node root = YAML::Load(std::string(text));
        if (!root.IsMap())
            return error{ error_code::parse, name + ": no profile; it begins with name: and constellation:" };
        return read(root, reader(name));
    } catch (const profile_error& e) {
        return error{ error_code::parse, e.message };
    } catch (const YAML::Exception& e) {
        return error{ error_code::parse, fmt::format("{}:{}: {}", name, e.mark.line + 1, e.msg) };
    }
}

result<profile> load_profile(const std::string& name_or_file, std::span<const std::filesystem::path> folders)
{
    std::error_code ignored;
    std::filesystem::path file;
    if (std::filesystem::is_regular_file(name_or_file, ignored)) file = name_or_file;
    std::vector<std::string> there;
    for (const auto& folder : folders) {
        const auto candidate = folder / (name_or_file + ".yaml");
        if (file.empty() && std::filesystem::is_regular_file(candidate, ignored)) file = candidate;
        for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
            if (entry.path().extension() == ".yaml") there.push_back(entry.path().stem().string());
        }
    }
    if (file.empty()) {
        std::sort(there.begin(), there.end());
        there.erase(std::unique(there.begin(), there.end()), there.end());
        std::string all;
        for (const auto& n : there) all += (all.empty() ? "" : ", ") + n;
        return error{
            error_code::not_found,
            fmt::format("{}: no such profile or file; there {}", name_or_file, all.empty() ? "are none" : "is " + all)
        };
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return error{ error_code::io, file.string() + ": cannot be read" };
    const std::string text{ std::istreambuf_iterator<char>(in), {} };
    auto p = parse_profile(text, file.string());
    if (p && p->name.empty()) p->name = file.stem().string();
    return p;
}

} // namespace spacesail::terminal
