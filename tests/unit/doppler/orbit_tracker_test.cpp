// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/doppler/orbit_tracker.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::doppler;

constexpr double k_carrier_hz = 12.7e9;
constexpr double k_symbol_rate_hz = 5e6;
const orbit::site k_shanghai(orbit::geodetic{ 31.2, 121.5, 20.0 });

const std::vector<orbit::element_set>& snapshot()
{
    static const auto file =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle");
    return file->sets;
}

/// A pass above 40 degrees of one satellite after its epoch.
orbit::pass good_pass(const orbit::element_set& set)
{
    orbit::pass_query query;
    query.start = set.epoch;
    query.min_elevation_deg = 25.0;
    query.duration_s = 3 * 86400.0;
    for (const orbit::pass& p : orbit::find_passes(std::span(&set, 1), k_shanghai, query).passes) {
        if (p.at_culmination.elevation_deg > 40.0 && p.at_culmination.elevation_deg < 80.0) return p;
    }
    ADD_FAILURE() << "no pass";
    return {};
}

/// What a receiver measures of a satellite that is `bias_m` ahead of its elements.
class receiver
{
public:
    receiver(delay_engine engine, double bias_m, double lnb_hz, double drift_hz_s, double clock_ppm, std::uint64_t seed)
        : d_truth(std::move(engine)), d_lnb_hz(lnb_hz), d_drift_hz_s(drift_hz_s), d_clock_ppm(clock_ppm), d_random(seed)
    {
        d_truth.set_in_track_bias_m(bias_m);
    }
    /// Lets LNB and clock wander for dt as the tracker's defaults say.
    void wander(double dt)
    {
        const tracker_config walk;
        d_lnb_walk_hz += noise(walk.lnb_walk_hz) * std::sqrt(dt);
        d_offset_s += 1e-6 * d_clock_ppm * dt;
        d_clock_ppm += noise(walk.clock_walk_ppm) * std::sqrt(dt);
    }
    double frequency_hz(double t) const
    {
        return d_truth.down(t)->doppler_hz(k_carrier_hz) + d_lnb_hz + d_lnb_walk_hz + d_drift_hz_s * t;
    }
    double clock_ppm(double t) const { return -1e6 * d_truth.down(t)->delay_rate - d_clock_ppm; }
    double delay_s(double t) const { return *d_truth.tau_down(t) + d_offset_s; }
    double noise(double sigma) { return sigma * d_random.normal_pair().real(); }

private:
    delay_engine d_truth;
    double d_lnb_hz, d_drift_hz_s, d_clock_ppm;
    double d_lnb_walk_hz = 0.0;
    double d_offset_s = 0.01;
    rng d_random;
};

// A frame of 33 282 symbols with pilots at Es/N0 0 dB and 5 Msym/s every 6.7 ms; averages of ten frames come as one
// measurement. The modified Cramer-Rao bounds from the 792 pilots alone are about 4 Hz and 3 ns a frame; twice that is
// taken.
constexpr double k_interval_s = 10 * 33282 / k_symbol_rate_hz;
constexpr double k_frequency_sigma_hz = 2.5;
constexpr double k_clock_sigma_ppm = 0.05;
constexpr double k_delay_sigma_s = 2e-9;

struct predicted_errors {
    double rms_after_1_s = 0.0, rms_after_10_s = 0.0;
    tracked_value bias_after_60_s;
};

predicted_errors run(double bias_m, std::uint64_t seed, bool with_delay)
{
    const auto& set = snapshot()[0];
    const orbit::pass p = good_pass(set);
    const auto engine = *delay_engine::create(set, k_shanghai, p.aos);
    receiver r(engine, bias_m, 431e3, 1.0, 1.7, seed);
    tracker_config config;
    config.carrier_hz = k_carrier_hz;
    config.in_track_sigma_m = 10e3;
    orbit_tracker tracker(config);
    tracker.select(set.norad_id, engine);
    predicted_errors out;
    double sum_1 = 0.0, sum_10 = 0.0;
    int n_1 = 0, n_10 = 0;
    for (double t = 0.0; t < 60.0; t += k_interval_s) {
        EXPECT_EQ(tracker.add_frequency(t, r.frequency_hz(t) + r.noise(k_frequency_sigma_hz), k_frequency_sigma_hz),
                  measurement_use::used);
        EXPECT_EQ(tracker.add_clock(t, r.clock_ppm(t) + r.noise(k_clock_sigma_ppm), k_clock_sigma_ppm),
                  measurement_use::used);
        if (with_delay) {
            EXPECT_EQ(tracker.add_delay(t, r.delay_s(t) + r.noise(k_delay_sigma_s), k_delay_sigma_s),
                      measurement_use::used);
        }
        r.wander(k_interval_s);
        if (t < 1.0) continue;
        const double error = tracker.predict(t + 1.0)->frequency_hz.value - r.frequency_hz(t + 1.0);
        if (t < 10.0) {
            sum_1 += error * error;
            ++n_1;
        } else {
            sum_10 += error * error;
            ++n_10;
        }
    }
    out.rms_after_1_s = std::sqrt(sum_1 / n_1);
    out.rms_after_10_s = std::sqrt(sum_10 / n_10);
    out.bias_after_60_s = tracker.in_track_bias_m();
    return out;
}

TEST(OrbitTracker, PredictsOneSecondAheadWithElementsWrongByTenKilometres)
{
    for (const double bias_m : { 10e3, -10e3 }) {
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            const auto e = run(bias_m, seed, true);
            EXPECT_LE(e.rms_after_1_s, 20.0);
            EXPECT_LE(e.rms_after_10_s, 5.0);
            EXPECT_LE(std::fabs(e.bias_after_60_s.value - bias_m), 100.0) << "sigma " << e.bias_after_60_s.sigma;
            EXPECT_LT(std::fabs(e.bias_after_60_s.value - bias_m), 5.0 * e.bias_after_60_s.sigma)
                << "its own sigma is honest";
            RecordProperty("errors",
                           std::to_string(e.rms_after_1_s) + " Hz, " + std::to_string(e.rms_after_10_s) + " Hz, " +
                               std::to_string(e.bias_after_60_s.value - bias_m) + " m of " +
                               std::to_string(e.bias_after_60_s.sigma));
        }
    }
}

TEST(OrbitTracker, WithoutDelaysTheFrequencyStillFollows)
{
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const auto e = run(10e3, seed, false);
        EXPECT_LE(e.rms_after_1_s, 20.0);
        EXPECT_LE(e.rms_after_10_s, 5.0);
        EXPECT_LT(std::fabs(e.bias_after_60_s.value - 10e3), 5.0 * e.bias_after_60_s.sigma);
    }
}

// Overhead, where delays bend most: 150 ns by a bias of 10 km, known to 2 ns each. A filter that takes the bend for
// noise of its own in every measurement averages it out and is sure of a wrong bias.
TEST(OrbitTracker, IsNotSureOfAWrongBiasOverhead)
{
    const auto& set = snapshot()[0];
    const orbit::pass p = good_pass(set);
    for (const double bias_m : { 10e3, -10e3 }) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const auto engine = *delay_engine::create(set, k_shanghai, p.tca.plus_seconds(-10.0));
            receiver r(engine, bias_m, 431e3, 1.0, 1.7, seed);
            tracker_config config;
            config.carrier_hz = k_carrier_hz;
            config.in_track_sigma_m = 5e3;
            orbit_tracker tracker(config);
            tracker.select(set.norad_id, engine);
            for (double t = 0.0; t < 20.0; t += k_interval_s) {
                tracker.add_frequency(t, r.frequency_hz(t) + r.noise(0.3), 0.3);
                tracker.add_delay(t, r.delay_s(t) + r.noise(k_delay_sigma_s), k_delay_sigma_s);
                r.wander(k_interval_s);
            }
            const auto b = tracker.in_track_bias_m();
            EXPECT_LT(std::fabs(b.value - bias_m), 4.0 * b.sigma) << b.value << " +- " << b.sigma;
        }
    }
}

TEST(OrbitTracker, LnbAndClockCarryOverAndBiasesStayWithTheirSatellites)
{
    const auto& set = snapshot()[0];
    const orbit::pass p = good_pass(set);
    const auto engine = *delay_engine::create(set, k_shanghai, p.aos);
    receiver r(engine, 3000.0, -250e3, 0.0, 1.7, 9);
    tracker_config config;
    config.carrier_hz = k_carrier_hz;
    orbit_tracker tracker(config);
    EXPECT_FALSE(tracker.predict(0.0));
    EXPECT_EQ(tracker.add_frequency(0.0, 0.0, 1.0), measurement_use::unknown_orbit);
    tracker.select(1, engine);
    for (double t = 0.0; t < 60.0; t += k_interval_s) {
        tracker.add_frequency(t, r.frequency_hz(t) + r.noise(2.5), 2.5);
        tracker.add_clock(t, r.clock_ppm(t) + r.noise(0.05), 0.05);
        tracker.add_delay(t, r.delay_s(t) + r.noise(k_delay_sigma_s), k_delay_sigma_s);
        r.wander(k_interval_s);
    }
    const tracked_value lnb = tracker.lnb_offset_hz();
    EXPECT_NEAR(lnb.value, -250e3, 5.0 * lnb.sigma);
    EXPECT_LT(lnb.sigma, 50.0);
    EXPECT_NEAR(tracker.clock_error_ppm().value, 1.7, 0.05);
    tracker.select(2, engine);
    EXPECT_EQ(tracker.in_track_bias_m().value, 0.0);
    EXPECT_EQ(tracker.in_track_bias_m().sigma, config.in_track_sigma_m);
    EXPECT_EQ(tracker.lnb_offset_hz().value, lnb.value) << "the LNB is the same";
    EXPECT_NEAR(tracker.in_track_bias_m(1)->value, 3000.0, 100.0);
    EXPECT_FALSE(tracker.in_track_bias_m(77));
    tracker.select(1, engine);
    EXPECT_NEAR(tracker.in_track_bias_m().value, 3000.0, 100.0);
    EXPECT_LT(tracker.in_track_bias_m().sigma, 100.0);
    const auto prior = tracker.prior(61.0, 1000.0);
    ASSERT_TRUE(prior);
    EXPECT_NEAR(prior->offset_hz, r.frequency_hz(61.0) - 1000.0, 10.0);
    EXPECT_LT(prior->sigma_hz, 20.0);
    EXPECT_NEAR(prior->clock_ppm, r.clock_ppm(61.0), 0.05);
}

TEST(OrbitTracker, OutliersOldTimesAndNonsense)
{
    const auto& set = snapshot()[0];
    const orbit::pass p = good_pass(set);
    const auto engine = *delay_engine::create(set, k_shanghai, p.aos);
    receiver r(engine, 0.0, 0.0, 0.0, 0.0, 5);
    tracker_config config;
    config.carrier_hz = k_carrier_hz;
    orbit_tracker tracker(config);
    tracker.select(1, engine);
    double t = 0.0;
    for (; t < 5.0; t += k_interval_s) tracker.add_frequency(t, r.frequency_hz(t) + r.noise(2.5), 2.5);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(tracker.add_frequency(nan, 0.0, 1.0), measurement_use::not_finite);
    EXPECT_EQ(tracker.add_frequency(t, nan, 1.0), measurement_use::not_finite);
    EXPECT_EQ(tracker.add_frequency(t, 0.0, 0.0), measurement_use::not_finite);
    EXPECT_EQ(tracker.add_frequency(1.0, r.frequency_hz(1.0), 2.5), measurement_use::out_of_order);
    EXPECT_FALSE(tracker.predict(nan));
    const double before = tracker.predict(t + 1.0)->frequency_hz.value;
    EXPECT_EQ(tracker.add_frequency(t, r.frequency_hz(t) + 5000.0, 2.5), measurement_use::outlier);
    EXPECT_NEAR(tracker.predict(t + 1.0)->frequency_hz.value, before, 1e-6);
    EXPECT_EQ(tracker.nof_outliers(), 1U);
    // The LNB jumps for good: after twenty outliers it is believed.
    int refused = 0;
    for (int k = 0; k < 100; ++k, t += k_interval_s) {
        refused +=
            tracker.add_frequency(t, r.frequency_hz(t) + 5000.0 + r.noise(2.5), 2.5) == measurement_use::used ? 0 : 1;
    }
    EXPECT_LE(refused, 20);
    EXPECT_NEAR(tracker.predict(t + 1.0)->frequency_hz.value, r.frequency_hz(t + 1.0) + 5000.0, 20.0);
}

TEST(OrbitTracker, RefusesImpossibleConfigurations)
{
    tracker_config c;
    c.carrier_hz = 0.0;
    EXPECT_THROW(orbit_tracker{ c }, std::invalid_argument);
    c = {};
    c.in_track_sigma_m = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(orbit_tracker{ c }, std::invalid_argument);
    orbit_tracker tracker{ tracker_config{} };
    const auto& set = snapshot()[0];
    tracker.select(1, *delay_engine::create(set, k_shanghai, set.epoch));
    EXPECT_THROW(tracker.select(2, *delay_engine::create(set, k_shanghai, set.epoch.plus_seconds(1))),
                 std::invalid_argument);
}

} // namespace
