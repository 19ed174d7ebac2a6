// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/channel/adjacent_carriers.hpp>
#include <spacesail/channel/front_end_faults.hpp>
#include <spacesail/channel/gain_source.hpp>
#include <spacesail/channel/gaussian_source.hpp>
#include <spacesail/channel/phase_noise.hpp>
#include <spacesail/dsp/delay_resampler.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace spacesail::channel {

/// Whether a satellite's signal fades with its distance.
enum class path_loss : std::uint8_t {
    none,
    free_space ///< amplitude loss_reference_delay_s / tau(t)
};

/// One satellite of a channel.
struct satellite_path {
    delay_source* delays = nullptr; ///< tau_down(t_receive), in seconds after the first output sample; not owned
    double gain_db = 0.0;
    path_loss loss = path_loss::none;
    double loss_reference_delay_s = 4e-3; ///< delay at which the free-space loss is 0 dB, > 0
    gain_source* gains = nullptr;         ///< what else changes the level; not owned, of this path alone; null: nothing
    /// Transparent satellite: delay of the feeder link by the terminal's receive time (doppler::feeder_delay_source).
    /// Null: regenerative, the input leaves the satellite.
    delay_source* feeder = nullptr;
    double feeder_hz = 0.0; ///< radio frequency of the uplink that maps to 0 Hz, > 0 with a feeder
};

/// Parameters of a channel.
struct leo_channel_config {
    double sample_rate_hz = 0.0; ///< nominal, of inputs and output, > 0
    double carrier_hz = 0.0;     ///< radio frequency that maps to 0 Hz
    /// Constant delay left out of the resampling, for all satellites: input sample k leaves its satellite at k / rate -
    /// reference. The carrier phase keeps all of tau.
    double reference_delay_s = 0.0;
    double noise_power = 0.0;           ///< white noise in the whole sample rate, |x| = 1 is 1; 0: none
    double lnb_offset_hz = 0.0;         ///< added to every frequency
    double lnb_drift_hz_s = 0.0;        ///< its rate
    double receiver_clock_ppm = 0.0;    ///< > 0: the receiver samples faster than its nominal rate; -500 .. 500
    gain_source* noise_gains = nullptr; ///< noise power over time, in dB to noise_power (sky noise); not owned
    phase_noise_mask mask;              ///< empty: none
    adjacent_carrier_config adjacent;   ///< neighbours of each satellite's carrier, moving with it
    front_end_fault_config faults;
    std::uint64_t seed = 1;
};

/// \brief A terminal's view of LEO satellites: y(t) = sum a_i(t) x_i(t - tau_i(t)) exp(-j 2 pi f tau_i(t)), then noise,
/// the LNB's oscillator and the front end.
///
/// Carrier phase and resampling of a satellite come from the same tau (dsp::delay_resampler: flat to 0.42 of the rate).
/// A transparent satellite adds its feeder link: what is received at t left the satellite at t - tau(t) and the gateway
/// at t - tau(t) - tau_f(t), where tau_f(t) belongs to that very wave; the satellite shifts the uplink f_up to f with
/// an oscillator without error, so y(t) = x(t - tau - tau_f) exp(-j 2 pi (f tau + f_up tau_f)), all at receive time t.
/// The uplink's noise, losses and the transponder's nonlinearity are not modelled; free-space loss is the downlink's.
/// With a wrong receiver clock the samples lie at n / (rate (1 + ppm)) of true time; a tuner that shares the clock is
/// expressed by lnb_offset_hz. Where a satellite's delay is not known it is silent. Streaming: each satellite's input
/// is taken as it is needed (before its first wave arrives, none is); output comes in blocks of 512 and does not depend
/// on how anything was split. Seeded: the same bits for the same parameters on one instruction set. No allocation after
/// construction. Cost: see BM_channel_leo.
class leo_channel
{
public:
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    leo_channel(const leo_channel_config& config, std::span<const satellite_path> satellites);

    std::size_t nof_satellites() const noexcept { return d_paths.size(); }

    /// \brief Produces until the room or one of the inputs runs out.
    /// \param[in]  inputs    one span a satellite.
    /// \param[out] consumed  samples taken of each.
    /// \param[out] out       any number of samples.
    /// \return samples produced.
    std::size_t process(std::span<const std::span<const std::complex<float>>> inputs,
                        std::span<std::size_t> consumed,
                        std::span<std::complex<float>> out) noexcept;
    /// \brief The same for one satellite.
    struct progress {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };
    progress process(std::span<const std::complex<float>> in, std::span<std::complex<float>> out) noexcept;

    /// \brief No more input for a satellite: silence follows its last sample.
    void end_input(std::size_t satellite = 0) noexcept { d_paths[satellite].resampler->end_input(); }
    /// Whether every input has ended and its last sample has come out.
    bool done() noexcept;
    /// Back to the start, noise included.
    void reset() noexcept;

    /// \brief Changes the noise from the next block on, >= 0.
    void set_noise_power(double noise_power) noexcept { d_config.noise_power = noise_power; }
    /// \brief Changes a satellite's gain from the next block on.
    void set_gain_db(std::size_t satellite, double gain_db) noexcept { d_paths[satellite].settings.gain_db = gain_db; }

    std::uint64_t samples_out() const noexcept { return d_samples_out - d_left; }
    std::uint64_t clipped() const noexcept { return d_faults.clipped(); }
    /// Groups of 16 samples for which a satellite's delay was not known.
    std::uint64_t unknown_delays(std::size_t satellite = 0) const noexcept
    {
        return d_paths[satellite].resampler->unknown_delays.value();
    }
    /// Delay of a satellite (of a transparent one: with its feeder) in the middle of the block produced last.
    double delay_s(std::size_t satellite = 0) const noexcept { return d_paths[satellite].last_delay_s; }

private:
    static constexpr std::size_t k_block = dsp::delay_resampler::k_block;
    /// tau + tau_f, segment by segment.
    class summed_delays final : public delay_source
    {
    public:
        summed_delays(delay_source& a, delay_source& b) : d_a(&a), d_b(&b) {}
        const delay_polynomial* segment_at(double t_s) noexcept override;

    private:
        delay_source *d_a, *d_b;
        delay_polynomial d_sum;
    };
    /// A delay by its last segment.
    struct cached_delay {
        delay_source* source = nullptr;
        delay_polynomial segment;
        bool known = false;
        const delay_polynomial* at(double t_s) noexcept;
    };
    /// A gain_source's amplitude, straight between its steps.
    struct amplitude {
        gain_source* source = nullptr;
        std::uint64_t step = 0; ///< `to` is that of step * k_step_s
        double from = 1.0, to = 1.0;
        double at(double t_s) noexcept;
        void reset() noexcept;
    };
    struct path {
        satellite_path settings;
        std::unique_ptr<summed_delays> whole; ///< transparent only
        std::unique_ptr<dsp::delay_resampler> resampler;
        cached_delay down, feeder;
        amplitude gains;
        double last_delay_s = 0.0;
        double last_gain = 1.0; ///< at the end of the block
        std::uint64_t taken = 0;
        std::uint64_t adjacent_at = 0; ///< where its neighbours' loop begins
    };
    std::size_t feed(path& p, std::span<const std::complex<float>> in) noexcept;
    void add_path(path& p) noexcept;
    double gain_at(path& p, double t_s) noexcept;
    void make_block() noexcept;
    void turn_block() noexcept;
    double block_time_s(std::size_t k) const noexcept;

    leo_channel_config d_config;
    double d_true_rate_hz;
    std::vector<path> d_paths;
    amplitude d_noise_gains;
    adjacent_carriers d_adjacent;
    std::vector<std::complex<float>> d_with_neighbours;
    gaussian_source d_noise;
    phase_noise d_phase_noise;
    front_end_faults d_faults;
    simd::aligned_vector<float> d_re, d_im, d_sum_re, d_sum_im, d_radians;
    std::size_t d_left = 0;
    std::uint64_t d_samples_out = 0;
};

} // namespace spacesail::channel
