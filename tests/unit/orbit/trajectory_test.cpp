// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/trajectory.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

constexpr double k_earth_rate = 7.292115855307e-5;

element_set first_satellite()
{
    return load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets[0];
}

/// The state vector that a set gives at an instant.
element_set broadcast_of(const element_set& set, utc_time t, double validity_s)
{
    const earth_frame frame(t);
    const auto m = trajectory::create(set, frame)->at(0.0);
    element_set out = set;
    out.epoch = t;
    ecef_state s;
    const vec3 r = frame.to_ecef(m->position_m, 0.0);
    const vec3 v = frame.velocity_to_ecef(m->position_m, m->velocity_m_s, 0.0);
    for (std::size_t i = 0; i < 3; ++i) {
        s.position_km[i] = r[i] / 1e3;
        s.velocity_km_s[i] = v[i] / 1e3;
    }
    s.validity_s = validity_s;
    out.orbit = s;
    return out;
}

/// Potential of the Earth as the integrator says it has it, written down once more from the Legendre polynomials.
double potential(const vec3& r)
{
    const double d = norm(r);
    const double s = r[2] / d;
    const double q = 6378136.3 / d;
    const double p2 = 0.5 * (3 * s * s - 1);
    const double p3 = 0.5 * (5 * s * s * s - 3 * s);
    const double p4 = 0.125 * (35 * std::pow(s, 4) - 30 * s * s + 3);
    const double lambda = std::atan2(r[1], r[0]);
    const double p22 = 3 * (1 - s * s);
    return 3.986004418e14 / d *
           (1 - 1.0826266836e-3 * q * q * p2 + 2.5326564853e-6 * std::pow(q, 3) * p3 +
            1.6196215914e-6 * std::pow(q, 4) * p4 +
            q * q * p22 * (1.5745360427e-6 * std::cos(2 * lambda) - 9.0386806729e-7 * std::sin(2 * lambda)));
}

TEST(Trajectory, StateVectorKeepsItsJacobiIntegral)
{
    // In the rotating frame v^2 / 2 - U - w^2 (x^2 + y^2) / 2 is constant: it holds only if the force is the gradient
    // of U.
    element_set set;
    set.epoch = *parse_utc("2026-08-22");
    set.orbit = ecef_state{ { 5000.0, 3000.0, 4500.0 }, { -4.1, 5.9, 1.9 }, 7200.0 };
    const earth_frame frame(set.epoch);
    const auto path = trajectory::create(set, frame);
    ASSERT_TRUE(path) << path.error().message;
    const auto jacobi = [&](double t) {
        const auto m = path->at(t);
        const vec3 r = frame.to_ecef(m->position_m, t);
        const vec3 v = frame.velocity_to_ecef(m->position_m, m->velocity_m_s, t);
        return 0.5 * dot(v, v) - potential(r) - 0.5 * k_earth_rate * k_earth_rate * (r[0] * r[0] + r[1] * r[1]);
    };
    const double at_epoch = jacobi(0.0);
    for (double t = -7200.0; t <= 7200.0; t += 613.0) EXPECT_NEAR(jacobi(t) / at_epoch, 1.0, 5e-11) << t;
}

TEST(Trajectory, StateVectorFollowsSgp4ForItsValidity)
{
    const element_set set = first_satellite();
    const utc_time t = set.epoch.plus_seconds(3600);
    const earth_frame frame(t);
    const auto exact = trajectory::create(set, frame);
    const auto broadcast = trajectory::create(broadcast_of(set, t, 900.0), frame);
    ASSERT_TRUE(exact);
    ASSERT_TRUE(broadcast) << broadcast.error().message;
    EXPECT_LT(norm(minus(exact->at(0.0)->position_m, broadcast->at(0.0)->position_m)), 1e-6);
    EXPECT_LT(norm(minus(exact->at(0.0)->velocity_m_s, broadcast->at(0.0)->velocity_m_s)), 1e-6);
    for (const double s : { -900.0, -300.0, 60.0, 300.0, 900.0 }) {
        // SGP4's own velocity is off by centimetres a second, and its gravity ends at J4 averaged.
        EXPECT_LT(norm(minus(exact->at(s)->position_m, broadcast->at(s)->position_m)), 0.05 * std::fabs(s) + 1.0) << s;
    }
    EXPECT_FALSE(broadcast->at(900.001));
    EXPECT_FALSE(broadcast->at(-900.001));
    EXPECT_FALSE(broadcast->at(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(exact->at(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_NE(broadcast->why_not(901.0).find("no longer valid"), std::string::npos);
}

TEST(Trajectory, InterpolationIsSmooth)
{
    const element_set set = first_satellite();
    const utc_time t = set.epoch;
    const earth_frame frame(t);
    const auto path = trajectory::create(broadcast_of(set, t, 300.0), frame);
    ASSERT_TRUE(path);
    // Velocity is the derivative of position inside and across the knots.
    for (double s = -250.0; s < 250.0; s += 3.7) {
        const double h = 0.01;
        const vec3 numeric = scaled(minus(path->at(s + h)->position_m, path->at(s - h)->position_m), 0.5 / h);
        EXPECT_LT(norm(minus(numeric, path->at(s)->velocity_m_s)), 1e-5) << s;
    }
    EXPECT_LT(norm(minus(path->at(10.0 - 1e-9)->position_m, path->at(10.0 + 1e-9)->position_m)), 1e-4);
}

TEST(Trajectory, RefusesWhatIsNoState)
{
    const earth_frame frame(*parse_utc("2026-08-22"));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const ecef_state& bad : { ecef_state{ { nan, 0, 0 }, { 0, 7.5, 0 }, 900 },
                                   ecef_state{ { 7e6, 0, 0 }, { 0, 7500, 0 }, 900 },
                                   ecef_state{ { 7000, 0, 0 }, { 0, nan, 0 }, 900 },
                                   ecef_state{ { 100, 0, 0 }, { 0, 7.5, 0 }, 900 },
                                   ecef_state{ { 7000, 0, 0 }, { 0, 7.5, 0 }, nan },
                                   ecef_state{ { 7000, 0, 0 }, { 0, 7.5, 0 }, 1e9 },
                                   ecef_state{ { 7000, 0, 0 }, { 0, 7.5, 0 }, -1 } }) {
        element_set set;
        set.epoch = frame.origin();
        set.orbit = bad;
        const auto r = trajectory::create(set, frame);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, error_code::invalid_argument);
    }
}

} // namespace
