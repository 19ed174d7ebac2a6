// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>
#include <cstdlib>

namespace spacesail::fuzz {

/// Ends the process with a message where what must always hold does not: fuzzers report that as a crash, with the input.
inline void require(bool holds, const char* what)
{
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

} // namespace spacesail::fuzz
