// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/simd/aligned.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dsp {

/// Parameters of a pulse_shaper.
struct pulse_shaper_configuration {
    double symbol_rate_hz = 1e6; ///< finite, > 0
    double sample_rate_hz = 2e6; ///< (1 + rolloff) to 1024 times the symbol rate
    double rolloff = 0.2;        ///< 0.05 to 1
    double level_dbfs =
        -12.0;              ///< mean power of the samples relative to |x| = 1, for symbols of mean energy 1; -120 to 20
    double clock_ppm = 0.0; ///< > 0: symbols come faster than symbol_rate_hz; -1000 to 1000
};

/// \brief Turns symbols into samples at any rate: square-root raised cosine, 128 phases, straight between them.
///
/// Sample n lies at n * symbol rate / sample rate symbol periods, counted in 2^-64 of a symbol: a rational ratio
/// of whole rates never drifts. Symbol k is centred (k + delay_symbols()) symbol periods behind the first sample.
/// The pulse is 128 symbols long at roll-off 0.05, 64 from 0.1 on, under a Kaiser window: EVM through an ideal
/// receiver -55 dB or less, spectrum 0.05 symbol rates beyond its edge -62 dB or less.
/// Streaming: any split of the input and any size of the output gives the same samples, bit for bit.
class pulse_shaper
{
public:
    struct progress {
        std::size_t consumed = 0; ///< symbols taken
        std::size_t produced = 0; ///< samples written
    };

    /// Errors: std::invalid_argument for a parameter out of its range.
    explicit pulse_shaper(const pulse_shaper_configuration& configuration);

    /// \brief Shapes until the symbols or the room for samples run out.
    ///
    /// \param[in]  symbols  any number; those not consumed come again in the next call.
    /// \param[out] samples  any number.
    /// No allocation. Cost: see BM_dsp_pulse_shaper.
    progress process(std::span<const std::complex<float>> symbols, std::span<std::complex<float>> samples) noexcept;

    /// \brief Back to the start of a stream: silence before the first symbol.
    void reset() noexcept;

    /// \brief Changes the level from the next sample on; limited to -120 .. 20 dBFS.
    void set_level_dbfs(double level_dbfs) noexcept;

    /// Half the length of the pulse: as many symbols of silence behind the last one bring all of it out.
    std::size_t delay_symbols() const noexcept { return d_nof_taps / 2; }
    /// Samples a symbol, the clock offset included.
    double samples_per_symbol() const noexcept { return d_samples_per_symbol; }

private:
    std::size_t d_nof_taps;
    double d_samples_per_symbol;
    float d_gain = 1.0F;
    simd::aligned_vector<float> d_taps;   // k_phases rows of d_nof_taps, oldest symbol first
    simd::aligned_vector<float> d_slopes; // row p + 1 of the taps minus row p
    simd::aligned_vector<float> d_i;      // symbols in planes: d_nof_taps - 1 of history, then new ones
    simd::aligned_vector<float> d_q;
    std::size_t d_filled = 0;     // symbols in the planes
    std::size_t d_position = 0;   // first symbol under the pulse
    std::uint64_t d_fraction = 0; // time since the symbol period began, in 2^-64 of it
    std::uint64_t d_step = 0;     // the same between two samples
};

} // namespace spacesail::dsp
