// SPDX-License-Identifier: GPL-3.0-or-later
// The defining equation and the edges; tests/vectors/channel holds it against an independent engine.
#include <spacesail/doppler/feeder_delay_source.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <alloc_guard.hpp>
#include <gtest/gtest.h>
#include <motion_signal.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::doppler;

TEST(FeederDelaySource, IsTheRootOfItsEquation)
{
    const auto set =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets[0];
    const orbit::site terminal(orbit::geodetic{ 31.2, 121.5, 20.0 });
    const orbit::site teleport(orbit::geodetic{ 29.5, 120.0, 100.0 });
    const utc_time origin = set.epoch;
    const utc_time anchor = origin.plus_seconds(123.25);
    const sample_clock stream(1e6, anchor);
    const auto down = *delay_engine::create(set, terminal, origin);
    const auto gateway = *delay_engine::create(set, teleport, origin);
    orbit_delay_source received(down, link_direction::down, stream);
    feeder_delay_source feeder(received, gateway, stream);
    for (const double t : { 0.0, 0.7, 1.999, 2.0, 55.5, 300.0, -3.0 }) {
        const delay_polynomial* p = feeder.segment_at(t);
        ASSERT_NE(p, nullptr);
        ASSERT_TRUE(p->covers(t));
        const double tau = p->delay_s(t);
        const double left_gateway = 123.25 + t - *down.tau_down(123.25 + t) - tau;
        EXPECT_NEAR(*gateway.tau_up(left_gateway), tau, 1e-13) << t;
        // Another instant is another delay: the wave's own time matters.
        EXPECT_GT(std::abs(*gateway.tau_up(123.25 + t) - tau), 1e-9) << t;
    }
    feeder.segment_at(10.0);
    const auto before = test::allocations();
    feeder.segment_at(17.0);
    EXPECT_EQ(test::allocations(), before);

    EXPECT_EQ(feeder.segment_at(std::numeric_limits<double>::quiet_NaN()), nullptr);
    test::listed_delays nothing({});
    feeder_delay_source blind(nothing, gateway, stream);
    EXPECT_EQ(blind.segment_at(0.0), nullptr);
    EXPECT_THROW(feeder_delay_source(received, gateway, stream, 0.0), std::invalid_argument);
}

} // namespace
