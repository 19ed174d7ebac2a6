// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>

namespace spacesail::dvbs2x {

/// \brief Carrier amplitude and noise from blocks of known symbols, averaged over about five frames.
///
/// Each block gives an unbiased pair: the energy of its mean less the noise in it, and the variance about its mean;
/// slow phase noise moves the mean, not the variance. A level or noise step above five deviations and 1 dB starts the
/// average afresh. Deviation of N0 from n symbols: 1 / sqrt(n), 0.07 dB with 4000.
class link_meter
{
public:
    void reset() noexcept { *this = {}; }
    /// A block of n known symbols (times conj(known)): their sum and the sum of their energies.
    void add(std::complex<double> sum, double energy, std::size_t n) noexcept;
    /// The frame is over: folds its blocks into the average.
    void end_frame() noexcept;
    /// The same from a first, single look, until frames have been measured.
    void seed(double amplitude_squared, double n0) noexcept;

    double amplitude() const noexcept;
    double es_n0() const noexcept { return d_amplitude_2 / d_noise; }
    double es_n0_db() const noexcept;
    /// Noise variance for mean symbol energy 1.
    double relative_n0() const noexcept { return d_noise / d_amplitude_2; }

private:
    static constexpr double k_memory_symbols = 4000.0;
    double d_amplitude_2 = 1.0, d_noise = 1.0;
    double d_weight = 0.0; ///< symbols the average stands on
    double d_sum_amplitude_2 = 0.0, d_sum_noise = 0.0, d_symbols = 0.0, d_freedom = 0.0;
};

} // namespace spacesail::dvbs2x
