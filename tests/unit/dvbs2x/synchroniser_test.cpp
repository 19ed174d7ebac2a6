// SPDX-License-Identifier: GPL-3.0-or-later
#include "synchroniser_setup.hpp"

#include <motion_signal.hpp>
#include <receive_chain.hpp>
#include <signal_source.hpp>
#include <xfecframe.hpp>

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/plframe_builder.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using namespace spacesail::dvbs2x::synchroniser_setup;

TEST(Synchroniser, RefusesWhatItCannotDoByName)
{
    const auto refused = [](synchroniser_config c, const char* name) {
        try {
            synchroniser s(c);
            ADD_FAILURE() << name << " was taken";
        } catch (const std::invalid_argument& e) {
            EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
        }
    };
    const auto good = receive(transmit(1e6, 2.0));
    EXPECT_NO_THROW(synchroniser{ good });
    for (const double v : { 0.0, -1.0, double(NAN), double(INFINITY) }) {
        auto c = good;
        c.symbol_rate_hz = v;
        refused(c, "symbol_rate_hz");
        c = good;
        c.sample_rate_hz = v;
        refused(c, "sample_rate_hz");
    }
    auto c = good;
    c.sample_rate_hz = 1.04e6;
    refused(c, "sample_rate_hz");
    c.sample_rate_hz = 65e6;
    refused(c, "sample_rate_hz");
    c = good;
    c.rolloff = 0.35;
    c.sample_rate_hz = 1.3e6;
    refused(c, "sample_rate_hz");
    for (const double v : { 0.04, 0.5, -0.2, double(NAN) }) {
        c = good;
        c.rolloff = v;
        refused(c, "rolloff");
    }
    c = good;
    c.gold_code = 262'143;
    refused(c, "gold_code");
    for (const double v : { 0.0, 1.1, -1.0, double(NAN) }) {
        c = good;
        c.search_share = v;
        refused(c, "search_share");
    }
    c = good;
    c.prior.offset_hz = NAN;
    refused(c, "prior.offset_hz");
}

TEST(Synchroniser, FollowsEveryRegularEntryFrameByFrame)
{
    // ACM through all 107 entries, pilots on and off in turn, a dummy PLFRAME after every tenth. Es/N0 5 dB above the
    // most demanding one.
    std::vector<std::uint8_t> plan;
    for (const auto& m : all_modcods()) {
        if (m.vlsnr_header >= 0) continue;
        if (plan.size() % 10 == 9) plan.push_back(0);
        plan.push_back(static_cast<std::uint8_t>(m.pls + plan.size() % 2));
    }
    ASSERT_EQ(plan.size(), 107U + 11U);
    const auto t = transmit(5e6, 2.0);
    test::signal_source source(
        t, [&plan](std::uint64_t n) { return plan[n % plan.size()]; }, 3);
    source.channel = { .es_n0_db = 26.0, .cfo_hz = 400e3, .cfo_rate_hz_s = 1e3, .wander_hz = 0.02 };
    test::receive_chain chain(receive(t));
    while (source.sent().size() < plan.size() + 4) feed(chain, source, 16'384);
    std::vector<bool> seen(source.sent().size());
    for (const auto& f : chain.frames) {
        EXPECT_TRUE(f.good) << find_modcod(f.pls)->name << " " << find_modcod(f.pls)->frame;
        if (!f.number) continue;
        const auto n = static_cast<std::size_t>(*f.number);
        ASSERT_LT(n, seen.size());
        EXPECT_FALSE(seen[n]) << "twice";
        seen[n] = true;
        EXPECT_EQ(f.pls, source.sent()[n].pls);
    }
    for (std::size_t n = 2; n < plan.size(); ++n) {
        if (source.sent()[n].pls != 0) EXPECT_TRUE(seen[n]) << "frame " << n << ", PLS " << int(source.sent()[n].pls);
    }
    const auto s = chain.sync().status();
    EXPECT_EQ(s.locks, 1U);
    EXPECT_EQ(s.losses, 0U);
    EXPECT_GE(s.dummy_frames, 10U);
}

TEST(Synchroniser, MeasuresWhatWasSent)
{
    struct setting {
        const char *modcod, *frame;
        bool pilots;
        double es_n0_db, cfo_share, chirp_hz_s, ppm, sps, rolloff;
    };
    const setting settings[]{
        { "QPSK 1/2", "short", true, 3.0, 0.11, 3e3, 17.0, 2.0, 0.2 },
        { "QPSK 3/4", "short", false, 7.0, -0.2, -4e3, -20.0, 2.0, 0.05 },
        { "8PSK 3/4", "short", true, 12.0, 0.03, 0.0, 5.0, 2.6, 0.35 },
        { "16APSK 3/4", "short", true, 15.0, -0.07, 2e3, 20.0, 7.0, 0.25 },
    };
    for (const auto& p : settings) {
        auto t = transmit(5e6, p.sps, p.rolloff);
        t.shaping.clock_ppm = p.ppm;
        const auto pls = pls_of(p.modcod, p.frame, p.pilots);
        test::signal_source source(
            t, [pls](std::uint64_t) { return pls; }, 8);
        source.channel = {
            .es_n0_db = p.es_n0_db, .cfo_hz = p.cfo_share * 5e6, .cfo_rate_hz_s = p.chirp_hz_s, .wander_hz = 0.01
        };
        test::receive_chain chain(receive(t));
        feed(chain, source, static_cast<std::size_t>(45.0 * plframe_symbols(pls) * p.sps));
        ASSERT_GT(chain.frames.size(), 40U) << p.modcod;
        double es_n0 = 0.0;
        for (std::size_t k = chain.frames.size() - 20; k < chain.frames.size(); ++k) {
            const auto& f = chain.frames[k];
            ASSERT_TRUE(f.number);
            const auto& sent = source.sent()[*f.number];
            EXPECT_NEAR(f.measured.sof_sample, sent.first_sample, 0.03 * p.sps) << p.modcod;
            const double cfo = source.channel.cfo_hz + p.chirp_hz_s * sent.first_sample / t.shaping.sample_rate_hz;
            // Noise and oscillator: 40 Hz; a drift may be followed 20 ms late.
            EXPECT_NEAR(f.measured.cfo_hz, cfo, 40.0 + 0.02 * std::abs(p.chirp_hz_s)) << p.modcod;
            EXPECT_NEAR(f.measured.clock_ppm, p.ppm, 1.5) << p.modcod;
            EXPECT_NEAR(f.measured.level_db, -15.0, 0.3) << p.modcod;
            EXPECT_NEAR(f.measured.n0, db_to_linear(-p.es_n0_db), 0.15 * db_to_linear(-p.es_n0_db)) << p.modcod;
            EXPECT_EQ(f.measured.correction_hz, 0.0);
            es_n0 += f.measured.es_n0_db / 20.0;
        }
        EXPECT_NEAR(es_n0, p.es_n0_db, 0.3) << p.modcod;
        EXPECT_NEAR(chain.sync().status().rolloff, p.rolloff, 1e-9) << p.modcod;
    }
}

TEST(Synchroniser, WrongScramblingCodeGivesNoFrame)
{
    auto t = transmit(5e6, 2.0);
    t.gold_code = 5;
    for (const bool pilots : { false, true }) {
        const auto pls = pls_of("QPSK 1/4", "short", pilots);
        test::signal_source source(
            t, [pls](std::uint64_t) { return pls; }, 4);
        source.channel = { .es_n0_db = 15.0 };
        auto c = receive(t);
        c.gold_code = 6;
        test::receive_chain wrong(c);
        feed(wrong, source, 300'000);
        wrong.flush();
        EXPECT_EQ(good(wrong), 0U);
        EXPECT_EQ(wrong.delivered, 0U);

        test::receive_chain right(receive(t));
        feed(right, source, 300'000);
        EXPECT_GT(good(right), 10U);
    }
}

TEST(Synchroniser, InvertedSpectrumIsReceivedWhereItIsSaid)
{
    const auto t = transmit(5e6, 2.0);
    const auto pls = pls_of("8PSK 3/5", "short", true);
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 4);
    source.channel = { .es_n0_db = 12.0, .cfo_hz = 321e3 };
    auto x = source.read(300'000);
    for (auto& v : x) v = std::conj(v);
    auto c = receive(t);
    c.orientation = spectrum::inverted;
    test::receive_chain inverted(c);
    inverted.process(std::span<const cf>(x));
    EXPECT_GT(good(inverted), 20U);

    test::receive_chain upright(receive(t));
    upright.process(std::span<const cf>(x));
    upright.flush();
    EXPECT_EQ(good(upright), 0U);
    EXPECT_NE(upright.sync().status().state, sync_state::no_carrier);
}

TEST(Synchroniser, SkipsTheShareOfTheInputItIsToldAndSaysSo)
{
    const auto t = transmit(5e6, 2.0);
    auto c = receive(t);
    c.search_share = 0.25;
    test::receive_chain chain(c);
    rng random(5);
    std::vector<cf> noise(1'000'000);
    for (auto& v : noise) v = cf(0.1 * random.normal_pair());
    chain.process(std::span<const cf>(noise));
    const auto s = chain.sync().status();
    EXPECT_EQ(s.state, sync_state::no_carrier);
    EXPECT_EQ(s.samples_in, noise.size());
    EXPECT_GT(s.samples_skipped, noise.size() / 2);
    EXPECT_LE(s.samples_skipped, noise.size() * 17 / 20); // the skip under way is counted whole

    test::signal_source source(
        t, [](std::uint64_t) { return pls_of("QPSK 1/2", "short", true); }, 4);
    source.channel = { .es_n0_db = 6.0, .cfo_hz = -250e3 };
    feed(chain, source, 900'000);
    EXPECT_EQ(chain.sync().status().state, sync_state::locked);
    EXPECT_GT(good(chain), 10U);
}

TEST(Synchroniser, SaysWhatIsMissing)
{
    const auto t = transmit(5e6, 2.0);
    {
        test::receive_chain chain(receive(t));
        EXPECT_EQ(chain.sync().status().state, sync_state::no_samples);
        std::vector<cf> zeros(300'000);
        chain.process(std::span<const cf>(zeros));
        EXPECT_EQ(chain.sync().status().state, sync_state::no_carrier);
    }
    for (const double fade_db : { 12.0, 20.0 }) {
        // A carrier that was locked and fades below what any PLHEADER bears.
        test::receive_chain chain(receive(t));
        test::signal_source source(
            t, [](std::uint64_t) { return pls_of("QPSK 1/2", "short", true); }, 4);
        source.channel = { .es_n0_db = 3.0, .cfo_hz = 90e3 };
        feed(chain, source, 150'000);
        ASSERT_EQ(chain.sync().status().state, sync_state::locked);
        source.channel.es_n0_db -= fade_db;
        feed(chain, source, 900'000);
        EXPECT_EQ(chain.sync().status().state, sync_state::no_carrier) << fade_db;
        source.channel.es_n0_db += fade_db;
        feed(chain, source, 200'000);
        EXPECT_EQ(chain.sync().status().state, sync_state::locked) << fade_db;
    }
    {
        // A QPSK carrier that is not DVB-S2: a band of the right width, no start of frame.
        dsp::pulse_shaper shaper(t.shaping);
        rng random(6);
        std::vector<cf> symbols(200'000), samples(390'000);
        for (auto& v : symbols) v = cf(std::polar(1.0, k_pi / 4 * (2.0 * static_cast<double>(random.below(4)) + 1.0)));
        shaper.process(symbols, samples);
        test::receive_chain chain(receive(t));
        chain.process(std::span<const cf>(samples));
        const auto s = chain.sync().status();
        EXPECT_TRUE(s.state == sync_state::no_sof || s.state == sync_state::plsc_failed) << to_string(s.state);
        EXPECT_EQ(s.frames, 0U);
    }
    for (const auto s : { sync_state::no_samples,
                          sync_state::no_carrier,
                          sync_state::no_sof,
                          sync_state::plsc_failed,
                          sync_state::locked }) {
        EXPECT_STRNE(to_string(s), "unknown");
    }
}

TEST(Synchroniser, FlushHandsOverTheLastWholeFrameOnce)
{
    const auto t = transmit(5e6, 2.0);
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const auto frame = static_cast<std::size_t>(plframe_symbols(pls) * 2);
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 4);
    source.channel = { .es_n0_db = 8.0, .cfo_hz = 100e3 };
    test::receive_chain chain(receive(t));
    // Half a frame, eight frames and the reach of the filters, but not the next header.
    source.skip(frame / 2);
    feed(chain, source, frame / 2 + 8 * frame + 64 * 2 + 100);
    EXPECT_EQ(good(chain), 7U);
    chain.flush();
    EXPECT_EQ(good(chain), 8U);
    chain.flush();
    EXPECT_EQ(good(chain), 8U);
    // The stream goes on all the same.
    feed(chain, source, 12 * frame);
    EXPECT_GE(good(chain), 8U + 6U);
    for (std::size_t k = 1; k < chain.frames.size(); ++k) {
        if (chain.frames[k].number && chain.frames[k - 1].number) {
            EXPECT_LT(*chain.frames[k - 1].number, *chain.frames[k].number);
        }
    }
}

TEST(Synchroniser, ShortStreamsAreBorne)
{
    const auto t = transmit(5e6, 2.0);
    const auto pls = pls_of("QPSK 1/2", "short", false);
    const auto frame = static_cast<std::size_t>(plframe_symbols(pls) * 2);
    for (const std::size_t tenths : { 0, 1, 5, 10, 16, 25, 37 }) {
        test::signal_source source(
            t, [pls](std::uint64_t) { return pls; }, 4);
        source.channel = { .es_n0_db = 8.0 };
        source.skip(frame / 2);
        test::receive_chain chain(receive(t));
        feed(chain, source, tenths * frame / 10);
        chain.flush();
        // Half a frame goes by first; two headers are needed to lock, so one whole frame and a header.
        EXPECT_EQ(good(chain), tenths < 16 ? 0U : (tenths - 6) / 10) << tenths;
    }
}

TEST(Synchroniser, DeliversAFrameThatBeginsWithTheStream)
{
    const auto pls = pls_of("QPSK 1/2", "short", true);
    for (const double sps : { 1.3, 2.0, 3.7, 16.0, 63.0 }) {
        // Symbols in front of the frame; at 0 half of the first pulses is cut off.
        for (const double lead_symbols : { 0.0, 2.0, 11.0, 25.0, 33.0 }) {
            const auto t = transmit(1e6, sps);
            test::signal_source source(
                t, [pls](std::uint64_t) { return pls; }, 21);
            source.channel = { .es_n0_db = 9.0, .cfo_hz = 20e3 };
            // The second frame, so that there are symbols in front of it.
            source.skip(1);
            const double begins = source.sent()[0].first_sample + plframe_symbols(pls) * sps;
            source.skip(static_cast<std::size_t>(std::lround(begins - lead_symbols * sps)) - 1);
            test::receive_chain chain(receive(t));
            feed(chain, source, static_cast<std::size_t>(3.4 * plframe_symbols(pls) * sps));
            ASSERT_FALSE(chain.frames.empty());
            ASSERT_TRUE(chain.frames[0].number) << sps << " samples a symbol, " << lead_symbols << " symbols in front";
            EXPECT_EQ(*chain.frames[0].number, 1U) << sps << " samples a symbol, " << lead_symbols << " in front";
            EXPECT_NEAR(chain.frames[0].measured.sof_sample, std::lround(lead_symbols * sps), 1.0 + 0.1 * sps);
        }
    }
}

TEST(Synchroniser, DeliversAFrameThatBeginsBehindAGap)
{
    const auto t = transmit(5e6, 2.0);
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const auto frame = static_cast<std::size_t>(2 * plframe_symbols(pls));
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 22);
    source.channel = { .es_n0_db = 9.0, .cfo_hz = 20e3 };
    test::receive_chain chain(receive(t));
    feed(chain, source, 6 * frame);
    // On to the next start of a frame, and over two more.
    const auto n = source.sent().size();
    const auto begins = static_cast<std::uint64_t>(std::llround(source.sent()[n - 1].first_sample)) + 3 * frame;
    const auto lost = begins - source.samples();
    source.skip(lost);
    chain.sync().gap(lost, chain.pool());
    const auto before = source.samples();
    feed(chain, source, 4 * frame);
    bool there = false;
    for (const auto& f : chain.frames) there = there || (f.number && *f.number == n + 2);
    EXPECT_TRUE(there) << "the frame at the first sample behind the gap";
    // Times count the samples that were lost.
    const double since_s = chain.sync().status().locked_since_s;
    EXPECT_NEAR(since_s, static_cast<double>(before) / t.shaping.sample_rate_hz, 1e-6);
}

/// Samples of symbols, shaped, with noise at Es/N0 and a carrier offset.
std::vector<cf> carrier_of(const std::vector<cf>& symbols,
                           const transmitter_configuration& t,
                           double es_n0_db,
                           double cfo_hz,
                           std::uint64_t seed)
{
    dsp::pulse_shaper shaper(t.shaping);
    std::vector<cf> x(static_cast<std::size_t>(static_cast<double>(symbols.size()) * shaper.samples_per_symbol()) -
                      100);
    const auto done = shaper.process(symbols, x);
    x.resize(done.produced);
    rng random(seed);
    const double sigma =
        std::sqrt(0.5 * db_to_linear(t.shaping.level_dbfs) * shaper.samples_per_symbol() / db_to_linear(es_n0_db));
    for (std::size_t k = 0; k < x.size(); ++k) {
        const double turn = std::fmod(cfo_hz / t.shaping.sample_rate_hz * static_cast<double>(k), 1.0);
        x[k] = cf(std::complex<double>(x[k]) * std::polar(1.0, k_two_pi * turn) + sigma * random.normal_pair());
    }
    return x;
}

TEST(Synchroniser, PassesOverVlSnrFrames)
{
    // Both lengths, each of the four PLS codes, among short frames; also in front, where the receiver acquires.
    const auto t = transmit(5e6, 2.0);
    plframe_builder builder(0);
    rng random(30);
    std::vector<cf> symbols;
    std::uint64_t number = 0;
    const auto vlsnr = [&](std::uint8_t pls) {
        const auto header = pl_header_symbols(pls);
        symbols.insert(symbols.end(), header.begin(), header.end());
        for (unsigned k = k_header_symbols; k < plframe_symbols(pls); ++k) {
            symbols.push_back(std::polar(1.0F, static_cast<float>(k_pi / 4 * (2.0 * double(random.below(4)) + 1.0))));
        }
    };
    const auto regular = [&](const char* name) {
        const auto pls = pls_of(name, "short", true);
        std::vector<std::uint8_t> bbframe(builder.bbframe_bytes(pls));
        test::fill_numbered_bbframe(number++, bbframe);
        std::vector<cf> frame(plframe_symbols(pls));
        ASSERT_EQ(builder.build(pls, bbframe, frame), frame.size());
        symbols.insert(symbols.end(), frame.begin(), frame.end());
    };
    // EN 302 307-2, table 19a: 33 282 symbols in set 1, 16 686 in set 2.
    ASSERT_EQ(plframe_symbols(128), 33'282U);
    ASSERT_EQ(plframe_symbols(130), 16'686U);
    vlsnr(129);
    for (int round = 0; round < 3; ++round) {
        regular("QPSK 1/2");
        vlsnr(130);
        regular("8PSK 2/3");
        vlsnr(128);
        vlsnr(131);
        regular("QPSK 3/4");
        vlsnr(129);
    }
    regular("QPSK 1/2");
    regular("QPSK 1/2"); // is cut off
    symbols.resize(symbols.size() - 6000);
    test::receive_chain chain(receive(t));
    const auto x = carrier_of(symbols, t, 12.0, 210e3, 31);
    chain.process(std::span<const cf>(x));
    chain.flush();
    const auto s = chain.sync().status();
    EXPECT_EQ(s.unsupported_frames, 13U);
    EXPECT_EQ(s.losses, 0U);
    ASSERT_EQ(chain.frames.size(), number - 1);
    for (std::size_t k = 0; k < chain.frames.size(); ++k) {
        ASSERT_TRUE(chain.frames[k].number);
        EXPECT_EQ(*chain.frames[k].number, k);
    }
}

/// Frames of QPSK: how far their symbols are from the points, and the carrier's place.
class distance_sink final : public frame_sink<cf>
{
public:
    void on_frame(const frame_view<cf>& f) noexcept override
    {
        double sum = 0.0;
        for (const auto& v : f.payload)
            sum += std::norm(cf(std::abs(v.real()), std::abs(v.imag())) - cf(0.70710678F, 0.70710678F));
        distance.push_back(sum / static_cast<double>(f.payload.size()));
        cfo_hz.push_back(f.measured.cfo_hz);
    }
    std::vector<double> distance, cfo_hz;
};

TEST(Synchroniser, TheDistortionLearnedIsThatOfTheCarrierLearnedFrom)
{
    // A carrier with an echo until the equaliser has learned it, silence, and the same again, or a clean one elsewhere.
    const auto t = transmit(5e6, 2.0);
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const auto frame = static_cast<std::size_t>(2 * plframe_symbols(pls));
    const auto kind = [pls](std::uint64_t) { return pls; };
    const auto echo = [](std::vector<cf> x) {
        for (std::size_t k = x.size(); k-- > 1;) x[k] += 0.5F * x[k - 1];
        return x;
    };
    for (const bool same : { true, false }) {
        test::signal_source first(t, kind, 1), second(t, kind, 2);
        first.channel = { .es_n0_db = 25.0, .cfo_hz = -500e3 };
        second.channel = { .es_n0_db = 25.0, .cfo_hz = 500e3 };
        distance_sink sink;
        synchroniser s(receive(t));
        auto x = echo(first.read(40 * frame));
        s.process(std::span<const cf>(x), sink);
        const std::size_t learned = sink.distance.size();
        ASSERT_GT(learned, 30U);
        EXPECT_GT(sink.distance[0], 0.013) << "the echo does no harm";
        EXPECT_LT(sink.distance[learned - 1], 0.01) << "the echo is not taken out";
        x.assign(4 * frame, cf{});
        s.process(std::span<const cf>(x), sink);
        EXPECT_NE(s.status().state, sync_state::locked);
        const std::size_t silent = sink.distance.size();
        x = same ? echo(first.read(8 * frame)) : second.read(8 * frame);
        s.process(std::span<const cf>(x), sink);
        std::size_t k = silent;
        while (k < sink.cfo_hz.size() && std::abs(sink.cfo_hz[k] - (same ? -500e3 : 500e3)) > 100e3) ++k;
        ASSERT_LT(k + 1, sink.distance.size());
        EXPECT_LT(sink.distance[k], 0.01) << (same ? "the same carrier" : "another carrier");
        EXPECT_LT(sink.distance[k + 1], 0.01);
    }
}

TEST(Synchroniser, KeepsTheLockWhereTheMotionIsKnownNoLonger)
{
    // Comes nearer at 4.5 km/s: 150 kHz at 10 GHz, a clock 15 ppm fast. Half way the delays end, the motion does not.
    constexpr double rate = -15e-6, carrier_hz = 10e9;
    auto t = transmit(1e6, 2.0);
    t.shaping.clock_ppm = -1e6 * rate;
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const double seconds = 60.0 * plframe_symbols(pls) / 1e6;
    auto known = test::moving_delay(1e-3, rate, 0.0);
    known.t_end_s = 0.5 * seconds;
    test::listed_delays delays({ known });
    auto c = receive(t);
    c.delays = &delays;
    c.delay_carrier_hz = carrier_hz;
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 8);
    source.channel = { .es_n0_db = 6.0, .cfo_hz = -rate * carrier_hz };
    test::receive_chain chain(c);
    feed(chain, source, static_cast<std::size_t>(seconds * t.shaping.sample_rate_hz));
    EXPECT_EQ(chain.sync().status().locks, 1U);
    EXPECT_EQ(chain.sync().status().losses, 0U);
    EXPECT_EQ(good(chain), chain.frames.size());
    ASSERT_GT(chain.frames.size(), 52U);
    for (const auto& f : { chain.frames.front(), chain.frames.back() })
        EXPECT_NEAR(f.measured.correction_hz, -rate * carrier_hz, 10.0);
}

TEST(Synchroniser, ResetBeginsAgainWithTheNewPrior)
{
    const auto t = transmit(5e6, 4.0);
    const auto pls = pls_of("QPSK 1/2", "short", true);
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 4);
    source.channel = { .es_n0_db = 8.0, .cfo_hz = 2.2e6 };
    // A narrow prior elsewhere finds nothing; one around the carrier does.
    auto c = receive(t);
    c.prior.offset_hz = -2.5e6;
    c.prior.sigma_hz = 50e3;
    test::receive_chain chain(c);
    feed(chain, source, 800'000);
    EXPECT_EQ(good(chain), 0U) << "received outside the range of the prior";
    acquisition_prior there;
    there.offset_hz = 2.15e6;
    there.sigma_hz = 50e3;
    chain.sync().reset(there);
    feed(chain, source, 800'000);
    EXPECT_EQ(chain.sync().status().state, sync_state::locked);
    EXPECT_GT(good(chain), 10U);
}

TEST(Synchroniser, ReceivesAtAnySampleRate)
{
    const auto pls = pls_of("8PSK 2/3", "short", true);
    // From (1 + roll-off + 2 |offset|) samples a symbol on, the carrier touching the edge of the band there.
    struct setting {
        double sps, rolloff;
    };
    for (const auto& p : { setting{ 1.05, 0.05 },
                           { 1.2, 0.2 },
                           { 1.25, 0.2 },
                           { 1.25, 0.05 },
                           { 1.3, 0.2 },
                           { 1.45, 0.35 },
                           { 1.99, 0.2 },
                           { 3.7, 0.1 },
                           { 5.0, 0.2 },
                           { 12.5, 0.25 },
                           { 16.0, 0.35 },
                           { 40.0, 0.2 },
                           { 63.0, 0.05 },
                           { 64.0, 0.2 } }) {
        for (const double side : { -1.0, 1.0 }) {
            const auto t = transmit(1e6, p.sps, p.rolloff);
            test::signal_source source(
                t, [pls](std::uint64_t) { return pls; }, 9);
            // The prior covers 1.35 MHz.
            source.channel = { .es_n0_db = 11.0,
                               .cfo_hz = side * std::min(1.3, 0.5 * (p.sps - 1.0 - p.rolloff)) * 1e6 };
            test::receive_chain chain(receive(t));
            feed(chain, source, static_cast<std::size_t>(14.0 * plframe_symbols(pls) * p.sps));
            EXPECT_GE(good(chain), 10U) << p.sps << " samples a symbol, roll-off " << p.rolloff << ", offset "
                                        << source.channel.cfo_hz << ": " << to_string(chain.sync().status().state);
        }
    }
}

} // namespace
