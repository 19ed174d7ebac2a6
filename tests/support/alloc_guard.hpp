// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>

namespace spacesail::test {

/// Heap allocations of this test program so far (alloc_guard.cpp counts them).
std::size_t allocations() noexcept;

} // namespace spacesail::test
