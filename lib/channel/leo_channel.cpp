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

// Seeds of the generators are kept apart by constants of no meaning.
constexpr std::uint64_t k_phase_seed = 0x5bd1e9955bd1e995ULL;
constexpr std::uint64_t k_adjacent_seed = 0xc2b2ae3d27d4eb4fULL;
// ... and the loops of the satellites' neighbours by a number of samples that has none either.
constexpr std::uint64_t k_adjacent_shift = 101'467;

/// The polynomial about another instant.
std::array<double, delay_polynomial::k_terms> about(const delay_polynomial& p, double t_ref_s)
{
    // Horner's scheme repeated: each round gives one coefficient of the shifted polynomial.
    auto c = p.c;
    const double x = t_ref_s - p.t_ref_s;
    for (std::size_t k = 0; k + 1 < c.size(); ++k) {
        for (std::size_t i = c.size() - 1; i-- > k;) c[i] += x * c[i + 1];
    }
    return c;
}

/// What a phase is beyond whole cycles; 0 for one that has no digits left there. Why not std::round: a call, where the
/// baseline has no such instruction.
double part_of(double cycles)
{
    return std::abs(cycles) < 0x1p52 ? cycles - static_cast<double>(static_cast<std::int64_t>(cycles)) : 0.0;
}

/// Phases in rad of 16 samples from `cycles` on. Whole cycles are left out: the angles stay below 102 rad.
void ramp(float* radians, double cycles, double step_cycles)
{
    static constexpr std::array<float, 16> place{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    const auto start = static_cast<float>(k_two_pi * part_of(cycles));
    const auto step = static_cast<float>(k_two_pi * part_of(step_cycles));
    for (std::size_t i = 0; i < 16; ++i) radians[i] = start + step * place[i];
}

} // namespace

const delay_polynomial* leo_channel::summed_delays::segment_at(double t_s) noexcept
{
    const delay_polynomial* p = d_a->segment_at(t_s);
    if (p == nullptr) return nullptr;
    const delay_polynomial a = *p;
    const delay_polynomial* b = d_b->segment_at(t_s);
    if (b == nullptr) return nullptr;
    d_sum.t_begin_s = std::max(a.t_begin_s, b->t_begin_s);
    d_sum.t_end_s = std::min(a.t_end_s, b->t_end_s);
    d_sum.t_ref_s = a.t_ref_s;
    d_sum.c = about(*b, a.t_ref_s);
    for (std::size_t k = 0; k < a.c.size(); ++k) d_sum.c[k] += a.c[k];
    return &d_sum;
}

const delay_polynomial* leo_channel::cached_delay::at(double t_s) noexcept
{
    if (!known || !segment.covers(t_s)) {
        const delay_polynomial* p = source->segment_at(t_s);
        known = p != nullptr;
        if (known) segment = *p;
    }
    return known ? &segment : nullptr;
}

double leo_channel::amplitude::at(double t_s) noexcept
{
    if (source == nullptr) return 1.0;
    const auto ask = [this] {
        const double g = std::pow(10.0, 0.05 * source->gain_db(static_cast<double>(step) * gain_source::k_step_s));
        return std::isfinite(g) ? g : 0.0;
    };
    if (step == 0) {
        from = ask();
        ++step;
        to = ask();
    }
    while (t_s > static_cast<double>(step) * gain_source::k_step_s) {
        from = to;
        ++step;
        to = ask();
    }
    const double x = t_s / gain_source::k_step_s - static_cast<double>(step - 1);
    return from + (to - from) * std::clamp(x, 0.0, 1.0);
}

void leo_channel::amplitude::reset() noexcept
{
    step = 0;
    if (source != nullptr) source->reset();
}

leo_channel::leo_channel(const leo_channel_config& config, std::span<const satellite_path> satellites)
    : d_config(checked(config)),
      d_true_rate_hz(config.sample_rate_hz * (1.0 + 1e-6 * config.receiver_clock_ppm)),
      d_adjacent(config.adjacent, config.sample_rate_hz, config.seed ^ k_adjacent_seed),
      d_with_neighbours(k_block),
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
    d_noise_gains.source = config.noise_gains;
    for (const satellite_path& s : satellites) {
        if (s.delays == nullptr) throw std::invalid_argument("leo_channel: a satellite has no delays");
        check(std::isfinite(s.gain_db), "gain_db", s.gain_db, "finite values");
        check(s.loss_reference_delay_s > 0.0, "loss_reference_delay_s", s.loss_reference_delay_s, "values above 0");
        if (s.feeder != nullptr)
            check(std::isfinite(s.feeder_hz) && s.feeder_hz > 0.0, "feeder_hz", s.feeder_hz, "values above 0");
        path p;
        p.settings = s;
        p.down.source = s.delays;
        p.feeder.source = s.feeder;
        p.gains.source = s.gains;
        if (s.feeder != nullptr) p.whole = std::make_unique<summed_delays>(*s.delays, *s.feeder);
        p.adjacent_at = d_paths.size() * k_adjacent_shift;
        const dsp::delay_resampler_config c{ .input_rate_hz = config.sample_rate_hz,
                                             .output_rate_hz = d_true_rate_hz,
                                             .carrier_hz = config.carrier_hz,
                                             .reference_delay_s = config.reference_delay_s,
                                             .sense = dsp::delay_sense::apply };
        delay_source& delays = p.whole ? static_cast<delay_source&>(*p.whole) : *s.delays;
        p.resampler = std::make_unique<dsp::delay_resampler>(c, delays);
        d_paths.push_back(std::move(p));
    }
}

double leo_channel::block_time_s(std::size_t k) const noexcept
{
    return static_cast<double>(d_samples_out + k) / d_true_rate_hz;
}

double leo_channel::gain_at(path& p, double t_s) noexcept
{
    double gain = p.gains.at(t_s);
    if (p.settings.gain_db != 0.0) gain *= std::pow(10.0, 0.05 * p.settings.gain_db);
    if (p.settings.loss == path_loss::free_space) {
        const delay_polynomial* down = p.down.at(t_s);
        const double delay = down != nullptr ? down->delay_s(t_s) : 0.0;
        if (delay > 1e-6) gain *= p.settings.loss_reference_delay_s / delay;
    }
    return gain;
}

void leo_channel::turn_block() noexcept
{
    const bool steady = d_config.lnb_offset_hz == 0.0 && d_config.lnb_drift_hz_s == 0.0;
    if (steady && d_phase_noise.silent()) return;
    std::fill(d_radians.begin(), d_radians.end(), 0.0F);
    if (!steady) {
        // From the sample number, not summed up: 16 samples each, so that a float holds the phase.
        for (std::size_t k = 0; k < k_block; k += 16) {
            const double t = block_time_s(k);
            const double cycles = t * (d_config.lnb_offset_hz + 0.5 * d_config.lnb_drift_hz_s * t);
            const double step = (d_config.lnb_offset_hz + d_config.lnb_drift_hz_s * t) / d_true_rate_hz;
            ramp(d_radians.data() + k, cycles, step);
        }
    }
    d_phase_noise.add(d_radians.data());
    turn_by(d_radians.data(), d_sum_re.data(), d_sum_im.data(), k_block);
}

void leo_channel::add_path(path& p) noexcept
{
    p.last_delay_s = p.resampler->block_delay_s();
    p.resampler->read(d_re.data(), d_im.data());
    if (p.settings.feeder != nullptr) {
        // The resampler has turned the feeder's delay by the downlink's frequency; the rest is turned here.
        const double rest_hz = p.settings.feeder_hz - d_config.carrier_hz;
        for (std::size_t k = 0; k < k_block; k += 16) {
            const double t = block_time_s(k);
            const delay_polynomial* feeder = p.feeder.at(t);
            const double cycles = feeder != nullptr ? -rest_hz * feeder->delay_s(t) : 0.0;
            ramp(d_radians.data() + k, cycles, feeder != nullptr ? -rest_hz * feeder->rate(t) / d_true_rate_hz : 0.0);
        }
        turn_by(d_radians.data(), d_re.data(), d_im.data(), k_block);
    }
    if (d_samples_out == 0) p.last_gain = gain_at(p, 0.0);
    const double end = gain_at(p, block_time_s(k_block));
    const auto start = static_cast<float>(p.last_gain);
    const auto slope = static_cast<float>((end - p.last_gain) / static_cast<double>(k_block));
    p.last_gain = end;
    add_scaled(d_re.data(), d_im.data(), d_sum_re.data(), d_sum_im.data(), k_block, start, slope);
}

void leo_channel::make_block() noexcept
{
    std::fill(d_sum_re.begin(), d_sum_re.end(), 0.0F);
    std::fill(d_sum_im.begin(), d_sum_im.end(), 0.0F);
    for (path& p : d_paths) add_path(p);
    if (d_config.noise_power > 0.0) {
        const double sigma = std::sqrt(0.5 * d_config.noise_power) * d_noise_gains.at(block_time_s(0));
        d_noise.add(d_sum_re.data(), d_sum_im.data(), k_block, static_cast<float>(sigma));
    }
    turn_block();
    d_faults.process(d_sum_re.data(), d_sum_im.data(), k_block);
    d_samples_out += k_block;
    d_left = k_block;
}

std::size_t leo_channel::feed(path& p, std::span<const std::complex<float>> in) noexcept
{
    if (d_adjacent.silent()) return p.resampler->write(in);
    std::size_t taken = 0;
    while (taken < in.size()) {
        const auto piece = in.subspan(taken, std::min(in.size() - taken, k_block));
        const auto with = std::span(d_with_neighbours).first(piece.size());
        d_adjacent.add(p.adjacent_at + p.taken, piece, with);
        const std::size_t n = p.resampler->write(with);
        taken += n;
        p.taken += n;
        if (n < piece.size()) break;
    }
    return taken;
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
                const std::size_t n = feed(d_paths[i], inputs[i].subspan(consumed[i]));
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
    for (auto& p : d_paths) {
        p.resampler->reset();
        p.gains.reset();
        p.taken = 0;
    }
    d_noise_gains.reset();
    d_noise = gaussian_source(d_config.seed);
    d_phase_noise = phase_noise(d_config.mask, d_config.sample_rate_hz, d_config.seed ^ k_phase_seed);
    d_faults.reset();
    d_left = 0;
    d_samples_out = 0;
}

} // namespace spacesail::channel
