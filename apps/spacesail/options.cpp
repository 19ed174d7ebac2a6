// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace spacesail::cli {
namespace {

/// "--rate" of "-r,--rate".
std::string long_name(const std::string& name)
{
    const auto comma = name.rfind(',');
    return comma == std::string::npos ? name : name.substr(comma + 1);
}

[[noreturn]] void refuse(const std::string& name, const std::string& why)
{
    // CLI11 puts "name: " in front of the text itself.
    throw CLI::ValidationError(long_name(name), why);
}

/// An option whose text `read` turns into a result.
template <class Store, class Read>
CLI::Option* add_read(
    CLI::App& app, const std::string& name, const std::string& type, const std::string& text, Read read, Store store)
{
    CLI::Option* option = app.add_option_function<std::string>(
        name,
        [name, read, store](const std::string& given) {
            const auto v = read(given);
            if (!v) refuse(name, v.error().message);
            store(*v);
        },
        text);
    return option->type_name(type);
}

double within(const std::string& name, double v, const std::string& unit, value_limits limits)
{
    if (v >= limits.low && v <= limits.high) return v;
    if (limits.low == k_positive.low && limits.high == k_positive.high)
        refuse(name, fmt::format("{} {} is not above 0; give a larger value", v, unit));
    refuse(name,
           limits.high == k_positive.high
               ? fmt::format("{:g} {} is too small; give {:g} or more", v, unit, limits.low)
               : fmt::format("{:g} {} is outside the range; give {:.3g} to {:g}", v, unit, limits.low, limits.high));
}

std::uint64_t within(const std::string& name, std::uint64_t v, std::uint64_t low, std::uint64_t high)
{
    if (v >= low && v <= high) return v;
    refuse(name, fmt::format("{} is outside the range; give {} to {}", v, low, high));
}

/// A number the way people write it: 25M, 0.35.
std::string short_number(double v)
{
    for (const auto& [letter, factor] : { std::pair{ "G", 1e9 }, std::pair{ "M", 1e6 }, std::pair{ "k", 1e3 } }) {
        if (std::abs(v) >= factor) return fmt::format("{:g}{}", v / factor, letter);
    }
    return fmt::format("{:g}", v);
}

/// Why a file cannot be written; empty if it can, as far as can be told without touching it.
std::string why_not_writable(const std::string& file)
{
    if (file.empty()) return "is no file; name one";
    const std::filesystem::path path(file);
    std::error_code none;
    if (std::filesystem::is_directory(path, none)) return file + ": is a folder; name a file in it";
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (!std::filesystem::is_directory(folder, none))
        return fmt::format("{}: no folder {}; make it first", file, folder.string());
    const bool there = std::filesystem::exists(path, none);
    if (::access(there ? path.c_str() : folder.c_str(), W_OK) != 0)
        return fmt::format("{}: cannot be written: {}; name another file", file, std::strerror(errno));
    return {};
}

} // namespace

CLI::Option* add_output_file(CLI::App& app,
                             const std::string& name,
                             std::string& target,
                             const std::string& type,
                             const std::string& text)
{
    return app.add_option(name, target, text)->type_name(type)->check([](const std::string& file) {
        return file == "-" ? std::string() : why_not_writable(file);
    });
}

CLI::Option* add_picture(CLI::App& app, std::string& target, const std::string& text)
{
    return app.add_option("--plot", target, text)->type_name("FILE.png")->check([](const std::string& file) {
        const bool png = std::filesystem::path(file).extension() == ".png";
        return png ? why_not_writable(file) : file + ": pictures are PNG files; end the name in .png";
    });
}

CLI::Option* add_quantity(CLI::App& app,
                          const std::string& name,
                          double& target,
                          const std::string& unit,
                          const std::string& text,
                          value_limits limits)
{
    return add_read(app,
                    name,
                    unit,
                    text,
                    io::parse_quantity,
                    [&target, name, unit, limits](double v) { target = within(name, v, unit, limits); })
        ->default_str(short_number(target));
}

CLI::Option* add_quantity(CLI::App& app,
                          const std::string& name,
                          std::optional<double>& target,
                          const std::string& unit,
                          const std::string& text,
                          value_limits limits)
{
    return add_read(app, name, unit, text, io::parse_quantity, [&target, name, unit, limits](double v) {
        target = within(name, v, unit, limits);
    });
}

CLI::Option* add_count(CLI::App& app,
                       const std::string& name,
                       std::uint64_t& target,
                       const std::string& unit,
                       const std::string& text,
                       std::uint64_t low,
                       std::uint64_t high)
{
    return add_read(app,
                    name,
                    unit,
                    text,
                    io::parse_count,
                    [&target, name, low, high](std::uint64_t v) { target = within(name, v, low, high); })
        ->default_str(std::to_string(target));
}

CLI::Option* add_count(CLI::App& app,
                       const std::string& name,
                       std::optional<std::uint64_t>& target,
                       const std::string& unit,
                       const std::string& text,
                       std::uint64_t low,
                       std::uint64_t high)
{
    return add_read(app, name, unit, text, io::parse_count, [&target, name, low, high](std::uint64_t v) {
        target = within(name, v, low, high);
    });
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<utc_time>& target, const std::string& text)
{
    return add_read(app, name, "UTC", text, parse_utc, [&target](utc_time t) { target = t; });
}

CLI::Option*
add_site(CLI::App& app, const std::string& name, std::optional<io::site_coordinates>& target, const std::string& text)
{
    return add_read(
        app, name, "LAT,LON,HEIGHT_M", text, io::parse_site, [&target](const io::site_coordinates& s) { target = s; });
}

CLI::Option* add_range(CLI::App& app,
                       const std::string& name,
                       std::vector<double>& target,
                       const std::string& unit,
                       const std::string& text)
{
    return add_read(
        app, name, unit + " or FROM:STEP:TO", text, io::parse_range, [&target](const std::vector<double>& v) {
            target = v;
        });
}

CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        std::string& target,
                        const std::vector<std::string>& words,
                        const std::string& text)
{
    const std::string listed = fmt::format("{}", fmt::join(words, "|"));
    return app
        .add_option_function<std::string>(
            name,
            [&target, name, words, listed](const std::string& given) {
                if (std::find(words.begin(), words.end(), given) == words.end()) {
                    refuse(name, fmt::format("'{}' is none of {}; give one of them", given, listed));
                }
                target = given;
            },
            text)
        ->type_name(listed)
        ->default_str(target);
}

void add_iq_options(CLI::App& app, io::iq_options& target)
{
    add_read(app,
             "--format",
             "cf32|ci16|ci8|cu8",
             "Sample format of a raw file or a stream; by its name if left out",
             io::parse_sample_format,
             [&target](io::sample_format f) { target.format = f; });
    add_iq_place_options(app, target);
}

void add_iq_output_options(CLI::App& app, io::iq_options& target)
{
    add_read(app,
             "--format",
             "cf32|ci16|ci8|cu8",
             "Sample format; by the output's name if left out, ci16 for a recording, cf32 for standard output",
             io::parse_sample_format,
             [&target](io::sample_format f) { target.format = f; });
    add_quantity(app, "--rate", target.rate_hz, "HZ", "Sample rate; twice the symbol rate if left out", k_positive);
    add_quantity(app, "--frequency", target.frequency_hz, "HZ", "Radio frequency that 0 Hz maps to");
    add_time(app, "--start", target.start, "Time at which the first sample leaves");
}

void add_iq_place_options(CLI::App& app, io::iq_options& target)
{
    add_quantity(app,
                 "--rate",
                 target.rate_hz,
                 "HZ",
                 "Sample rate in samples per second; from the metadata if left out",
                 k_positive);
    add_quantity(app,
                 "--frequency",
                 target.frequency_hz,
                 "HZ",
                 "Radio frequency that maps to 0 Hz; from the metadata if left out");
    add_time(app, "--start", target.start, "Time of the first sample; from the metadata if left out");
}

} // namespace spacesail::cli
