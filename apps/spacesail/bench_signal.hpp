// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bbframe_feed.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spacesail::cli {

/// What `bench` measures with: one MODCOD through white noise.
struct bench_signal_options {
    std::uint8_t pls = 0;
    double symbol_rate_hz = 25e6;
    double sample_rate_hz = 50e6;
    double rolloff = 0.20;
    double es_n0_db = 10.0;
    double offset_hz = 0.0;
    double clock_ppm = 0.0;
    std::uint64_t seed = 1;
};

/// Processor time of the calling thread in s: what is measured where others use the machine too.
double thread_cpu_s() noexcept;

/// \brief Makes the signal PLFRAME by PLFRAME: random transport packets, transmitter, offset, white noise.
class bench_signal
{
public:
    /// Throws std::invalid_argument as transmitter.
    explicit bench_signal(const bench_signal_options& options);

    /// \brief Samples of the next PLFRAME, valid until the next call.
    std::span<const std::complex<float>> next_frame();
    /// \brief Samples of a dummy PLFRAME, likewise.
    std::span<const std::complex<float>> next_dummy();
    /// The BBFRAME that the last next_frame() sent.
    std::span<const std::uint8_t> bbframe() const noexcept { return d_bbframe; }
    /// Processor time spent in feed and transmitter, without the noise.
    double transmitter_cpu_s() const noexcept { return d_transmitter_cpu_s; }

private:
    std::span<const std::complex<float>> finish(double started_s);

    bench_signal_options d_options;
    std::unique_ptr<bbframe_feed> d_feed;
    dvbs2x::transmitter d_transmitter;
    rng d_random;
    double d_sigma;
    double d_phase = 0.0;
    double d_transmitter_cpu_s = 0.0;
    std::vector<std::uint8_t> d_bbframe;
    std::vector<std::complex<float>> d_samples;
};

} // namespace spacesail::cli
