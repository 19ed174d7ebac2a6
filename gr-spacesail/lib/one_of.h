/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gr::spacesail {

/// \brief Value of the choice named `text`; std::invalid_argument naming block, parameter and choices otherwise.
template <class Value, std::size_t N>
Value one_of(const char* block,
             const char* parameter,
             const std::string& text,
             const std::pair<std::string_view, Value> (&choices)[N])
{
    std::string names;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        names += (names.empty() ? "" : ", ") + std::string(name);
    }
    throw std::invalid_argument(std::string(block) + ": " + parameter + " = \"" + text + "\"; give one of " + names);
}

/// \brief Throws std::invalid_argument naming block, parameter, value and range unless `good`.
template <class Value>
void check(bool good, const char* block, const char* parameter, Value value, const char* range)
{
    if (!good) {
        throw std::invalid_argument(std::string(block) + ": " + parameter + " = " + std::to_string(value) +
                                    ", must be " + range);
    }
}

} // namespace gr::spacesail
