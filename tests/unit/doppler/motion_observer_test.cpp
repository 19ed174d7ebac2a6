// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/doppler/motion_observer.hpp>
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/leap_seconds.hpp>
#include <spacesail/orbit/passes.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::doppler;

constexpr double k_carrier_hz = 12.7e9;
constexpr double k_symbol_rate_hz = 5e6;
constexpr double k_rate_hz = 10e6;
constexpr double k_lnb_hz = 140e3;
const orbit::site k_shanghai(orbit::geodetic{ 31.2, 121.5, 20.0 });

std::vector<orbit::element_set> sets_of(const char* date)
{
    return orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_" + date + ".tle")
        ->sets;
}
const std::vector<orbit::element_set>& now()
{
    static const auto s = sets_of("2026-08-22");
    return s;
}
const std::vector<orbit::element_set>& ten_days_ago()
{
    static const auto s = sets_of("2026-08-12");
    return s;
}

/// A pass of a satellite that climbs to 60 degrees.
orbit::pass high_pass(const orbit::element_set& set)
{
    orbit::pass_query query;
    query.start = set.epoch;
    query.min_elevation_deg = 10.0;
    query.duration_s = 4 * 86400.0;
    for (const orbit::pass& p : orbit::find_passes(std::span(&set, 1), k_shanghai, query).passes) {
        if (p.at_culmination.elevation_deg > 60.0) return p;
    }
    ADD_FAILURE() << "no pass";
    return {};
}

motion_observer_config config_for(double age_days = 0.0)
{
    motion_observer_config c;
    c.sample_rate_hz = k_rate_hz;
    c.symbol_rate_hz = k_symbol_rate_hz;
    c.tracker.carrier_hz = k_carrier_hz;
    c.in_track_limit_m = std::max(20e3, 5e3 * age_days);
    return c;
}

/// Frames as an ideal receiver sees them: frame n leaves when its symbols say so and arrives tau later.
class frames
{
public:
    frames(delay_engine truth, double clock_ppm) : d_truth(std::move(truth)), d_clock_ppm(clock_ppm) {}
    frame_measurements at(double symbols) const
    {
        const double sent = symbols / k_symbol_rate_hz;
        double t = sent;
        for (int round = 0; round < 6; ++round) t = sent + *d_truth.tau_down(t);
        const auto link = d_truth.down(t);
        frame_measurements m;
        m.sof_sample = t * (1.0 + 1e-6 * d_clock_ppm) * k_rate_hz;
        m.cfo_hz = link->doppler_hz(k_carrier_hz) + k_lnb_hz;
        m.clock_ppm = -1e6 * link->delay_rate - d_clock_ppm;
        m.es_n0_db = 1.5F;
        return m;
    }

private:
    delay_engine d_truth;
    double d_clock_ppm;
};

TEST(MotionObserver, CountsSymbolsThroughHolesAndFramesOfAnyLength)
{
    const auto& set = now()[1];
    const auto engine = *delay_engine::create(set, k_shanghai, high_pass(set).aos);
    const frames sent(engine, 1.7);
    auto c = config_for();
    c.span_s = 0.0; // every frame by itself
    motion_observer o(c, set.norad_id, engine);
    rng random(3);
    double symbols = 1000.0;
    double constant_s = 0.0;
    bool first = true;
    for (int k = 0; k < 3000; ++k) {
        const unsigned length = random.below(2) == 0 ? 33282 : 3330 + static_cast<unsigned>(90 * random.below(300));
        const auto m = sent.at(symbols);
        // Three of ten frames are lost, some in a row.
        if (k == 0 || random.below(10) >= 3) {
            ASSERT_TRUE(o.add(m, length));
            const double t = m.sof_sample / k_rate_hz;
            const double rest_s = o.last()->measured_delay_s - *engine.tau_down(t) - 1.7e-6 * t;
            if (first) constant_s = rest_s;
            first = false;
            // A whole symbol would be 200 ns; the true time differs from the clock's by 1.7 ppm, 2e-10 s of delay.
            EXPECT_NEAR(rest_s, constant_s, 1e-9) << k;
        }
        symbols += length;
    }
    EXPECT_EQ(o.misfit(), element_misfit::none);
    EXPECT_NEAR(o.tracker().clock_error_ppm().value, 1.7, 0.05);
}

TEST(MotionObserver, CountsAnewBehindALongHole)
{
    const auto& set = now()[1];
    const auto engine = *delay_engine::create(set, k_shanghai, high_pass(set).aos);
    const frames sent(engine, 1.7);
    motion_observer o(config_for(), set.norad_id, engine);
    double symbols = 1000.0;
    for (int k = 0; k < 1500; ++k, symbols += 33282) o.add(sent.at(symbols), 33282);
    const auto before = o.tracker().clock_offset_s();
    EXPECT_LT(before.sigma, 1e-4);
    symbols += 4.123e6; // 0.8 s, and not a whole number of frames
    o.add(sent.at(symbols), 33282);
    EXPECT_GT(o.tracker().clock_offset_s().sigma, 0.1) << "what was known of the time tags is forgotten";
    double worst_hz = 0.0;
    for (int k = 0; k < 1500; ++k, symbols += 33282) {
        if (!o.add(sent.at(symbols), 33282) || k < 300) continue;
        const auto link = engine.down(o.last()->ahead_time_s);
        worst_hz = std::max(worst_hz, std::fabs(o.last()->ahead_hz.value - link->doppler_hz(k_carrier_hz) - k_lnb_hz));
    }
    EXPECT_LT(worst_hz, 5.0);
    EXPECT_EQ(o.misfit(), element_misfit::none);
    EXPECT_EQ(o.tracker().nof_outliers(), 0U);
}

/// Watches `seconds` of the true satellite's frames with somebody's elements, or until they do not fit.
motion_observer watch(
    const orbit::element_set& truth, const orbit::element_set& believed, utc_time from, double seconds, double age_days)
{
    const frames sent(*delay_engine::create(truth, k_shanghai, from), 1.7);
    motion_observer o(config_for(age_days), believed.norad_id, *delay_engine::create(believed, k_shanghai, from));
    rng random(truth.norad_id);
    // One frame every 0.47 s stands for many: a pass is long.
    for (double symbols = 0.0; symbols < seconds * k_symbol_rate_hz && o.misfit() == element_misfit::none;
         symbols += 70 * 33282) {
        auto m = sent.at(symbols);
        m.cfo_hz += 0.5 * random.normal_pair().real();
        o.add(m, 70 * 33282);
    }
    return o;
}

// Rates look alike where a pass begins and ends, so these parts are looked at by themselves too.
TEST(MotionObserver, NoticesAnotherSatellite)
{
    const auto& set = now()[1];
    const orbit::pass p = high_pass(set);
    const double length_s = orbit::elapsed_s(p.aos, p.los);
    int tried = 0, unnoticed = 0;
    for (std::size_t k = 0; k < now().size(); k += 3) {
        if (now()[k].norad_id == set.norad_id) continue;
        for (const double at_s : { 1.0, 0.5 * length_s - 10.0, length_s - 21.0 }) {
            ++tried;
            const auto from = p.aos.plus_seconds(at_s);
            const auto o = watch(set, now()[k], from, 20.0, 0.2);
            if (o.misfit() != element_misfit::none) continue;
            // Only what hardly moves against the truth over these 20 s may pass.
            const auto a = *delay_engine::create(set, k_shanghai, from);
            const auto b = *delay_engine::create(now()[k], k_shanghai, from);
            const auto difference = [&](double t) {
                return a.down(t)->doppler_hz(k_carrier_hz) - b.down(t)->doppler_hz(k_carrier_hz);
            };
            EXPECT_LT(std::fabs(difference(20.0) - difference(0.0)), 1500.0) << orbit::display_name(now()[k]);
            ++unnoticed;
        }
    }
    EXPECT_GT(tried, 200);
    EXPECT_LT(unnoticed, tried / 20) << "of " << tried;
}

TEST(MotionObserver, NoticesAnotherSatelliteInEveryWholePass)
{
    const auto& set = now()[1];
    const orbit::pass p = high_pass(set);
    const double length_s = orbit::elapsed_s(p.aos, p.los);
    for (std::size_t k = 0; k < now().size(); k += 60) {
        if (now()[k].norad_id == set.norad_id) continue;
        EXPECT_NE(watch(set, now()[k], p.aos, length_s, 0.2).misfit(), element_misfit::none)
            << orbit::display_name(now()[k]);
    }
}

TEST(MotionObserver, TrustsSetsTenDaysOld)
{
    int tried = 0;
    for (std::size_t k = 0; k < now().size(); k += 30) {
        const auto* old = orbit::find_satellite(ten_days_ago(), std::to_string(now()[k].norad_id));
        // Satellites that manoeuvred in between are another satellite's tests.
        if (old == nullptr || !orbit::check_element_set(now()[k], {}, std::nullopt, old).empty()) continue;
        const orbit::pass p = high_pass(now()[k]);
        const double length_s = orbit::elapsed_s(p.aos, p.los);
        const auto o = watch(now()[k], *old, p.aos, length_s, orbit::elapsed_s(old->epoch, p.aos) / 86400.0);
        EXPECT_EQ(o.misfit(), element_misfit::none)
            << orbit::display_name(now()[k]) << ": " << o.misfit_hz() << " Hz after " << o.misfit_after_s() << " s";
        ++tried;
    }
    EXPECT_GE(tried, 3);
}

TEST(MotionObserver, NonsenseIsLeftOut)
{
    const auto& set = now()[1];
    const auto engine = *delay_engine::create(set, k_shanghai, high_pass(set).aos);
    const frames sent(engine, 0.0);
    auto c = config_for();
    c.span_s = 0.0;
    c.history_points = 16;
    motion_observer o(c, set.norad_id, engine);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (int k = 1; k < 100; ++k) EXPECT_TRUE(o.add(sent.at(33282.0 * k), 33282));
    EXPECT_LE(o.history().size(), 16U);
    EXPECT_GE(o.history().size(), 8U);
    const auto good = sent.at(33282.0 * 100);
    for (double frame_measurements::*field :
         { &frame_measurements::cfo_hz, &frame_measurements::clock_ppm, &frame_measurements::sof_sample }) {
        auto m = good;
        m.*field = nan;
        EXPECT_FALSE(o.add(m, 33282));
    }
    EXPECT_FALSE(o.add(good, 0));
    EXPECT_FALSE(o.add(sent.at(33282.0 * 50), 33282)) << "time does not go backwards";
    auto silent = good;
    silent.es_n0_db = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(o.add(silent, 33282));
    EXPECT_TRUE(std::isfinite(o.last()->ahead_hz.value));

    for (double motion_observer_config::*field : { &motion_observer_config::sample_rate_hz,
                                                   &motion_observer_config::symbol_rate_hz,
                                                   &motion_observer_config::span_s,
                                                   &motion_observer_config::ahead_s,
                                                   &motion_observer_config::in_track_limit_m,
                                                   &motion_observer_config::lnb_drift_limit_hz_s }) {
        for (const double bad : { nan, -1.0 }) {
            auto wrong = config_for();
            wrong.*field = bad;
            EXPECT_THROW(motion_observer(wrong, 1, engine), std::invalid_argument);
        }
    }
    auto wrong = config_for();
    wrong.history_points = 15;
    EXPECT_THROW(motion_observer(wrong, 1, engine), std::invalid_argument);
}

} // namespace
