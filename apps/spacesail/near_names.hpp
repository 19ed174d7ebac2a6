// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spacesail::cli {

/// \brief Names that a mistyped one may mean: the nearest first, capitals aside.
///
/// Near is at most one wrong, missing, added or exchanged letter in three (Damerau's distance with adjacent exchanges).
/// \param[in] most  so many at most.
std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& names, std::size_t most);

} // namespace spacesail::cli
