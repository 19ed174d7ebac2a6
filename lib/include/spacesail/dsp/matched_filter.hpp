// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/simd/aligned.hpp>

#include <complex>
#include <cstddef>
#include <span>

namespace spacesail::dsp {

/// \brief Where the symbols lie in the samples: symbol k at first + k * step, in samples of the store.
struct symbol_grid {
    double first = 0.0;
    double step = 2.0;
};

/// \brief A carrier to take out: phase in cycles at sample `origin`, frequency and chirp per sample.
struct carrier {
    double origin = 0.0; ///< sample where phase and frequency hold
    double phase_cycles = 0.0;
    double cycles_per_sample = 0.0;
    double chirp = 0.0; ///< cycles per sample^2

    /// Phase in cycles at a sample.
    double phase_at(double sample) const noexcept
    {
        const double x = sample - origin;
        return phase_cycles + x * (cycles_per_sample + 0.5 * chirp * x);
    }
    double frequency_at(double sample) const noexcept { return cycles_per_sample + chirp * (sample - origin); }
};

/// \brief Root-raised-cosine filter and arbitrary-rate interpolator in one: a bank of polyphase filters at the
/// sample rate, evaluated once for each symbol wanted.
///
/// Cost: taps() multiply-adds for I and for Q a symbol, whatever the rate; see BM_dsp_matched_filter.
/// The phase nearest to the wanted instant is taken: with 128 phases and 2 samples a symbol the timing error is
/// below 0.2 % of a symbol and its noise 53 dB down.
class matched_filter
{
public:
    static constexpr std::size_t k_phases = 128;

    /// \param[in] samples_per_symbol  1.04 .. 64 (std::invalid_argument otherwise).
    /// \param[in] rolloff             0.05 .. 0.5.
    matched_filter(double samples_per_symbol, double rolloff);

    double rolloff() const noexcept { return d_rolloff; }
    std::size_t taps() const noexcept { return d_taps; }
    /// Samples needed before and after a symbol's instant.
    std::size_t reach() const noexcept { return d_taps / 2 + 1; }

    /// \brief Folds a complex equaliser of T/2-spaced taps (odd count, centre = 1 when idle) into the bank.
    /// An empty span removes it. No allocation.
    void set_equaliser(std::span<const std::complex<float>> half_symbol_taps) noexcept;

    bool has_equaliser() const noexcept { return d_complex; }

    /// \brief Takes `count` symbols off the samples.
    /// \param[in]  re, im  samples already rotated to 0 Hz; index 0 is sample `base` of the grid.
    /// \param[out] out_re, out_im  one value a symbol.
    /// All instants must lie within the samples with reach() to spare on both sides (asserted).
    void take(std::span<const float> re,
              std::span<const float> im,
              double base,
              const symbol_grid& grid,
              std::span<float> out_re,
              std::span<float> out_im) const noexcept;
    /// \brief The same without the equaliser.
    void take_plain(std::span<const float> re,
                    std::span<const float> im,
                    double base,
                    const symbol_grid& grid,
                    std::span<float> out_re,
                    std::span<float> out_im) const noexcept;

private:
    struct fixed_grid {
        unsigned long long pos, step;
    };
    fixed_grid on_bank(double base, const symbol_grid& grid, std::size_t count, std::size_t samples) const noexcept;
    void build_plain();

    double d_sps;
    double d_rolloff;
    std::size_t d_taps; ///< a multiple of 16
    bool d_complex = false;
    simd::aligned_vector<float> d_plain; ///< k_phases + 1 rows of d_taps
    simd::aligned_vector<float> d_bank_re, d_bank_im;
};

/// \brief Multiplies samples by exp(-j 2 pi carrier.phase_at(n)), n counted from `first`.
/// Phase error below 1e-2 cycles for a chirp up to 1e-7 cycles per sample^2, 1e-5 without chirp.
void remove_carrier(std::span<const float> re,
                    std::span<const float> im,
                    double first,
                    const carrier& c,
                    std::span<float> out_re,
                    std::span<float> out_im) noexcept;

} // namespace spacesail::dsp
