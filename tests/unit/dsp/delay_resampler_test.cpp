// SPDX-License-Identifier: GPL-3.0-or-later
// The oracle is the signal itself: a sum of lines, told at t - tau(t) in double precision.
#include <spacesail/dsp/delay_resampler.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <alloc_guard.hpp>
#include <gtest/gtest.h>
#include <motion_signal.hpp>

#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::test;
using cf = std::complex<float>;
using dsp::delay_resampler;
using dsp::delay_resampler_config;
using dsp::delay_sense;

constexpr double k_rate_hz = 50e6;
constexpr double k_carrier_hz = 12.7e9;

/// All blocks that come of an input given in pieces.
std::vector<cf> run(delay_resampler& r, const std::vector<cf>& x, std::size_t piece)
{
    std::vector<cf> out;
    simd::aligned_vector<float> re(delay_resampler::k_block), im(delay_resampler::k_block);
    std::size_t at = 0;
    for (;;) {
        if (r.exhausted()) return out;
        if (r.ready()) {
            r.read(re.data(), im.data());
            for (std::size_t k = 0; k < re.size(); ++k) out.emplace_back(re[k], im[k]);
            continue;
        }
        at += r.write(std::span(x).subspan(at, std::min(piece, x.size() - at)));
        if (at == x.size()) r.end_input();
    }
}

std::complex<double> turn(double cycles) { return std::polar(1.0, k_two_pi * (cycles - std::floor(cycles))); }

TEST(DelayResampler, DelaysWithinAPicosecond)
{
    const line_signal signal(k_rate_hz, 0.42, 40, 1);
    const auto x = signal.samples(200'000, k_rate_hz);
    // 1070 km, the fastest: 19 ppm and 0.143 ppm/s; then a 550 km shell's, approaching.
    for (const auto& p : { moving_delay(4e-3, 19e-6, 0.143e-6), moving_delay(2e-3, -21.3e-6, 0.33e-6) }) {
        for (const auto sense : { delay_sense::apply, delay_sense::remove }) {
            listed_delays delays({ p });
            const double reference = sense == delay_sense::apply ? p.c[0] - 1e-6 : p.c[0] - 0.5e-6;
            delay_resampler r({ .input_rate_hz = k_rate_hz,
                                .carrier_hz = k_carrier_hz,
                                .reference_delay_s = reference,
                                .sense = sense },
                              delays);
            const auto y = run(r, x, 10'000);
            ASSERT_GT(y.size(), 199'000U);
            const double sign = sense == delay_sense::apply ? -1.0 : 1.0;
            double square = 0.0;
            double worst_phase = 0.0;
            int blocks = 0;
            for (std::size_t n = 1000; n + 2000 < 199'000; n += 2000, ++blocks) {
                const auto time = [&](std::size_t k) { return static_cast<double>(k) / k_rate_hz; };
                const auto source_time = [&](std::size_t k) {
                    return time(k) + sign * (p.delay_s(time(k)) - reference);
                };
                const auto d = compare(
                    y,
                    n,
                    n + 2000,
                    [&](std::size_t k) {
                        return signal.at(source_time(k)) * turn(sign * k_carrier_hz * p.delay_s(time(k)));
                    },
                    [&](std::size_t k) {
                        return signal.slope(source_time(k)) * turn(sign * k_carrier_hz * p.delay_s(time(k)));
                    });
                EXPECT_LT(d.error_db, -66.0) << n;
                square += d.delay_s * d.delay_s;
                worst_phase = std::max(worst_phase, std::abs(d.phase_cycles));
            }
            EXPECT_LT(std::sqrt(square / blocks), 1e-12);
            EXPECT_LT(worst_phase, 1e-4);
            RecordProperty("timing_rms_fs", std::to_string(1e15 * std::sqrt(square / blocks)));
        }
    }
}

TEST(DelayResampler, NegativeControlAConstantDelayIsNotEnough)
{
    const line_signal signal(k_rate_hz, 0.42, 40, 1);
    const auto x = signal.samples(100'000, k_rate_hz);
    const auto p = moving_delay(0.0, 19e-6, 0.0);
    listed_delays still({ moving_delay(0.0, 0.0, 0.0) });
    delay_resampler r({ .input_rate_hz = k_rate_hz }, still);
    const auto y = run(r, x, 10'000);
    const auto time = [&](std::size_t k) { return static_cast<double>(k) / k_rate_hz; };
    const auto d = compare(
        y,
        90'000,
        92'000,
        [&](std::size_t k) { return signal.at(time(k) - p.delay_s(time(k))); },
        [&](std::size_t k) { return signal.slope(time(k)); });
    EXPECT_GT(d.error_db, -10.0);
}

TEST(DelayResampler, TakesTheReceiversClock)
{
    constexpr double in = 1e6;
    constexpr double out = 1e6 * (1.0 + 21e-6);
    const line_signal signal(in, 0.4, 20, 2);
    const auto x = signal.samples(300'000, in);
    listed_delays none({ moving_delay(0.0, 0.0, 0.0) });
    delay_resampler r({ .input_rate_hz = in, .output_rate_hz = out }, none);
    const auto y = run(r, x, 999);
    const auto d = compare(
        y,
        280'000,
        299'000,
        [&](std::size_t k) { return signal.at(static_cast<double>(k) / out); },
        [&](std::size_t k) { return signal.slope(static_cast<double>(k) / out); });
    EXPECT_LT(d.error_db, -66.0);
    EXPECT_LT(std::abs(d.delay_s), 1e-11);
}

TEST(DelayResampler, ChunksDoNotMatterAndNothingIsAllocated)
{
    const line_signal signal(1e6, 0.4, 5, 3);
    const auto x = signal.samples(40'000, 1e6);
    std::vector<std::vector<cf>> results;
    for (const std::size_t piece : { 1UL, 7UL, 4096UL, 40'000UL }) {
        listed_delays delays({ moving_delay(3e-3, -20e-6, 0.1e-6) });
        delay_resampler r({ .input_rate_hz = 1e6, .carrier_hz = 12e9, .reference_delay_s = 2e-3 }, delays);
        results.push_back(run(r, x, piece));
        EXPECT_EQ(results.back(), results.front()) << piece;
    }
    listed_delays delays({ moving_delay(3e-3, -20e-6, 0.1e-6) });
    delay_resampler r({ .input_rate_hz = 1e6, .carrier_hz = 12e9, .reference_delay_s = 2e-3 }, delays);
    simd::aligned_vector<float> re(delay_resampler::k_block), im(delay_resampler::k_block);
    const auto before = allocations();
    for (std::size_t at = 0; at < x.size();) {
        if (r.ready()) {
            r.read(re.data(), im.data());
        } else {
            at += r.write(std::span(x).subspan(at));
        }
    }
    EXPECT_EQ(allocations(), before);
}

TEST(DelayResampler, TargetsAgree)
{
    const line_signal signal(1e6, 0.4, 9, 4);
    const auto x = signal.samples(5000, 1e6);
    std::vector<std::vector<cf>> results;
    for (const auto target : { simd::target::scalar, simd::target::avx2, simd::target::best }) {
        simd::force_target(target);
        listed_delays delays({ moving_delay(1e-3, 25e-6, 0.3e-6) });
        delay_resampler r({ .input_rate_hz = 1e6, .carrier_hz = 14e9 }, delays);
        results.push_back(run(r, x, 5000));
    }
    simd::force_target(simd::target::best);
    for (std::size_t k = 0; k < results[0].size(); ++k) {
        ASSERT_NEAR(std::abs(results[1][k] - results[0][k]), 0.0F, 2e-6F) << k;
        ASSERT_NEAR(std::abs(results[2][k] - results[0][k]), 0.0F, 2e-6F) << k;
    }
}

TEST(DelayResampler, SilentBeforeTheFirstWaveAndWhereNothingIsKnown)
{
    const std::vector<cf> x(20'000, cf(1.0F, 0.0F));
    auto p = moving_delay(5e-3, 0.0, 0.0);
    p.t_end_s = 0.012288; // a multiple of 16 samples
    listed_delays delays({ p });
    delay_resampler r({ .input_rate_hz = 1e6 }, delays);
    const auto y = run(r, x, 100);
    for (std::size_t n = 0; n < 4900; ++n) ASSERT_LT(std::abs(y[n]), 1e-6F) << n;
    for (std::size_t n = 5100; n < 12'200; ++n) ASSERT_NEAR(std::abs(y[n]), 1.0F, 1e-5F) << n;
    for (std::size_t n = 12'288; n < 15'000; ++n) ASSERT_EQ(std::abs(y[n]), 0.0F) << n;
    EXPECT_GT(r.unknown_delays.value(), 0U);
    // What undoes a path goes on with the last delay instead.
    delay_resampler undo({ .input_rate_hz = 1e6, .sense = delay_sense::remove }, delays);
    const auto z = run(undo, x, 100);
    EXPECT_NEAR(std::abs(z[14'000]), 1.0F, 1e-5F);
}

TEST(DelayResampler, LostInputKeepsTime)
{
    const line_signal signal(1e6, 0.3, 5, 6);
    const auto x = signal.samples(120'000, 1e6);
    listed_delays delays({ moving_delay(0.0, 10e-6, 0.0) });
    delay_resampler r({ .input_rate_hz = 1e6, .carrier_hz = 1e9 }, delays);
    simd::aligned_vector<float> re(delay_resampler::k_block), im(delay_resampler::k_block);
    std::vector<cf> y;
    const auto feed = [&](std::size_t from, std::size_t to) {
        while (from < to) {
            if (r.ready()) {
                r.read(re.data(), im.data());
                for (std::size_t k = 0; k < re.size(); ++k) y.emplace_back(re[k], im[k]);
            } else {
                from += r.write(std::span(x).subspan(from, std::min<std::size_t>(500, to - from)));
            }
        }
    };
    feed(0, 30'000);
    while (r.ready()) r.read(re.data(), im.data());
    y.resize(r.next_output());
    r.lose_input(50'000);
    feed(80'000, 120'000);
    const auto d = compare(
        y,
        90'000,
        100'000,
        [&](std::size_t k) {
            const double t = static_cast<double>(k) / 1e6;
            return signal.at(t - 10e-6 * t) * turn(-1e9 * 10e-6 * t);
        },
        [&](std::size_t) { return std::complex<double>(1.0); });
    EXPECT_LT(d.error_db, -66.0);
}

TEST(DelayResampler, BadParametersAreNamed)
{
    listed_delays none({});
    EXPECT_THROW(delay_resampler({ .input_rate_hz = 0.0 }, none), std::invalid_argument);
    EXPECT_THROW(delay_resampler({ .input_rate_hz = 1e6, .output_rate_hz = 2e6 }, none), std::invalid_argument);
    EXPECT_THROW(delay_resampler({ .input_rate_hz = 1e6, .reference_delay_s = 1e3 }, none), std::invalid_argument);
}

} // namespace
