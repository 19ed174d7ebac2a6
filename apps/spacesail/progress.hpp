// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace spacesail::cli {

/// \brief One line of progress, at most `width` characters: a bar if the end is known, the rate, the time that remains
/// or has passed.
///
/// \param[in] total      items in all; none: not known.
/// \param[in] elapsed_s  seconds since the start.
/// \param[in] unit       what is counted, with an SI prefix in front in the output: "samples".
std::string format_progress(std::uint64_t done,
                            std::optional<std::uint64_t> total,
                            double elapsed_s,
                            const std::string& unit,
                            std::size_t width);

/// \brief Seconds as 0:07, 12:34 or 1:02:03.
std::string format_duration(double seconds);

/// \brief A rate or amount with three digits and an SI prefix: 1.23 M, 45.6 k, 789.
std::string format_si(double value);

/// \brief Progress on a terminal's standard error, five times a second; nothing with --quiet or where standard error is
/// no terminal.
class progress
{
public:
    progress(const session& s, std::optional<std::uint64_t> total, std::string unit);
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    /// Wipes the line.
    ~progress();

    /// \brief Says how many items are done. Costs a clock read; call it a few hundred times a second at most.
    void update(std::uint64_t done);

private:
    using clock = std::chrono::steady_clock;
    bool d_shown = false;
    std::optional<std::uint64_t> d_total;
    std::string d_unit;
    clock::time_point d_start = clock::now();
    clock::time_point d_next = d_start;
    bool d_line_is_there = false;
};

} // namespace spacesail::cli
