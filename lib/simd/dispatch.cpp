// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/simd/dispatch.hpp>

#include <hwy/targets.h>

#include <cstdlib>
#include <cstring>

namespace spacesail::simd {
namespace {

std::int64_t mask_of(target t)
{
    switch (t) {
    case target::scalar:
        return HWY_SCALAR | HWY_EMU128;
    case target::avx2:
        return HWY_AVX2 | HWY_SSE4 | HWY_SSSE3 | HWY_SCALAR | HWY_EMU128 | HWY_NEON;
    case target::best:
        break;
    }
    return 0;
}

bool initialise() noexcept
{
    if (const char* wanted = std::getenv("SPACESAIL_SIMD")) {
        if (std::strcmp(wanted, "scalar") == 0) force_target(target::scalar);
        if (std::strcmp(wanted, "avx2") == 0) force_target(target::avx2);
    }
    return true;
}

} // namespace

void init() noexcept { [[maybe_unused]] static const bool done = initialise(); }

void force_target(target t) noexcept
{
    hwy::SetSupportedTargetsForTest(0);
    const std::int64_t mask = mask_of(t);
    if (mask != 0) {
        hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & mask);
    }
    hwy::GetChosenTarget().DeInit();
}

const char* active_target_name() noexcept
{
    init();
    const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
    // Why the lowest bit: Highway numbers better targets with lower bits.
    return hwy::TargetName(supported & -supported);
}

} // namespace spacesail::simd
