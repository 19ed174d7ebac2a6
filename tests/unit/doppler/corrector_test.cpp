// SPDX-License-Identifier: GPL-3.0-or-later
// Received signals are told in closed form at t - tau(t), with tau from the delay engine sample by sample.
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/doppler/corrector.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/dsp/fft.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <alloc_guard.hpp>
#include <gtest/gtest.h>
#include <motion_signal.hpp>

#include <algorithm>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::doppler;
using namespace spacesail::test;
using cf = std::complex<float>;

constexpr double k_carrier_hz = 12.7e9;
const orbit::site k_shanghai(orbit::geodetic{ 31.2, 121.5, 20.0 });

/// The engine of a real pass; seconds count from `part` of its way from rise to set.
delay_engine pass_engine(double part)
{
    const auto sets =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets;
    orbit::pass_query query;
    query.start = sets[0].epoch;
    const auto found = orbit::find_passes(std::span(sets).first(1), k_shanghai, query);
    const auto best = std::max_element(found.passes.begin(), found.passes.end(), [](const auto& a, const auto& b) {
        return a.at_culmination.elevation_deg < b.at_culmination.elevation_deg;
    });
    return *delay_engine::create(sets[0], k_shanghai, best->aos.plus_seconds(part * best->duration_s()));
}

std::complex<double> turn(double cycles) { return std::polar(1.0, k_two_pi * (cycles - std::floor(cycles))); }

template <class Motion>
std::vector<cf> through(Motion& c, const std::vector<cf>& x, std::size_t piece = 4096)
{
    std::vector<cf> out, room(1000);
    std::size_t at = 0;
    for (;;) {
        const auto p = c.process(std::span(x).subspan(at, std::min(piece, x.size() - at)), room);
        at += p.consumed;
        out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(p.produced));
        if (c.done()) return out;
        if (at == x.size()) c.end_input();
    }
}

TEST(EmissionDelay, SolvesForTheSatellitesTime)
{
    const auto engine = pass_engine(0.2);
    orbit_delay_source received(engine, link_direction::down, sample_clock(1e6, engine.origin()));
    const double reference = reference_delay_s(received, 0.0, 1e6);
    EXPECT_NEAR(reference, *engine.tau_down(0.0), 1e-6);
    for (const double r : { 0.0, reference }) {
        emission_delay_source sent(received, r);
        for (double u = -3.0; u < 60.0; u += 0.37) {
            const double tau = sent.segment_at(u)->delay_s(u);
            EXPECT_NEAR(tau + r, *engine.tau_down(u + tau), 5e-14) << u;
        }
    }
    // Negative control: the delay at receive time u is another one.
    emission_delay_source sent(received);
    EXPECT_GT(std::abs(sent.segment_at(1.0)->delay_s(1.0) - *engine.tau_down(1.0)), 1e-8);
    listed_delays nothing({});
    emission_delay_source lost(nothing);
    EXPECT_EQ(lost.segment_at(0.0), nullptr);
    EXPECT_EQ(reference_delay_s(nothing, 0.0, 1e6), 0.0);
    EXPECT_THROW(emission_delay_source(received, 0.0, 100.0), std::invalid_argument);
}

TEST(Corrector, UndoesARealPathToTheClock)
{
    constexpr double rate_hz = 2e6;
    const auto engine = pass_engine(0.05);
    orbit_delay_source received(engine, link_direction::down, sample_clock(rate_hz, engine.origin()));
    const double reference = reference_delay_s(received, 0.0, rate_hz);
    const line_signal signal(rate_hz, 0.28, 12, 1); // with 250 kHz of Doppler shift up to 0.41 of the rate
    constexpr std::size_t n = 1'600'000;
    std::vector<cf> y(n);
    // The engine itself every 2 ms, a parabola between (error 1e-15 s).
    for (std::size_t k = 0; k < n; k += 4000) {
        const double t0 = static_cast<double>(k) / rate_hz;
        const double a = *engine.tau_down(t0), b = *engine.tau_down(t0 + 1e-3), c = *engine.tau_down(t0 + 2e-3);
        for (std::size_t i = 0; i < 4000; ++i) {
            const double x = static_cast<double>(i) / 2000.0; // 0 .. 2
            const double tau = a + x * (b - a) + 0.5 * x * (x - 1.0) * (c - 2.0 * b + a);
            y[k + i] =
                cf(signal.at(t0 + static_cast<double>(i) / rate_hz - tau + reference) * turn(-k_carrier_hz * tau));
        }
    }
    corrector undo({ rate_hz, k_carrier_hz, reference }, received);
    const auto x = through(undo, y);
    EXPECT_GT(std::abs(undo.correction_hz()), 150e3);
    EXPECT_EQ(undo.unknown_delays(), 0U);
    double early = 0.0;
    for (const std::size_t from : { 2000UL, 800'000UL, 1'590'000UL }) {
        const auto d = compare(
            x,
            from,
            from + 8000,
            [&](std::size_t k) {
                return signal.at(static_cast<double>(k) / rate_hz) * turn(-k_carrier_hz * reference);
            },
            [&](std::size_t k) {
                return signal.slope(static_cast<double>(k) / rate_hz) * turn(-k_carrier_hz * reference);
            });
        EXPECT_LT(d.error_db, -50.0) << from;
        EXPECT_LT(std::abs(d.phase_cycles), 0.01) << from;
        if (from == 2000UL) early = d.delay_s;
        // 1 ppb of the 0.8 s.
        EXPECT_LT(std::abs(d.delay_s - early), 0.8e-9) << from;
    }
    // Negative control: without motion nothing is left of it.
    listed_delays still({ moving_delay(0.0, 0.0, 0.0) });
    corrector nothing({ rate_hz, k_carrier_hz, 0.0 }, still);
    const auto z = through(nothing, y);
    const auto d = compare(
        z,
        800'000,
        808'000,
        [&](std::size_t k) { return signal.at(static_cast<double>(k) / rate_hz); },
        [&](std::size_t k) { return signal.slope(static_cast<double>(k) / rate_hz); });
    EXPECT_GT(d.error_db, -3.0);
}

TEST(Corrector, UndoesTheChannel)
{
    constexpr double rate_hz = 5e6;
    const auto engine = pass_engine(0.9);
    orbit_delay_source a(engine, link_direction::down, sample_clock(rate_hz, engine.origin()));
    orbit_delay_source b(engine, link_direction::down, sample_clock(rate_hz, engine.origin()));
    const double reference = reference_delay_s(a, 0.0, rate_hz);
    const line_signal signal(rate_hz, 0.34, 20, 2);
    const auto x = signal.samples(300'000, rate_hz);
    const channel::satellite_path path{ .delays = &a };
    channel::leo_channel moved(
        { .sample_rate_hz = rate_hz, .carrier_hz = k_carrier_hz, .reference_delay_s = reference }, std::span(&path, 1));
    const auto y = through(moved, x);
    corrector undo({ rate_hz, k_carrier_hz, reference }, b);
    const auto z = through(undo, y, 777);
    for (const std::size_t from : { 1000UL, 150'000UL, 295'000UL }) {
        const auto d = compare(
            z,
            from,
            from + 4000,
            [&](std::size_t k) { return std::complex<double>(x[k]) * turn(-k_carrier_hz * reference); },
            [&](std::size_t k) { return signal.slope(static_cast<double>(k) / rate_hz); });
        EXPECT_LT(d.error_db, -58.0) << from;
        EXPECT_LT(std::abs(d.phase_cycles), 1e-3) << from;
    }
}

TEST(Precompensator, ArrivesAtTheSatelliteAsIfNothingMoved)
{
    constexpr double rate_hz = 5e6;
    constexpr double up_hz = 14.25e9;
    const auto engine = pass_engine(0.1);
    orbit_delay_source up(engine, link_direction::up, sample_clock(rate_hz, engine.origin()));
    const double reference = reference_delay_s(up, 0.0, rate_hz);
    const line_signal signal(rate_hz, 0.3, 20, 3);
    const auto s = signal.samples(300'000, rate_hz);
    precompensator before({ rate_hz, up_hz, reference }, up);
    const auto x = through(before, s);
    EXPECT_EQ(before.unknown_delays(), 0U);
    // What leaves at t arrives at t + tau_up(t): sample n is s's value at that instant, and the path turns it back.
    for (const std::size_t from : { 1000UL, 150'000UL, 295'000UL }) {
        const auto arrival = [&](std::size_t n) {
            const double t = static_cast<double>(n) / rate_hz;
            return t + *engine.tau_up(t) - reference;
        };
        const auto phase = [&](std::size_t n) {
            return turn(up_hz * *engine.tau_up(static_cast<double>(n) / rate_hz));
        };
        const auto d = compare(
            x,
            from,
            from + 2000,
            [&](std::size_t n) { return signal.at(arrival(n)) * phase(n); },
            [&](std::size_t n) { return signal.slope(arrival(n)) * phase(n); });
        EXPECT_LT(d.error_db, -60.0) << from;
        EXPECT_LT(std::abs(d.phase_cycles), 1e-3) << from;
        EXPECT_LT(std::abs(d.delay_s), 1e-11) << from;
    }
}

// A carrier that the path moved is one line again: nothing above -70 dBc beside it, with 60 updates on the way. The
// delay is one of the satellite's time, so the resampler takes it as it is.
TEST(Corrector, LeavesNoSpurs)
{
    constexpr double rate_hz = 1e6;
    const auto motion = moving_delay(4e-3, 18e-6, 0.14e-6);
    std::vector<delay_polynomial> pieces;
    for (int k = -2; k < 80; ++k) {
        // The same motion in pieces of 1.1 ms, each about its own beginning.
        delay_polynomial p;
        p.t_begin_s = k * 1.1e-3;
        p.t_end_s = (k + 1) * 1.1e-3;
        p.t_ref_s = p.t_begin_s;
        p.c = { motion.delay_s(p.t_ref_s), motion.rate(p.t_ref_s), 0.5 * motion.rate_per_s(p.t_ref_s) };
        pieces.push_back(p);
    }
    listed_delays delays(pieces);
    constexpr double line_hz = 31e3;
    std::vector<cf> y(90'000);
    for (std::size_t n = 0; n < y.size(); ++n) {
        const double t = static_cast<double>(n) / rate_hz;
        double tau = motion.delay_s(t);
        for (int round = 0; round < 5; ++round) tau = motion.delay_s(t - tau);
        y[n] = cf(turn(line_hz * (t - tau)) * turn(-k_carrier_hz * tau));
    }
    dsp::delay_resampler undo(
        { .input_rate_hz = rate_hz, .carrier_hz = k_carrier_hz, .sense = dsp::delay_sense::remove }, delays);
    std::vector<cf> x;
    simd::aligned_vector<float> re(dsp::delay_resampler::k_block), im(dsp::delay_resampler::k_block);
    for (std::size_t at = 0; x.size() < 70'000;) {
        if (undo.ready()) {
            undo.read(re.data(), im.data());
            for (std::size_t k = 0; k < re.size(); ++k) x.emplace_back(re[k], im[k]);
        } else {
            at += undo.write(std::span(y).subspan(at));
        }
    }
    EXPECT_EQ(undo.unknown_delays.value(), 0U);
    constexpr std::size_t n = 65536;
    dsp::fft transform(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double a = k_two_pi * static_cast<double>(k) / n;
        const double w = 0.35875 - 0.48829 * std::cos(a) + 0.14128 * std::cos(2 * a) - 0.01168 * std::cos(3 * a);
        transform.data()[k] = x[1000 + k] * static_cast<float>(w);
    }
    transform.forward();
    double line = 0.0, rest = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
        const double f = (k < n / 2 ? static_cast<double>(k) : static_cast<double>(k) - n) * rate_hz / n;
        const double p = std::norm(std::complex<double>(transform.data()[k]));
        (std::abs(f - line_hz) < 100.0 ? line : rest) = std::max(std::abs(f - line_hz) < 100.0 ? line : rest, p);
    }
    EXPECT_LT(linear_to_db(rest / line), -70.0);
    RecordProperty("spur_dbc", std::to_string(linear_to_db(rest / line)));
}

TEST(Corrector, ChunksDoNotMatterAndNothingIsAllocated)
{
    const line_signal signal(1e6, 0.3, 5, 3);
    const auto x = signal.samples(30'000, 1e6);
    std::vector<std::vector<cf>> results;
    for (const std::size_t piece : { 1UL, 7UL, 4096UL, 30'000UL }) {
        const auto engine = pass_engine(0.5);
        orbit_delay_source received(engine, link_direction::down, sample_clock(1e6, engine.origin()));
        corrector undo({ 1e6, 12e9, reference_delay_s(received, 0.0, 1e6) }, received);
        results.push_back(through(undo, x, piece));
        EXPECT_EQ(results.back(), results.front()) << piece;
        if (piece == 7) {
            undo.reset();
            EXPECT_EQ(through(undo, x, piece), results.front());
        }
    }
    listed_delays delays({ moving_delay(1e-3, 1e-5, 0.0) });
    corrector undo({ 1e6, 12e9, 0.0 }, delays);
    std::vector<cf> room(40'000);
    const auto before = allocations();
    undo.process(x, room);
    EXPECT_EQ(allocations(), before);
}

} // namespace
