// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/quantity.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace spacesail::io {
namespace {

constexpr double k_max_exact_integer = 9007199254740992.0; // 2^53
constexpr double k_max_range_values = 1e6;

struct suffix {
    char letter;
    double factor;
};
constexpr std::array<suffix, 8> k_suffixes{ { { 'n', 1e-9 },
                                              { 'u', 1e-6 },
                                              { 'm', 1e-3 },
                                              { 'k', 1e3 },
                                              { 'K', 1e3 },
                                              { 'M', 1e6 },
                                              { 'G', 1e9 },
                                              { 'T', 1e12 } } };
constexpr std::array<std::string_view, 7> k_units{ "Hz", "Bd", "dB", "sps", "S/s", "s", "m" };

bool is_unit(std::string_view text) noexcept
{
    for (const std::string_view u : k_units) {
        if (u == text) return true;
    }
    return text.empty();
}

} // namespace

result<double> parse_quantity(std::string_view text)
{
    const auto fail = [text] {
        return result<double>::failure(error_code::parse,
                                       fmt::format("'{}' is no number; write it like 2M, 12.7G, 200k or 1e6", text));
    };
    std::string_view rest = text;
    if (rest.starts_with('+')) {
        rest.remove_prefix(1);
        if (rest.starts_with('+') || rest.starts_with('-')) return fail();
    }
    double v = 0;
    const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), v);
    // from_chars also reads "inf" and "nan".
    if (code != std::errc() || !std::isfinite(v)) return fail();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    for (const suffix& s : k_suffixes) {
        // Why the unit m only alone: "5m" is five thousandths, the SI suffix.
        if (rest.empty() || rest.front() != s.letter || !is_unit(rest.substr(1))) continue;
        // Why division: 1e-3 has no exact double, 1000 has; 3m is then the double nearest to 0.003.
        v = s.factor < 1 ? v / std::round(1 / s.factor) : v * s.factor;
        rest = {};
        break;
    }
    if (!is_unit(rest) || !std::isfinite(v)) return fail();
    return v;
}

result<std::uint64_t> parse_count(std::string_view text)
{
    const auto v = parse_quantity(text);
    if (!v) return v.error();
    // Why rounded: 0.3k is 299.99999999999994 in doubles, and 300 to whoever typed it.
    const double whole = std::round(*v);
    if (whole < 0 || whole > k_max_exact_integer || std::abs(*v - whole) > 1e-9 * std::max(1.0, whole)) {
        return result<std::uint64_t>::failure(
            error_code::out_of_range,
            fmt::format("'{}' is no whole number; write one of 0 or more, like 20000 or 20k", text));
    }
    return static_cast<std::uint64_t>(whole);
}

result<std::vector<double>> parse_range(std::string_view text)
{
    std::array<double, 3> v{};
    std::size_t n = 0;
    std::string_view rest = text;
    for (;;) {
        const std::size_t colon = rest.find(':');
        const auto q = parse_quantity(rest.substr(0, colon));
        if (!q || n == v.size()) {
            return result<std::vector<double>>::failure(
                error_code::parse,
                fmt::format("'{}' is no range; write FROM:STEP:TO like 1:0.5:4, or one number", text));
        }
        v[n++] = *q;
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    if (n == 1) return std::vector<double>{ v[0] };
    const double from = v[0], step = n == 3 ? v[1] : 1.0, to = v[n - 1];
    const double steps = (to - from) / step;
    if (n == 2 || !(step != 0) || !(steps >= -1e-6) || steps >= k_max_range_values) {
        return result<std::vector<double>>::failure(n == 2 ? error_code::parse : error_code::out_of_range,
                                                    fmt::format("'{}': write FROM:STEP:TO with a step that leads from "
                                                                "FROM to TO in at most a million values, like 1:0.5:4",
                                                                text));
    }
    std::vector<double> out;
    const auto last = static_cast<std::size_t>(std::floor(steps + 1e-6));
    for (std::size_t i = 0; i <= last; ++i) out.push_back(from + static_cast<double>(i) * step);
    return out;
}

result<site_coordinates> parse_site(std::string_view text)
{
    struct field {
        const char* name;
        double low, high;
    };
    constexpr std::array<field, 3> k_fields{
        { { "latitude", -90, 90 }, { "longitude", -180, 360 }, { "height", -1000, 100000 } }
    };
    std::array<double, 3> v{};
    std::string_view rest = text;
    for (std::size_t i = 0; i < v.size(); ++i) {
        const std::size_t comma = i < 2 ? rest.find(',') : std::string_view::npos;
        std::string_view part = rest.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        // Why: behind a height, m is the metre and not a thousandth.
        if (i == 2 && part.ends_with('m') && !part.ends_with("km")) part.remove_suffix(1);
        const auto q = parse_quantity(part);
        if (!q || (i < 2 && comma == std::string_view::npos)) {
            return result<site_coordinates>::failure(
                error_code::parse,
                fmt::format("'{}' is no site; write LAT,LON,HEIGHT_M in degrees and metres, like 31.23,121.47,10",
                            text));
        }
        if (*q < k_fields[i].low || *q > k_fields[i].high) {
            return result<site_coordinates>::failure(
                error_code::out_of_range,
                fmt::format("'{}': the {} {} is outside {} to {}; write LAT,LON,HEIGHT_M in degrees and metres",
                            text,
                            k_fields[i].name,
                            *q,
                            k_fields[i].low,
                            k_fields[i].high));
        }
        v[i] = *q;
        if (comma != std::string_view::npos) rest.remove_prefix(comma + 1);
    }
    return site_coordinates{ v[0], v[1] > 180 ? v[1] - 360 : v[1], v[2] };
}

} // namespace spacesail::io
