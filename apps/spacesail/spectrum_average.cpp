// SPDX-License-Identifier: GPL-3.0-or-later
#include "spectrum_average.hpp"

#include <spacesail/base/units.hpp>

#include <cmath>

namespace spacesail::cli {

spectrum_average::spectrum_average() : d_window(k_size), d_power(k_size, 0.0)
{
    for (std::size_t i = 0; i < k_size; ++i) {
        d_window[i] = static_cast<float>(1.0 - std::cos(k_two_pi * (static_cast<double>(i) + 0.5) / k_size));
    }
}

void spectrum_average::add(std::span<const std::complex<float>> samples) { add_any(samples, 1.0F); }
void spectrum_average::add(std::span<const std::complex<std::int16_t>> samples) { add_any(samples, 1.0F / 32768.0F); }

template <class T>
void spectrum_average::add_any(std::span<const std::complex<T>> samples, float scale)
{
    if (samples.size() < k_size || d_calls++ % d_every != 0) return;
    const auto bins = d_fft.data();
    for (std::size_t i = 0; i < k_size; ++i) {
        const auto& x = samples[i];
        bins[i] =
            std::complex<float>(static_cast<float>(x.real()), static_cast<float>(x.imag())) * (scale * d_window[i]);
    }
    d_fft.forward();
    double total = 0.0;
    for (const auto& b : bins) total += std::norm(b);
    if (!std::isfinite(total)) return; // a block with NaN samples
    for (std::size_t i = 0; i < k_size; ++i) d_power[i] += std::norm(bins[i]);
    // A thousand blocks are enough; later ones come ever more rarely.
    if (++d_blocks % 512 == 0) d_every *= 2;
}

spectrum_average::curve spectrum_average::result(double rate_hz) const
{
    curve c;
    if (d_blocks == 0) return c;
    for (std::size_t i = 0; i < k_size; ++i) {
        const std::size_t bin = (i + k_size / 2) % k_size;
        c.frequency_hz.push_back((static_cast<double>(i) / k_size - 0.5) * rate_hz);
        // The window's power gain is 1.5 times its length.
        c.power_db.push_back(
            linear_to_db(d_power[bin] / static_cast<double>(d_blocks) / (1.5 * k_size * k_size) + 1e-30));
    }
    return c;
}

} // namespace spacesail::cli
