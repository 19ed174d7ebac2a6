// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>

#include <cmath>
#include <complex>
#include <cstddef>
#include <utility>
#include <vector>

namespace spacesail::test {

/// A wide signal that can be told at any instant: lines at random frequencies. Its own oracle for every resampler.
class line_signal
{
public:
    line_signal(double rate_hz, double half_band, std::size_t lines, std::uint64_t seed)
    {
        rng random(seed);
        for (std::size_t k = 0; k < lines; ++k) {
            d_lines.push_back({ (2.0 * random.uniform() - 1.0) * half_band * rate_hz,
                                std::polar(std::sqrt(1.0 / static_cast<double>(lines)), k_two_pi * random.uniform()) });
        }
    }
    std::complex<double> at(double t) const
    {
        std::complex<double> sum;
        for (const auto& [f, a] : d_lines) {
            const double cycles = f * t;
            sum += a * std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
        }
        return sum;
    }
    /// Derivative by time.
    std::complex<double> slope(double t) const
    {
        std::complex<double> sum;
        for (const auto& [f, a] : d_lines) {
            const double cycles = f * t;
            sum +=
                std::complex<double>(0.0, k_two_pi * f) * a * std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
        }
        return sum;
    }
    std::vector<std::complex<float>> samples(std::size_t n, double rate_hz) const
    {
        std::vector<std::complex<float>> x(n);
        for (std::size_t k = 0; k < n; ++k) x[k] = std::complex<float>(at(static_cast<double>(k) / rate_hz));
        return x;
    }

private:
    std::vector<std::pair<double, std::complex<double>>> d_lines;
};

/// Delays as given; nothing outside of them.
class listed_delays final : public delay_source
{
public:
    explicit listed_delays(std::vector<delay_polynomial> segments) : d_segments(std::move(segments)) {}
    const delay_polynomial* segment_at(double t_s) noexcept override
    {
        for (const auto& p : d_segments) {
            if (p.covers(t_s)) return &p;
        }
        return nullptr;
    }

private:
    std::vector<delay_polynomial> d_segments;
};

/// One polynomial about t = 0: delay, rate, bend (tau'') for -1000 .. 1000 s.
inline delay_polynomial moving_delay(double delay_s, double rate, double rate_per_s)
{
    delay_polynomial p;
    p.t_begin_s = -1000.0;
    p.t_end_s = 1000.0;
    p.c = { delay_s, rate, 0.5 * rate_per_s };
    return p;
}

/// How far samples are off: mean delay in s, mean phase in cycles, power of the rest over the signal's.
struct deviation {
    double delay_s = 0.0;
    double phase_cycles = 0.0;
    double error_db = 0.0;
};

/// \brief Compares samples [from, to) with truth(n); slope(n) is the derivative of the truth by the signal's time.
template <class Truth, class Slope>
deviation
compare(const std::vector<std::complex<float>>& got, std::size_t from, std::size_t to, Truth&& truth, Slope&& slope)
{
    std::complex<double> cross;
    double power = 0.0, error = 0.0, late = 0.0, slope_power = 0.0;
    for (std::size_t n = from; n < to; ++n) {
        const std::complex<double> g(got[n]);
        const std::complex<double> x = truth(n);
        const std::complex<double> s = slope(n);
        cross += g * std::conj(x);
        power += std::norm(x);
        error += std::norm(g - x);
        late -= std::real((g - x) * std::conj(s));
        slope_power += std::norm(s);
    }
    return { late / slope_power, std::arg(cross) / k_two_pi, linear_to_db(error / power) };
}

} // namespace spacesail::test
