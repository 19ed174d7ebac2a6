// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spacesail::orbit {

/// Largest catalogue number the Alpha-5 form holds (Z9999).
inline constexpr std::uint32_t k_alpha5_max = 339'999;
/// Largest catalogue number of all forms (nine digits).
inline constexpr std::uint32_t k_catalogue_number_max = 999'999'999;

/// \brief Reads five columns of a two-line set: digits, blanks for leading zeros, or Alpha-5 (A0000 = 100000).
/// The letters I and O are not used. Source: Space-Track, "Alpha-5 satellite numbering".
std::optional<std::uint32_t> parse_alpha5(std::string_view columns) noexcept;

/// \brief Writes five columns. Nothing for numbers above k_alpha5_max.
std::optional<std::string> format_alpha5(std::uint32_t number);

/// \brief Reads a catalogue number of one to nine digits, or Alpha-5.
std::optional<std::uint32_t> parse_catalogue_number(std::string_view text) noexcept;

} // namespace spacesail::orbit
