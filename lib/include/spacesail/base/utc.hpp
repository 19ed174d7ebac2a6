// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace spacesail {

/// \brief A UTC instant: nanoseconds since 1970-01-01T00:00:00 UTC, every day 86400 s (POSIX).
///
/// A leap second has no number of its own: 23:59:60 parses to the first second of the next day.
/// Range: years 1678 to 2262. Within one stream, time comes from sample_clock and never repeats.
struct utc_time {
    std::int64_t ns = 0;

    auto operator<=>(const utc_time&) const = default;

    /// Seconds from `earlier` to this, exact below 104 days, relative error 1e-16 above.
    constexpr double seconds_since(utc_time earlier) const noexcept
    {
        const std::int64_t d = ns - earlier.ns;
        return static_cast<double>(d / 1'000'000'000) + 1e-9 * static_cast<double>(d % 1'000'000'000);
    }
    /// This instant plus `seconds`, rounded to a nanosecond.
    utc_time plus_seconds(double seconds) const noexcept;
};

/// \brief Reads ISO 8601: 2026-08-22T06:00:00[.123456789][Z], a date alone is midnight.
/// Errors: parse, with the text and the expected form.
result<utc_time> parse_utc(std::string_view text);

/// \brief Writes 2026-08-22T06:00:00.123456789Z with `decimals` (0..9) decimals of a second.
std::string format_utc(utc_time t, int decimals = 3);

/// Civil date and time of an instant.
struct civil_time {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    int nanosecond = 0;
};
civil_time to_civil(utc_time t) noexcept;
/// \brief Instant of a civil time; fields may exceed their range and carry over.
utc_time from_civil(const civil_time& c) noexcept;

} // namespace spacesail
