// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>

#include <string>
#include <vector>

namespace spacesail::cli {

/// How values are laid out along an axis.
enum class axis_kind {
    linear,
    logarithmic, ///< decades; values <= 0 are not shown
    time         ///< seconds after the axis' epoch, labelled with UTC
};

/// One mark on an axis.
struct axis_tick {
    double value = 0.0;
    std::string label; ///< empty for a small mark without a number
};

/// \brief Round values within [low, high], at most about `most` of them, each with as many digits as tell them apart.
///
/// Steps are 1, 2, 2.5 or 5 times a power of ten. \param[in] low, high  finite, low < high; otherwise no ticks.
std::vector<axis_tick> linear_ticks(double low, double high, int most);

/// \brief Decades within [low, high], 0 < low < high; between them small marks at 2 to 9 where there is room.
std::vector<axis_tick> logarithmic_ticks(double low, double high, int most);

/// \brief Round times (seconds, minutes, hours) within low .. high seconds after `epoch`, labelled 06:00, 06:00:30 or
/// 06:00:30.5.
std::vector<axis_tick> time_ticks(double low, double high, int most, utc_time epoch);

} // namespace spacesail::cli
