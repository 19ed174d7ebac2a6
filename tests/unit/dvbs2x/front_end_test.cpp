// SPDX-License-Identifier: GPL-3.0-or-later
#include <dvbs2x/front_end.hpp>
#include <motion_signal.hpp>

#include <gtest/gtest.h>

namespace {

using namespace spacesail;

constexpr double k_rate_hz = 1e6;

dvbs2x::front_end front()
{
    return dvbs2x::front_end({}, k_rate_hz, 2.0, 0.2, 1000);
}

/// tau = 1 ms + 2e-5 t + 0.5 * 4e-3 t^2, known from 0.1 s to 0.2 s.
test::listed_delays known_for_a_tenth()
{
    auto p = test::moving_delay(1e-3, 2e-5, 4e-3);
    p.t_begin_s = 0.1;
    p.t_end_s = 0.2;
    return test::listed_delays({ p });
}

TEST(FrontEnd, GoesOnFromTheLastDelayKnownAtItsRate)
{
    auto delays = known_for_a_tenth();
    auto f = front();
    f.set_motion(&delays, 10e9);
    const auto tau = [](double t) { return 1e-3 + 2e-5 * t + 2e-3 * t * t; };
    const auto rate = [](double t) { return 2e-5 + 4e-3 * t; };

    // Nothing was known yet.
    EXPECT_EQ(f.motion_samples(0.05 * k_rate_hz), 0.0);
    EXPECT_NEAR(f.motion_samples(0.15 * k_rate_hz), tau(0.15) * k_rate_hz, 1e-9);
    EXPECT_NEAR(f.motion_rate(0.15 * k_rate_hz), rate(0.15), 1e-12);
    for (const double t : { 0.2, 0.2001, 0.25, 3.0 }) {
        const double u = t * k_rate_hz;
        EXPECT_NEAR(f.motion_samples(u), (tau(0.2) + rate(0.2) * (t - 0.2)) * k_rate_hz, 1e-6) << t;
        if (t > 0.2) EXPECT_NEAR(f.motion_cycles_per_sample(u), -10e9 * rate(0.2) / k_rate_hz, 1e-6) << t;
    }
    // What is known is taken as it is known.
    EXPECT_NEAR(f.motion_samples(0.12 * k_rate_hz), tau(0.12) * k_rate_hz, 1e-9);
}

TEST(FrontEnd, BehindAGapItIsAskedAnew)
{
    auto delays = known_for_a_tenth();
    auto f = front();
    f.set_motion(&delays, 10e9);
    EXPECT_GT(f.motion_samples(0.15 * k_rate_hz), 900.0);
    f.set_lost_samples(0.5 * k_rate_hz);
    EXPECT_EQ(f.motion_samples(0.15 * k_rate_hz), 0.0);
}

} // namespace
