// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>
#include <spacesail/io/iq_spec.hpp>
#include <spacesail/io/quantity.hpp>

#include <CLI/CLI.hpp>

#include <limits>
#include <optional>
#include <string>

/// Options of every kind that commands share. A wrong value ends the program with one line naming option, value and
/// remedy.
namespace spacesail::cli {

/// Lowest and highest value that an option takes, both allowed.
struct value_limits {
    double low = std::numeric_limits<double>::lowest();
    double high = std::numeric_limits<double>::max();
};
/// Above zero (the smallest double that is).
inline constexpr value_limits k_positive{ std::numeric_limits<double>::min(), std::numeric_limits<double>::max() };

/// \brief A number with SI suffix. `unit` is what --help shows (HZ, BD, DB, S). The value of `target` is the default.
CLI::Option* add_quantity(CLI::App& app,
                          const std::string& name,
                          double& target,
                          const std::string& unit,
                          const std::string& text,
                          value_limits limits = {});
/// \brief The same, empty unless given.
CLI::Option* add_quantity(CLI::App& app,
                          const std::string& name,
                          std::optional<double>& target,
                          const std::string& unit,
                          const std::string& text,
                          value_limits limits = {});
/// \brief A whole number with SI suffix.
CLI::Option* add_count(CLI::App& app,
                       const std::string& name,
                       std::uint64_t& target,
                       const std::string& unit,
                       const std::string& text,
                       std::uint64_t low = 0,
                       std::uint64_t high = std::uint64_t{ 1 } << 53);
CLI::Option* add_count(CLI::App& app,
                       const std::string& name,
                       std::optional<std::uint64_t>& target,
                       const std::string& unit,
                       const std::string& text,
                       std::uint64_t low = 0,
                       std::uint64_t high = std::uint64_t{ 1 } << 53);
/// \brief A time, ISO 8601 UTC.
CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<utc_time>& target, const std::string& text);
/// \brief LAT,LON,HEIGHT_M.
CLI::Option*
add_site(CLI::App& app, const std::string& name, std::optional<io::site_coordinates>& target, const std::string& text);
/// \brief FROM:STEP:TO or one number.
CLI::Option* add_range(CLI::App& app,
                       const std::string& name,
                       std::vector<double>& target,
                       const std::string& unit,
                       const std::string& text);
/// \brief One of a few words.
CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        std::string& target,
                        const std::vector<std::string>& words,
                        const std::string& text);

/// \brief A file that is written at the end of the run, "-" for standard output. Refused before the run if it cannot be
/// written.
CLI::Option* add_output_file(CLI::App& app,
                             const std::string& name,
                             std::string& target,
                             const std::string& type,
                             const std::string& text);
/// \brief --plot: the same for a picture, whose name ends in .png.
CLI::Option* add_picture(CLI::App& app, std::string& target, const std::string& text);

/// \brief --format, --rate, --frequency and --start of an IQ input or output.
void add_iq_options(CLI::App& app, io::iq_options& target);
/// \brief The same of an output that is made here.
void add_iq_output_options(CLI::App& app, io::iq_options& target);
/// \brief --rate, --frequency and --start alone.
void add_iq_place_options(CLI::App& app, io::iq_options& target);

/// \brief The value of a result; throws usage_error with its message otherwise.
template <class T>
T value_or_usage(result<T> r);
/// \brief As above, for the value of an option: its name goes in front unless the error begins with one.
template <class T>
T value_or_usage(const std::string& option, result<T> r);
/// \brief The value of a result; throws run_error with its message otherwise.
template <class T>
T value_or_failed(result<T> r);

} // namespace spacesail::cli

#include "command.hpp"

namespace spacesail::cli {

template <class T>
T value_or_usage(result<T> r)
{
    if (!r) throw usage_error{ r.error().message };
    return std::move(*r);
}

template <class T>
T value_or_usage(const std::string& option, result<T> r)
{
    if (!r) throw usage_error{ (r.error().message.starts_with("--") ? "" : option + " ") + r.error().message };
    return std::move(*r);
}

template <class T>
T value_or_failed(result<T> r)
{
    if (!r) throw run_error{ r.error().message };
    return std::move(*r);
}

} // namespace spacesail::cli
