// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/channel/gaussian_source.hpp>
#include <spacesail/simd/aligned.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spacesail::channel {

/// A point of a phase-noise mask.
struct phase_noise_point {
    double offset_hz = 0.0;
    double dbc_hz = 0.0; ///< single sideband
};

/// A phase-noise mask: straight lines over the logarithm of the offset between its points.
struct phase_noise_mask {
    std::string name;
    std::vector<phase_noise_point> points; ///< offsets ascending
};

/// \brief A mask by its name: none, pll-lnb or dvb-typical.
///
/// pll-lnb: -55 -80 -95 -105 -125 -140 dBc/Hz at 100 Hz, 1k, 10k, 100k, 1M, 10M, a PLL-stabilised LNB;
/// dvb-typical: -25 -50 -73 -93 -103 -114 at the same offsets, a consumer's LNB with a free-running oscillator.
/// Errors: not_found, listing the names.
result<phase_noise_mask> parse_phase_noise_mask(std::string_view name);

/// \brief Phase of an oscillator whose single-sideband noise follows a mask.
///
/// A sum of white noises through two equal one-pole filters each, with corners half a decade apart; their powers are
/// fitted to the mask, which is met within 2 dB from its first point to its last or 0.4 of the rate. Below the first
/// point the density stays flat: the phase is bounded. The fast members together are one white noise through a filter
/// of k_taps taps; slow ones run at a rate 2^-k of the stream's and are joined by straight lines, so memory and cost do
/// not depend on how slow they are. No allocation in process. Cost: see BM_channel_phase_noise.
class phase_noise
{
public:
    static constexpr std::size_t k_block = 512;

    /// \param[in] rate_hz  of the samples, > 0 (std::invalid_argument otherwise, and for a mask that does not ascend).
    phase_noise(const phase_noise_mask& mask, double rate_hz, std::uint64_t seed);

    /// \brief Adds the phase of the next k_block samples, in rad.
    void add(float* radians) noexcept;
    /// Whether the mask is empty and add() does nothing.
    bool silent() const noexcept { return d_taps.empty(); }
    /// \brief What was fitted: density at an offset in rad^2/Hz, counted on one side alone (as dBc/Hz is).
    double density(double offset_hz) const;

private:
    static constexpr std::size_t k_taps = 96;

    struct member {
        std::size_t stride = 1; ///< samples between two of its own values
        double pole = 0.0;      ///< 1 - exp(-2 pi corner / own rate)
        double power = 0.0;     ///< density far below its corner
        double sigma = 0.0;
        double first = 0.0, second = 0.0; ///< states of the two filters
        float from = 0.0F, to = 0.0F;     ///< the values the line joins; only `from` if a block holds whole lines
        std::size_t at = 0;               ///< samples since `from`
    };
    void steps(member& m, float* to, std::size_t n) noexcept;
    const float* normals(std::size_t n) noexcept;

    double d_rate_hz;
    std::vector<member> d_members; ///< the slow ones
    gaussian_source d_random;
    simd::aligned_vector<float> d_pool;
    std::size_t d_pool_at; ///< normal values used of it
    gaussian_source d_white;
    simd::aligned_vector<float> d_taps;        ///< of the fast members; empty: the mask is
    simd::aligned_vector<float> d_now, d_next; ///< k_taps of the past, k_block to be filtered
    bool d_next_is_made = false;
};

} // namespace spacesail::channel
