/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <spacesail/base/utc.hpp>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

namespace gr::spacesail {

/// \brief An instant in ISO 8601, nothing for an empty text. Throws std::invalid_argument with `block` in front.
inline std::optional<::spacesail::utc_time> start_from(const std::string& block, const std::string& text)
{
    if (text.empty()) return std::nullopt;
    const auto t = ::spacesail::parse_utc(text);
    if (!t) throw std::invalid_argument(block + ": start: " + t.error().message);
    return *t;
}

/// \brief The value, if it is finite. Throws std::invalid_argument with `block` in front.
inline double finite_from(const std::string& block, const char* parameter, double value)
{
    if (std::isfinite(value)) return value;
    throw std::invalid_argument(block + ": " + parameter + " = " + std::to_string(value) + ", must be finite");
}

} // namespace gr::spacesail
