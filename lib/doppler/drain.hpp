// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/doppler/corrector.hpp>

#include <algorithm>

/// The streaming of a delay_resampler (internal to the room).
namespace spacesail::doppler {

/// \brief Feeds a resampler and hands over its blocks.
/// \param[in,out] left  values of the block in re, im that wait to be handed over; they are its last ones.
inline stream_progress drain(dsp::delay_resampler& resampler,
                             float* re,
                             float* im,
                             std::size_t& left,
                             std::span<const std::complex<float>> in,
                             std::span<std::complex<float>> out) noexcept
{
    constexpr std::size_t block = dsp::delay_resampler::k_block;
    stream_progress p;
    for (;;) {
        if (left > 0) {
            const std::size_t n = std::min(left, out.size() - p.produced);
            const std::size_t at = block - left;
            for (std::size_t k = 0; k < n; ++k) out[p.produced + k] = { re[at + k], im[at + k] };
            p.produced += n;
            left -= n;
            if (left > 0) return p;
        }
        if (resampler.exhausted()) return p;
        if (resampler.ready()) {
            if (p.produced == out.size()) return p;
            resampler.read(re, im);
            left = block;
            continue;
        }
        const std::size_t n = resampler.write(in.subspan(p.consumed));
        p.consumed += n;
        if (n == 0) return p;
    }
}

} // namespace spacesail::doppler
