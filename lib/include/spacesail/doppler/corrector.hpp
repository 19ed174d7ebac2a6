// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/dsp/delay_resampler.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::doppler {

/// How far a call of a stream object came.
struct stream_progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
};

/// Parameters of a corrector or pre-compensator.
struct motion_config {
    double sample_rate_hz = 0.0;    ///< of input and output, > 0
    double carrier_hz = 0.0;        ///< radio frequency that maps to 0 Hz
    double reference_delay_s = 0.0; ///< a constant delay that stays in the signal
};

/// \brief A received stream on its satellite's uniform clock: x(u) = y(u + tau(u)) exp(+j 2 pi f tau(u)).
///
/// Carrier rotation and resampling come from one delay; tau(u) is solved from the source's tau_down(t_receive). With a
/// reference delay, output sample n is x(n / rate - reference) turned by -f reference cycles: samples of the stream are
/// used from its start on, and input and output run side by side. Without one the first tau samples of input are passed
/// over. Residual clock and phase error are those of the polynomials; see dsp::delay_resampler for the filter.
/// Streaming: any split of input or output gives the same samples, in blocks of 512. No allocation after construction.
class corrector
{
public:
    /// \param[in] received  tau_down(t_receive), times in seconds after the first input sample; not owned.
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    corrector(const motion_config& config, delay_source& received);

    /// \brief Corrects until the input or the room for output runs out.
    stream_progress process(std::span<const std::complex<float>> in, std::span<std::complex<float>> out) noexcept;
    /// \brief No more input: process() with an empty input gives the rest; done() says when it is all.
    void end_input() noexcept { d_resampler.end_input(); }
    bool done() noexcept;
    /// \brief `count` input samples were lost before the next one: time goes on over them.
    void gap(std::uint64_t count) noexcept { d_resampler.lose_input(count); }
    void reset() noexcept;
    /// \brief The source tells other delays now: used from the next block on.
    void refresh() noexcept;
    /// \brief Place in the output, with its fraction, of an input sample (both counted from the start). The last known
    /// delay is taken where none is known.
    double output_of(double input_sample) noexcept;

    /// Frequency in Hz that is taken out, and the delay, at the samples produced last; 0 where nothing is known.
    double correction_hz() const noexcept { return -d_config.carrier_hz * d_resampler.block_delay_rate(); }
    std::uint64_t unknown_delays() const noexcept { return d_resampler.unknown_delays.value(); }

private:
    motion_config d_config;
    delay_source* d_received;
    emission_delay_source d_source;
    dsp::delay_resampler d_resampler;
    simd::aligned_vector<float> d_re, d_im;
    std::size_t d_left = 0;      ///< values of the block not yet handed over
    double d_last_shift_s = 0.0; ///< delay less reference that output_of() used last
};

/// \brief What is to be sent so that the path undoes it: s(t + tau_up(t)) exp(+j 2 pi f tau_up(t)) at transmit time t.
///
/// Indexed by transmit sample: output sample n leaves at n / rate of the source's time. With a reference delay the
/// input sample k is due at the satellite at k / rate + reference. Streaming and cost as corrector.
class precompensator
{
public:
    /// \param[in] sent  tau_up(t_transmit), times in seconds after the first output sample; not owned.
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    precompensator(const motion_config& config, delay_source& sent);

    stream_progress process(std::span<const std::complex<float>> in, std::span<std::complex<float>> out) noexcept;
    void end_input() noexcept { d_resampler.end_input(); }
    bool done() noexcept;
    void reset() noexcept;
    /// \brief The source tells other delays now: used from the next block on.
    void refresh() noexcept { d_resampler.refresh(); }
    /// \brief Place in the output, with its fraction, of an input sample, as corrector::output_of().
    double output_of(double input_sample) noexcept;

    std::uint64_t unknown_delays() const noexcept { return d_resampler.unknown_delays.value(); }

private:
    motion_config d_config;
    delay_source* d_sent;
    dsp::delay_resampler d_resampler;
    simd::aligned_vector<float> d_re, d_im;
    std::size_t d_left = 0;
    double d_last_shift_s = 0.0;
};

} // namespace spacesail::doppler
