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
    static constexpr std::size_t k_size = 1024;
    static constexpr std::size_t k_max_carriers = 4;

    /// \param[in] samples_per_symbol  1.04 .. 16 (std::invalid_argument otherwise).
    explicit carrier_spectrum(double samples_per_symbol);

    /// \brief Looks at centre +- half_range (cycles per sample); fixed_rolloff > 0 asks for that one only.
    /// \return number of carriers written, the most significant first.
    std::size_t find(std::span<const float> re,
                     std::span<const float> im,
                     double centre,
                     double half_range,
                     double fixed_rolloff,
                     std::array<spectral_carrier, k_max_carriers>& out) noexcept;

    /// Averaged power of the last call, bin k at k / k_size cycles per sample (k from 0, circular).
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

    double d_sps;
    std::size_t d_blocks = 0;
    fft d_fft{ k_size };
    std::array<float, k_size> d_window{};
    std::array<float, k_size> d_power{};
    std::array<float, k_size> d_clean{};
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
