// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dsp/fft.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::cli {

/// \brief Averaged power spectrum of a stream for a picture: one Hann-windowed block out of every few.
class spectrum_average
{
public:
    static constexpr std::size_t k_size = 2048;
    spectrum_average();

    /// Looks at some of the samples.
    void add(std::span<const std::complex<float>> samples);
    void add(std::span<const std::complex<std::int16_t>> samples);

    struct curve {
        std::vector<double> frequency_hz, power_db; ///< from -rate / 2; dB relative to full scale per bin
    };
    curve result(double rate_hz) const;

private:
    template <class T>
    void add_any(std::span<const std::complex<T>> samples, float scale);

    dsp::fft d_fft{ k_size };
    std::vector<float> d_window;
    std::vector<double> d_power;
    std::uint64_t d_blocks = 0;
    std::uint64_t d_calls = 0;
    std::uint64_t d_every = 1; ///< calls between blocks, doubled as the stream goes on
};

} // namespace spacesail::cli
