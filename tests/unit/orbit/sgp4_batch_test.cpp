// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/sgp4_batch.hpp>

#include <gtest/gtest.h>

#include <alloc_guard.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

std::vector<element_set> load(const std::string& relative)
{
    auto file = load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/" + relative, checksum_policy::ignore);
    return file ? file->sets : std::vector<element_set>{};
}

double difference_m(const sgp4_result& a, const sgp4_result& b)
{
    double worst = 0.0;
    for (std::size_t i = 0; i < 3; ++i)
        worst = std::max(worst, std::fabs(a.state.position_km[i] - b.state.position_km[i]));
    return 1e3 * worst;
}

double difference_m_s(const sgp4_result& a, const sgp4_result& b)
{
    double worst = 0.0;
    for (std::size_t i = 0; i < 3; ++i)
        worst = std::max(worst, std::fabs(a.state.velocity_km_s[i] - b.state.velocity_km_s[i]));
    return 1e3 * worst;
}

TEST(Sgp4Batch, EqualsTheScalarObjectOverSevenDays)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    const sgp4_batch batch(sets);
    ASSERT_EQ(batch.size(), sets.size());
    state_buffer states(batch.size());
    double worst_m = 0.0;
    double worst_m_s = 0.0;
    for (int hour = 0; hour <= 7 * 24; hour += 3) {
        const utc_time t = parse_utc("2026-08-22T17:00:00Z")->plus_seconds(3600.0 * hour + 0.123);
        batch.propagate(t, states.arrays());
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const sgp4_result scalar = batch.model(i).at(t);
            const sgp4_result one = states.at(i);
            ASSERT_EQ(one.error, scalar.error) << sets[i].name << " hour " << hour;
            if (one.error != sgp4_error::none) continue;
            worst_m = std::max(worst_m, difference_m(one, scalar));
            worst_m_s = std::max(worst_m_s, difference_m_s(one, scalar));
        }
    }
    EXPECT_LE(worst_m, 1e-5);
    EXPECT_LE(worst_m_s, 1e-8);
    RecordProperty("worst_um", std::to_string(worst_m * 1e6));
}

TEST(Sgp4Batch, EqualsTheScalarObjectOnTheVerificationSet)
{
    // Every kind of orbit: deep space, high eccentricity, decay. Low perigees and B* of 1 amplify rounding, hence 1 mm.
    const auto sets = load("tests/vectors/orbit/data/SGP4-VER.TLE");
    const sgp4_batch batch(sets);
    ASSERT_EQ(batch.size(), 33U);
    std::vector<double> minutes;
    for (int i = 0; i < 149; ++i) minutes.push_back(-1440.0 + 19.7 * i);
    state_buffer states(minutes.size());
    for (std::size_t s = 0; s < batch.size(); ++s) {
        batch.propagate_times(s, minutes, states.arrays());
        for (std::size_t i = 0; i < minutes.size(); ++i) {
            const sgp4_result scalar = batch.model(s).propagate(minutes[i]);
            const sgp4_result one = states.at(i);
            ASSERT_EQ(one.error, scalar.error) << sets[s].norad_id << " at " << minutes[i];
            if (one.error != sgp4_error::none) {
                EXPECT_TRUE(std::isnan(one.state.position_km[0]));
                continue;
            }
            // Past its decay an orbit can come out light years away, where both are rounding noise.
            const auto& r = scalar.state.position_km;
            if (std::hypot(r[0], r[1], r[2]) > 1e6) continue;
            EXPECT_LE(difference_m(one, scalar), 1e-3) << sets[s].norad_id << " at " << minutes[i];
        }
    }
}

TEST(Sgp4Batch, AnyNumberOfSatellitesAndInstants)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    const utc_time t = *parse_utc("2026-08-23");
    for (std::size_t n = 0; n <= 18; ++n) {
        const sgp4_batch batch{ std::span(sets).first(n) };
        state_buffer states(n + 1);
        std::fill(states.arrays().x_km.begin(), states.arrays().x_km.end(), -1.0);
        batch.propagate(t, states.arrays());
        for (std::size_t i = 0; i < n; ++i) EXPECT_LE(difference_m(states.at(i), batch.model(i).at(t)), 1e-5);
        EXPECT_EQ(states.arrays().x_km[n], -1.0) << "wrote past the end at n = " << n;
        if (n == 0) continue;
        std::vector<double> minutes(n, 10.0);
        batch.propagate_times(0, minutes, states.arrays());
        for (std::size_t i = 0; i < n; ++i) EXPECT_LE(difference_m(states.at(i), batch.model(0).propagate(10.0)), 1e-5);
        EXPECT_EQ(states.arrays().x_km[n], -1.0) << "wrote past the end at n = " << n;
    }
}

TEST(Sgp4Batch, LeavesOutWhatCannotBePropagatedAndSaysSo)
{
    auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    sets.resize(5);
    sets[1].orbit = ecef_state{};
    sets[3].mean()->eccentricity = std::numeric_limits<double>::quiet_NaN();
    const sgp4_batch batch(sets);
    ASSERT_EQ(batch.size(), 3U);
    EXPECT_EQ(batch.source_index(1), 2U);
    ASSERT_EQ(batch.refused().size(), 2U);
    EXPECT_EQ(batch.refused()[0].index, 1U);
    EXPECT_EQ(batch.refused()[1].why.code, error_code::invalid_argument);
}

TEST(Sgp4Batch, FarTimesComeFromTheScalarObject)
{
    // 40 years at 13.5 revolutions a day are 1.2e6 rad; drag is off so that the orbit still is one.
    auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    sets.resize(3);
    for (element_set& set : sets) set.mean()->bstar_per_earth_radius = 0.0;
    const sgp4_batch batch(sets);
    const std::vector<double> minutes = { 0.0, 40 * 365.25 * 1440.0, 1e9 };
    state_buffer states(3);
    batch.propagate_times(0, minutes, states.arrays());
    for (std::size_t i = 0; i < 3; ++i) {
        const auto scalar = batch.model(0).propagate(minutes[i]);
        EXPECT_EQ(states.at(i).error, scalar.error);
        EXPECT_LE(difference_m(states.at(i), scalar), 1e-5);
    }
    const utc_time t = *parse_utc("2066-08-22");
    batch.propagate(t, states.arrays());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_LE(difference_m(states.at(i), batch.model(i).at(t)), 1e-5);
}

TEST(Sgp4Batch, NanTimesGiveTheScalarsError)
{
    const auto sets = load("profiles/elements/qianfan_2026-08-22.tle");
    const sgp4_batch batch{ std::span(sets).first(3) };
    const std::vector<double> minutes = { 0.0, std::numeric_limits<double>::quiet_NaN(), 5.0 };
    state_buffer states(3);
    batch.propagate_times(0, minutes, states.arrays());
    EXPECT_EQ(states.at(0).error, sgp4_error::none);
    EXPECT_EQ(states.at(1).error, batch.model(0).propagate(minutes[1]).error);
    EXPECT_EQ(states.at(2).error, sgp4_error::none);
}

TEST(Sgp4Batch, DoesNotAllocate)
{
    const auto sets = load("tests/vectors/orbit/data/SGP4-VER.TLE");
    const sgp4_batch batch(sets);
    state_buffer states(batch.size());
    const auto out = states.arrays();
    batch.propagate(*parse_utc("2006-06-24"), out);
    const std::size_t before = spacesail::test::allocations();
    batch.propagate(*parse_utc("2006-06-25"), out);
    EXPECT_EQ(spacesail::test::allocations(), before);
}

} // namespace
