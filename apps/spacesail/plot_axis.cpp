// SPDX-License-Identifier: GPL-3.0-or-later
#include "plot_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace spacesail::cli {
namespace {

bool usable(double low, double high, int most)
{
    return std::isfinite(low) && std::isfinite(high) && low < high && most >= 1;
}

/// The smallest step of 1, 2, 2.5, 5 times a power of ten that gives at most `most` intervals.
double round_step(double span, int most)
{
    const double least = span / most;
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double m : { 1.0, 2.0, 2.5, 5.0 }) {
        if (m * power >= least * (1 - 1e-9)) return m * power;
    }
    return 10.0 * power;
}

/// Decimals that write every multiple of `step` exactly.
int decimals_of(double step)
{
    for (int d = 0; d < 12; ++d) {
        const double scaled = step * std::pow(10.0, d);
        if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return d;
    }
    return 12;
}

} // namespace

std::vector<axis_tick> linear_ticks(double low, double high, int most)
{
    if (!usable(low, high, most)) return {};
    const double step = round_step(high - low, most);
    const double largest = std::max(std::abs(low), std::abs(high));
    const bool scientific = largest >= 1e6 || step < 1e-5;
    std::vector<axis_tick> out;
    // Why the limit: a span that is tiny against its values has steps below their last digit.
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && out.size() < 1000; ++k) {
        const double v = k == 0 ? 0.0 : k * step;
        out.push_back({ v,
                        scientific && v != 0 ? fmt::format("{:g}", v)
                                             : fmt::format("{:.{}f}", v, scientific ? 0 : decimals_of(step)) });
    }
    return out;
}

std::vector<axis_tick> logarithmic_ticks(double low, double high, int most)
{
    if (!usable(low, high, most) || low <= 0) return {};
    const double first = std::floor(std::log10(low)), last = std::ceil(std::log10(high));
    const double stride = std::max(1.0, std::ceil((last - first) / most));
    std::vector<axis_tick> out;
    for (double e = first; e <= last; e += 1.0) {
        const double decade = std::pow(10.0, e);
        const bool numbered = std::fmod(e - first, stride) == 0;
        for (int m = 1; m < (stride > 1 ? 2 : 10); ++m) {
            const double v = m * decade;
            if (v < low * (1 - 1e-9) || v > high * (1 + 1e-9)) continue;
            std::string label;
            if (m == 1 && numbered) label = std::abs(e) <= 2 ? fmt::format("{:g}", decade) : fmt::format("1e{:.0f}", e);
            out.push_back({ v, std::move(label) });
        }
    }
    return out;
}

std::vector<axis_tick> time_ticks(double low, double high, int most, utc_time epoch)
{
    if (!usable(low, high, most)) return {};
    constexpr std::array k_steps{
        1.0,   2.0,    5.0,    10.0,   15.0,    30.0,    60.0,    120.0,   300.0,    600.0,
        900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0, 86400.0, 172800.0, 604800.0
    };
    double step = round_step(high - low, most);
    if (step >= 1) {
        const auto it =
            std::find_if(k_steps.begin(), k_steps.end(), [&](double s) { return (high - low) / s <= most; });
        if (it != k_steps.end()) step = *it;
    }
    // Round in the day, not after the epoch.
    const double of_day =
        static_cast<double>((epoch.ns % 86'400'000'000'000 + 86'400'000'000'000) % 86'400'000'000'000) * 1e-9;
    std::vector<axis_tick> out;
    for (double k = std::ceil((low + of_day) / step - 1e-9);
         k * step - of_day <= high + 1e-9 * step && out.size() < 1000;
         ++k) {
        const double v = k * step - of_day;
        const std::string text = format_utc(epoch.plus_seconds(v), step < 1 ? decimals_of(step) : 0);
        // 2026-08-22T06:00:30.5Z
        if (step >= 86400) {
            out.push_back({ v, text.substr(5, 5) });
        } else {
            out.push_back({ v, step >= 60 ? text.substr(11, 5) : text.substr(11, text.size() - 12) });
        }
    }
    return out;
}

} // namespace spacesail::cli
