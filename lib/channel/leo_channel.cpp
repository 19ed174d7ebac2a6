// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/leo_channel.hpp>

#include "channel/channel_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace spacesail::channel {
namespace {

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) throw std::invalid_argument(fmt::format("leo_channel: {} {} is outside {}", name, value, range));
}

leo_channel_config checked(const leo_channel_config& c)
{
    check(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0.0,
          "sample_rate_hz",
          c.sample_rate_hz,
          "values above 0");
    check(std::isfinite(c.carrier_hz) && c.carrier_hz >= 0.0, "carrier_hz", c.carrier_hz, "0 and above");
    check(std::isfinite(c.noise_power) && c.noise_power >= 0.0, "noise_power", c.noise_power, "0 and above");
    check(std::isfinite(c.lnb_offset_hz), "lnb_offset_hz", c.lnb_offset_hz, "finite values");
    check(std::isfinite(c.lnb_drift_hz_s), "lnb_drift_hz_s", c.lnb_drift_hz_s, "finite values");
    check(std::abs(c.receiver_clock_ppm) <= 500.0, "receiver_clock_ppm", c.receiver_clock_ppm, "-500 .. 500");
    return c;
}

// Seeds of the two generators are kept apart by a constant of no meaning.
constexpr std::uint64_t k_phase_seed = 0x5bd1e9955bd1e995ULL;

} // namespace

leo_channel::leo_channel(const leo_channel_config& config, std::span<const satellite_path> satellites)
    : d_config(checked(config)),
      d_true_rate_hz(config.sample_rate_hz * (1.0 + 1e-6 * config.receiver_clock_ppm)),
      d_noise(config.seed),
      d_phase_noise(config.mask, config.sample_rate_hz, config.seed ^ k_phase_seed),
      d_faults(config.faults),
      d_re(k_block),
      d_im(k_block),
      d_sum_re(k_block),
      d_sum_im(k_block),
      d_radians(k_block)
{
    if (satellites.empty()) throw std::invalid_argument("leo_channel: satellites is empty, must name at least one");
    for (const satellite_path& s : satellites) {
        if (s.delays == nullptr) throw std::invalid_argument("leo_channel: a satellite has no delays");
        check(std::isfinite(s.gain_db), "gain_db", s.gain_db, "finite values");
        check(s.loss_reference_delay_s > 0.0, "loss_reference_delay_s", s.loss_reference_delay_s, "values above 0");
        const dsp::delay_resampler_config c{ .input_rate_hz = config.sample_rate_hz,
                                             .output_rate_hz = d_true_rate_hz,
                                             .carrier_hz = config.carrier_hz,
                                             .reference_delay_s = config.reference_delay_s,
                                             .sense = dsp::delay_sense::apply };
        d_paths.push_back({ s, std::make_unique<dsp::delay_resampler>(c, *s.delays), 0.0 });
    }
}

void leo_channel::turn_block() noexcept
{
    const bool steady = d_config.lnb_offset_hz == 0.0 && d_config.lnb_drift_hz_s == 0.0;
    if (steady && d_phase_noise.silent()) return;
    std::fill(d_radians.begin(), d_radians.end(), 0.0F);
    if (!steady) {
        // From the sample number, not summed up: 16 samples each, so that a float holds the phase.
        for (std::size_t k = 0; k < k_block; k += 16) {
            const double t = static_cast<double>(d_samples_out + k) / d_true_rate_hz;
            double cycles = t * (d_config.lnb_offset_hz + 0.5 * d_config.lnb_drift_hz_s * t);
            cycles -= std::round(cycles);
            const double step = (d_config.lnb_offset_hz + d_config.lnb_drift_hz_s * t) / d_true_rate_hz;
            for (std::size_t i = 0; i < 16; ++i)
                d_radians[k + i] = static_cast<float>(k_two_pi * (cycles + step * static_cast<double>(i)));
        }
    }
    d_phase_noise.add(d_radians.data());
    turn_by(d_radians.data(), d_sum_re.data(), d_sum_im.data(), k_block);
}

void leo_channel::make_block() noexcept
{
    std::fill(d_sum_re.begin(), d_sum_re.end(), 0.0F);
    std::fill(d_sum_im.begin(), d_sum_im.end(), 0.0F);
    for (path& p : d_paths) {
        p.last_delay_s = p.resampler->block_delay_s();
        double gain = std::pow(10.0, 0.05 * p.settings.gain_db);
        if (p.settings.loss == path_loss::free_space && p.last_delay_s > 1e-6)
            gain *= p.settings.loss_reference_delay_s / p.last_delay_s;
        p.resampler->read(d_re.data(), d_im.data());
        const auto g = static_cast<float>(gain);
        for (std::size_t k = 0; k < k_block; ++k) {
            d_sum_re[k] += g * d_re[k];
            d_sum_im[k] += g * d_im[k];
        }
    }
    if (d_config.noise_power > 0.0) {
        d_noise.add(
            d_sum_re.data(), d_sum_im.data(), k_block, static_cast<float>(std::sqrt(0.5 * d_config.noise_power)));
    }
    turn_block();
    d_faults.process(d_sum_re.data(), d_sum_im.data(), k_block);
    d_samples_out += k_block;
    d_left = k_block;
}

std::size_t leo_channel::process(std::span<const std::span<const std::complex<float>>> inputs,
                                 std::span<std::size_t> consumed,
                                 std::span<std::complex<float>> out) noexcept
{
    assert(inputs.size() == d_paths.size() && consumed.size() == d_paths.size());
    std::fill(consumed.begin(), consumed.end(), std::size_t{ 0 });
    std::size_t produced = 0;
    for (;;) {
        if (d_left > 0) {
            const std::size_t n = std::min(d_left, out.size() - produced);
            const std::size_t at = k_block - d_left;
            for (std::size_t k = 0; k < n; ++k) out[produced + k] = { d_sum_re[at + k], d_sum_im[at + k] };
            produced += n;
            d_left -= n;
            if (d_left > 0) return produced;
        }
        if (produced == out.size() || done()) return produced;
        bool all = true;
        for (std::size_t i = 0; i < d_paths.size(); ++i) {
            auto& resampler = *d_paths[i].resampler;
            while (!resampler.ready()) {
                const std::size_t n = resampler.write(inputs[i].subspan(consumed[i]));
                consumed[i] += n;
                if (n == 0) break;
            }
            all = all && resampler.ready();
        }
        if (!all) return produced;
        make_block();
    }
}

leo_channel::progress leo_channel::process(std::span<const std::complex<float>> in,
                                           std::span<std::complex<float>> out) noexcept
{
    assert(d_paths.size() == 1);
    progress p;
    p.produced = process(std::span(&in, 1), std::span(&p.consumed, 1), out);
    return p;
}

bool leo_channel::done() noexcept
{
    if (d_left > 0) return false;
    for (auto& p : d_paths) {
        if (!p.resampler->exhausted()) return false;
    }
    return true;
}

void leo_channel::reset() noexcept
{
    for (auto& p : d_paths) p.resampler->reset();
    d_noise = gaussian_source(d_config.seed);
    d_phase_noise = phase_noise(d_config.mask, d_config.sample_rate_hz, d_config.seed ^ k_phase_seed);
    d_faults.reset();
    d_left = 0;
    d_samples_out = 0;
}

} // namespace spacesail::channel
