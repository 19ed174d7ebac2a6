// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace spacesail::orbit {
namespace {

// Why 22: every power of ten up to here is a double, so one division of two exact values rounds correctly.
constexpr std::array<double, 23> k_powers_of_ten = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

} // namespace

std::string_view trimmed(std::string_view s) noexcept
{
    while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
    return s;
}

std::optional<double> parse_decimal(std::string_view s) noexcept
{
    s = trimmed(s);
    if (!s.empty() && s.front() == '+') s.remove_prefix(1);
    if (s.empty()) return std::nullopt;
    const bool negative = s.front() == '-';
    const std::string_view body = negative ? s.substr(1) : s;
    std::uint64_t mantissa = 0;
    std::size_t nof_digits = 0;
    std::size_t decimals = 0;
    bool point = false;
    bool plain = true;
    for (const char c : body) {
        if (c >= '0' && c <= '9') {
            mantissa = mantissa * 10 + static_cast<std::uint64_t>(c - '0');
            decimals += point ? 1U : 0U;
            if (++nof_digits > 15) plain = false;
        } else if (c == '.' && !point) {
            point = true;
        } else {
            plain = false;
        }
        if (!plain) break;
    }
    if (plain) {
        if (nof_digits == 0) return std::nullopt;
        const double v = static_cast<double>(mantissa) / k_powers_of_ten[decimals];
        return negative ? -v : v;
    }
    if (body.empty() || !((body.front() >= '0' && body.front() <= '9') || body.front() == '.')) return std::nullopt;
    double v = 0.0;
    const auto [end, status] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (status != std::errc{} || end != s.data() + s.size() || !std::isfinite(v)) return std::nullopt;
    return v;
}

std::optional<int> parse_integer(std::string_view s) noexcept
{
    s = trimmed(s);
    if (!s.empty() && s.front() == '+') s.remove_prefix(1);
    int v = 0;
    const auto [end, status] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (s.empty() || status != std::errc{} || end != s.data() + s.size()) return std::nullopt;
    return v;
}

std::string shortest(double v)
{
    char buffer[40];
    const auto r = std::to_chars(buffer, buffer + sizeof buffer, v);
    return std::string(buffer, r.ptr);
}

} // namespace spacesail::orbit
