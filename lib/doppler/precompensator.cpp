// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/corrector.hpp>

#include "doppler/drain.hpp"

namespace spacesail::doppler {

precompensator::precompensator(const motion_config& config, delay_source& sent)
    : d_resampler({ .input_rate_hz = config.sample_rate_hz,
                    .carrier_hz = config.carrier_hz,
                    .reference_delay_s = config.reference_delay_s,
                    .sense = dsp::delay_sense::remove },
                  sent),
      d_re(dsp::delay_resampler::k_block),
      d_im(dsp::delay_resampler::k_block)
{
}

stream_progress precompensator::process(std::span<const std::complex<float>> in,
                                        std::span<std::complex<float>> out) noexcept
{
    return drain(d_resampler, d_re.data(), d_im.data(), d_left, in, out);
}

bool precompensator::done() noexcept { return d_left == 0 && d_resampler.exhausted(); }

void precompensator::reset() noexcept
{
    d_resampler.reset();
    d_left = 0;
}

} // namespace spacesail::doppler
