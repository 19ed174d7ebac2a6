// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Learns a fractionally spaced equaliser for front-end tilt, group delay and echoes from known symbols.
///
/// Least squares over half-symbol matched-filter outputs with exponential forgetting. Without distortion the solution
/// is the centre tap alone (the matched filter is a sufficient statistic), so nothing is lost by looking; it is
/// recommended only where it raises the signal-to-distortion ratio by more than its own noise.
/// Source: Haykin, Adaptive Filter Theory, ch. 9 (normal equations).
class equaliser_trainer
{
public:
    static constexpr std::size_t k_taps = 15; ///< T/2 apart: 3.5 symbols to both sides
    static constexpr std::size_t k_reach = k_taps / 2;
    /// Symbols needed on both sides of known ones, the reach and a quarter.
    static constexpr double k_reach_symbols = 0.5 * k_reach + 0.25;

    void reset() noexcept;
    /// \brief One block of n known symbols.
    /// \param[in] half  2 n - 1 + 2 k_reach half-symbol outputs of the plain matched filter, carrier phase taken out;
    /// the
    ///                  first known symbol is half[k_reach].
    /// \param[in] known the n symbols sent, energy 1.
    void add(std::span<const std::complex<float>> half, std::span<const std::complex<float>> known) noexcept;
    /// \brief Old blocks count less by this factor.
    void forget(double factor) noexcept;

    struct solution {
        std::array<std::complex<float>, k_taps> taps{}; ///< leaves amplitude and phase of the centre tap's output
        double gain_db = 0.0; ///< of signal over noise and distortion against the centre tap alone
        double symbols = 0.0; ///< it stands on
    };
    solution solve() const noexcept;

private:
    std::array<std::array<std::complex<double>, k_taps>, k_taps> d_r{}; ///< sum of conj(x_i) x_j
    std::array<std::complex<double>, k_taps> d_p{};                     ///< sum of conj(x_i) a
    double d_symbols = 0.0;
};

} // namespace spacesail::dvbs2x
