// SPDX-License-Identifier: GPL-3.0-or-later
// A carrier of the project's transmitter through a part of a real Qianfan pass (elements 2026-08-22, QPSK 1/2 normal
// with pilots, 5 MBd, Es/N0 2 dB, 12.7 GHz, LNB off by 40 kHz, no phase noise), received with its elements, without,
// and with those of another satellite. Both ends are this project's: the channel is compared with closed forms in its
// own tests, the delays with an independent engine in tests/vectors/doppler.
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <carrier.hpp>
#include <gtest/gtest.h>
#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace spacesail;
using namespace spacesail::test;
using cf = std::complex<float>;

constexpr double k_symbol_rate_hz = 5e6;
constexpr double k_rate_hz = 10e6;
constexpr double k_carrier_hz = 12.7e9;
constexpr double k_lnb_offset_hz = 40e3;
constexpr double k_seconds = 0.8;
const orbit::site k_shanghai(orbit::geodetic{ 31.2, 121.5, 20.0 });

struct scene {
    orbit::element_set right, wrong;
    utc_time start;
};

/// Some way before the culmination of the first satellite's best pass: 1.3 kHz/s and more, and a clock off by ppm.
const scene& steep_part()
{
    static const scene s = [] {
        const auto sets =
            orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets;
        orbit::pass_query query;
        query.start = sets[0].epoch;
        const auto found = orbit::find_passes(std::span(sets).first(1), k_shanghai, query).passes;
        const auto best = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.at_culmination.elevation_deg < b.at_culmination.elevation_deg;
        });
        return scene{ sets[0], sets[1], best->tca.plus_seconds(-45.0) };
    }();
    return s;
}

doppler::orbit_delay_source delays_of(const orbit::element_set& set)
{
    const utc_time start = steep_part().start;
    return { *doppler::delay_engine::create(set, k_shanghai, start),
             doppler::link_direction::down,
             sample_clock(k_rate_hz, start) };
}

/// What the terminal's tuner delivers: made once.
const std::vector<cf>& recording()
{
    static const std::vector<cf> y = [] {
        dvbs2x::transmitter_configuration tx;
        tx.shaping = {
            .symbol_rate_hz = k_symbol_rate_hz, .sample_rate_hz = k_rate_hz, .rolloff = 0.2, .level_dbfs = -12.0
        };
        const std::uint8_t pls = pls_of("QPSK 1/2", "normal", 1);
        signal_source source(tx, [pls](std::uint64_t) { return pls; });
        auto delays = delays_of(steep_part().right);
        const channel::satellite_path path{ .delays = &delays };
        channel::leo_channel_config c{ .sample_rate_hz = k_rate_hz,
                                       .carrier_hz = k_carrier_hz,
                                       .reference_delay_s = doppler::reference_delay_s(delays, 0.0, k_rate_hz) };
        c.noise_power = db_to_linear(-12.0) * k_rate_hz / k_symbol_rate_hz / db_to_linear(2.0);
        c.lnb_offset_hz = k_lnb_offset_hz;
        channel::leo_channel through(c, std::span(&path, 1));
        std::vector<cf> out(static_cast<std::size_t>(k_seconds * k_rate_hz));
        std::vector<cf> x;
        for (std::size_t at = 0; at < out.size();) {
            if (x.empty()) x = source.read(8192);
            const auto p = through.process(x, std::span(out).subspan(at));
            x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(p.consumed));
            at += p.produced;
        }
        return out;
    }();
    return y;
}

dvbs2x::synchroniser_config receiver()
{
    dvbs2x::synchroniser_config c;
    c.sample_rate_hz = k_rate_hz;
    c.symbol_rate_hz = k_symbol_rate_hz;
    c.prior = acquisition_prior::cold(k_symbol_rate_hz);
    return c;
}

struct outcome {
    std::size_t frames = 0, good = 0;
    dvbs2x::synchroniser_status status;
    double first_residual_hz = 0.0, last_residual_hz = 0.0; ///< means over 20 frames: cfo - correction
    double last_cfo_hz = 0.0;
    double clock_ppm = 0.0;
    double residual_drift_hz_s = 0.0;
};

outcome receive(const dvbs2x::synchroniser_config& c, const std::vector<cf>& y)
{
    receive_chain chain(c);
    for (std::size_t at = 0; at < y.size(); at += 4096)
        chain.process(std::span(y).subspan(at, std::min<std::size_t>(4096, y.size() - at)));
    chain.flush();
    outcome o;
    o.status = chain.sync().status();
    o.frames = chain.frames.size();
    o.good = static_cast<std::size_t>(
        std::count_if(chain.frames.begin(), chain.frames.end(), [](const auto& f) { return f.number.has_value(); }));
    if (o.frames < 60) return o;
    double first_at = 0.0, last_at = 0.0;
    for (std::size_t k = 0; k < 20; ++k) {
        const auto& a = chain.frames[10 + k].measured;
        const auto& b = chain.frames[o.frames - 20 + k].measured;
        o.first_residual_hz += (a.cfo_hz - a.correction_hz) / 20.0;
        o.last_residual_hz += (b.cfo_hz - b.correction_hz) / 20.0;
        first_at += a.sof_sample / k_rate_hz / 20.0;
        last_at += b.sof_sample / k_rate_hz / 20.0;
        o.clock_ppm += b.clock_ppm / 20.0;
    }
    o.last_cfo_hz = chain.frames.back().measured.cfo_hz;
    o.residual_drift_hz_s = (o.last_residual_hz - o.first_residual_hz) / (last_at - first_at);
    return o;
}

constexpr std::size_t k_sent = static_cast<std::size_t>(k_seconds * k_symbol_rate_hz / 33282.0);

TEST(Pass, WithElementsTheLnbsOffsetIsLeft)
{
    auto received = delays_of(steep_part().right);
    const auto motion = received.engine().down(k_seconds);
    ASSERT_GT(std::abs(motion->doppler_rate_hz_s(k_carrier_hz)), 1000.0);
    doppler::emission_delay_source sent(received, doppler::reference_delay_s(received, 0.0, k_rate_hz));
    auto c = receiver();
    c.delays = &sent;
    c.delay_carrier_hz = k_carrier_hz;
    const auto o = receive(c, recording());
    EXPECT_EQ(o.status.state, dvbs2x::sync_state::locked);
    EXPECT_EQ(o.status.losses, 0U);
    EXPECT_GE(o.good, k_sent - 6);
    EXPECT_NEAR(o.first_residual_hz, k_lnb_offset_hz, 8.0);
    EXPECT_NEAR(o.last_residual_hz, k_lnb_offset_hz, 8.0);
    EXPECT_NEAR(o.clock_ppm, -1e6 * motion->delay_rate, 0.3) << "clock and frequency reported are those at the input";
    EXPECT_LT(std::abs(o.residual_drift_hz_s), 15.0);
    EXPECT_LT(std::abs(o.status.last.cfo_rate_hz_s), 100.0);
    EXPECT_NEAR(o.last_cfo_hz, k_lnb_offset_hz + motion->doppler_hz(k_carrier_hz), 40.0);
}

TEST(Pass, WithoutElementsItFollows)
{
    const auto engine = delays_of(steep_part().right).engine();
    const auto motion = engine.down(k_seconds - 0.01);
    const auto o = receive(receiver(), recording());
    EXPECT_EQ(o.status.state, dvbs2x::sync_state::locked);
    EXPECT_EQ(o.status.losses, 0U);
    EXPECT_GE(o.good, k_sent - 6);
    EXPECT_NEAR(o.last_cfo_hz, k_lnb_offset_hz + motion->doppler_hz(k_carrier_hz), 60.0);
    EXPECT_NEAR(o.residual_drift_hz_s, engine.down(0.5 * k_seconds)->doppler_rate_hz_s(k_carrier_hz), 60.0);
    EXPECT_NEAR(o.clock_ppm, -1e6 * motion->delay_rate, 0.5);
}

TEST(Pass, WithAnotherSatellitesElementsTheResidualDrifts)
{
    const auto right = delays_of(steep_part().right).engine().down(0.5 * k_seconds);
    auto received = delays_of(steep_part().wrong);
    const auto other = received.engine().down(0.5 * k_seconds);
    ASSERT_TRUE(other);
    const double drift = right->doppler_rate_hz_s(k_carrier_hz) - other->doppler_rate_hz_s(k_carrier_hz);
    ASSERT_GT(std::abs(drift), 500.0);
    doppler::emission_delay_source sent(received, doppler::reference_delay_s(received, 0.0, k_rate_hz));
    auto c = receiver();
    c.delays = &sent;
    c.delay_carrier_hz = k_carrier_hz;
    const auto o = receive(c, recording());
    EXPECT_GE(o.good, k_sent - 6) << "it follows all the same";
    EXPECT_NEAR(o.residual_drift_hz_s, drift, 60.0);
    EXPECT_GT(std::abs(o.status.last.cfo_rate_hz_s), 300.0);
    EXPECT_GT(std::abs(o.last_residual_hz - k_lnb_offset_hz), 5000.0);
}

// A reference of four minutes ago: instants and samples lie thousands of samples apart when the search begins, also the
// one after a fade.
TEST(Pass, SearchesAgainFarFromTheReference)
{
    auto y = recording();
    y.resize(y.size() / 2);
    rng random(9);
    for (std::size_t n = 1'500'000; n < 2'300'000; ++n) y[n] = cf(0.3 * random.normal_pair());
    auto received = delays_of(steep_part().right);
    const double old = doppler::reference_delay_s(received, -250.0, k_rate_hz);
    ASSERT_GT(std::abs(old - *received.engine().tau_down(0.0)) * k_rate_hz, 5000.0);
    for (const double reference : { old, 2.0 * doppler::reference_delay_s(received, 0.0, k_rate_hz) - old }) {
        doppler::emission_delay_source sent(received, reference);
        auto c = receiver();
        c.delays = &sent;
        c.delay_carrier_hz = k_carrier_hz;
        const auto o = receive(c, y);
        EXPECT_EQ(o.status.state, dvbs2x::sync_state::locked);
        EXPECT_EQ(o.status.losses, 1U);
        EXPECT_GE(o.status.locks, 2U);
        EXPECT_GE(o.good, 20U + 24U) << "of 22 before and 25 behind the fade";
        EXPECT_NEAR(o.status.last.cfo_hz - o.status.last.correction_hz, k_lnb_offset_hz, 40.0);
    }
}

} // namespace
