// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

/// Run-time choice of the instruction set, on top of Google Highway.
namespace spacesail::simd {

enum class target {
    scalar, ///< one lane, the reference of every kernel
    avx2,   ///< AVX2 (NEON on Arm) at most
    best    ///< the best the machine has (AVX-512 is "AVX3" in Highway's words)
};

/// \brief Reads SPACESAIL_SIMD (scalar | avx2 | avx3) once; call before the first HWY_DYNAMIC_DISPATCH.
///
/// Every function that dispatches calls it; it costs a load and a branch.
void init() noexcept;

/// \brief Forces a target for every later dispatch (tests). Not thread safe.
void force_target(target t) noexcept;

/// \brief Name of the instruction set that kernels run with, e.g. "AVX3".
const char* active_target_name() noexcept;

} // namespace spacesail::simd
