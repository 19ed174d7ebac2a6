// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace {

using spacesail::dsp::root_raised_cosine;

// The definition of EN 302 307-1, clause 5.6: |H(f)| is 1 below (1 - a) / 2, a quarter sine down to
// (1 + a) / 2. Its inverse Fourier transform by Simpson's rule; the pulse is normalised to unit energy,
// which makes the pass band 1 in units of the symbol rate.
double by_definition(double t, double a)
{
    const int n = 20000;
    const double end = (1.0 + a) / 2.0;
    double sum = 0.0;
    for (int k = 0; k <= n; ++k) {
        const double f = end * k / n;
        const double from_centre = std::abs(f) - 0.5;
        double h = from_centre <= -a / 2.0  ? 1.0
                   : from_centre >= a / 2.0 ? 0.0
                                            : std::sqrt(0.5 - 0.5 * std::sin(spacesail::k_pi * from_centre / a));
        const double weight = k == 0 || k == n ? 1.0 : k % 2 != 0 ? 4.0 : 2.0;
        sum += weight * h * std::cos(spacesail::k_two_pi * f * t);
    }
    return 2.0 * sum * end / n / 3.0;
}

TEST(RootRaisedCosine, IsTheTransformOfItsSpectrum)
{
    for (const double a : { 0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 1.0 }) {
        for (const double t : { 0.0, 0.3, 1.0, 2.5, -0.7, 7.75, 31.5 }) {
            EXPECT_NEAR(root_raised_cosine(t, a), by_definition(t, a), 2e-6) << a << " " << t;
        }
        EXPECT_NEAR(root_raised_cosine(0.25 / a, a), by_definition(0.25 / a, a), 2e-6) << a;
    }
}

TEST(RootRaisedCosine, IsSmoothAtItsSingularities)
{
    for (const double a : { 0.05, 0.35, 1.0 }) {
        for (const double at : { 0.0, 0.25 / a }) {
            // Second difference over steps that cross the guards: curvature is below 40 for all of these.
            for (const double h : { 1e-9, 1e-7, 1e-6, 1e-5, 1e-4 }) {
                const double bend =
                    root_raised_cosine(at + h, a) - 2.0 * root_raised_cosine(at, a) + root_raised_cosine(at - h, a);
                EXPECT_LE(std::abs(bend), 40.0 * h * h + 1e-9) << a << " " << at << " " << h;
            }
        }
    }
}

} // namespace
