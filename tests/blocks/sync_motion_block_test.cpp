// SPDX-License-Identifier: GPL-3.0-or-later
// dvbs2x_sync with elements: what its core object gives with the same delays, anchored by rx_time or start.
#include "carrier.hpp"
#include "motion_scene.hpp"

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/spacesail/dvbs2x_sync.h>
#include <gnuradio/top_block.h>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using namespace motion_scene;
namespace tags = gr::spacesail::tags;
namespace keys = gr::spacesail::tags::frame;
using testing::HasSubstr;

constexpr double k_symbol_rate = 1e6;
constexpr double k_sample_rate = 2e6;
constexpr double k_lnb_offset_hz = 7e3;

doppler::orbit_delay_source moving(std::size_t satellite, utc_time t)
{
    return { *doppler::delay_engine::create(sets()[satellite], k_shanghai, t),
             doppler::link_direction::down,
             sample_clock(k_sample_rate, t) };
}

/// QPSK 1/2 short frames through the first satellite's path: what the tuner delivers from early_in_the_pass() on.
const std::vector<cf>& received()
{
    static const std::vector<cf> y = [] {
        test::carrier_config c;
        c.transmitter.shaping = { .symbol_rate_hz = k_symbol_rate, .sample_rate_hz = k_sample_rate, .rolloff = 0.2 };
        c.es_n0_db = 20.0;
        const std::vector<std::uint8_t> pls(40, test::pls_of("QPSK 1/2", "short", 1));
        const auto x = test::make_carrier(c, test::ts_frames(test::random_ts(400, 7), pls));
        auto delays = moving(0, early_in_the_pass());
        const channel::satellite_path path{ .delays = &delays };
        channel::leo_channel through({ .sample_rate_hz = k_sample_rate,
                                       .carrier_hz = k_down_hz,
                                       .reference_delay_s = doppler::reference_delay_s(delays, 0.0, k_sample_rate),
                                       .lnb_offset_hz = k_lnb_offset_hz },
                                     std::span(&path, 1));
        std::vector<cf> out(x.size());
        const auto p = through.process(x, out);
        out.resize(p.produced);
        return out;
    }();
    return y;
}

struct frame_keeper final : frame_sink<cf> {
    std::vector<cf> symbols;
    std::vector<double> residual_hz;
    void on_frame(const frame_view<cf>& f) noexcept override
    {
        if (f.payload.empty()) return;
        symbols.insert(symbols.end(), f.payload.begin(), f.payload.end());
        residual_hz.push_back(f.measured.cfo_hz - f.measured.correction_hz);
    }
};

/// The core object with the delays of a satellite.
frame_keeper core(std::size_t satellite)
{
    auto delays = moving(satellite, early_in_the_pass());
    doppler::emission_delay_source sent(delays, doppler::reference_delay_s(delays, 0.0, k_sample_rate));
    dvbs2x::synchroniser_config c;
    c.sample_rate_hz = k_sample_rate;
    c.symbol_rate_hz = k_symbol_rate;
    c.rolloff = 0.2;
    c.prior = acquisition_prior::cold(k_symbol_rate);
    c.delays = &sent;
    c.delay_carrier_hz = k_down_hz;
    dvbs2x::synchroniser sync(c);
    frame_keeper keeper;
    sync.process(received(), keeper);
    sync.flush(keeper);
    return keeper;
}

gr::spacesail::dvbs2x_sync::sptr make_sync(std::size_t satellite, const std::string& start = "")
{
    return gr::spacesail::dvbs2x_sync::make(k_sample_rate,
                                            k_symbol_rate,
                                            0.2,
                                            0,
                                            "cf32",
                                            0.0,
                                            0.0,
                                            "upright",
                                            "adaptive",
                                            1.0,
                                            k_elements,
                                            sets()[satellite].name,
                                            k_lat,
                                            k_lon,
                                            k_height,
                                            k_down_hz,
                                            start);
}

outcome run(const gr::spacesail::dvbs2x_sync::sptr& sync,
            const std::vector<cf>& y,
            const std::vector<gr::tag_t>& in_tags,
            int most = 4096,
            const std::vector<pmt::pmt_t>& commands = {})
{
    auto tb = gr::make_top_block("t");
    auto sink = gr::blocks::vector_sink_c::make();
    sync->set_max_noutput_items(most);
    tb->connect(gr::blocks::vector_source_c::make(y, false, 1, in_tags), 0, sync, 0);
    tb->connect(sync, 0, sink, 0);
    for (const auto& c : commands) sync->_post(pmt::intern("cmd"), c);
    tb->run();
    return { sink->data(), sink->tags(), sync->status() };
}

double residual_of(const gr::tag_t& frame)
{
    return pmt::to_double(pmt::dict_ref(frame.value, keys::cfo_hz(), pmt::PMT_NIL)) -
           pmt::to_double(pmt::dict_ref(frame.value, keys::correction_hz(), pmt::PMT_NIL));
}

TEST(Dvbs2xSyncMotion, GivesTheFramesOfTheCoreObject)
{
    const auto expected = core(0);
    ASSERT_GE(expected.residual_hz.size(), 36U);
    const auto t0 = early_in_the_pass();
    for (const int most : { 7, 4096 }) {
        const auto live = run(make_sync(0), received(), { time_tag(0, t0) }, most);
        EXPECT_EQ(live.samples, expected.symbols) << most;
        EXPECT_EQ(live.text("motion"), "known");
        EXPECT_EQ(live.count("locks"), 1U);
    }
    const auto file = run(make_sync(0, format_utc(t0, 9)), received(), {});
    EXPECT_EQ(file.samples, expected.symbols);
    EXPECT_NEAR(file.real("residual_hz"), k_lnb_offset_hz, 20.0);
    const auto engine = moving(0, t0).engine();
    const double seconds = static_cast<double>(received().size()) / k_sample_rate;
    EXPECT_NEAR(file.real("doppler_pred_hz"), engine.down(seconds)->doppler_hz(k_down_hz), 20.0);
    EXPECT_NEAR(file.real("cfo_hz"), k_lnb_offset_hz + engine.down(seconds)->doppler_hz(k_down_hz), 60.0);
    // Another satellite's elements leave another frequency.
    const auto wrong = run(make_sync(3), received(), { time_tag(0, t0) });
    EXPECT_GT(std::abs(wrong.real("residual_hz") - k_lnb_offset_hz), 5e3);
    const auto without = run(gr::spacesail::dvbs2x_sync::make(k_sample_rate, k_symbol_rate, 0.2), received(), {});
    EXPECT_EQ(without.real("correction_hz"), 0.0);
    EXPECT_EQ(without.text("motion"), "no_elements");
}

TEST(Dvbs2xSyncMotion, KnowsTheMotionBehindAGapAndFromAFirstTimeOn)
{
    const auto t0 = early_in_the_pass();
    auto y = received();
    constexpr std::size_t cut = 150'000, lost = 20'000;
    y.erase(y.begin() + cut, y.begin() + cut + lost);
    const auto gap =
        run(make_sync(0), y, { time_tag(0, t0), time_tag(cut, t0.plus_seconds((cut + lost) / k_sample_rate)) });
    EXPECT_EQ(gap.count("gaps"), 1U);
    EXPECT_EQ(gap.count("locks"), 2U);
    EXPECT_NEAR(gap.real("residual_hz"), k_lnb_offset_hz, 20.0);
    for (const auto& f : gap.with_key(tags::ss_frame())) EXPECT_NEAR(residual_of(f), k_lnb_offset_hz, 60.0);
    EXPECT_GE(gap.with_key(tags::ss_frame()).size(), 28U);
    // The first time comes with a later sample.
    const auto late = run(make_sync(0), received(), { time_tag(cut, t0.plus_seconds(cut / k_sample_rate)) });
    const auto frames = late.with_key(tags::ss_frame());
    ASSERT_GE(frames.size(), 34U);
    EXPECT_GT(std::abs(residual_of(frames.front())), 100e3) << "all of the Doppler shift";
    EXPECT_NEAR(residual_of(frames.back()), k_lnb_offset_hz, 20.0);
}

TEST(Dvbs2xSyncMotion, BearsAGapOfNonsense)
{
    for (const auto& length : { pmt::from_long(-3), pmt::PMT_NIL }) {
        const auto got =
            run(make_sync(0), received(), { time_tag(0, early_in_the_pass()), tag(150'000, tags::ss_gap(), length) });
        EXPECT_EQ(got.count("samples"), received().size());
        EXPECT_EQ(got.count("gaps"), 1U);
        EXPECT_EQ(got.count("samples_lost"), 0U);
        EXPECT_EQ(got.count("locks"), 2U);
    }
}

TEST(Dvbs2xSyncMotion, ASatelliteByCommand)
{
    const auto t0 = early_in_the_pass();
    const auto got =
        run(make_sync(3),
            received(),
            { time_tag(0, t0) },
            4096,
            { command({ { "satellite", pmt::intern(sets()[0].name) }, { "sample", pmt::from_uint64(100'000) } }),
              command({ { "satellite", pmt::intern("absent") } }) });
    EXPECT_EQ(got.count("refused_commands"), 1U);
    EXPECT_EQ(got.text("satellite"), sets()[0].name);
    EXPECT_EQ(got.count("locks"), 2U);
    EXPECT_NEAR(got.real("residual_hz"), k_lnb_offset_hz, 20.0);
    EXPECT_GE(got.with_key(tags::ss_frame()).size(), 32U);
    const auto none = run(gr::spacesail::dvbs2x_sync::make(k_sample_rate, k_symbol_rate, 0.2),
                          received(),
                          {},
                          4096,
                          { command({ { "satellite", pmt::intern(sets()[0].name) } }) });
    EXPECT_EQ(none.count("refused_commands"), 1U) << "made without elements";
}

TEST(Dvbs2xSyncMotion, WrongParametersThrowNamingThem)
{
    const auto message = [](const std::string& elements, const std::string& satellite, double lat, double carrier_hz) {
        try {
            gr::spacesail::dvbs2x_sync::make(
                2e6, 1e6, 0.0, 0, "cf32", 0, 0, "upright", "adaptive", 1.0, elements, satellite, lat, 0, 0, carrier_hz);
        } catch (const std::invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string("nothing");
    };
    EXPECT_THAT(message(k_elements, sets()[0].name, 0.0, 0.0), HasSubstr("carrier_hz"));
    EXPECT_THAT(message("absent.tle", "", 0.0, 1e9), HasSubstr("elements"));
    EXPECT_THAT(message(k_elements, "absent", 0.0, 1e9), HasSubstr("satellite"));
    EXPECT_THAT(message(k_elements, sets()[0].name, 91.0, 1e9), HasSubstr("latitude_deg"));
}

} // namespace
