// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/simd/aligned.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Settles the carrier frequency from one whole frame, once both of its PLHEADERs are known.
///
/// The slope within a header leaves an error of several 1e-4 cycles a symbol at 0 dB, while pilot blocks 1476 symbols
/// apart repeat every 6.8e-4: the tracker could lock one turn off. Two ways out, both robust against chirp and phase
/// noise over a frame:
/// - pilots: products of neighbouring known blocks, also within the blocks and from the last pilots to the next header,
///   whose distance is no multiple of 1476 symbols; the frequency that aligns them all;
/// - no pilots, QPSK: the line in the spectrum of the fourth power (Viterbi, Viterbi, IEEE Trans. IT-29, 1983), for a
/// few
///   chirps.
class frequency_refiner
{
public:
    /// \param[in] symbol_rate_hz  gives the chirp of 5 kHz/s in symbols.
    explicit frequency_refiner(double symbol_rate_hz);
    ~frequency_refiner();

    struct estimate {
        double cycles_per_symbol = 0.0;
        double sigma = 0.0; ///< 0: nothing could be said
    };
    /// \param[in] re, im  the frame at one sample a symbol, from its header through the next header.
    /// \param[in] phases  PL scrambling, from the first symbol behind the header.
    /// \param[in] range   half width of the search, cycles per symbol.
    estimate run(std::span<const float> re,
                 std::span<const float> im,
                 std::uint8_t pls,
                 std::uint8_t next_pls,
                 std::span<const std::uint8_t> phases,
                 double range) noexcept;

private:
    estimate by_pilots(std::span<const float> re,
                       std::span<const float> im,
                       std::uint8_t pls,
                       std::uint8_t next_pls,
                       std::span<const std::uint8_t> phases,
                       double range) noexcept;
    estimate by_fourth_power(std::span<const float> re, std::span<const float> im, double range) noexcept;

    struct transform;
    double d_symbol_rate_hz;
    std::unique_ptr<transform> d_transform;
};

} // namespace spacesail::dvbs2x
