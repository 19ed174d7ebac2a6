// SPDX-License-Identifier: GPL-3.0-or-later
// Agreement with an independent engine is tested by tests/vectors/doppler/reference_engine.py; here are the contracts.
#include <spacesail/base/units.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <gtest/gtest.h>

#include <alloc_guard.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::doppler;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_carrier_hz = 12.7e9;

orbit::element_set first_satellite()
{
    return orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")
        ->sets[0];
}

/// An orbit at 500 km, the fastest the engine is meant for.
orbit::element_set low_satellite()
{
    auto set = first_satellite();
    set.mean()->mean_motion_rev_day = 15.22;
    set.mean()->inclination_deg = 53.0;
    return set;
}

const orbit::site k_shanghai(orbit::geodetic{ 31.2, 121.5, 20.0 });

/// The highest pass of a day: origin at its culmination.
utc_time best_culmination(const orbit::element_set& set)
{
    orbit::pass_query query;
    query.start = set.epoch;
    utc_time best = set.epoch;
    double highest = 0.0;
    for (const orbit::pass& p : orbit::find_passes(std::span(&set, 1), k_shanghai, query).passes) {
        if (p.at_culmination.elevation_deg > highest) {
            highest = p.at_culmination.elevation_deg;
            best = p.culmination;
        }
    }
    EXPECT_GT(highest, 40.0);
    return best;
}

TEST(DelayEngine, DerivativesBelongToTheDelay)
{
    const auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, best_culmination(set));
    ASSERT_TRUE(engine);
    for (double t = -400.0; t <= 400.0; t += 37.0) {
        for (const bool down : { true, false }) {
            const auto tau = [&](double x) { return down ? *engine->tau_down(x) : *engine->tau_up(x); };
            const auto s = down ? engine->down(t) : engine->up(t);
            ASSERT_TRUE(s);
            EXPECT_DOUBLE_EQ(s->delay_s, tau(t));
            EXPECT_NEAR(s->delay_rate, (tau(t - 1) * -0.5 + tau(t + 1) * 0.5), 1e-9) << "second order difference";
            EXPECT_NEAR(s->delay_rate_per_s, tau(t + 1) - 2 * tau(t) + tau(t - 1), 1e-11);
            EXPECT_NEAR(s->look.range_m, s->delay_s * k_speed_of_light_m_s, 1e-6);
            EXPECT_NEAR(s->doppler_hz(k_carrier_hz), -k_carrier_hz * s->range_rate_m_s / k_speed_of_light_m_s, 1e-6);
        }
    }
    // Design range at 1070 km: +-227.5 kHz at 12 GHz and elevation 25 degrees and above.
    const auto rising = engine->down(-250.0);
    EXPECT_GT(rising->doppler_hz(12e9), 150e3);
    EXPECT_LT(std::fabs(rising->doppler_hz(12e9)), 270e3);
    EXPECT_LT(engine->down(250.0)->doppler_hz(12e9), -150e3);
}

TEST(DelayEngine, UpAndDownAreTheSamePathsSeenFromBothEnds)
{
    const auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, best_culmination(set));
    ASSERT_TRUE(engine);
    for (double t = -300.0; t <= 300.0; t += 75.0) {
        const double down = *engine->tau_down(t);
        const double up = *engine->tau_up(t);
        // The two differ by 2 tau d|r_sat|/dt of the satellite's part: up to 0.3 us here.
        const double rate = engine->down(t)->delay_rate;
        EXPECT_LT(std::fabs(up - down), 4e-7);
        EXPECT_NEAR(up - down, 2.0 * down * rate, 0.1 * std::fabs(2.0 * down * rate) + 3e-8) << t;
    }
}

TEST(DelayEngine, InTrackBiasIsAShiftAlongTheOrbit)
{
    const auto set = first_satellite();
    const utc_time t = best_culmination(set);
    auto engine = *delay_engine::create(set, k_shanghai, t);
    const auto plain = engine.down(0.0);
    engine.set_in_track_bias_m(1000.0);
    EXPECT_EQ(engine.in_track_bias_m(), 1000.0);
    const auto moved = engine.down(0.0);
    EXPECT_NEAR(orbit::norm(orbit::minus(moved->satellite_ecef_m, plain->satellite_ecef_m)), 1000.0, 2.0);
    // 1 km in track is about 212 Hz at 12 GHz at the culmination of an overhead pass from 1160 km.
    const double shift_hz = std::fabs(moved->doppler_hz(12e9) - plain->doppler_hz(12e9));
    EXPECT_GT(shift_hz, 100.0);
    EXPECT_LT(shift_hz, 260.0);
    // Negative control: the same elements one epoch later by bias / v give the same place.
    auto earlier = set;
    const double speed = orbit::norm(engine.trajectory().at(0.0)->velocity_m_s);
    earlier.epoch.ns -= std::llround(1e9 * 1000.0 / speed);
    const auto same = delay_engine::create(earlier, k_shanghai, t)->down(0.0);
    EXPECT_NEAR(same->delay_s, moved->delay_s, 1e-12);
}

TEST(DelayEngine, TroposphereAtKnownElevations)
{
    // Zenith delay at sea level in a standard atmosphere: 2.307 m dry (0.002277 * 1013.25) and 5 to 15 cm wet.
    EXPECT_NEAR(standard_troposphere_m(1.0, 0.0), 2.40, 0.07);
    EXPECT_LT(standard_troposphere_m(1.0, 3000.0), 1.75);
    // Below 6 degrees the slant path is roughly ten zenith paths at 5 degrees (Chao, Niell: 10.15).
    EXPECT_NEAR(
        standard_troposphere_m(std::sin(5.0 * k_pi / 180.0), 0.0) / standard_troposphere_m(1.0, 0.0), 10.15, 0.25);
    double before = 1e9;
    for (double e = -5.0; e <= 90.0; e += 0.5) {
        const double d = standard_troposphere_m(std::sin(e * k_pi / 180.0), 0.0);
        EXPECT_TRUE(std::isfinite(d));
        EXPECT_LE(d, before + 1e-12);
        before = d;
    }
    const auto set = first_satellite();
    const utc_time t = best_culmination(set);
    delay_options wet;
    wet.air = troposphere::standard;
    const auto with = delay_engine::create(set, k_shanghai, t, wet)->down(-300.0);
    const auto without = delay_engine::create(set, k_shanghai, t)->down(-300.0);
    const double extra_m = (with->delay_s - without->delay_s) * k_speed_of_light_m_s;
    EXPECT_NEAR(extra_m, standard_troposphere_m(std::sin(deg_to_rad(without->look.elevation_deg)), 20.0), 1e-3);
    EXPECT_EQ(with->look.range_m, without->look.range_m);
    const double shift_hz = std::fabs(with->doppler_hz(12e9) - without->doppler_hz(12e9));
    EXPECT_GT(shift_hz, 0.05) << "about 1 Hz at low elevation";
    EXPECT_LT(shift_hz, 3.0);
}

TEST(DelayEngine, MovingSite)
{
    // 250 m/s eastwards changes the range rate by its component along the line of sight.
    const auto set = first_satellite();
    const utc_time t = best_culmination(set);
    const orbit::geodetic a = { 31.2, 121.5, 1000.0 };
    const orbit::vec3 here = orbit::to_ecef_m(a);
    const double metres_per_degree = orbit::norm(orbit::minus(orbit::to_ecef_m({ 31.2, 121.51, 1000.0 }), here)) / 0.01;
    std::vector<orbit::waypoint> journey;
    for (int k = -4; k <= 4; ++k)
        journey.push_back({ t.plus_seconds(30.0 * k), { 31.2, 121.5 + 250.0 * 30.0 * k / metres_per_degree, 1000.0 } });
    const auto moving =
        delay_engine::create(set, orbit::site{ std::span<const orbit::waypoint>(journey) }, t)->down(0.0);
    const auto still = delay_engine::create(set, orbit::site(a), t)->down(0.0);
    EXPECT_NEAR(moving->delay_s, still->delay_s, 1e-12);
    const double along =
        std::sin(deg_to_rad(still->look.azimuth_deg)) * std::cos(deg_to_rad(still->look.elevation_deg));
    EXPECT_NEAR(moving->range_rate_m_s - still->range_rate_m_s, -250.0 * along, 0.1);
}

TEST(DelayEngine, UnknownOrbitsAndTimes)
{
    auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, set.epoch);
    ASSERT_TRUE(engine);
    EXPECT_FALSE(engine->tau_down(k_nan));
    EXPECT_FALSE(engine->up(k_nan));
    EXPECT_FALSE(engine->tau_down(std::numeric_limits<double>::infinity()));
    set.mean()->eccentricity = k_nan;
    EXPECT_FALSE(delay_engine::create(set, k_shanghai, set.epoch));
    delay_options bad;
    bad.orientation.ut1_minus_utc_s = k_nan;
    EXPECT_THROW((void)delay_engine::create(first_satellite(), k_shanghai, set.epoch, bad), std::invalid_argument);
    orbit::element_set state = first_satellite();
    state.orbit = orbit::ecef_state{ { 7446.0, 0.0, 0.0 }, { 0.0, 1.0, 7.2 }, 60.0 };
    const auto broadcast = delay_engine::create(state, k_shanghai, state.epoch);
    ASSERT_TRUE(broadcast);
    EXPECT_TRUE(broadcast->down(50.0));
    EXPECT_FALSE(broadcast->down(61.0));
}

TEST(OrbitDelaySource, StaysWithinAFemtosecondScaleOfTheEngine)
{
    for (const auto& set : { first_satellite(), low_satellite() }) {
        const auto engine = delay_engine::create(set, k_shanghai, best_culmination(set));
        ASSERT_TRUE(engine);
        for (const link_direction direction : { link_direction::down, link_direction::up }) {
            orbit_delay_source source(*engine, direction, sample_clock(50e6, engine->origin()));
            double worst_s = 0.0;
            double worst_step_s = 0.0;
            for (double t = -300.0; t < 300.0; t += 0.3171) {
                const delay_polynomial* p = source.segment_at(t);
                ASSERT_NE(p, nullptr);
                ASSERT_TRUE(p->covers(t));
                const double exact = direction == link_direction::down ? *engine->tau_down(t) : *engine->tau_up(t);
                worst_s = std::max(worst_s, std::fabs(p->delay_s(t) - exact));
                const delay_polynomial here = *p;
                const double next = source.segment_at(here.t_end_s)->delay_s(here.t_end_s);
                worst_step_s = std::max(worst_step_s, std::fabs(next - here.delay_s(here.t_end_s)));
            }
            // Asked for: 1 ps and 0.01 cycle at 12.7 GHz (0.8 ps).
            EXPECT_LT(worst_s, 2e-14);
            EXPECT_LT(worst_step_s, 2e-14);
            RecordProperty("worst_fs", std::to_string(worst_s * 1e15));
        }
    }
}

TEST(OrbitDelaySource, AnyOrderOfQuestionsGivesTheSamePolynomials)
{
    const auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, set.epoch);
    ASSERT_TRUE(engine);
    orbit_delay_source forward(*engine, link_direction::down, sample_clock(1e6, set.epoch));
    orbit_delay_source backward(*engine, link_direction::down, sample_clock(1e6, set.epoch));
    std::vector<double> seen;
    for (int k = -50; k < 50; ++k) seen.push_back(forward.segment_at(1.7 * k)->delay_s(1.7 * k));
    for (int k = 49; k >= -50; --k)
        EXPECT_EQ(backward.segment_at(1.7 * k)->delay_s(1.7 * k), seen[static_cast<std::size_t>(k + 50)]);
    EXPECT_EQ(forward.segment_at(k_nan), nullptr);
    EXPECT_EQ(forward.segment_at(std::numeric_limits<double>::infinity()), nullptr);
    EXPECT_NE(forward.segment_at(0.0), nullptr) << "goes on after a question without an answer";
}

TEST(OrbitDelaySource, FollowsTheStreamsAnchor)
{
    const auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, set.epoch);
    ASSERT_TRUE(engine);
    const utc_time anchor = { set.epoch.ns + 1234'567'890'123 };
    orbit_delay_source source(*engine, link_direction::down, sample_clock(1e6, anchor, 777));
    const double t = 3.25;
    EXPECT_NEAR(source.segment_at(t)->delay_s(t), *engine->tau_down(1234.567890123 + t), 1e-14);
    source.set_stream(sample_clock(1e6, set.epoch));
    EXPECT_NEAR(source.segment_at(t)->delay_s(t), *engine->tau_down(t), 1e-14);
    const double before = source.segment_at(t)->delay_s(t);
    source.set_in_track_bias_m(5000.0);
    EXPECT_GT(std::fabs(source.segment_at(t)->delay_s(t) - before), 1e-9);
    EXPECT_THROW(orbit_delay_source(*engine, link_direction::up, sample_clock(1e6, anchor), 0.0),
                 std::invalid_argument);
    EXPECT_THROW(orbit_delay_source(*engine, link_direction::up, sample_clock(1e6, anchor), k_nan),
                 std::invalid_argument);
}

TEST(OrbitDelaySource, DoesNotAllocate)
{
    const auto set = first_satellite();
    const auto engine = delay_engine::create(set, k_shanghai, set.epoch);
    ASSERT_TRUE(engine);
    orbit_delay_source source(*engine, link_direction::down, sample_clock(1e6, set.epoch));
    const std::size_t before = spacesail::test::allocations();
    for (int k = 0; k < 100; ++k) ASSERT_NE(source.segment_at(10.0 * k), nullptr);
    EXPECT_EQ(spacesail::test::allocations(), before);
}

} // namespace
