// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/site.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

TEST(Site, EcefOfKnownPlaces)
{
    // WGS84: a = 6378137 m, b = 6356752.314245 m.
    EXPECT_NEAR(to_ecef_m({ 0, 0, 0 })[0], 6378137.0, 1e-9);
    EXPECT_NEAR(to_ecef_m({ 0, 90, 100 })[1], 6378237.0, 1e-8);
    EXPECT_NEAR(to_ecef_m({ 90, 33, 0 })[2], 6356752.314245, 1e-6);
    // erfa.gd2gc(1, radians(121.5), radians(31.2), 20.0), pyerfa 2.0.0.1
    const vec3 r = to_ecef_m({ 31.2, 121.5, 20.0 });
    EXPECT_NEAR(r[0], -2853131.9096502317, 1e-6);
    EXPECT_NEAR(r[1], 4655888.120363717, 1e-6);
    EXPECT_NEAR(r[2], 3284890.9367366903, 1e-6);
}

TEST(Site, GeodeticAndBack)
{
    rng random(1);
    for (int k = 0; k < 2000; ++k) {
        const geodetic g = { 180.0 * random.uniform() - 90.0,
                             360.0 * random.uniform() - 180.0,
                             2e6 * random.uniform() - 1000.0 };
        const geodetic back = to_geodetic(to_ecef_m(g));
        EXPECT_NEAR(back.latitude_deg, g.latitude_deg, 1e-9);
        EXPECT_NEAR(back.longitude_deg, g.longitude_deg, 1e-9);
        EXPECT_NEAR(back.height_m, g.height_m, 1e-5);
    }
    for (const double pole : { 90.0, -90.0 }) {
        const geodetic back = to_geodetic(to_ecef_m({ pole, 0.0, 1234.0 }));
        EXPECT_NEAR(back.latitude_deg, pole, 1e-9);
        EXPECT_NEAR(back.height_m, 1234.0, 1e-6);
    }
    EXPECT_TRUE(std::isfinite(to_geodetic({ 0.0, 0.0, 0.0 }).height_m));
}

TEST(Site, ParsesAndRefuses)
{
    EXPECT_EQ(*parse_site("31.2,121.5,20"), (geodetic{ 31.2, 121.5, 20.0 }));
    EXPECT_EQ(*parse_site(" -90 , 0 "), (geodetic{ -90.0, 0.0, 0.0 }));
    for (const char* bad : { "", "1", "1,2,3,4", "a,b,c", "1,,2", "nan,0,0" })
        EXPECT_EQ(parse_site(bad).error().code, error_code::parse) << bad;
    for (const char* bad : { "91,0,0", "0,361,0", "0,0,1e6" })
        EXPECT_EQ(parse_site(bad).error().code, error_code::invalid_argument) << bad;
    EXPECT_THROW(site(geodetic{ k_nan, 0, 0 }), std::invalid_argument);
    EXPECT_THROW(site(geodetic{ 0, k_nan, 0 }), std::invalid_argument);
    EXPECT_THROW(site(geodetic{ 0, 0, k_nan }), std::invalid_argument);
    EXPECT_THROW(site(std::span<const waypoint>{}), std::invalid_argument);
    const utc_time t = *parse_utc("2026-08-22");
    const waypoint twice[] = { { t, {} }, { t, {} } };
    EXPECT_THROW(site(std::span<const waypoint>(twice)), std::invalid_argument);
}

TEST(Site, LooksEastNorthUp)
{
    const geodetic place = { 48.0, 11.0, 500.0 };
    const local_frame frame(place);
    const vec3 here = to_ecef_m(place);
    const look_angle up = frame.look(minus(to_ecef_m({ 48.0, 11.0, 1500.0 }), here));
    EXPECT_NEAR(up.elevation_deg, 90.0, 1e-6);
    EXPECT_NEAR(up.range_m, 1000.0, 1e-6);
    EXPECT_NEAR(frame.look(minus(to_ecef_m({ 48.001, 11.0, 500.0 }), here)).azimuth_deg, 0.0, 1e-6);
    EXPECT_NEAR(frame.look(minus(to_ecef_m({ 48.0, 11.001, 500.0 }), here)).azimuth_deg, 90.0, 1e-3);
    EXPECT_NEAR(frame.look(minus(to_ecef_m({ 47.999, 11.0, 500.0 }), here)).azimuth_deg, 180.0, 1e-6);
    EXPECT_NEAR(frame.look(minus(to_ecef_m({ 48.0, 10.999, 500.0 }), here)).azimuth_deg, 270.0, 1e-3);
    // At the north pole north is away from the meridian given: a satellite over longitude 0 stands south.
    const geodetic pole = { 90.0, 0.0, 0.0 };
    const look_angle over_greenwich = local_frame(pole).look(minus(to_ecef_m({ 80.0, 0.0, 1e6 }), to_ecef_m(pole)));
    EXPECT_NEAR(over_greenwich.azimuth_deg, 180.0, 1e-9);
    const look_angle over_90_east = local_frame(pole).look(minus(to_ecef_m({ 80.0, 90.0, 1e6 }), to_ecef_m(pole)));
    EXPECT_NEAR(over_90_east.azimuth_deg, 90.0, 1e-9);
}

TEST(Site, JourneyPassesItsWaypointsSmoothly)
{
    const utc_time t = *parse_utc("2026-08-22");
    const waypoint journey[] = { { t, { 30.0, 120.0, 0.0 } },
                                 { t.plus_seconds(60), { 30.01, 120.0, 50.0 } },
                                 { t.plus_seconds(200), { 30.03, 120.01, 20.0 } } };
    const site moving{ std::span<const waypoint>(journey) };
    EXPECT_FALSE(moving.is_fixed());
    for (const waypoint& w : journey) {
        EXPECT_LT(norm(minus(moving.ecef_m(t, w.time.seconds_since(t)), to_ecef_m(w.place))), 1e-8);
    }
    EXPECT_EQ(moving.ecef_m(t, -5.0), to_ecef_m(journey[0].place)) << "rests before";
    EXPECT_EQ(moving.ecef_m(t, 500.0), to_ecef_m(journey[2].place)) << "rests after";
    // The velocity has no step at the middle waypoint; another origin changes nothing.
    const double h = 1e-3;
    const vec3 before = minus(moving.ecef_m(t, 60.0), moving.ecef_m(t, 60.0 - h));
    const vec3 after = minus(moving.ecef_m(t, 60.0 + h), moving.ecef_m(t, 60.0));
    EXPECT_LT(norm(minus(after, before)) / h, 1e-2);
    EXPECT_LT(norm(minus(moving.ecef_m(t, 90.0), moving.ecef_m(t.plus_seconds(30), 60.0))), 1e-9);
}

TEST(EarthFrame, TurnsBackAndForth)
{
    const utc_time t = *parse_utc("2026-08-22T05:56:31Z");
    const earth_frame frame(t, { 0.1, 0.2, 0.4 });
    const vec3 r = { 7e6, -1e6, 2e6 };
    EXPECT_LT(norm(minus(frame.to_teme(frame.to_ecef(r, 1234.5), 1234.5), r)), 1e-8);
    EXPECT_NEAR(frame.angle_rad(0.0), gmst_rad(t, 0.1), 1e-15);
    EXPECT_NEAR(std::remainder(frame.angle_rad(86400.0) - gmst_rad(*parse_utc("2026-08-23T05:56:31Z"), 0.1),
                               2.0 * 3.14159265358979323846),
                0.0,
                1e-12);
    // A point resting on the Earth has no velocity there.
    const vec3 fixed = { 6378137.0, 0.0, 0.0 };
    const double h = 0.5;
    const vec3 v = scaled(minus(frame.to_teme(fixed, 100.0 + h), frame.to_teme(fixed, 100.0 - h)), 0.5 / h);
    EXPECT_LT(norm(frame.velocity_to_ecef(frame.to_teme(fixed, 100.0), v, 100.0)), 1e-6);
    for (const double bad : { 1.0, -1.0, k_nan }) {
        EXPECT_THROW(earth_frame(t, { bad, 0.0, 0.0 }), std::invalid_argument);
        EXPECT_THROW(earth_frame(t, { 0.0, bad, 0.0 }), std::invalid_argument);
        EXPECT_THROW(earth_frame(t, { 0.0, 0.0, bad }), std::invalid_argument);
    }
}

} // namespace
