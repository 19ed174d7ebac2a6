// SPDX-License-Identifier: GPL-3.0-or-later
// doppler_corrector, doppler_precompensator: the answers of their core objects, tags at the samples that theirs became,
// gaps, bursts, commands; received signals told in closed form.
#include "motion_scene.hpp"
#include "motion_signal.hpp"
#include "temp_folder.hpp"

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/spacesail/doppler_corrector.h>
#include <gnuradio/spacesail/doppler_precompensator.h>
#include <gnuradio/top_block.h>
#include <spacesail/doppler/corrector.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace {

using namespace motion_scene;
using namespace spacesail::test;
namespace tags = gr::spacesail::tags;
using doppler::link_direction;
using testing::HasSubstr;

gr::spacesail::doppler_corrector::sptr
make_corrector(const std::string& satellite = sets()[0].name, const std::string& start = "", double bias_m = 0.0)
{
    return gr::spacesail::doppler_corrector::make(
        k_rate_hz, k_down_hz, k_elements, satellite, k_lat, k_lon, k_height, start, bias_m);
}
gr::spacesail::doppler_precompensator::sptr make_precompensator(const std::string& start = "")
{
    return gr::spacesail::doppler_precompensator::make(
        k_rate_hz, k_up_hz, k_elements, sets()[0].name, k_lat, k_lon, k_height, start);
}

template <class Block>
outcome run(const std::shared_ptr<Block>& block,
            const std::vector<cf>& x,
            const std::vector<gr::tag_t>& in_tags,
            int most = 4096,
            const std::vector<pmt::pmt_t>& commands = {})
{
    auto tb = gr::make_top_block("t");
    auto sink = gr::blocks::vector_sink_c::make();
    block->set_max_noutput_items(most);
    tb->connect(gr::blocks::vector_source_c::make(x, false, 1, in_tags), 0, block, 0);
    tb->connect(block, 0, sink, 0);
    for (const auto& c : commands) block->_post(pmt::intern("cmd"), c);
    tb->run();
    return { sink->data(), sink->tags(), block->status() };
}

/// What a core object gives for the samples [first, last), its clock starting with them.
template <class Core>
struct core_run {
    doppler::orbit_delay_source source;
    double reference_s;
    Core core;
    std::vector<cf> out;

    core_run(doppler::orbit_delay_source from, double carrier_hz)
        : source(std::move(from)),
          reference_s(doppler::reference_delay_s(source, 0.0, k_rate_hz)),
          core({ k_rate_hz, carrier_hz, reference_s }, source)
    {
    }
    void feed(std::span<const cf> x)
    {
        std::vector<cf> room(1 << 14);
        for (;;) {
            const auto p = core.process(x, room);
            out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(p.produced));
            x = x.subspan(p.consumed);
            if (p.consumed == 0 && p.produced == 0) return;
        }
    }
    /// The rest, as far as `input` samples reach.
    std::vector<cf> finish(std::size_t input)
    {
        core.end_input();
        feed({});
        out.resize(static_cast<std::size_t>(std::llround(core.output_of(static_cast<double>(input)))));
        return out;
    }
};

TEST(DopplerCorrector, GivesTheSamplesOfTheCoreObjectWhateverTheBufferSize)
{
    const auto x = noise(60'000);
    const utc_time t0 = early_in_the_pass();
    core_run<doppler::corrector> expected(delays(link_direction::down, t0), k_down_hz);
    expected.feed(x);
    const auto place = static_cast<std::uint64_t>(std::llround(expected.core.output_of(50'000)));
    const auto samples = expected.finish(x.size());
    // 17 ppm over 60 ms is one sample: the output is that much longer or shorter.
    const auto tau = [&](double t) { return *expected.source.engine().tau_down(t); };
    ASSERT_EQ(samples.size(),
              static_cast<std::size_t>(std::llround(60'000 - (tau(0.06) - expected.reference_s) * k_rate_hz)));
    ASSERT_NE(place, 50'000U);
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        const auto got = run(make_corrector(),
                             x,
                             { time_tag(0, t0),
                               tag(0, tags::rx_rate(), pmt::from_double(k_rate_hz)),
                               tag(50'000, mark(), pmt::PMT_T),
                               time_tag(50'000, t0.plus_seconds(0.05)) },
                             most);
        EXPECT_EQ(got.samples, samples) << most;
        const auto marks = got.with_key(mark());
        ASSERT_EQ(marks.size(), 1U);
        EXPECT_EQ(marks[0].offset, place);
        const auto times = got.with_key(tags::rx_time());
        ASSERT_EQ(times.size(), 2U);
        EXPECT_EQ(times[0].offset, 0U);
        EXPECT_NEAR(seconds_since(times[0].value, t0), 0.0, 1e-9);
        EXPECT_EQ(times[1].offset, place);
        EXPECT_NEAR(seconds_since(times[1].value, t0), static_cast<double>(place) / k_rate_hz, 2e-9);
        ASSERT_EQ(got.with_key(tags::rx_rate()).size(), 1U);
        EXPECT_EQ(got.with_key(tags::rx_rate())[0].offset, 0U);
        EXPECT_TRUE(got.with_key(tags::ss_gap()).empty());
        EXPECT_EQ(got.text("motion"), "known");
        EXPECT_EQ(got.count("samples"), x.size());
        EXPECT_EQ(got.count("unknown_delays"), 0U);
        EXPECT_EQ(got.count("gaps"), 0U);
        const auto link = expected.source.engine().down(0.06);
        EXPECT_NEAR(got.real("doppler_pred_hz"), link->doppler_hz(k_down_hz), 1e-3);
        EXPECT_NEAR(got.real("doppler_rate_hz_s"), link->doppler_rate_hz_s(k_down_hz), 0.1);
        EXPECT_NEAR(got.real("delay_s"), link->delay_s, 1e-12);
        EXPECT_NEAR(got.real("el_deg"), link->look.elevation_deg, 1e-6);
        EXPECT_NEAR(got.real("range_km"), 1e-3 * link->look.range_m, 1e-6);
    }
}

/// A wide signal as the orbit moves it, told at t - tau(t) with the engine's delay.
std::vector<cf> moved(const line_signal& signal, utc_time t0, std::size_t n)
{
    const auto engine = *doppler::delay_engine::create(sets()[0], k_shanghai, t0);
    std::vector<cf> y(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double t = static_cast<double>(k) / k_rate_hz, tau = *engine.tau_down(t);
        const double cycles = k_down_hz * tau;
        y[k] = cf(signal.at(t - tau) * std::polar(1.0, -k_two_pi * (cycles - std::floor(cycles))));
    }
    return y;
}

TEST(DopplerCorrector, GivesTheSignalBackThatLeftTheSatellite)
{
    const line_signal signal(k_rate_hz, 0.15, 20, 2); // with 230 kHz of Doppler shift below 0.4 of the rate
    const utc_time t0 = early_in_the_pass();
    const auto y = moved(signal, t0, 30'000);
    const auto error_db = [&](const std::string& satellite) {
        const auto got = run(make_corrector(satellite), y, { time_tag(0, t0) });
        auto source = delays(link_direction::down, t0);
        const double reference = doppler::reference_delay_s(source, 0.0, k_rate_hz);
        return compare(
                   got.samples,
                   25'000,
                   29'000,
                   [&](std::size_t n) {
                       return signal.at(static_cast<double>(n) / k_rate_hz - reference) *
                              std::polar(1.0, -k_two_pi * std::fmod(k_down_hz * reference, 1.0));
                   },
                   [&](std::size_t n) { return signal.slope(static_cast<double>(n) / k_rate_hz - reference); })

            .error_db;
    };
    EXPECT_LT(error_db(sets()[0].name), -58.0);
    EXPECT_GT(error_db(sets()[1].name), -3.0) << "another satellite's elements";
    EXPECT_GT(error_db(sets()[2].name), -3.0);
}

TEST(DopplerCorrector, AGapBeginsAnewWithItsTime)
{
    const auto x = noise(60'000);
    const std::span all(x);
    const utc_time t0 = early_in_the_pass();
    constexpr std::size_t cut = 20'001, lost = 30'000'000; // half a minute
    const utc_time t1 = t0.plus_seconds(static_cast<double>(cut + lost) / k_rate_hz);
    core_run<doppler::corrector> a(delays(link_direction::down, t0), k_down_hz);
    a.feed(all.first(cut));
    auto samples = a.finish(cut);
    const std::size_t seam = samples.size();
    core_run<doppler::corrector> b(delays(link_direction::down, t1), k_down_hz);
    b.feed(all.subspan(cut));
    const auto behind = b.finish(x.size() - cut);
    samples.insert(samples.end(), behind.begin(), behind.end());
    // What is missing of the satellite's time: what is missing of ours, less what the delay grew.
    const auto engine = a.source.engine();
    const double grown = *engine.tau_down(static_cast<double>(cut + lost) / k_rate_hz) -
                         *engine.tau_down(static_cast<double>(cut) / k_rate_hz);
    ASSERT_GT(std::abs(grown) * k_rate_hz, 300.0);
    const auto gap = tag(cut, tags::ss_gap(), pmt::from_uint64(lost));
    for (const auto& told :
         { std::vector{ time_tag(cut, t1) }, std::vector{ gap }, std::vector{ gap, time_tag(cut, t1) } }) {
        for (const int most : { 7, 4096 }) {
            auto in_tags = told;
            in_tags.push_back(time_tag(0, t0));
            in_tags.push_back(tag(cut, mark(), pmt::PMT_T));
            const auto got = run(make_corrector(), x, in_tags, most);
            EXPECT_EQ(got.samples, samples);
            EXPECT_EQ(got.count("gaps"), 1U);
            EXPECT_EQ(got.count("samples_lost"), lost);
            EXPECT_EQ(got.count("anchors"), 2U);
            const auto times = got.with_key(tags::rx_time());
            ASSERT_EQ(times.size(), 2U);
            EXPECT_EQ(times[1].offset, seam);
            EXPECT_NEAR(seconds_since(times[1].value, t1), 0.0, 2e-9);
            const auto gaps = got.with_key(tags::ss_gap());
            ASSERT_EQ(gaps.size(), 1U);
            EXPECT_EQ(gaps[0].offset, seam);
            EXPECT_NEAR(static_cast<double>(pmt::to_uint64(gaps[0].value)), lost - grown * k_rate_hz, 2.0);
            ASSERT_EQ(got.with_key(mark()).size(), 1U);
            EXPECT_EQ(got.with_key(mark())[0].offset, seam);
        }
    }
    // Negative control: without being told, the samples behind the gap are taken for those that follow.
    EXPECT_NE(run(make_corrector(), x, { time_tag(0, t0) }).samples, samples);
}

TEST(DopplerCorrector, AGapOfNonsenseIsOneOfUnknownLength)
{
    const auto x = noise(20'000);
    for (const auto& length : { pmt::from_long(-3), pmt::PMT_NIL, pmt::intern("many"), pmt::from_double(7.0) }) {
        const auto got =
            run(make_corrector(), x, { time_tag(0, early_in_the_pass()), tag(10'000, tags::ss_gap(), length) });
        EXPECT_EQ(got.count("samples"), x.size());
        EXPECT_EQ(got.count("gaps"), 1U);
        EXPECT_EQ(got.count("samples_lost"), 0U);
    }
}

TEST(DopplerCorrector, ATimeOfNonsenseIsNone)
{
    const auto x = noise(5'000);
    for (const auto& seconds : { pmt::from_long(-3), pmt::from_double(1.5), pmt::intern("now") }) {
        const auto got =
            run(make_corrector(), x, { tag(0, tags::rx_time(), pmt::make_tuple(seconds, pmt::from_double(0.5))) });
        EXPECT_EQ(got.count("samples"), x.size());
        EXPECT_EQ(got.text("motion"), "no_time");
    }
}

TEST(DopplerCorrector, TimeThatGoesBackwardsBeginsAnewToo)
{
    const auto x = noise(20'000);
    const utc_time t0 = early_in_the_pass();
    const auto got = run(make_corrector(), x, { time_tag(0, t0), time_tag(10'000, t0.plus_seconds(-100.0)) });
    EXPECT_EQ(got.count("gaps"), 1U);
    EXPECT_EQ(got.count("samples_lost"), 0U);
    core_run<doppler::corrector> b(delays(link_direction::down, t0.plus_seconds(-100.0)), k_down_hz);
    b.feed(std::span(x).subspan(10'000));
    const auto behind = b.finish(10'000);
    ASSERT_GT(got.samples.size(), behind.size());
    EXPECT_TRUE(std::equal(behind.rbegin(), behind.rend(), got.samples.rbegin()));
}

TEST(DopplerCorrector, StartGivesTheTimeOfAFileAndOfAClockThatCountsFromZero)
{
    const auto x = noise(20'000);
    const utc_time t0 = early_in_the_pass();
    const std::string start = format_utc(t0, 9);
    const auto tagged = run(make_corrector(), x, { time_tag(0, t0) });
    const auto file = run(make_corrector(sets()[0].name, start), x, {});
    EXPECT_EQ(file.samples, tagged.samples);
    ASSERT_EQ(file.with_key(tags::rx_time()).size(), 1U);
    EXPECT_NEAR(seconds_since(file.with_key(tags::rx_time())[0].value, t0), 0.0, 1e-9);
    const auto counting = run(make_corrector(sets()[0].name, start), x, { time_tag(0, utc_time{ 5'250'000'000 }) });
    EXPECT_EQ(counting.samples, tagged.samples);
    ASSERT_EQ(counting.with_key(tags::rx_time()).size(), 1U);
    EXPECT_NEAR(seconds_since(counting.with_key(tags::rx_time())[0].value, utc_time{ 0 }), 5.25, 1e-9)
        << "in the clock of the tags";
}

TEST(DopplerCorrector, WithoutTimeOrElementsSamplesPassAndAreCounted)
{
    const auto x = noise(5'000);
    const auto no_time = run(make_corrector(), x, { tag(1234, mark(), pmt::PMT_T) });
    EXPECT_EQ(no_time.text("motion"), "no_time");
    EXPECT_GE(no_time.count("unknown_delays"), x.size() / 16);
    ASSERT_EQ(no_time.samples.size(), x.size());
    for (std::size_t k = 0; k < x.size(); ++k) EXPECT_NEAR(std::abs(no_time.samples[k] - x[k]), 0.0, 1e-5);
    EXPECT_EQ(no_time.with_key(mark())[0].offset, 1234U);
    const auto bare =
        run(gr::spacesail::doppler_corrector::make(k_rate_hz, k_down_hz), x, { time_tag(0, early_in_the_pass()) });
    EXPECT_EQ(bare.text("motion"), "no_elements");
    EXPECT_EQ(bare.samples, no_time.samples);
}

TEST(DopplerCorrector, AnUnknownOrbitAndASatelliteBelowTheHorizonAreTold)
{
    const auto x = noise(5'000);
    const auto below = run(make_corrector(), x, { time_tag(0, early_in_the_pass().plus_seconds(3000.0)) });
    EXPECT_EQ(below.text("motion"), "known");
    EXPECT_LT(below.real("el_deg"), 0.0);
    EXPECT_EQ(pmt::to_long(pmt::dict_ref(below.status, pmt::intern("below_horizon"), pmt::PMT_NIL)), 1);
    // A state vector that holds for a minute, asked an hour later.
    orbit::element_set state;
    state.name = "SHORT";
    state.epoch = early_in_the_pass();
    state.orbit = orbit::ecef_state{ { 7446.6, 0.0, 0.0 }, { 0.0, 0.0, 7.3 }, 60.0 };
    const test::temp_folder folder;
    const auto text = orbit::write_elements(std::span(&state, 1), orbit::element_format::omm_kvn);
    ASSERT_TRUE(text) << text.error().message;
    const auto unknown = run(gr::spacesail::doppler_corrector::make(
                                 k_rate_hz, k_down_hz, folder.write("state.kvn", *text), "", k_lat, k_lon),
                             x,
                             { time_tag(0, state.epoch.plus_seconds(3600.0)) });
    EXPECT_EQ(unknown.text("motion"), "orbit_unknown");
    EXPECT_GE(unknown.count("unknown_delays"), x.size() / 16);
    EXPECT_EQ(unknown.samples.size(), x.size());
    EXPECT_EQ(unknown.count("samples"), x.size());
}

TEST(DopplerCorrector, ABiasByCommandHoldsFromItsSampleOn)
{
    const auto x = noise(40'000);
    const utc_time t0 = early_in_the_pass();
    core_run<doppler::corrector> expected(delays(link_direction::down, t0), k_down_hz);
    expected.feed(std::span(x).first(20'000));
    const std::size_t before = expected.out.size();
    expected.source.set_in_track_bias_m(800.0);
    expected.core.refresh();
    expected.feed(std::span(x).subspan(20'000));
    const auto samples = expected.finish(x.size());
    for (const char* bound : { "sample", "time" }) {
        const auto when =
            std::string(bound) == "sample" ? pmt::from_uint64(20'000) : time_tag(0, t0.plus_seconds(0.02)).value;
        auto block = make_corrector(sets()[0].name, format_utc(t0, 9));
        const auto got =
            run(block, x, {}, 4096, { command({ { "in_track_bias_m", pmt::from_double(800.0) }, { bound, when } }) });
        EXPECT_EQ(got.samples, samples) << bound;
        EXPECT_EQ(got.real("in_track_bias_m"), 800.0);
        EXPECT_EQ(got.count("late_commands"), 0U);
    }
    const auto unbiased = run(make_corrector(), x, { time_tag(0, t0) });
    EXPECT_TRUE(
        std::equal(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(before), unbiased.samples.begin()));
    EXPECT_NE(samples, unbiased.samples);
}

TEST(DopplerCorrector, AnotherSatelliteByCommandBeginsAnew)
{
    const auto x = noise(40'000);
    const utc_time t0 = early_in_the_pass(), t1 = t0.plus_seconds(0.02);
    core_run<doppler::corrector> a(delays(link_direction::down, t0), k_down_hz);
    a.feed(std::span(x).first(20'000));
    auto samples = a.finish(20'000);
    const std::size_t seam = samples.size();
    core_run<doppler::corrector> b(delays(link_direction::down, t1, 3), k_down_hz);
    b.feed(std::span(x).subspan(20'000));
    const auto behind = b.finish(20'000);
    samples.insert(samples.end(), behind.begin(), behind.end());
    const auto got = run(make_corrector(),
                         x,
                         { time_tag(0, t0) },
                         4096,
                         { command({ { "satellite", pmt::intern(std::to_string(sets()[3].norad_id)) },
                                     { "sample", pmt::from_uint64(20'000) } }),
                           command({ { "satellite", pmt::intern("no such") }, { "sample", pmt::from_uint64(30'000) } }),
                           command({ { "what", pmt::PMT_T } }),
                           pmt::intern("no dictionary") });
    EXPECT_EQ(got.samples, samples);
    EXPECT_EQ(got.text("satellite"), sets()[3].name);
    EXPECT_EQ(got.count("refused_commands"), 3U);
    const auto gaps = got.with_key(tags::ss_gap());
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps[0].offset, seam);
    EXPECT_EQ(pmt::to_uint64(gaps[0].value), 0U);
}

TEST(DopplerPrecompensator, GivesTheSamplesOfTheCoreObjectWhateverTheBufferSize)
{
    const auto x = noise(60'000);
    const utc_time t0 = early_in_the_pass();
    core_run<doppler::precompensator> expected(delays(link_direction::up, t0), k_up_hz);
    expected.feed(x);
    const auto place = static_cast<std::uint64_t>(std::llround(expected.core.output_of(50'000)));
    const auto samples = expected.finish(x.size());
    // Input k leaves at the t with k = (t + tau_up(t) - reference) rate.
    const double t = static_cast<double>(place) / k_rate_hz;
    EXPECT_NEAR((t + *expected.source.engine().tau_up(t) - expected.reference_s) * k_rate_hz, 50'000, 0.51);
    for (const int most : { 1, 7, 4096, 1'000'000 }) {
        const auto got =
            run(make_precompensator(), x, { time_tag(0, t0, tags::tx_time()), tag(50'000, mark(), pmt::PMT_T) }, most);
        EXPECT_EQ(got.samples, samples) << most;
        ASSERT_EQ(got.with_key(mark()).size(), 1U);
        EXPECT_EQ(got.with_key(mark())[0].offset, place);
        ASSERT_EQ(got.with_key(tags::tx_time()).size(), 1U);
        EXPECT_EQ(got.with_key(tags::tx_time())[0].offset, 0U);
        EXPECT_NEAR(seconds_since(got.with_key(tags::tx_time())[0].value, t0), 0.0, 1e-9);
        EXPECT_NEAR(got.real("doppler_pred_hz"), expected.source.engine().up(0.06)->doppler_hz(k_up_hz), 0.1);
    }
    EXPECT_EQ(run(make_precompensator(format_utc(t0, 9)), x, {}).samples, samples) << "a start for files";
    // Negative control: a minute later it is another motion.
    EXPECT_NE(run(make_precompensator(format_utc(t0.plus_seconds(60.0), 9)), x, {}).samples, samples);
}

TEST(DopplerPrecompensator, EachBurstHasItsOwnTime)
{
    const auto x = noise(30'000);
    const utc_time t0 = early_in_the_pass(), t1 = t0.plus_seconds(7.0);
    core_run<doppler::precompensator> a(delays(link_direction::up, t0), k_up_hz);
    a.feed(std::span(x).first(12'345));
    auto samples = a.finish(12'345);
    const std::size_t seam = samples.size();
    core_run<doppler::precompensator> b(delays(link_direction::up, t1), k_up_hz);
    b.feed(std::span(x).subspan(12'345));
    const auto behind = b.finish(x.size() - 12'345);
    samples.insert(samples.end(), behind.begin(), behind.end());
    for (const int most : { 1, 7, 4096 }) {
        const auto got = run(make_precompensator(),
                             x,
                             { time_tag(0, t0, tags::tx_time()),
                               tag(0, tags::tx_sob(), pmt::PMT_T),
                               tag(12'344, tags::tx_eob(), pmt::PMT_T),
                               time_tag(12'345, t1, tags::tx_time()),
                               tag(12'345, tags::tx_sob(), pmt::PMT_T),
                               tag(x.size() - 1, tags::tx_eob(), pmt::PMT_T) },
                             most);
        EXPECT_EQ(got.samples, samples) << most;
        const auto begins = got.with_key(tags::tx_sob()), ends = got.with_key(tags::tx_eob());
        const auto times = got.with_key(tags::tx_time());
        ASSERT_EQ(begins.size(), 2U);
        ASSERT_EQ(ends.size(), 2U);
        ASSERT_EQ(times.size(), 2U);
        EXPECT_EQ(begins[0].offset, 0U);
        EXPECT_EQ(ends[0].offset, seam - 1);
        EXPECT_EQ(begins[1].offset, seam);
        EXPECT_EQ(times[1].offset, seam);
        EXPECT_NEAR(seconds_since(times[1].value, t1), 0.0, 1e-9);
        EXPECT_EQ(ends[1].offset, samples.size() - 1);
        EXPECT_EQ(got.count("unknown_delays"), 0U);
        EXPECT_EQ(got.count("samples"), x.size());
    }
}

TEST(DopplerBlocks, WrongParametersThrowNamingThem)
{
    const auto message = [](auto&& make) -> std::string {
        try {
            make();
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "nothing";
    };
    using gr::spacesail::doppler_corrector;
    const std::string name = sets()[0].name;
    EXPECT_THAT(message([] { doppler_corrector::make(0.0, 1e9); }), HasSubstr("doppler_corrector: sample_rate_hz"));
    EXPECT_THAT(message([] { doppler_corrector::make(1e6, std::nan("")); }), HasSubstr("carrier_hz"));
    EXPECT_THAT(message([] { doppler_corrector::make(1e6, 1e9, "absent.tle"); }), HasSubstr("elements"));
    EXPECT_THAT(message([] { doppler_corrector::make(1e6, 1e9, "", "X"); }), HasSubstr("elements is empty"));
    EXPECT_THAT(message([] { doppler_corrector::make(1e6, 1e9, k_elements); }), HasSubstr("satellite is empty"));
    EXPECT_THAT(message([] { doppler_corrector::make(1e6, 1e9, k_elements, "X"); }), HasSubstr("satellite = \"X\""));
    EXPECT_THAT(message([&] { doppler_corrector::make(1e6, 1e9, k_elements, name, 91.0); }), HasSubstr("latitude_deg"));
    EXPECT_THAT(message([&] { doppler_corrector::make(1e6, 1e9, k_elements, name, 0, 0, 2e5); }),
                HasSubstr("height_m"));
    EXPECT_THAT(message([&] { doppler_corrector::make(1e6, 1e9, k_elements, name, 0, 0, 0, "noon"); }),
                HasSubstr("start"));
    EXPECT_THAT(message([&] { doppler_corrector::make(1e6, 1e9, k_elements, name, 0, 0, 0, "", 1e7); }),
                HasSubstr("in_track_bias_m"));
    EXPECT_THAT(message([&] { gr::spacesail::doppler_precompensator::make(-1.0, 1e9); }),
                HasSubstr("doppler_precompensator: sample_rate_hz"));
}

} // namespace
