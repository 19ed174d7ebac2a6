// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

/// Kernels of the room; n is a multiple of 16.
namespace spacesail::channel {

/// re, im += sigma times standard normal values. `state` is [4][16].
void add_gaussian(std::uint32_t* state, float* re, float* im, std::size_t n, float sigma) noexcept;

/// Turns samples by `radians`, each within -200 .. 200.
void turn_by(const float* radians, float* re, float* im, std::size_t n) noexcept;

/// radians += x through taps: radians[k] += sum h[i] x[k + i]. n is a multiple of 64.
void add_filtered(const float* x, const float* h, std::size_t taps, float* radians, std::size_t n) noexcept;

/// sum += (start + slope k) x, k counting from 0.
void add_scaled(
    const float* re, const float* im, float* sum_re, float* sum_im, std::size_t n, float start, float slope) noexcept;

} // namespace spacesail::channel
