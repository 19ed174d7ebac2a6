// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/lock_evidence.hpp"

#include <spacesail/dvbs2x/modcod.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace spacesail::dvbs2x {

/// Drift of a carrier that acquisition looks for, cycles per symbol^2: 5 kHz/s, and no more than 1.7 % of the symbol
/// rate over the longest frame (below 100 kBd).
double most_drift(double symbol_rate_hz) noexcept;

/// \brief Settles the carrier frequency from one whole frame, once both of its PLHEADERs are known.
///
/// The slope within a header leaves an error of several 1e-4 cycles a symbol at 0 dB, while pilot blocks 1476 symbols
/// apart repeat every 6.8e-4: the tracker could lock one turn off. Two ways out, both robust against chirp and phase
/// noise over a frame:
/// - pilots: products of neighbouring known blocks, also within the blocks and from the last pilots to the next header,
///   whose distance is no multiple of 1476 symbols; the frequency that aligns them all;
/// - no pilots, PSK: the line in the spectrum of the M-th power (Viterbi, Viterbi, IEEE Trans. IT-29, 1983), over the
///   next frame too where one leaves doubts;
/// - no pilots, rings: the number of turns from header to header whose symbols lie on the points best.
/// Each for as many chirps as the symbol rate asks for, and both headers' frequencies leave.
class frequency_refiner
{
public:
    /// \param[in] symbol_rate_hz  gives most_drift().
    explicit frequency_refiner(double symbol_rate_hz);
    ~frequency_refiner();

    /// What the headers have told.
    struct prior {
        double sigma = 5e-4;    ///< of the frequency in the frame's middle, cycles per symbol, about 0
        double chirp = 0.0;     ///< cycles per symbol^2, from one header to the other; good to 2 sigma over the frame
        double es_n0 = 1.0;     ///< linear
        double amplitude = 1.0; ///< of a symbol
    };
    struct estimate {
        double cycles_per_symbol = 0.0; ///< at the frame's first symbol
        double sigma = 0.0;             ///< 0: nothing could be said
        double chirp = 0.0;             ///< cycles per symbol^2, as far as it could be told
        double chirp_sigma = 0.0;       ///< what may be left of it
        bool doubtful = false;          ///< with the next frame's symbols it would be surer
    };
    /// \brief Whether the frame after this one can help.
    static bool uses_next_frame(std::uint8_t pls, std::uint8_t next_pls) noexcept;
    /// \param[in,out] re, im  the frame at one sample a symbol, from its header through the next header, or through the
    /// whole next frame if that can help; used up.
    /// \param[in] phases  PL scrambling, from the first symbol behind the header.
    estimate run(std::span<float> re,
                 std::span<float> im,
                 std::uint8_t pls,
                 std::uint8_t next_pls,
                 std::span<const std::uint8_t> phases,
                 const prior& known) noexcept;

private:
    /// Chirps to try: middle + k step, k = -steps .. steps.
    struct chirps {
        double middle = 0.0, step = 0.0;
        int steps = 0;
        double at(int k) const noexcept { return middle + k * step; }
    };
    /// Those that both headers and the drift of satellites leave, `step` apart or closer.
    chirps chirps_for(const prior& known, double frame_symbols, double step, int most_steps) const noexcept;
    /// Logarithm of the headers' likelihood of them.
    static double chirp_score(const prior& known, const chirps& tried, double frame_symbols, double chirp) noexcept;
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
    /// Symbols from the end of the header on. Leaves the M-th powers in re and im.
    estimate by_power(std::span<float> re, std::span<float> im, const modcod& m, const prior& known) noexcept;
    estimate by_turns(std::span<const float> re,
                      std::span<const float> im,
                      const modcod& m,
                      std::uint8_t next_pls,
                      const prior& known) noexcept;
    /// Evidence of the symbols with the phase led from block to block; frequency in the frame's middle.
    double between_blocks(std::span<const float> re,
                          std::span<const float> im,
                          std::span<const part> blocks,
                          double amplitude,
                          double cycles_per_symbol,
                          double chirp) const noexcept;
    struct transform;
    double d_most_drift;
    std::unique_ptr<transform> d_transform;
    lock_evidence d_evidence;
    static constexpr std::size_t k_max_bins = 8192;
    std::array<double, k_max_bins> d_line_score{}; ///< by_power: best of all chirps for a frequency
};

} // namespace spacesail::dvbs2x
