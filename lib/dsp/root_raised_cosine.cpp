// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <cmath>

namespace spacesail::dsp {

double root_raised_cosine(double t_symbols, double rolloff) noexcept
{
    const double a = rolloff;
    const double t = std::abs(t_symbols);
    if (t < 1e-8) return 1.0 - a + 4.0 * a / k_pi; // the pulse is flat here: off by less than 1e-15
    const double w_minus = k_pi * (1.0 - a);
    const double w_plus = k_pi * (1.0 + a);
    const double u = 4.0 * a * t;
    const double gap = 1.0 - u * u;
    if (std::abs(gap) < 1e-5) {
        // Numerator and denominator vanish at u = 1. Their derivatives half-way to that point have the same
        // quotient up to the square of the distance (below 1e-9); the quotient itself has lost digits.
        const double s = 0.5 * (t + 0.25 / a);
        const double v = 4.0 * a * s;
        const double above =
            w_minus * std::cos(w_minus * s) + 4.0 * a * std::cos(w_plus * s) - v * w_plus * std::sin(w_plus * s);
        return above / (k_pi * (1.0 - 3.0 * v * v));
    }
    return (std::sin(w_minus * t) + u * std::cos(w_plus * t)) / (k_pi * t * gap);
}

double raised_cosine_spectrum(double f, double rolloff) noexcept
{
    const double x = std::abs(f);
    const double flat = 0.5 * (1.0 - rolloff);
    if (x <= flat) return 1.0;
    if (x >= 0.5 * (1.0 + rolloff)) return 0.0;
    return 0.5 * (1.0 + std::cos(k_pi * (x - flat) / rolloff));
}

} // namespace spacesail::dsp
