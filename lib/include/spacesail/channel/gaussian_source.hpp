// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace spacesail::channel {

/// \brief Seeded white Gaussian noise, many samples at a time.
///
/// Sixteen generators xoshiro128++ (D. Blackman, S. Vigna, 2021) side by side, Box-Muller with 24-bit uniforms: the
/// tail ends at 5.9 sigma. The random bits are the same on every instruction set, the values agree to a few units of
/// float rounding. No allocation. Cost: see BM_channel_noise.
class gaussian_source
{
public:
    explicit gaussian_source(std::uint64_t seed) noexcept;

    /// \brief Writes `n` complex values of variance sigma^2 in each part. \param[in] n  a multiple of 16.
    void fill(float* re, float* im, std::size_t n, float sigma) noexcept;
    /// \brief Adds them instead.
    void add(float* re, float* im, std::size_t n, float sigma) noexcept;

private:
    alignas(64) std::uint32_t d_state[4][16];
};

} // namespace spacesail::channel
