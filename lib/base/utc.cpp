// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/utc.hpp>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace spacesail {
namespace {

constexpr std::int64_t k_ns_per_s = 1'000'000'000;
constexpr std::int64_t k_s_per_day = 86'400;

/// Reads exactly `digits` decimal digits at the front of `text` and removes them; -1 if they are not there.
int take_digits(std::string_view& text, std::size_t digits)
{
    int v = -1;
    if (text.size() < digits) return -1;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
    }
    std::from_chars(text.data(), text.data() + digits, v);
    text.remove_prefix(digits);
    return v;
}

bool take_char(std::string_view& text, char c)
{
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

utc_time utc_time::plus_seconds(double seconds) const noexcept
{
    const double whole = std::floor(seconds);
    return { ns + static_cast<std::int64_t>(whole) * k_ns_per_s + std::llround((seconds - whole) * 1e9) };
}

utc_time from_civil(const civil_time& c) noexcept
{
    using namespace std::chrono;
    const int months = c.year * 12 + (c.month - 1);
    const int y = static_cast<int>(std::floor(months / 12.0));
    const auto first = sys_days(year{ y } / month{ static_cast<unsigned>(months - 12 * y + 1) } / day{ 1 });
    const std::int64_t days = first.time_since_epoch().count() + c.day - 1;
    const std::int64_t s = days * k_s_per_day + c.hour * 3600LL + c.minute * 60LL + c.second;
    return { s * k_ns_per_s + c.nanosecond };
}

civil_time to_civil(utc_time t) noexcept
{
    using namespace std::chrono;
    const auto day_point = floor<days>(sys_time<nanoseconds>(nanoseconds(t.ns)));
    const year_month_day ymd(day_point);
    const std::int64_t in_day = t.ns - day_point.time_since_epoch().count() * k_s_per_day * k_ns_per_s;
    const auto s = static_cast<int>(in_day / k_ns_per_s);
    return { static_cast<int>(ymd.year()),
             static_cast<int>(static_cast<unsigned>(ymd.month())),
             static_cast<int>(static_cast<unsigned>(ymd.day())),
             s / 3600,
             s / 60 % 60,
             s % 60,
             static_cast<int>(in_day % k_ns_per_s) };
}

result<utc_time> parse_utc(std::string_view text)
{
    const auto fail = [whole = std::string(text)] {
        return result<utc_time>::failure(error_code::parse,
                                         "'" + whole + "' is no UTC time; write it as 2026-08-22T06:00:00Z");
    };
    civil_time c;
    c.year = take_digits(text, 4);
    if (c.year < 1678 || c.year > 2261 || !take_char(text, '-')) return fail();
    c.month = take_digits(text, 2);
    if (c.month < 1 || c.month > 12 || !take_char(text, '-')) return fail();
    c.day = take_digits(text, 2);
    using namespace std::chrono;
    if (c.day < 1 || !(year{ c.year } / month{ static_cast<unsigned>(c.month) } / day{ static_cast<unsigned>(c.day) }).ok()) {
        return fail();
    }
    if (text.empty()) return from_civil(c);
    if (!take_char(text, 'T') && !take_char(text, ' ')) return fail();
    c.hour = take_digits(text, 2);
    if (c.hour < 0 || c.hour > 23 || !take_char(text, ':')) return fail();
    c.minute = take_digits(text, 2);
    if (c.minute < 0 || c.minute > 59) return fail();
    if (take_char(text, ':')) {
        c.second = take_digits(text, 2);
        if (c.second < 0 || c.second > 60) return fail();
        if (take_char(text, '.') || take_char(text, ',')) {
            int scale = 100'000'000;
            std::size_t digits = 0;
            while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
                c.nanosecond += (text.front() - '0') * scale;
                scale /= 10;
                text.remove_prefix(1);
                ++digits;
            }
            if (digits == 0) return fail();
        }
    }
    take_char(text, 'Z');
    if (!text.empty()) return fail();
    return from_civil(c);
}

std::string format_utc(utc_time t, int decimals)
{
    const civil_time c = to_civil(t);
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
    std::string out = buffer;
    if (decimals > 0) {
        std::snprintf(buffer, sizeof buffer, "%09d", c.nanosecond);
        out += '.';
        out.append(buffer, static_cast<std::size_t>(decimals > 9 ? 9 : decimals));
    }
    return out + 'Z';
}

} // namespace spacesail
