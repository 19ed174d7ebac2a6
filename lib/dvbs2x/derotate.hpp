// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

namespace spacesail::dvbs2x {

/// out[k] = (re[k] + j im[k]) * scale * exp(-j (theta + slope (k - (n - 1) / 2))); |slope| n / 2 below 1 rad.
void derotate(const float* re,
              const float* im,
              std::size_t n,
              float theta,
              float slope,
              float scale,
              std::complex<float>* out) noexcept;

/// (re[k] + j im[k]) * j^-phases[k] in place, phases 0..3: PL descrambling.
void descramble_split(float* re, float* im, const std::uint8_t* phases, std::size_t n) noexcept;

} // namespace spacesail::dvbs2x
