// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dsp/fft.hpp>
#include <spacesail/simd/aligned.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace spacesail::dsp {

/// A carrier seen in the power spectrum.
struct spectral_carrier {
    double cycles_per_sample = 0.0; ///< its centre
    double rolloff = 0.2;           ///< best of 0.05, 0.10, 0.15, 0.20, 0.25, 0.35
    double es_n0 = 0.0;             ///< its level over the noise beside it, linear
    double significance = 0.0;      ///< contrast of band against edges over its standard deviation; noise: about 1..4
};

/// \brief Finds carriers of a known symbol rate in an averaged periodogram, without timing or data.
///
/// The template is the raised-cosine band against a guard of 0.1 symbol rates on both sides, so that equal carriers
/// close by do not draw it away; lines higher than four times their neighbourhood are cut (CW, DC).
/// The centre is that of the largest Whittle likelihood; accuracy at -2 dB Es/N0: see the test CarrierSpectrum.
class carrier_spectrum
{
public:
    static constexpr std::size_t k_max_carriers = 4;

    /// \param[in] samples_per_symbol  1.04 .. 64 (std::invalid_argument otherwise).
    explicit carrier_spectrum(double samples_per_symbol);

    /// \brief Looks at centre +- half_range (cycles per sample); fixed_rolloff > 0 asks for that one only.
    /// \return number of carriers written, the most significant first.
    std::size_t find(std::span<const float> re,
                     std::span<const float> im,
                     double centre,
                     double half_range,
                     double fixed_rolloff,
                     std::array<spectral_carrier, k_max_carriers>& out) noexcept;

    /// Averaged power of the last call, bin k of n at k / n cycles per sample (circular); n is 1024, and 2048 or 4096
    /// above 16 or 32 samples a symbol.
    std::span<const float> power() const noexcept { return d_power; }

private:
    void average(std::span<const float> re, std::span<const float> im) noexcept;
    void cut_lines() noexcept;
    /// The lowest level in bands right beside a carrier, one for each roll-off; `centre` in bins.
    double quietest_beside(double centre) const noexcept;
    double contrast(std::size_t shape, std::ptrdiff_t shift) const noexcept;
    struct place_fit {
        double centre = 0.0; ///< bins
        double es_n0 = 0.0;
    };
    place_fit likeliest(std::size_t shape, std::ptrdiff_t place) const noexcept;
    double residual(std::size_t shape, std::ptrdiff_t shift) const noexcept;

    std::size_t wrap(std::ptrdiff_t bin) const noexcept { return static_cast<std::size_t>(bin) & (d_size - 1); }

    double d_sps;
    std::size_t d_size; ///< bins: at least 64 in a symbol rate; a power of two
    std::size_t d_blocks = 0;
    fft d_fft;
    simd::aligned_vector<float> d_window, d_power, d_clean;
    static constexpr std::size_t k_shapes = 6;
    struct shape_weights {
        double rolloff = 0.0;
        std::ptrdiff_t half = 0;              ///< bins -half .. half carry a weight
        simd::aligned_vector<float> weight;   ///< in-band positive, guard negative, zero sum
        simd::aligned_vector<float> spectrum; ///< raised cosine over the window common to all shapes
        double deviation = 1.0;               ///< of the contrast for unit relative noise a bin
    };
    std::array<shape_weights, k_shapes> d_shapes;
    std::ptrdiff_t d_common_half = 0;
};

} // namespace spacesail::dsp
