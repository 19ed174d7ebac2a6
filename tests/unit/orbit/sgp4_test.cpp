// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/leap_seconds.hpp>
#include <spacesail/orbit/sgp4.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

element_set low_orbit()
{
    element_set set;
    set.name = "LOW";
    set.epoch = *parse_utc("2016-12-31T12:00:00Z");
    mean_elements m;
    m.mean_motion_rev_day = 13.51;
    m.eccentricity = 0.001;
    m.inclination_deg = 88.97;
    m.bstar_per_earth_radius = 1e-5;
    set.orbit = m;
    return set;
}

TEST(LeapSeconds, TableAndElapsedTime)
{
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("1972-06-30T23:59:59Z")), 10);
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("1972-07-01")), 11);
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("1999-01-01")), 32);
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("2016-12-31T23:59:59Z")), 36);
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("2017-01-01")), 37);
    EXPECT_EQ(tai_minus_utc_s(*parse_utc("2026-08-22")), 37);
    EXPECT_EQ(elapsed_s(*parse_utc("2016-12-31T23:59:59Z"), *parse_utc("2017-01-01T00:00:00Z")), 2.0);
}

TEST(Sgp4, ALeapSecondBetweenEpochAndTimeCounts)
{
    const auto model = sgp4::create(low_orbit());
    ASSERT_TRUE(model);
    EXPECT_DOUBLE_EQ(model->minutes_since_epoch(*parse_utc("2017-01-01T12:00:00Z")), 1440.0 + 1.0 / 60.0);
    EXPECT_DOUBLE_EQ(model->minutes_since_epoch(*parse_utc("2016-12-31T11:59:00Z")), -1.0);
}

TEST(Sgp4, RefusesWhatIsNoOrbit)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (auto change : std::initializer_list<void (*)(mean_elements&, double)>{
             [](mean_elements&m, double v) { m.eccentricity = v; },
             [](mean_elements&m, double v) { m.mean_motion_rev_day = v; },
             [](mean_elements&m, double v) { m.raan_deg = v; },
             [](mean_elements&m, double v) { m.bstar_per_earth_radius = v; } }) {
        element_set set = low_orbit();
        change(*set.mean(), nan);
        const auto r = sgp4::create(set);
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, error_code::invalid_argument);
        EXPECT_NE(r.error().message.find("LOW"), std::string::npos);
    }
    element_set hyperbola = low_orbit();
    hyperbola.mean()->eccentricity = 1.0;
    EXPECT_FALSE(sgp4::create(hyperbola));
    element_set still = low_orbit();
    still.mean()->mean_motion_rev_day = 0.0;
    EXPECT_FALSE(sgp4::create(still));
    element_set state = low_orbit();
    state.orbit = ecef_state{};
    EXPECT_EQ(sgp4::create(state).error().code, error_code::unsupported);
}

TEST(Sgp4, TimesThatAreNoTimesGiveAnError)
{
    const auto model = sgp4::create(low_orbit());
    ASSERT_TRUE(model);
    for (const double t : { std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity() }) {
        const auto r = model->propagate(t);
        EXPECT_NE(r.error, sgp4_error::none) << t;
        EXPECT_TRUE(std::isnan(r.state.position_km[0]));
    }
}

TEST(EarthRotation, KnownSiderealTimes)
{
    // erfa.gmst82(day, fraction), pyerfa 2.0.0.1
    EXPECT_NEAR(gmst_rad(*parse_utc("1992-08-20T12:14:00Z")), 2.663002216713352, 1e-12);
    EXPECT_NEAR(gmst_rad(*parse_utc("2026-08-22T05:56:31Z")), 1.0417851181796536, 1e-12);
    EXPECT_NEAR(gmst_rad(*parse_utc("1957-10-04T00:00:01Z")), 0.2167494302354811, 1e-12);
    EXPECT_NEAR(gmst_rad(*parse_utc("2050-01-01T23:59:59Z")), 1.7772201081287378, 1e-12);
    // At J2000.0 the polynomial's first term is all there is: 67310.54841 s of a turn of 86400 s, less half a turn for
    // noon.
    const double at_noon = 67310.54841 / 86400.0 * 2.0 * 3.14159265358979323846;
    EXPECT_NEAR(gmst_rad(*parse_utc("2000-01-01T12:00:00Z")), at_noon, 1e-12);
    const utc_time t = *parse_utc("2026-08-22T05:56:31Z");
    EXPECT_NEAR((gmst_rad(t, 10.0) - gmst_rad(t)) / 10.0, k_gmst_rate_rad_s, 1e-14);
}

} // namespace
