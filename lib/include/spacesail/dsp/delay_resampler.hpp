// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/simd/aligned.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dsp {

/// What a delay does to the samples.
enum class delay_sense : std::uint8_t {
    apply, ///< y(t) = x(t - tau(t)) exp(-j 2 pi f tau(t)): what a path does
    remove ///< x(u) = y(u + tau(u)) exp(+j 2 pi f tau(u)): what undoes it, or anticipates it
};

/// Parameters of a delay_resampler.
struct delay_resampler_config {
    double input_rate_hz = 0.0;     ///< > 0
    double output_rate_hz = 0.0;    ///< within 1000 ppm of the input rate; 0: the same
    double carrier_hz = 0.0;        ///< f: radio frequency that maps to 0 Hz
    double reference_delay_s = 0.0; ///< left out of the resampling (not of the phase): shifts the input's clock
    delay_sense sense = delay_sense::apply;
};

/// \brief Resampling and carrier phase from one and the same delay.
///
/// Output sample n lies at t = n / output_rate_hz of the delay source's time. It is read at input sample (t -+ (tau -
/// reference)) input_rate_hz by a windowed sinc of 32 taps (512 phases, straight between them) and turned by -+f tau
/// cycles, for each 16 samples from the polynomial in double precision: nothing is accumulated, so updates at any time
/// leave no step but that of the polynomials themselves. Flat within 0.02 dB up to 0.42 of the input rate, errors below
/// -66 dB there; see test DelayResampler. Samples before the stream and behind its end are zero.
///
/// The output comes in blocks of k_block samples, so that it does not depend on how the input was split. Sending and
/// reading need no history: input that no later output needs is dropped, and input is only taken while it is needed.
/// No allocation after construction. Cost: see BM_doppler_delay_resampler.
class delay_resampler
{
public:
    static constexpr std::size_t k_block = 512;
    static constexpr std::size_t k_taps = 32;
    /// Input samples that an output sample needs behind its own place.
    static constexpr std::size_t k_reach = k_taps / 2;

    /// \param[in] source  asked at output times; not owned, must outlive this. Where it knows nothing the output is
    /// zero for delay_sense::apply, and keeps the last known delay for delay_sense::remove. Errors:
    /// std::invalid_argument naming the parameter, its value and range.
    delay_resampler(const delay_resampler_config& config, delay_source& source);

    /// \brief Takes samples. \return how many; fewer than given while a block waits to be read.
    std::size_t write(std::span<const std::complex<float>> x) noexcept;
    /// \brief No more input will come: what lies behind the last sample is zero.
    void end_input() noexcept { d_ended = true; }
    /// \brief `count` input samples are missing before the next one: zeros stand for them.
    void lose_input(std::uint64_t count) noexcept;
    /// Whether the next block can be read.
    bool ready() noexcept;
    /// Whether the input has ended and the next block lies wholly behind it.
    bool exhausted() noexcept;
    /// \brief Computes the next block. Only when ready().
    /// \param[out] re, im  k_block values each, 64-byte aligned.
    void read(float* re, float* im) noexcept;
    /// \brief Back to the start: output sample 0 and input sample 0 come next.
    void reset() noexcept;
    /// \brief The source tells other delays now: asked again for the next block.
    void refresh() noexcept { d_has_segment = d_prepared = false; }

    /// Index of the next block's first output sample.
    std::uint64_t next_output() const noexcept { return d_next; }
    /// Input samples taken so far, lost ones included.
    std::int64_t input_end() const noexcept { return d_head; }
    /// Delay and its rate in the middle of the next block; 0 where nothing is known. Valid after ready().
    double block_delay_s() const noexcept { return d_block_delay_s; }
    double block_delay_rate() const noexcept { return d_block_rate; }

    counter unknown_delays;  ///< groups of 16 samples without a delay
    counter missing_samples; ///< groups that reached for input which had been dropped (the delay ran backwards)

    /// Sixteen output samples (internal to the kernel).
    struct group {
        std::int32_t offset; ///< of the first tap of the first sample, from the block's first input sample
        std::int32_t row;
        float mu, mu_step; ///< place between the rows at sample 8, and what it moves a sample
        float phase_re, phase_im;
    };

private:
    static constexpr std::size_t k_group = 16;
    static constexpr std::size_t k_groups = k_block / k_group;
    static constexpr std::size_t k_capacity = 16384;

    void prepare() noexcept;
    bool delay_at(double t, double& tau, double& rate) noexcept;
    void drop_before(std::int64_t index) noexcept;

    delay_resampler_config d_config;
    delay_source* d_source;
    double d_ratio_excess; ///< input over output rate, minus one
    double d_sign;
    simd::aligned_vector<float> d_bank;
    simd::aligned_vector<float> d_re, d_im;
    simd::aligned_vector<float> d_edge_re, d_edge_im;
    std::int64_t d_base = 0; ///< input index of the first kept sample
    std::int64_t d_head = 0; ///< input index behind the last one
    std::size_t d_begin = 0; ///< place of d_base in the arrays
    bool d_ended = false;

    std::uint64_t d_next = 0;
    bool d_prepared = false;
    bool d_silent = false;
    std::int64_t d_need_begin = 0, d_need_end = 0;
    double d_block_delay_s = 0.0, d_block_rate = 0.0;
    double d_last_delay_s = 0.0;
    bool d_known_once = false;
    delay_polynomial d_segment;
    bool d_has_segment = false;
    std::array<group, k_groups> d_groups{};
    std::array<float, k_group> d_ramp_re{}, d_ramp_im{};
};

} // namespace spacesail::dsp
