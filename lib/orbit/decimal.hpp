// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Exact reading and writing of the decimal numbers in element files (internal to the room).
namespace spacesail::orbit {

/// Removes blanks, tabs and CR at both ends.
std::string_view trimmed(std::string_view s) noexcept;

/// \brief Reads a decimal number with optional sign and exponent, correctly rounded; the whole text must be one.
/// Not-a-number and infinity are refused.
std::optional<double> parse_decimal(std::string_view s) noexcept;

/// \brief Reads an integer that fits int; the whole text must be one.
std::optional<int> parse_integer(std::string_view s) noexcept;

/// Shortest text that reads as the same double.
std::string shortest(double v);

} // namespace spacesail::orbit
