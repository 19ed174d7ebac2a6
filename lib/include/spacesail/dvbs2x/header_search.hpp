// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/simd/aligned.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// Two PLHEADERs, one frame apart, found in a stretch of half-symbol samples.
struct header_pair {
    double first = 0.0;             ///< half symbols from the start of the stretch to the first header's first symbol
    double length_symbols = 0.0;    ///< distance to the next header as measured, in symbols
    double cycles_per_symbol = 0.0; ///< residual frequency
    double next_cycles_per_symbol = 0.0; ///< at the next header
    std::uint8_t pls = 0;                ///< of the first header
    std::uint8_t next_pls = 0;
    float quality = 0.0F; ///< of the first plus of the second (pl_decision::quality)
};

/// What a search came to.
enum class search_outcome {
    found,
    nothing,
    need_more ///< a header was seen whose successor lies behind the end
};

/// \brief Searches PLHEADERs at unknown time (half-symbol grid) and frequency (some percent of the symbol rate).
///
/// Every position: coherent SOF correlation in frequency bins of 0.4 %, a hundredth passes on; those: the whole
/// header decoded over all PLS codes; those above 0.20 (20 times the energy of a noise sample, 1 false one a search):
/// the next header has to be where the PLS code says. Loss of the grid: at most 0.9 dB in time, 0.2 dB in frequency.
class header_search
{
public:
    static constexpr double k_bin_cycles_per_symbol = 0.004;

    /// \param[in] max_half_symbols  longest stretch that will be given.
    /// \param[in] most_drift        of the carrier, cycles per symbol^2, that the next header is looked for with.
    explicit header_search(std::size_t max_half_symbols, double most_drift = 0.0);

    struct report {
        search_outcome outcome = search_outcome::nothing;
        header_pair pair;
        double needed_half_symbols = 0.0; ///< need_more: length of the stretch that would decide
        float best_quality = 0.0F;        ///< best single header seen, for the status line
    };
    /// \param[in] re, im  matched-filter output, two a symbol.
    /// \param[in] bins    frequency bins of 0.4 % of the symbol rate on each side, 0 .. 8.
    report run(std::span<const float> re, std::span<const float> im, int bins) noexcept;

private:
    struct hit {
        std::size_t at = 0; ///< half symbols
        std::uint8_t pls = 0;
        float quality = 0.0F;
    };
    void scan(unsigned parity, std::size_t symbols) noexcept;
    void pair_up(std::size_t half_symbols, double cycles_per_symbol, report& r) noexcept;
    /// The header nearest to half symbol `expected`, d_rot_ turned further by some cycles a symbol.
    struct sighting {
        std::size_t at = 0;
        std::uint8_t pls = 0;
        float quality = 0.0F;
        double cycles_per_symbol = 0.0;
    };
    sighting look_around(std::size_t expected, int bins) const noexcept;

    double d_most_drift;
    std::vector<hit> d_hits;
    simd::aligned_vector<float> d_re[2], d_im[2]; ///< the two symbol grids
    simd::aligned_vector<float> d_rot_re[2], d_rot_im[2];
    simd::aligned_vector<float> d_sum, d_difference, d_power;
    simd::aligned_vector<float> d_local[2]; ///< mean power over a header's length
};

} // namespace spacesail::dvbs2x
