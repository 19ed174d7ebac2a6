// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace spacesail::dsp {

/// Filters read from a bank of 128 phases at positions pos + k * step (32 fractional bits), `count` outputs.
/// taps is a multiple of 16, bank rows are 64-byte aligned; pos counts to the first tap, not to the centre.
void polyphase_take_real(const float* re,
                         const float* im,
                         const float* bank,
                         std::size_t taps,
                         std::uint64_t pos,
                         std::uint64_t step,
                         std::size_t count,
                         float* out_re,
                         float* out_im) noexcept;

} // namespace spacesail::dsp
