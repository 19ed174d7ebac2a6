// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/corrector.hpp>

#include "doppler/drain.hpp"

namespace spacesail::doppler {

corrector::corrector(const motion_config& config, delay_source& received)
    : d_config(config),
      d_received(&received),
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
    d_last_shift_s = 0.0;
}

void corrector::refresh() noexcept
{
    d_source.refresh();
    d_resampler.refresh();
}

double corrector::output_of(double input_sample) noexcept
{
    const double received_s = input_sample / d_config.sample_rate_hz;
    if (const delay_polynomial* p = d_received->segment_at(received_s))
        d_last_shift_s = p->delay_s(received_s) - d_config.reference_delay_s;
    return input_sample - d_last_shift_s * d_config.sample_rate_hz;
}

} // namespace spacesail::doppler
