// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/catalogue_number.hpp>

#include <cstdio>

namespace spacesail::orbit {
namespace {

constexpr std::string_view k_letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";

std::optional<std::uint32_t> digits(std::string_view text) noexcept
{
    if (text.empty() || text.size() > 9) return std::nullopt;
    std::uint32_t v = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        v = v * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return v;
}

std::string_view trim(std::string_view s) noexcept
{
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return s;
}

} // namespace

std::optional<std::uint32_t> parse_alpha5(std::string_view columns) noexcept
{
    columns = trim(columns);
    if (columns.empty() || columns.size() > 5) return std::nullopt;
    const std::size_t letter = k_letters.find(columns.front());
    if (letter == std::string_view::npos) return digits(columns);
    if (columns.size() != 5) return std::nullopt;
    const auto rest = digits(columns.substr(1));
    if (!rest) return std::nullopt;
    return static_cast<std::uint32_t>(letter + 10) * 10'000U + *rest;
}

std::optional<std::string> format_alpha5(std::uint32_t number)
{
    if (number > k_alpha5_max) return std::nullopt;
    char out[8];
    const unsigned high = number / 10'000U;
    if (high < 10) {
        std::snprintf(out, sizeof out, "%05u", number % 100'000U);
    } else {
        std::snprintf(out, sizeof out, "%c%04u", k_letters[high - 10], number % 10'000U);
    }
    return std::string(out);
}

std::optional<std::uint32_t> parse_catalogue_number(std::string_view text) noexcept
{
    text = trim(text);
    if (const auto v = digits(text)) return v;
    return parse_alpha5(text);
}

} // namespace spacesail::orbit
