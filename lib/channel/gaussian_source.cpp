// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/channel/gaussian_source.hpp>

#include "channel/channel_kernels.hpp"

#include <algorithm>

namespace spacesail::channel {

gaussian_source::gaussian_source(std::uint64_t seed) noexcept
{
    rng random(seed);
    for (auto& row : d_state) {
        for (auto& word : row) word = static_cast<std::uint32_t>(random() >> 32);
    }
}

void gaussian_source::fill(float* re, float* im, std::size_t n, float sigma) noexcept
{
    std::fill_n(re, n, 0.0F);
    std::fill_n(im, n, 0.0F);
    add_gaussian(&d_state[0][0], re, im, n, sigma);
}

void gaussian_source::add(float* re, float* im, std::size_t n, float sigma) noexcept
{
    add_gaussian(&d_state[0][0], re, im, n, sigma);
}

} // namespace spacesail::channel
