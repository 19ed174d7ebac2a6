// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/lock_evidence.hpp"

#include <spacesail/dvbs2x/modcod.hpp>

#include <complex>
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
/// - no pilots, PSK: the line in the spectrum of the M-th power (Viterbi, Viterbi, IEEE Trans. IT-29, 1983), for a few
///   chirps;
/// - no pilots, rings: the number of turns from header to header, and the chirp, whose symbols lie on the points best.
class frequency_refiner
{
public:
    /// \param[in] symbol_rate_hz  gives the chirp of 5 kHz/s in symbols.
    explicit frequency_refiner(double symbol_rate_hz);
    ~frequency_refiner();

    /// What the headers have told.
    struct prior {
        double sigma = 5e-4;    ///< of the frequency, cycles per symbol, about 0
        double es_n0 = 1.0;     ///< linear
        double amplitude = 1.0; ///< of a symbol
    };
    struct estimate {
        double cycles_per_symbol = 0.0; ///< at the frame's first symbol
        double sigma = 0.0;             ///< 0: nothing could be said
        double chirp = 0.0;             ///< cycles per symbol^2, as far as it could be told
        double chirp_sigma = 0.0;       ///< what may be left of it
    };
    /// \param[in,out] re, im  the frame at one sample a symbol, from its header through the next header; used up.
    /// \param[in] phases  PL scrambling, from the first symbol behind the header.
    estimate run(std::span<float> re,
                 std::span<float> im,
                 std::uint8_t pls,
                 std::uint8_t next_pls,
                 std::span<const std::uint8_t> phases,
                 const prior& known) noexcept;

private:
    /// A stretch of known symbols.
    struct part {
        double at = 0.0; ///< centre, symbols
        double symbols = 0.0;
        std::complex<double> sum;
    };
    estimate by_pilots(std::span<const float> re,
                       std::span<const float> im,
                       const modcod& m,
                       std::uint8_t next_pls,
                       const prior& known) noexcept;
    /// Leaves the M-th powers in re and im.
    estimate by_power(std::span<float> re, std::span<float> im, const modcod& m, const prior& known) noexcept;
    estimate by_turns(std::span<const float> re,
                      std::span<const float> im,
                      const modcod& m,
                      std::uint8_t next_pls,
                      const prior& known) noexcept;
    /// Evidence of the symbols with the phase led from block to block at this frequency.
    double between_blocks(std::span<const float> re,
                          std::span<const float> im,
                          std::span<const part> blocks,
                          double amplitude,
                          double cycles_per_symbol) const noexcept;
    struct transform;
    double d_symbol_rate_hz;
    std::unique_ptr<transform> d_transform;
    lock_evidence d_evidence;
};

} // namespace spacesail::dvbs2x
