// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>

namespace spacesail::orbit {

/// \brief TAI - UTC in seconds at an instant; 10 before 1972, the last known value after the table's end.
/// Source: IERS Bulletin C 70 (37 s since 2017-01-01, no further leap second announced).
int tai_minus_utc_s(utc_time t) noexcept;

/// \brief Elapsed SI seconds from `from` to `to`: the difference of the clocks plus the leap seconds between them.
double elapsed_s(utc_time from, utc_time to) noexcept;

} // namespace spacesail::orbit
