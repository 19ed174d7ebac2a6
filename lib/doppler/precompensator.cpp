// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/corrector.hpp>

#include "doppler/drain.hpp"

namespace spacesail::doppler {

precompensator::precompensator(const motion_config& config, delay_source& sent)
    : d_config(config),
      d_sent(&sent),
      d_resampler({ .input_rate_hz = config.sample_rate_hz,
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
    d_last_shift_s = 0.0;
}

double precompensator::output_of(double input_sample) noexcept
{
    // The delay is one of transmit time: each round gains the four digits of its rate.
    double sent_s = input_sample / d_config.sample_rate_hz - d_last_shift_s;
    for (int round = 0; round < 4; ++round) {
        if (const delay_polynomial* p = d_sent->segment_at(sent_s))
            d_last_shift_s = p->delay_s(sent_s) - d_config.reference_delay_s;
        sent_s = input_sample / d_config.sample_rate_hz - d_last_shift_s;
    }
    return sent_s * d_config.sample_rate_hz;
}

} // namespace spacesail::doppler
