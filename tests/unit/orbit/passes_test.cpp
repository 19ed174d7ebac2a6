// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>
#include <spacesail/orbit/trajectory.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

std::vector<element_set> load(const std::string& relative)
{
    auto file = load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/" + relative, checksum_policy::ignore);
    return file ? file->sets : std::vector<element_set>{};
}

pass_query day_of(const char* start)
{
    pass_query q;
    q.start = *parse_utc(start);
    return q;
}

std::size_t commas(const std::string& s) { return static_cast<std::size_t>(std::count(s.begin(), s.end(), ',')); }

const site k_shanghai(geodetic{ 31.2, 121.5, 20.0 });

TEST(Passes, BelongToTheirSatellitesAndStandAboveTheMask)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    auto query = day_of("2026-08-22T12:00:00Z");
    query.duration_s = 6 * 3600.0;
    const pass_list list = find_passes(sets, k_shanghai, query);
    ASSERT_GT(list.passes.size(), 100U);
    EXPECT_TRUE(list.skipped.empty());
    EXPECT_TRUE(std::is_sorted(
        list.passes.begin(), list.passes.end(), [](const pass& a, const pass& b) { return a.aos < b.aos; }));
    std::size_t flagged = 0;
    for (const pass& p : list.passes) {
        EXPECT_EQ(p.norad_id, sets[p.satellite].norad_id);
        EXPECT_LE(p.aos, p.culmination);
        EXPECT_LE(p.culmination, p.los);
        EXPECT_GE(p.at_culmination.elevation_deg, query.min_elevation_deg - 1e-6);
        EXPECT_LT(p.duration_s(), 16 * 60.0);
        if (p.begins == pass_end::horizon) {
            EXPECT_NEAR(p.at_aos.elevation_deg, 10.0, 1e-3);
        }
        if (p.ends == pass_end::horizon) {
            EXPECT_NEAR(p.at_los.elevation_deg, 10.0, 1e-3);
        }
        if (p.begins == pass_end::horizon && p.ends == pass_end::horizon) {
            // On a nearly circular orbit the closest approach is within seconds of the culmination.
            EXPECT_LT(std::fabs(p.tca.seconds_since(p.culmination)), 15.0);
        }
        flagged += p.flags.empty() ? 0U : 1U;
        EXPECT_EQ(commas(pass_csv_row(p)), commas(pass_csv_header()));
    }
    EXPECT_GT(flagged, 0U) << "manoeuvring satellites are marked";
    EXPECT_LT(flagged, list.passes.size() / 2);
}

TEST(Passes, AShorterGridFindsNoMore)
{
    // Masks just below the culmination make passes of a few seconds, far shorter than the grid.
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    auto query = day_of("2026-08-22T12:00:00Z");
    const auto one = std::span(sets).first(1);
    const pass_list all = find_passes(one, k_shanghai, query);
    ASSERT_FALSE(all.passes.empty());
    for (const pass& p : all.passes) {
        if (p.begins != pass_end::horizon || p.ends != pass_end::horizon) continue;
        auto high = query;
        high.min_elevation_deg = p.at_culmination.elevation_deg - 0.001;
        const pass_list found = find_passes(one, k_shanghai, high);
        const auto same = std::find_if(found.passes.begin(), found.passes.end(), [&](const pass& x) {
            return x.aos <= p.culmination && x.los >= p.culmination;
        });
        ASSERT_NE(same, found.passes.end()) << "lost at " << high.min_elevation_deg;
        EXPECT_LT(same->duration_s(), 20.0);
    }
}

TEST(Passes, ThePolesSeeEveryPolarOrbit)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    auto query = day_of("2026-08-22T12:00:00Z");
    query.duration_s = 4 * 6400.0;
    for (const double pole : { 90.0, -90.0 }) {
        const pass_list list = find_passes(std::span(sets).first(1), site(geodetic{ pole, 0.0, 0.0 }), query);
        // 13.51 revolutions a day: four in 7.1 hours, every one over the pole.
        EXPECT_EQ(list.passes.size(), 4U);
        for (const pass& p : list.passes) {
            EXPECT_GT(p.at_culmination.elevation_deg, 75.0);
            EXPECT_TRUE(std::isfinite(p.at_aos.azimuth_deg));
        }
    }
}

TEST(Passes, DecayedAndBrokenSatellitesAreSkippedWithAReason)
{
    auto sets = load("tests/vectors/orbit/data/SGP4-VER.TLE");
    auto query = day_of("2006-06-20T00:00:00Z");
    query.duration_s = 3600.0;
    sets[2].mean()->eccentricity = std::numeric_limits<double>::quiet_NaN();
    const pass_list list = find_passes(sets, k_shanghai, query);
    const auto skipped = [&](std::uint32_t id) {
        return std::any_of(list.skipped.begin(), list.skipped.end(), [&](const skipped_satellite& s) {
            return sets[s.satellite].norad_id == id && !s.reason.empty();
        });
    };
    EXPECT_TRUE(skipped(28872)) << "decayed in November 2005";
    EXPECT_TRUE(skipped(33334)) << "no orbit at its epoch";
    EXPECT_TRUE(skipped(sets[2].norad_id)) << "NaN";
    EXPECT_FALSE(skipped(28057));
}

TEST(Passes, DecayInsideTheSpanEndsThePasses)
{
    // 28872 decays 50 to 55 minutes after its epoch (AIAA 2006-6753); a site under its last point sees the pass break
    // off.
    auto sets = load("tests/vectors/orbit/data/SGP4-VER.TLE");
    const auto falling =
        std::find_if(sets.begin(), sets.end(), [](const element_set& s) { return s.norad_id == 28872; });
    ASSERT_NE(falling, sets.end());
    const earth_frame frame(falling->epoch);
    const auto path = trajectory::create(*falling, frame);
    ASSERT_TRUE(path);
    double last = 50 * 60.0;
    while (path->at(last)) last += 1.0;
    geodetic below = to_geodetic(frame.to_ecef(path->at(last - 1.0)->position_m, last - 1.0));
    below.height_m = 0.0;
    pass_query query;
    query.start = falling->epoch;
    query.duration_s = 7200.0;
    const pass_list list = find_passes(std::span(&*falling, 1), site(below), query);
    ASSERT_EQ(list.passes.size(), 1U);
    EXPECT_EQ(list.passes[0].ends, pass_end::orbit_unknown);
    EXPECT_NEAR(list.passes[0].los.seconds_since(query.start), last, 1.5);
}

TEST(Passes, AStateVectorIsKnownForItsValidityOnly)
{
    element_set set;
    set.name = "BROADCAST";
    set.epoch = *parse_utc("2026-08-22T12:00:00Z");
    // Over the site, flying north.
    const vec3 r = scaled(to_ecef_m({ 31.2, 121.5, 20.0 }), 7446.6e3 / norm(to_ecef_m({ 31.2, 121.5, 20.0 })));
    const vec3 north = { -std::sin(0.5445) * std::cos(2.1206), -std::sin(0.5445) * std::sin(2.1206), std::cos(0.5445) };
    ecef_state s;
    for (std::size_t i = 0; i < 3; ++i) {
        s.position_km[i] = r[i] / 1e3;
        s.velocity_km_s[i] = 7.3 * north[i];
    }
    s.validity_s = 120.0;
    set.orbit = s;
    pass_query query;
    query.start = set.epoch.plus_seconds(-3600);
    query.duration_s = 7200;
    const pass_list list = find_passes(std::span(&set, 1), k_shanghai, query);
    ASSERT_EQ(list.passes.size(), 1U);
    EXPECT_EQ(list.passes[0].begins, pass_end::orbit_unknown);
    EXPECT_EQ(list.passes[0].ends, pass_end::orbit_unknown);
    EXPECT_NEAR(list.passes[0].aos.seconds_since(set.epoch), -120.0, 0.05);
    EXPECT_NEAR(list.passes[0].los.seconds_since(set.epoch), 120.0, 0.05);
    EXPECT_GT(list.passes[0].at_culmination.elevation_deg, 85.0);
}

TEST(Passes, AGeostationarySatelliteIsOnePassCutByTheSpan)
{
    element_set set;
    set.name = "GEO";
    set.epoch = *parse_utc("2026-08-22T12:00:00Z");
    mean_elements m;
    m.mean_motion_rev_day = 1.0027379;
    m.inclination_deg = 0.05;
    m.eccentricity = 1e-4;
    m.mean_anomaly_deg = 105.0 + gmst_rad(set.epoch) * 180.0 / 3.14159265358979323846;
    m.mean_anomaly_deg = std::fmod(m.mean_anomaly_deg, 360.0);
    set.orbit = m;
    pass_query query;
    query.start = set.epoch;
    const pass_list list = find_passes(std::span(&set, 1), k_shanghai, query);
    ASSERT_EQ(list.passes.size(), 1U);
    EXPECT_EQ(list.passes[0].begins, pass_end::span);
    EXPECT_EQ(list.passes[0].ends, pass_end::span);
    EXPECT_EQ(list.passes[0].aos, query.start);
    EXPECT_NEAR(list.passes[0].duration_s(), 86400.0, 1e-3);
}

TEST(Passes, ElementsYearsAwayAreFlagged)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    for (const char* start : { "2016-08-22", "2036-08-22" }) {
        auto query = day_of(start);
        query.duration_s = 7200;
        const pass_list list = find_passes(std::span(sets).first(20), k_shanghai, query);
        for (const pass& p : list.passes)
            EXPECT_NE(std::find(p.flags.begin(), p.flags.end(), element_flag::stale), p.flags.end());
    }
}

TEST(Passes, RefusesImpossibleQueries)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : { 0.0, -1.0, nan, 1e9 }) {
        auto query = day_of("2026-08-22");
        query.duration_s = bad;
        EXPECT_THROW((void)find_passes(sets, k_shanghai, query), std::invalid_argument);
    }
    for (const double bad : { -6.0, 90.0, nan }) {
        auto query = day_of("2026-08-22");
        query.min_elevation_deg = bad;
        EXPECT_THROW((void)find_passes(sets, k_shanghai, query), std::invalid_argument);
    }
    EXPECT_TRUE(find_passes({}, k_shanghai, day_of("2026-08-22")).passes.empty());
}

} // namespace
