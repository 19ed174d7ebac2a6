// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/corrector.hpp>

#include "doppler/drain.hpp"

namespace spacesail::doppler {

corrector::corrector(const motion_config& config, delay_source& received)
    : d_config(config),
      d_source(received, config.reference_delay_s),
      // Why no reference here: the source has taken it off already.
      d_resampler({ .input_rate_hz = config.sample_rate_hz,
                    .carrier_hz = config.carrier_hz,
                    .sense = dsp::delay_sense::remove },
                  d_source),
      d_re(dsp::delay_resampler::k_block),
      d_im(dsp::delay_resampler::k_block)
{
}

stream_progress corrector::process(std::span<const std::complex<float>> in, std::span<std::complex<float>> out) noexcept
{
    return drain(d_resampler, d_re.data(), d_im.data(), d_left, in, out);
}

bool corrector::done() noexcept { return d_left == 0 && d_resampler.exhausted(); }

void corrector::reset() noexcept
{
    d_resampler.reset();
    d_source.refresh();
    d_left = 0;
}

} // namespace spacesail::doppler
