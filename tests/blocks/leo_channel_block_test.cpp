// SPDX-License-Identifier: GPL-3.0-or-later
// leo_channel: the answer of its core object, tags at the samples that theirs became, one input or many, commands,
// ends; what comes out is told in closed form.
#include "motion_scene.hpp"
#include "motion_signal.hpp"

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/leo_channel.h>
#include <gnuradio/sync_block.h>
#include <gnuradio/top_block.h>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/channel/link_loss.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using namespace motion_scene;
using namespace spacesail::test;
namespace tags = gr::spacesail::tags;
using gr::spacesail::leo_channel_parameters;
using testing::HasSubstr;

leo_channel_parameters scene(std::vector<std::size_t> satellites = { 0 })
{
    leo_channel_parameters p;
    p.sample_rate_hz = k_rate_hz;
    p.carrier_hz = k_down_hz;
    p.elements = k_elements;
    for (const auto s : satellites) p.satellites.push_back(sets()[s].name);
    p.latitude_deg = k_lat;
    p.longitude_deg = k_lon;
    p.height_m = k_height;
    p.start = format_utc(early_in_the_pass(), 9);
    return p;
}

outcome run(const leo_channel_parameters& p,
            const std::vector<std::vector<cf>>& inputs,
            const std::vector<gr::tag_t>& in_tags = {},
            int most = 4096,
            const std::vector<pmt::pmt_t>& commands = {})
{
    auto tb = gr::make_top_block("t");
    auto block = gr::spacesail::leo_channel::make(p);
    auto sink = gr::blocks::vector_sink_c::make();
    block->set_max_noutput_items(most);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto own = i == 0 ? in_tags : std::vector<gr::tag_t>{};
        tb->connect(gr::blocks::vector_source_c::make(inputs[i], false, 1, own), 0, block, static_cast<int>(i));
    }
    tb->connect(block, 0, sink, 0);
    for (const auto& c : commands) block->_post(pmt::intern("cmd"), c);
    tb->run();
    return { sink->data(), sink->tags(), block->status() };
}

/// The core object over the satellites of a scene; one input each.
std::vector<cf> core(channel::leo_channel_config c,
                     const std::vector<std::size_t>& satellites,
                     const std::vector<std::vector<cf>>& inputs,
                     channel::path_loss loss = channel::path_loss::none)
{
    std::vector<doppler::orbit_delay_source> sources;
    for (const auto s : satellites) sources.push_back(delays(doppler::link_direction::down, early_in_the_pass(), s));
    std::vector<channel::satellite_path> paths;
    c.sample_rate_hz = k_rate_hz;
    c.carrier_hz = k_down_hz;
    c.reference_delay_s = 1.0;
    for (auto& s : sources) {
        const double reference = doppler::reference_delay_s(s, 0.0, k_rate_hz);
        c.reference_delay_s = std::min(c.reference_delay_s, reference);
        paths.push_back({ .delays = &s, .loss = loss, .loss_reference_delay_s = reference });
    }
    channel::leo_channel channel(c, paths);
    std::vector<std::span<const cf>> left(inputs.begin(), inputs.end());
    std::vector<std::size_t> used(inputs.size());
    std::vector<cf> out, room(3000);
    while (!channel.done()) {
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (left[i].empty()) channel.end_input(i);
        }
        const std::size_t n = channel.process(left, used, room);
        for (std::size_t i = 0; i < left.size(); ++i) left[i] = left[i].subspan(used[i]);
        out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return out;
}

TEST(LeoChannel, GivesTheSamplesOfTheCoreObjectWhateverTheBufferSize)
{
    const auto x = noise(60'000);
    channel::leo_channel_config c;
    c.noise_power = 0.2;
    c.lnb_offset_hz = 12'345.0;
    c.lnb_drift_hz_s = 70.0;
    c.receiver_clock_ppm = 3.0;
    c.mask = *channel::parse_phase_noise_mask("pll-lnb");
    c.faults.dc_dbfs = -30.0;
    c.faults.clip = 2.0;
    c.seed = 77;
    auto p = scene();
    p.noise_power = c.noise_power;
    p.lnb_offset_hz = c.lnb_offset_hz;
    p.lnb_drift_hz_s = c.lnb_drift_hz_s;
    p.clock_ppm = c.receiver_clock_ppm;
    p.phase_noise = "pll-lnb";
    p.dc_dbfs = -30.0;
    p.clip = 2.0;
    p.seed = 77;
    p.path_loss = "free_space";
    const auto expected = core(c, { 0 }, { x }, channel::path_loss::free_space);
    const auto engine = delays(doppler::link_direction::down, early_in_the_pass()).engine();
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        const auto got = run(p, { x }, { tag(50'000, mark(), pmt::PMT_T) }, most);
        EXPECT_EQ(got.samples, expected) << most;
        // Sample 50000 leaves at 50 ms less the reference and is received a delay later, by a clock 3 ppm fast.
        ASSERT_EQ(got.with_key(mark()).size(), 1U);
        const double at = static_cast<double>(got.with_key(mark())[0].offset) / (k_rate_hz * 1.000003);
        EXPECT_NEAR((at - *engine.tau_down(at) + got.real("reference_delay_s")) * k_rate_hz, 50'000.0, 0.51);
        ASSERT_EQ(got.with_key(tags::rx_time()).size(), 1U);
        EXPECT_EQ(got.with_key(tags::rx_time())[0].offset, 0U);
        EXPECT_NEAR(seconds_since(got.with_key(tags::rx_time())[0].value, early_in_the_pass()), 0.0, 1e-9);
        EXPECT_EQ(pmt::to_double(got.with_key(tags::rx_rate())[0].value), k_rate_hz);
        EXPECT_EQ(pmt::to_double(got.with_key(tags::rx_freq())[0].value), k_down_hz);
        EXPECT_EQ(got.text("motion"), "known");
        EXPECT_EQ(got.count("samples"), expected.size());
        EXPECT_EQ(got.count("unknown_delays"), 0U);
        EXPECT_GT(got.count("clipped"), 0U);
        EXPECT_NEAR(got.real("doppler_pred_hz"), engine.down(0.06)->doppler_hz(k_down_hz), 5.0);
    }
}

TEST(LeoChannel, DelaysAndTurnsAsTheOrbitSays)
{
    const line_signal signal(k_rate_hz, 0.15, 20, 2);
    const auto x = signal.samples(40'000, k_rate_hz);
    const auto engine = delays(doppler::link_direction::down, early_in_the_pass()).engine();
    const auto error_db = [&](const leo_channel_parameters& p) {
        const auto got = run(p, { x });
        const double reference = got.real("reference_delay_s");
        const auto sent = [&](std::size_t n) {
            const double t = static_cast<double>(n) / k_rate_hz;
            return t - *engine.tau_down(t) + reference;
        };
        const auto turn = [&](std::size_t n) {
            const double cycles = k_down_hz * *engine.tau_down(static_cast<double>(n) / k_rate_hz);
            return std::polar(1.0, -k_two_pi * (cycles - std::floor(cycles)));
        };
        return compare(
                   got.samples,
                   35'000,
                   38'000,
                   [&](std::size_t n) { return signal.at(sent(n)) * turn(n); },
                   [&](std::size_t n) { return signal.slope(sent(n)) * turn(n); })
            .error_db;
    };
    EXPECT_LT(error_db(scene()), -58.0);
    EXPECT_GT(error_db(scene({ 3 })), -3.0) << "another satellite";
    leo_channel_parameters still;
    still.sample_rate_hz = k_rate_hz;
    still.carrier_hz = k_down_hz;
    EXPECT_GT(error_db(still), -3.0) << "a channel that does nothing";
}

TEST(LeoChannel, SatellitesHaveAnInputEachOrShareOne)
{
    const std::vector<std::size_t> both{ 0, 3 };
    const auto a = noise(50'000, 1), b = noise(50'000, 2);
    for (const int most : { 7, 4096 }) {
        EXPECT_EQ(run(scene(both), { a, b }, {}, most).samples, core({}, both, { a, b })) << most;
        auto p = scene(both);
        p.inputs = "shared";
        const auto got = run(p, { a }, { tag(100, mark(), pmt::PMT_T) }, most);
        EXPECT_EQ(got.samples, core({}, both, { a, a })) << most;
        EXPECT_EQ(got.with_key(mark()).size(), 1U);
        const pmt::pmt_t others = pmt::dict_ref(got.status, pmt::intern("others"), pmt::PMT_NIL);
        ASSERT_EQ(pmt::length(others), 1U);
        EXPECT_EQ(
            pmt::symbol_to_string(pmt::dict_ref(pmt::vector_ref(others, 0), pmt::intern("satellite"), pmt::PMT_NIL)),
            sets()[3].name);
    }
    EXPECT_NE(core({}, both, { a, b }), core({}, { 0, 0 }, { a, b })) << "the second satellite matters";
    // One input ends early: the other goes on.
    const auto shorter = noise(10'000, 2);
    EXPECT_EQ(run(scene(both), { a, shorter }).samples, core({}, both, { a, shorter }));
}

/// Takes a few samples at a time and looks how far a block has read ahead of what it has written.
class slow_sink final : public gr::sync_block
{
public:
    explicit slow_sink(gr::block& watched)
        : gr::sync_block(
              "slow_sink", gr::io_signature::make(1, 1, sizeof(gr_complex)), gr::io_signature::make(0, 0, 0)),
          d_watched(watched)
    {
    }
    int work(int n, gr_vector_const_void_star&, gr_vector_void_star&) override
    {
        const auto written = d_watched.nitems_written(0), read = d_watched.nitems_read(0);
        if (read > written) furthest_ahead = std::max(furthest_ahead, read - written);
        return std::min(n, 64);
    }
    std::uint64_t furthest_ahead = 0;

private:
    gr::block& d_watched;
};

TEST(LeoChannel, ASharedInputIsHeldBackByWhoeverTakesTheOutput)
{
    const std::vector<std::size_t> both{ 0, 3 };
    auto p = scene(both);
    p.inputs = "shared";
    auto tb = gr::make_top_block("t");
    auto block = gr::spacesail::leo_channel::make(p);
    block->set_max_noutput_items(64);
    auto sink = gnuradio::make_block_sptr<slow_sink>(*block);
    tb->connect(gr::blocks::vector_source_c::make(noise(400'000)), 0, block, 0);
    tb->connect(block, 0, sink, 0);
    tb->run();
    std::vector<double> delay_s;
    for (const auto s : both)
        delay_s.push_back(*delays(doppler::link_direction::down, early_in_the_pass(), s).engine().tau_down(0.0));
    const double apart = std::abs(delay_s[1] - delay_s[0]) * k_rate_hz;
    EXPECT_LT(static_cast<double>(sink->furthest_ahead), apart + 20'000.0);
}

TEST(LeoChannel, TimeComesFromTheFirstSampleWhereNoStartIsGiven)
{
    const auto x = noise(20'000);
    const auto expected = run(scene(), { x }).samples;
    auto p = scene();
    p.start.clear();
    for (const auto& key : { tags::rx_time(), tags::tx_time() }) {
        const auto got = run(p, { x }, { time_tag(0, early_in_the_pass(), key) });
        EXPECT_EQ(got.samples, expected);
        EXPECT_EQ(got.with_key(tags::rx_time()).size(), 1U);
        EXPECT_TRUE(got.with_key(tags::tx_time()).empty());
    }
    const auto silent = run(p, { x });
    EXPECT_EQ(silent.text("motion"), "no_time");
    EXPECT_GE(silent.count("unknown_delays"), x.size() / 16);
    EXPECT_TRUE(std::all_of(silent.samples.begin(), silent.samples.end(), [](cf v) { return v == cf(); }));
}

TEST(LeoChannel, CommandsHoldFromTheirSampleOn)
{
    const std::vector<cf> x(40'000, cf(1.0F, 0.0F));
    leo_channel_parameters p;
    p.sample_rate_hz = k_rate_hz;
    const auto power = [](const outcome& o, std::size_t from, std::size_t to) {
        double sum = 0.0;
        for (std::size_t k = from; k < to; ++k) sum += std::norm(o.samples[k]);
        return sum / static_cast<double>(to - from);
    };
    for (const int most : { 7, 4096 }) {
        const auto got =
            run(p,
                { x },
                {},
                most,
                { command({ { "noise_power", pmt::from_double(3.0) }, { "sample", pmt::from_uint64(20'480) } }),
                  command({ { "gain_db", pmt::from_double(-20.0) }, { "sample", pmt::from_uint64(10'240) } }),
                  command({ { "gain_db", pmt::from_double(1.0) }, { "satellite", pmt::from_long(1) } }),
                  command({ { "noise_power", pmt::from_double(-1.0) } }) });
        EXPECT_NEAR(power(got, 1'000, 10'240), 1.0, 1e-4);
        // A gain goes over in a block.
        EXPECT_NEAR(power(got, 10'752, 20'480), 0.01, 1e-5);
        EXPECT_NEAR(power(got, 20'480, 39'000), 3.01, 0.1);
        EXPECT_EQ(got.count("refused_commands"), 2U);
        EXPECT_EQ(got.real("noise_power"), 3.0);
        EXPECT_EQ(got.text("motion"), "no_elements");
    }
}

TEST(LeoChannel, ATransparentSatelliteAddsItsFeeder)
{
    const auto x = noise(30'000);
    auto p = scene();
    p.feeder_hz = 14.25e9;
    p.gateway_latitude_deg = 40.0;
    p.gateway_longitude_deg = 116.0;
    const auto got = run(p, { x });
    EXPECT_GT(got.real("reference_delay_s"), run(scene(), { x }).real("reference_delay_s") + 3e-3);
    EXPECT_EQ(got.count("unknown_delays"), 0U);
}

TEST(LeoChannel, RainGasesAndAntennaWeakenAsTheCoreObjectSays)
{
    const std::vector<cf> x(60'000, cf(1.0F, 0.0F));
    auto p = scene();
    p.rain = "30";
    p.gases = "standard";
    p.antenna = "dish";
    p.pointing_azimuth_deg = 1.0;
    const auto got = run(p, { x });
    const auto engine = delays(doppler::link_direction::down, early_in_the_pass()).engine();
    channel::link_loss_config c;
    c.frequency_hz = k_down_hz;
    c.latitude_deg = k_lat;
    c.height_km = 1e-3 * k_height;
    c.rain = *channel::parse_rain_profile("30");
    c.gases = channel::standard_air(c.height_km);
    c.antenna = { .pattern = channel::antenna_pattern::aperture, .diameter_m = 0.5, .frequency_hz = k_down_hz };
    c.pointing.azimuth_deg = 1.0;
    const auto terms = channel::link_loss(c, engine, engine).at(0.03);
    ASSERT_TRUE(terms);
    EXPECT_GT(terms->rain_db, 3.0);
    EXPECT_GT(terms->pointing_db, 0.5);
    double power = 0.0;
    for (std::size_t k = 20'000; k < 40'000; ++k) power += std::norm(got.samples[k]) / 20'000.0;
    EXPECT_NEAR(linear_to_db(power), -terms->total_db(), 0.02);
    // A warm sky: the noise grows with the attenuation.
    p.noise_power = 1.0;
    p.noise_temperature_k = 100.0;
    const auto noisy = run(p, { std::vector<cf>(60'000) });
    power = 0.0;
    for (std::size_t k = 20'000; k < 40'000; ++k) power += std::norm(noisy.samples[k]) / 20'000.0;
    EXPECT_GT(linear_to_db(power), 1.5);
    EXPECT_LT(linear_to_db(power), linear_to_db(1.0 + 275.0 / 100.0));
}

TEST(LeoChannel, WrongParametersThrowNamingThem)
{
    const auto message = [](auto&& change) -> std::string {
        auto p = scene();
        change(p);
        try {
            gr::spacesail::leo_channel::make(p);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "nothing";
    };
    EXPECT_THAT(message([](auto& p) { p.sample_rate_hz = 0.0; }), HasSubstr("sample_rate_hz"));
    EXPECT_THAT(message([](auto& p) { p.carrier_hz = -1.0; }), HasSubstr("carrier_hz"));
    EXPECT_THAT(message([](auto& p) { p.elements = "absent.tle"; }), HasSubstr("elements"));
    EXPECT_THAT(message([](auto& p) { p.satellites = { "absent" }; }), HasSubstr("satellite"));
    EXPECT_THAT(message([](auto& p) { p.inputs = "some"; }), HasSubstr("inputs"));
    EXPECT_THAT(message([](auto& p) { p.latitude_deg = 91.0; }), HasSubstr("latitude_deg"));
    EXPECT_THAT(message([](auto& p) { p.start = "noon"; }), HasSubstr("start"));
    EXPECT_THAT(message([](auto& p) { p.path_loss = "all"; }), HasSubstr("path_loss"));
    EXPECT_THAT(message([](auto& p) { p.noise_power = -1.0; }), HasSubstr("noise_power"));
    EXPECT_THAT(message([](auto& p) { p.phase_noise = "loud"; }), HasSubstr("phase_noise"));
    EXPECT_THAT(message([](auto& p) { p.clock_ppm = 501.0; }), HasSubstr("clock_ppm"));
    EXPECT_THAT(message([](auto& p) { p.clip = -1.0; }), HasSubstr("clip"));
    EXPECT_THAT(message([](auto& p) { p.feeder_hz = std::nan(""); }), HasSubstr("feeder_hz"));
    EXPECT_THAT(message([](auto& p) { p.gateway_latitude_deg = 91.0; }), HasSubstr("gateway_latitude_deg"));
    EXPECT_THAT(message([](auto& p) { p.gain_db = std::nan(""); }), HasSubstr("gain_db"));
    EXPECT_THAT(message([](auto& p) { p.rain = "much"; }), HasSubstr("rain"));
    EXPECT_THAT(message([](auto& p) { p.gases = "some"; }), HasSubstr("gases"));
    EXPECT_THAT(message([](auto& p) { p.antenna = "wire"; }), HasSubstr("antenna"));
    EXPECT_THAT(message([](auto& p) { p.scintillation_hz = 100.0; }), HasSubstr("scintillation"));
    EXPECT_THAT(message([](auto& p) { p.noise_temperature_k = -1.0; }), HasSubstr("noise_temperature_k"));
    EXPECT_THAT(message([](auto& p) {
                    p.elements.clear();
                    p.satellites.clear();
                    p.rain = "5";
                }),
                HasSubstr("elements is empty"));
}

} // namespace
