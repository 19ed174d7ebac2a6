// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/link_meter.hpp"

#include <algorithm>
#include <cmath>

namespace spacesail::dvbs2x {

void link_meter::add(std::complex<double> sum, double energy, std::size_t n) noexcept
{
    const auto count = static_cast<double>(n);
    const double mean_energy = std::norm(sum) / count;
    const double spread = energy - mean_energy; // (n - 1) N0 in the mean
    d_sum_noise += spread;
    d_freedom += count - 1.0;
    d_sum_amplitude_2 += mean_energy - spread / (count - 1.0);
    d_symbols += count;
}

void link_meter::end_frame() noexcept
{
    if (d_symbols < 60.0) return;
    const double floor = 1e-30;
    const double noise = std::max(d_sum_noise / d_freedom, floor);
    const double amplitude_2 = std::max(d_sum_amplitude_2 / d_symbols, 1e-3 * noise);
    const double n = d_symbols;
    d_sum_amplitude_2 = d_sum_noise = d_symbols = d_freedom = 0.0;

    const double deviation_db = 4.34 / std::sqrt(n) * 5.0;
    const double signal_deviation_db = 4.34 * 5.0 * std::sqrt(2.0 * noise / (n * amplitude_2));
    const double noise_step_db = std::abs(10.0 * std::log10(noise / d_noise));
    const double level_step_db = std::abs(10.0 * std::log10(amplitude_2 / d_amplitude_2));
    const bool step = noise_step_db > std::max(1.0, deviation_db) || level_step_db > std::max(1.0, signal_deviation_db);
    if (step) d_weight = 0.0;

    d_weight = std::min(d_weight + n, k_memory_symbols + n);
    const double share = n / d_weight;
    d_noise += share * (noise - d_noise);
    d_amplitude_2 += share * (amplitude_2 - d_amplitude_2);
    // The update cancels to zero where exact zeros follow a carrier; readings stay numbers.
    d_noise = std::max(d_noise, floor);
    d_amplitude_2 = std::max(d_amplitude_2, 1e-3 * floor);
}

void link_meter::seed(double amplitude_squared, double n0) noexcept
{
    reset();
    d_amplitude_2 = std::max(amplitude_squared, 1e-30);
    d_noise = std::max(n0, 1e-4 * d_amplitude_2);
    d_weight = 0.0;
}

double link_meter::amplitude() const noexcept { return std::sqrt(d_amplitude_2); }
double link_meter::es_n0_db() const noexcept { return 10.0 * std::log10(es_n0()); }

} // namespace spacesail::dvbs2x
