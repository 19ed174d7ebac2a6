// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/leap_seconds.hpp>

#include <array>

namespace spacesail::orbit {
namespace {

constexpr std::int64_t k_ns_per_day = 86'400'000'000'000;

// Days since 1970-01-01 on which TAI - UTC became 11, 12, ... 37 s (1 July 1972, 1 January 1973, ... 1 January 2017).
constexpr int k_first_value = 11;
constexpr std::array<int, 27> k_days = { 912,  1096, 1461,  1826,  2191,  2557,  2922,  3287,  3652,
                                         4199, 4564, 4929,  5660,  6574,  7305,  7670,  8217,  8582,
                                         8947, 9496, 10043, 10592, 13149, 14245, 15522, 16617, 17167 };

} // namespace

int tai_minus_utc_s(utc_time t) noexcept
{
    int value = k_first_value - 1;
    for (const int day : k_days) {
        if (t.ns < day * k_ns_per_day) break;
        ++value;
    }
    return value;
}

double elapsed_s(utc_time from, utc_time to) noexcept
{
    return to.seconds_since(from) + (tai_minus_utc_s(to) - tai_minus_utc_s(from));
}

} // namespace spacesail::orbit
