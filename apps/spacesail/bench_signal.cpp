// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_signal.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <cmath>
#include <ctime>

namespace spacesail::cli {
namespace {

constexpr double k_level_dbfs = -12.0;

dvbs2x::transmitter_configuration configuration_of(const bench_signal_options& o)
{
    dvbs2x::transmitter_configuration c;
    c.shaping.symbol_rate_hz = o.symbol_rate_hz;
    c.shaping.sample_rate_hz = o.sample_rate_hz;
    c.shaping.rolloff = o.rolloff;
    c.shaping.level_dbfs = k_level_dbfs;
    c.shaping.clock_ppm = o.clock_ppm;
    return c;
}

std::unique_ptr<bbframe_feed> feed_of(const bench_signal_options& o)
{
    feed_options f;
    f.random = true;
    f.seed = o.seed;
    f.first_pls = o.pls;
    return open_feed(f);
}

} // namespace

double thread_cpu_s() noexcept
{
    std::timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

bench_signal::bench_signal(const bench_signal_options& options)
    : d_options(options),
      d_feed(feed_of(options)),
      d_transmitter(configuration_of(options)),
      d_random(options.seed + 1),
      d_sigma(std::sqrt(0.5 * db_to_linear(k_level_dbfs) * d_transmitter.samples_per_symbol() /
                        db_to_linear(options.es_n0_db)))
{
    const double longest = d_transmitter.samples_per_symbol() * dvbs2x::k_longest_plframe_symbols;
    d_samples.resize(static_cast<std::size_t>(longest) + 2);
}

std::span<const std::complex<float>> bench_signal::next_frame()
{
    const double started_s = thread_cpu_s();
    const auto step = d_feed->next(0, d_options.pls);
    d_transmitter.push(step.pls, step.bbframe);
    d_bbframe.assign(step.bbframe.begin(), step.bbframe.end());
    return finish(started_s);
}

std::span<const std::complex<float>> bench_signal::next_dummy()
{
    const double started_s = thread_cpu_s();
    d_transmitter.push_dummy();
    return finish(started_s);
}

std::span<const std::complex<float>> bench_signal::finish(double started_s)
{
    const auto x = std::span(d_samples).first(d_transmitter.read(d_samples));
    d_transmitter_cpu_s += thread_cpu_s() - started_s;
    for (auto& s : x) {
        std::complex<double> v(s);
        if (d_options.offset_hz != 0.0) {
            d_phase += d_options.offset_hz / d_options.sample_rate_hz;
            d_phase -= std::floor(d_phase);
            v *= std::polar(1.0, k_two_pi * d_phase);
        }
        s = std::complex<float>(v + d_sigma * d_random.normal_pair());
    }
    return x;
}

} // namespace spacesail::cli
