// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/encap/acm_controller.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;

constexpr stream_time_ns k_ms = 1'000'000;

std::uint32_t plframe_symbols(const dvbs2x::modcod& m, bool pilots)
{
    const unsigned slots = m.nof_slots();
    return 90 + 90 * slots + (pilots ? 36 * ((slots - 1) / 16) : 0);
}

// All regular entries with an Es/N0 in the standard, pilots on and off; half a dB on top for a receiver.
std::vector<acm_entry> whole_table()
{
    std::vector<acm_entry> out;
    for (const auto& m : dvbs2x::all_modcods()) {
        if (m.vlsnr_header >= 0 || std::isnan(m.ideal_es_n0_db)) continue;
        for (const bool pilots : { false, true }) {
            acm_entry e;
            e.pls = static_cast<std::uint8_t>(m.pls + (pilots ? 1 : 0));
            e.required_es_n0_db = m.ideal_es_n0_db + 0.5;
            e.efficiency = static_cast<double>(m.code->k_bch - 80) / plframe_symbols(m, pilots);
            e.size = m.size == dvbs2x::frame_size::normal ? acm_frame_size::normal : acm_frame_size::short_frame;
            e.pilots = pilots ? acm_pilots::on : acm_pilots::off;
            out.push_back(e);
        }
    }
    return out;
}

const std::vector<acm_entry> k_three = { { 4, 0.0, 0.5 }, { 8, 3.0, 1.0 }, { 12, 6.0, 2.0 } };

TEST(AcmController, LadderKeepsOnlyWhatPays)
{
    const auto table = whole_table();
    EXPECT_EQ(table.size(), 2U * (107 - 24)); // the standard gives no Es/N0 for S2 short frames
    const acm_controller c({ .frame_sizes = frame_size_policy::normal_only, .pilots = pilot_policy::always }, table);
    const auto l = c.ladder();
    ASSERT_GT(l.size(), 30U);
    for (std::size_t i = 1; i < l.size(); ++i) {
        EXPECT_GT(l[i].required_es_n0_db, l[i - 1].required_es_n0_db);
        EXPECT_GT(l[i].efficiency, l[i - 1].efficiency);
    }
    for (const auto& e : l) {
        EXPECT_EQ(e.size, acm_frame_size::normal);
        EXPECT_EQ(e.pls & 1, 1);
    }
    // 8APSK 5/9-L needs more than QPSK 4/5 and gives more; 8PSK 9/10 needs more than 16APSK 7/9 and gives less.
    const auto has = [&](unsigned pls) { return std::ranges::any_of(l, [pls](auto& e) { return e.pls == pls; }); };
    EXPECT_TRUE(has(139));
    EXPECT_FALSE(has(69));

    const acm_controller low({ .pilots = pilot_policy::at_low_es_n0, .pilots_below_es_n0_db = 8.0 }, table);
    for (const auto& e : low.ladder()) EXPECT_EQ(e.pilots == acm_pilots::on, e.required_es_n0_db < 8.0);
    const acm_controller shorts({ .frame_sizes = frame_size_policy::short_only, .pilots = pilot_policy::never }, table);
    for (const auto& e : shorts.ladder()) EXPECT_EQ(e.size, acm_frame_size::short_frame);
}

TEST(AcmController, RefusesBadConfiguration)
{
    EXPECT_THROW(acm_controller({ .margin_db = -1.0 }, k_three), std::invalid_argument);
    EXPECT_THROW(acm_controller({ .hysteresis_db = std::nan("") }, k_three), std::invalid_argument);
    EXPECT_THROW(acm_controller({ .report_sigma_db = 0.0 }, k_three), std::invalid_argument);
    EXPECT_THROW(acm_controller({ .report_timeout_ns = 0 }, k_three), std::invalid_argument);
    EXPECT_THROW(acm_controller({}, {}), std::invalid_argument);
    EXPECT_THROW(acm_controller({ .pilots = pilot_policy::never }, k_three), std::invalid_argument);
}

TEST(AcmController, MarginAndHysteresisAtRest)
{
    acm_controller c({ .margin_db = 1.0, .hysteresis_db = 0.5, .report_sigma_db = 0.01, .slope_change_db_s = 0.01 },
                     k_three);
    EXPECT_EQ(c.decide(0).pls, 4);
    stream_time_ns t = 0;
    const auto hold = [&](double es_n0_db) {
        for (int i = 0; i < 200; ++i) {
            t += 100 * k_ms;
            c.on_report(t, es_n0_db);
            (void)c.decide(t);
        }
        return c.decide(t).pls;
    };
    EXPECT_EQ(hold(4.45), 4); // 3.0 + margin + hysteresis = 4.5
    EXPECT_EQ(hold(4.55), 8);
    EXPECT_EQ(hold(4.05), 8); // kept down to 3.0 + margin
    EXPECT_EQ(hold(3.95), 4);
    EXPECT_EQ(hold(9.0), 12);
    EXPECT_EQ(hold(-5.0), 4);
    EXPECT_GT(c.counters().below_table.value(), 0U);
}

TEST(AcmController, WithoutReportsTheMostRobust)
{
    acm_controller c({ .report_timeout_ns = 1000 * k_ms }, k_three);
    for (int i = 1; i <= 100; ++i) c.on_report(i * 10 * k_ms, 20.0);
    EXPECT_EQ(c.decide(1000 * k_ms).pls, 12);
    // The forecast widens with the age of the last report.
    EXPECT_GT(c.decide(1900 * k_ms).forecast_sigma_db, c.decide(1000 * k_ms).forecast_sigma_db);
    EXPECT_EQ(c.decide(2001 * k_ms).pls, 4);
    EXPECT_EQ(c.counters().timeouts.value(), 1U);
    EXPECT_FALSE(c.decide(2002 * k_ms).forecast_es_n0_db.has_value());
    EXPECT_EQ(c.counters().timeouts.value(), 1U);
    c.on_report(2500 * k_ms, 20.0);
    EXPECT_EQ(c.decide(2500 * k_ms).pls, 12);
}

TEST(AcmController, ASuddenDropIsBelievedAtOnceASingleLeapIsNot)
{
    acm_controller c({}, k_three);
    stream_time_ns t = 0;
    for (int i = 0; i < 100; ++i) c.on_report(t += 20 * k_ms, 10.0);
    EXPECT_EQ(c.decide(t).pls, 12);
    c.on_report(t += 20 * k_ms, 2.0);
    EXPECT_EQ(c.decide(t).pls, 4);
    for (int i = 0; i < 100; ++i) c.on_report(t += 20 * k_ms, 2.0);
    c.on_report(t += 20 * k_ms, 15.0);
    EXPECT_EQ(c.decide(t).pls, 4);
    for (int i = 0; i < 3; ++i) c.on_report(t += 20 * k_ms, 15.0);
    EXPECT_EQ(c.decide(t).pls, 12);
    c.on_report(t, 15.0); // not newer
    c.on_report(t + 1, std::nan(""));
    EXPECT_EQ(c.counters().ignored_reports.value(), 2U);
}

// ---- a rain fade over the whole link layer

struct fade_result {
    std::uint64_t frames = 0;
    std::uint64_t below_threshold = 0;
    std::uint64_t packets_in = 0;
    std::uint64_t packets_out = 0;
    double efficiency = 0.0; ///< against the genie
    std::uint64_t steps = 0;
};

class counting final : public packet_sink
{
public:
    void on_packet(const packet_view&) noexcept override { ++packets; }
    std::uint64_t packets = 0;
};

// 15 dB, down 10 dB at 0.5 dB/s, 10 s there, up again, 10 s: at 10 Msymbol/s, saturated GSE stream, one report every
// 5 frames with an error of 0.3 dB rms. One way of the loop takes half the loop delay.
fade_result fade(stream_time_ns loop_delay, const acm_config& base, bool frozen)
{
    const auto truth = [](double s) {
        if (s < 10) return 15.0;
        if (s < 30) return 15.0 - 0.5 * (s - 10);
        if (s < 40) return 5.0;
        if (s < 60) return 5.0 + 0.5 * (s - 40);
        return 15.0;
    };
    const auto table = whole_table();
    acm_config config = base;
    config.apply_delay_ns = loop_delay / 2;
    acm_controller controller(config, table);
    const acm_controller genie(config, table);

    bb_scheduler_config sc;
    for (const auto& m : dvbs2x::all_modcods()) {
        if (m.vlsnr_header >= 0) continue;
        for (unsigned pilots = 0; pilots < 2; ++pilots) {
            sc.formats[m.pls + pilots] = { static_cast<std::uint32_t>(m.code->k_bch), plframe_symbols(m, pilots != 0) };
        }
    }
    sc.mode = adaptation::acm;
    gse_encapsulator gse({ .queue_bytes = 200000 });
    const scheduled_stream stream{ 0, &gse, controller.ladder().front().pls, 0 };
    bb_scheduler scheduler(sc, { &stream, 1 });
    counting sink;
    bb_deframer deframer({}, sink);

    struct report {
        stream_time_ns arrives, measured;
        double es_n0_db;
    };
    std::deque<report> on_the_way;
    rng random(42);
    fade_result out;
    std::vector<std::uint8_t> buffer(k_max_bbframe_bytes);
    const std::vector<std::uint8_t> packet(1500, 0x45);
    double bits = 0.0;
    double genie_bits = 0.0;
    stream_time_ns now = 0;
    // A second for the loop to settle, then a minute and ten seconds.
    for (double es_n0 = 15.0; now < 70'000 * k_ms;) {
        while (gse.backlog_bytes() < 20000) {
            gse_pdu p;
            p.protocol_type = k_protocol_ipv4;
            p.payload = packet;
            (void)gse.push(p, now);
            ++out.packets_in;
        }
        while (!on_the_way.empty() && on_the_way.front().arrives <= now) {
            controller.on_report(on_the_way.front().measured, on_the_way.front().es_n0_db);
            on_the_way.pop_front();
        }
        const auto decision = controller.decide(now);
        if (!frozen || now < 5'000 * k_ms) (void)scheduler.set_pls(0, decision.pls);
        const auto f = scheduler.next(now, 0, buffer);
        const auto duration = static_cast<stream_time_ns>(f.plframe_symbols) * 100; // 10 Msymbol/s
        const stream_time_ns received = now + loop_delay / 2;
        es_n0 = truth(static_cast<double>(received) * 1e-9);

        const auto entry = std::ranges::find_if(table, [&](const auto& e) { return e.pls == f.pls; });
        const bool decodes = es_n0 >= entry->required_es_n0_db;
        frame_view<std::uint8_t> view;
        view.index = out.frames;
        view.header.pls = f.pls;
        if (decodes) view.payload = f.bbframe;
        deframer.on_frame(view);
        ++out.frames;
        if (!decodes) ++out.below_threshold;
        if (now > 1000 * k_ms) {
            double best = genie.ladder().front().efficiency;
            for (const auto& e : genie.ladder()) {
                if (e.required_es_n0_db + config.margin_db <= es_n0) best = e.efficiency;
            }
            if (decodes) bits += entry->efficiency * f.plframe_symbols;
            genie_bits += best * f.plframe_symbols;
        }
        if (out.frames % 5 == 0) {
            on_the_way.push_back({ received + loop_delay / 2, received, es_n0 + 0.3 * random.normal_pair().real() });
        }
        now += duration;
    }
    deframer.flush();
    out.packets_out = sink.packets;
    out.efficiency = bits / genie_bits;
    out.steps = controller.counters().steps_up.value() + controller.counters().steps_down.value();
    return out;
}

TEST(AcmController, RainFadeLosesNothingAndKeepsTheEfficiency)
{
    struct run {
        stream_time_ns loop;
        double margin_db;
    };
    for (const auto [loop, margin_db] :
         { run{ 20 * k_ms, 0.5 }, run{ 60 * k_ms, 0.5 }, run{ 200 * k_ms, 1.0 }, run{ 600 * k_ms, 1.0 } }) {
        acm_config config;
        config.margin_db = margin_db;
        config.frame_sizes = frame_size_policy::normal_only;
        config.pilots = pilot_policy::always;
        const fade_result r = fade(loop, config, false);
        std::cout << "loop " << loop / k_ms << " ms: " << r.frames << " frames, " << r.packets_in
                  << " packets, efficiency " << r.efficiency << " of the genie's, " << r.steps << " steps\n";
        EXPECT_EQ(r.below_threshold, 0U) << loop;
        EXPECT_GE(r.efficiency, 0.95) << loop;
        EXPECT_GE(r.packets_out + 20, r.packets_in); // the last ones are still queued
        EXPECT_LT(r.steps, 150U);
    }
}

TEST(AcmController, RainFadeWithoutControlLosesFrames)
{
    acm_config config;
    config.frame_sizes = frame_size_policy::normal_only;
    const fade_result r = fade(20 * k_ms, config, true);
    EXPECT_GT(r.below_threshold, r.frames / 3);
    EXPECT_LT(r.packets_out, r.packets_in * 3 / 4);
}

} // namespace
