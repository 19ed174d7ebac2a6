// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace spacesail::dsp {

/// What a stretch of samples adds to the sums of its block. Integer samples sum exactly; float samples are summed
/// in one accumulator for each residue of their index, so that the result does not depend on how input was split.
struct stretch {
    float* acc_re;
    float* acc_im;
    std::size_t offset; ///< of the first sample in its block
    float dc_re, dc_im;
    float sign;
    std::uint64_t bad = 0, clipped = 0;
    std::int64_t sum_re = 0, sum_im = 0;
};

} // namespace spacesail::dsp
