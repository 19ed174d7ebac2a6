// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

constexpr auto k_interval = std::chrono::milliseconds(200);

std::size_t terminal_width()
{
    winsize size = {};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

std::string format_si(double value)
{
    static constexpr const char* k_prefixes[] = { "", " k", " M", " G", " T" };
    std::size_t i = 0;
    while (std::abs(value) >= 999.5 && i + 1 < std::size(k_prefixes)) {
        value /= 1000;
        ++i;
    }
    const int decimals = i == 0 && value == std::floor(value) ? 0
                         : std::abs(value) < 9.995            ? 2
                         : std::abs(value) < 99.95            ? 1
                                                              : 0;
    return fmt::format("{:.{}f}{}", value, decimals, k_prefixes[i]);
}

std::string format_duration(double seconds)
{
    if (!(seconds >= 0) || seconds > 1e7) return "-:--";
    const auto s = static_cast<long>(std::llround(seconds));
    return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                    : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string format_progress(std::uint64_t done,
                            std::optional<std::uint64_t> total,
                            double elapsed_s,
                            const std::string& unit,
                            std::size_t width)
{
    const double rate = elapsed_s > 0 ? static_cast<double>(done) / elapsed_s : 0.0;
    const std::string si = format_si(rate);
    // "25.3 M" + "samples/s" -> "25.3 Msamples/s"; "789" -> "789 samples/s"
    std::string speed = si + (si.find(' ') == std::string::npos ? " " : "") + unit + "/s";
    std::string out;
    if (total && *total > 0) {
        const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
        const double left_s = part > 0 ? elapsed_s * (1 - part) / part : -1;
        const std::string behind = fmt::format(" {}  {} left", speed, format_duration(left_s));
        const std::string before = fmt::format("{:3.0f}% ", std::floor(100 * part));
        const std::size_t used = before.size() + behind.size() + 2;
        std::string bar;
        if (width > used + 4) {
            const std::size_t cells = std::min<std::size_t>(width - used - 1, 40);
            const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
            bar = fmt::format("[{:#<{}}{:.<{}}]", "", full, "", cells - full);
        }
        out = before + bar + behind;
    } else {
        const std::string amount = format_si(static_cast<double>(done));
        out = fmt::format("{}{}{}  {}  {}",
                          amount,
                          amount.find(' ') == std::string::npos ? " " : "",
                          unit,
                          speed,
                          format_duration(elapsed_s));
    }
    if (out.size() > width) out.resize(width);
    return out;
}

progress::progress(const session& s, std::optional<std::uint64_t> total, std::string unit)
    : d_shown(!s.quiet && ::isatty(STDERR_FILENO) != 0), d_total(total), d_unit(std::move(unit))
{
}

progress::~progress()
{
    if (d_line_is_there) fmt::print(stderr, "\r\x1b[K");
}

void progress::update(std::uint64_t done)
{
    if (!d_shown) return;
    const auto now = clock::now();
    if (now < d_next) return;
    d_next = now + k_interval;
    const double elapsed_s = std::chrono::duration<double>(now - d_start).count();
    fmt::print(stderr, "\r{}\x1b[K", format_progress(done, d_total, elapsed_s, d_unit, terminal_width() - 1));
    std::fflush(stderr);
    d_line_is_there = true;
}

} // namespace spacesail::cli
