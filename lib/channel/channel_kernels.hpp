// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

/// Kernels of the room; n is a multiple of 16.
namespace spacesail::channel {

/// re, im += sigma times standard normal values. `state` is [4][16].
void add_gaussian(std::uint32_t* state, float* re, float* im, std::size_t n, float sigma) noexcept;

/// Turns samples by `radians`, each within -100 .. 100.
void turn_by(const float* radians, float* re, float* im, std::size_t n) noexcept;

/// radians += x through taps: radians[k] += sum h[i] x[k + i]. n is a multiple of 64.
void add_filtered(const float* x, const float* h, std::size_t taps, float* radians, std::size_t n) noexcept;

} // namespace spacesail::channel
