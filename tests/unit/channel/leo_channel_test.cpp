// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/dsp/fft.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <alloc_guard.hpp>
#include <gtest/gtest.h>
#include <motion_signal.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::test;
using namespace spacesail::channel;
using cf = std::complex<float>;

constexpr double k_carrier_hz = 12.7e9;

std::vector<cf> through(leo_channel& c, const std::vector<cf>& x, std::size_t piece = 4096)
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

double mean_power(std::span<const cf> x)
{
    double sum = 0.0;
    for (const cf& v : x) sum += std::norm(std::complex<double>(v));
    return sum / static_cast<double>(x.size());
}

/// The steepest pass of the snapshot's first day over Shanghai.
struct real_pass {
    orbit::element_set set;
    orbit::pass pass;
};
real_pass steep_pass()
{
    const auto sets =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets;
    orbit::pass_query query;
    query.start = sets[0].epoch;
    const auto found =
        orbit::find_passes(std::span(sets).first(1), orbit::site(orbit::geodetic{ 31.2, 121.5, 20.0 }), query);
    const auto best = std::max_element(found.passes.begin(), found.passes.end(), [](const auto& a, const auto& b) {
        return a.at_culmination.elevation_deg < b.at_culmination.elevation_deg;
    });
    return { sets[0], *best };
}

/// Frequency of a line: the largest bin of 16384 samples under a Hann window.
double line_hz(std::span<const cf> x, double rate_hz)
{
    constexpr std::size_t n = 16384;
    std::vector<cf> windowed(n);
    for (std::size_t k = 0; k < n; ++k)
        windowed[k] = x[k] * static_cast<float>(0.5 - 0.5 * std::cos(k_two_pi * static_cast<double>(k) / n));
    dsp::fft transform(n);
    std::copy(windowed.begin(), windowed.end(), transform.data().begin());
    transform.forward();
    const auto bins = transform.data();
    const auto best = static_cast<std::size_t>(
        std::max_element(bins.begin(), bins.end(), [](cf a, cf b) { return std::norm(a) < std::norm(b); }) -
        bins.begin());
    const double bin = best < n / 2 ? static_cast<double>(best) : static_cast<double>(best) - n;
    return bin * rate_hz / n;
}

TEST(LeoChannel, DopplerStandsInTheSpectrumAtTenPointsOfAPass)
{
    constexpr double rate_hz = 1.6e6;
    const auto [set, pass] = steep_pass();
    ASSERT_GT(pass.at_culmination.elevation_deg, 40.0);
    const std::vector<cf> line(20'000, cf(1.0F, 0.0F));
    int moved = 0;
    for (int k = 0; k < 10; ++k) {
        const utc_time start = pass.aos.plus_seconds(pass.duration_s() * (k + 0.5) / 10.0);
        const auto engine =
            *doppler::delay_engine::create(set, orbit::site(orbit::geodetic{ 31.2, 121.5, 20.0 }), start);
        doppler::orbit_delay_source delays(engine, doppler::link_direction::down, sample_clock(rate_hz, start));
        const satellite_path path{ .delays = &delays };
        leo_channel channel({ .sample_rate_hz = rate_hz,
                              .carrier_hz = k_carrier_hz,
                              .reference_delay_s = *engine.tau_down(0.0) + 1e-3 },
                            std::span(&path, 1));
        const auto y = through(channel, line);
        const double expected = engine.down(0.5 * 16384 / rate_hz)->doppler_hz(k_carrier_hz);
        EXPECT_NEAR(line_hz(std::span(y).subspan(0, 16384), rate_hz), expected, 70.0) << k;
        // And to 0.1 Hz by the phase between two places.
        std::complex<double> sum;
        for (std::size_t n = 1; n < 16384; ++n)
            sum += std::complex<double>(y[n]) * std::conj(std::complex<double>(y[n - 1]));
        EXPECT_NEAR(std::arg(sum) / k_two_pi * rate_hz, expected, 0.2) << k;
        // A channel that does nothing would show the line at 0 Hz.
        if (std::abs(line_hz(line, rate_hz) - expected) > 1000.0) ++moved;
    }
    EXPECT_GE(moved, 9);
}

TEST(LeoChannel, SatellitesAddWithTheirOwnMotion)
{
    constexpr double rate_hz = 25e6;
    const line_signal first(rate_hz, 0.4, 20, 1), second(rate_hz, 0.4, 20, 2);
    const auto a = first.samples(60'000, rate_hz);
    const auto b = second.samples(60'000, rate_hz);
    const auto p = moving_delay(4e-3, 18e-6, 0.1e-6);
    const auto q = moving_delay(5e-3, -9e-6, 0.1e-6);
    listed_delays da({ p }), db({ q });
    const std::array<satellite_path, 2> paths{
        satellite_path{ .delays = &da },
        satellite_path{ .delays = &db, .gain_db = -3.0, .loss = path_loss::free_space, .loss_reference_delay_s = 4e-3 }
    };
    constexpr double reference = 4e-3 - 1e-6;
    leo_channel channel({ .sample_rate_hz = rate_hz, .carrier_hz = k_carrier_hz, .reference_delay_s = reference },
                        paths);
    std::vector<cf> y;
    std::array<std::size_t, 2> at{}, used{};
    std::vector<cf> room(3000);
    while (!channel.done()) {
        const std::array<std::span<const cf>, 2> in{ std::span<const cf>(a).subspan(at[0]),
                                                     std::span<const cf>(b).subspan(at[1]) };
        const auto n = channel.process(in, used, room);
        for (std::size_t i = 0; i < 2; ++i) {
            at[i] += used[i];
            if (at[i] == 60'000) channel.end_input(i);
        }
        y.insert(y.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(n));
    }
    const auto wave = [&](const line_signal& s, const delay_polynomial& d, double t) {
        const double cycles = -k_carrier_hz * d.delay_s(t);
        return s.at(t - d.delay_s(t) + reference) * std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
    };
    const auto d = compare(
        y,
        40'000,
        50'000,
        [&](std::size_t n) {
            const double t = static_cast<double>(n) / rate_hz;
            return wave(first, p, t) + std::pow(10.0, -0.15) * 4e-3 / q.delay_s(t) * wave(second, q, t);
        },
        [](std::size_t) { return std::complex<double>(1.0); });
    EXPECT_LT(d.error_db, -62.0);
    EXPECT_LT(std::abs(d.phase_cycles), 1e-4);
}

leo_channel_config busy()
{
    leo_channel_config c{
        .sample_rate_hz = 10e6, .carrier_hz = 11e9, .reference_delay_s = 3.9e-3, .noise_power = 0.01
    };
    c.lnb_offset_hz = 123e3;
    c.lnb_drift_hz_s = 40.0;
    c.receiver_clock_ppm = -3.0;
    c.mask = *parse_phase_noise_mask("pll-lnb");
    c.faults = { .dc_dbfs = -30.0, .image_db = -30.0, .tilt_db = 1.0, .clip = 2.0 };
    c.seed = 7;
    return c;
}

TEST(LeoChannel, ChunksDoNotMatterSeedsRepeatNothingIsAllocated)
{
    const line_signal signal(10e6, 0.4, 10, 3);
    const auto x = signal.samples(20'000, 10e6);
    listed_delays delays({ moving_delay(4e-3, 18e-6, 0.1e-6) });
    const satellite_path path{ .delays = &delays };
    leo_channel channel(busy(), std::span(&path, 1));
    const auto expected = through(channel, x, 20'000);
    for (const std::size_t piece : { 1UL, 7UL, 4096UL }) {
        channel.reset();
        EXPECT_EQ(through(channel, x, piece), expected) << piece;
    }
    auto other = busy();
    other.seed = 8;
    leo_channel different(other, std::span(&path, 1));
    EXPECT_NE(through(different, x), expected);

    leo_channel again(busy(), std::span(&path, 1));
    std::vector<cf> room(30'000);
    const auto before = allocations();
    again.process(std::span(x).first(9000), room);
    again.process(std::span(x).subspan(9000), room);
    EXPECT_EQ(allocations(), before);
}

TEST(LeoChannel, NoiseAndOffsetsAreWhatWasAsked)
{
    listed_delays still({ moving_delay(0.0, 0.0, 0.0) });
    const satellite_path path{ .delays = &still };
    leo_channel noisy({ .sample_rate_hz = 1e6, .noise_power = 0.25 }, std::span(&path, 1));
    const auto noise = through(noisy, std::vector<cf>(400'000));
    EXPECT_NEAR(mean_power(noise), 0.25, 0.25 * 5.0 / std::sqrt(400'000.0));

    leo_channel turned({ .sample_rate_hz = 1e6, .lnb_offset_hz = -70e3, .lnb_drift_hz_s = 1000.0 },
                       std::span(&path, 1));
    const auto y = through(turned, std::vector<cf>(60'000, cf(1.0F, 0.0F)));
    for (const std::size_t n : { 100UL, 20'000UL, 59'000UL }) {
        const double t = static_cast<double>(n) * 1e-6;
        const auto want = std::polar(1.0, k_two_pi * t * (-70e3 + 500.0 * t));
        EXPECT_LT(std::abs(std::complex<double>(y[n]) - want), 1e-3) << n;
    }
}

TEST(LeoChannel, BadParametersAreNamed)
{
    listed_delays still({});
    const satellite_path path{ .delays = &still };
    EXPECT_THROW(leo_channel({ .sample_rate_hz = 0.0 }, std::span(&path, 1)), std::invalid_argument);
    EXPECT_THROW(leo_channel({ .sample_rate_hz = 1e6, .receiver_clock_ppm = 1e4 }, std::span(&path, 1)),
                 std::invalid_argument);
    EXPECT_THROW(leo_channel({ .sample_rate_hz = 1e6 }, {}), std::invalid_argument);
    const satellite_path nothing{};
    EXPECT_THROW(leo_channel({ .sample_rate_hz = 1e6 }, std::span(&nothing, 1)), std::invalid_argument);
    EXPECT_FALSE(parse_phase_noise_mask("pll"));
}

// Density at the mask's points by averaged periodograms, at a rate for each part of the range.
TEST(PhaseNoise, FollowsItsMask)
{
    constexpr std::size_t n = 8192;
    struct part {
        double rate_hz;
        std::vector<double> offsets;
    };
    for (const char* name : { "pll-lnb", "dvb-typical" }) {
        const auto mask = *parse_phase_noise_mask(name);
        for (const part& p : { part{ 100e3, { 100, 1e3, 1e4 } }, part{ 25e6, { 1e5, 1e6, 1e7 } } }) {
            phase_noise source(mask, p.rate_hz, 5);
            std::vector<double> density(n);
            dsp::fft transform(n);
            constexpr int rounds = 200;
            for (int r = 0; r < rounds; ++r) {
                std::vector<float> phase(n);
                for (std::size_t k = 0; k < n; k += phase_noise::k_block) source.add(phase.data() + k);
                const auto x = transform.data();
                double window = 0.0;
                for (std::size_t k = 0; k < n; ++k) {
                    const double w = 0.42 - 0.5 * std::cos(k_two_pi * static_cast<double>(k) / n) +
                                     0.08 * std::cos(2.0 * k_two_pi * static_cast<double>(k) / n);
                    x[k] = cf(static_cast<float>(w) * phase[k], 0.0F);
                    window += w * w;
                }
                transform.forward();
                for (std::size_t k = 0; k < n; ++k)
                    density[k] += std::norm(std::complex<double>(x[k])) / window / p.rate_hz / rounds;
            }
            for (const double f : p.offsets) {
                const auto centre = static_cast<std::size_t>(std::lround(f / p.rate_hz * n));
                const std::size_t spread = centre / 10;
                double sum = 0.0;
                for (std::size_t k = centre - spread; k <= centre + spread; ++k) sum += density[k];
                const double level = linear_to_db(sum / static_cast<double>(2 * spread + 1));
                const auto at = std::find_if(
                    mask.points.begin(), mask.points.end(), [&](const auto& q) { return q.offset_hz == f; });
                EXPECT_NEAR(level, at->dbc_hz, 2.0) << name << " at " << f;
            }
        }
    }
    phase_noise none({}, 1e6, 1);
    EXPECT_TRUE(none.silent());
}

TEST(FrontEndFaults, EachIsWhatItSays)
{
    constexpr std::size_t n = 4000;
    const auto line = [](double f) {
        std::vector<float> re(n), im(n);
        for (std::size_t k = 0; k < n; ++k) {
            re[k] = static_cast<float>(std::cos(k_two_pi * f * static_cast<double>(k)));
            im[k] = static_cast<float>(std::sin(k_two_pi * f * static_cast<double>(k)));
        }
        return std::pair(re, im);
    };
    const auto level = [](const auto& x, double f) {
        std::complex<double> sum;
        for (std::size_t k = 0; k < n; ++k)
            sum +=
                std::complex<double>(x.first[k], x.second[k]) * std::polar(1.0, -k_two_pi * f * static_cast<double>(k));
        return linear_to_db(std::norm(sum / static_cast<double>(n)) + 1e-20);
    };
    {
        front_end_faults faults({ .dc_dbfs = -20.0, .image_db = -30.0 });
        auto x = line(0.1);
        faults.process(x.first.data(), x.second.data(), n);
        EXPECT_NEAR(level(x, 0.1), 0.0, 0.01);
        EXPECT_NEAR(level(x, -0.1), -30.0, 0.05);
        EXPECT_NEAR(level(x, 0.0), -20.0, 0.05);
    }
    {
        auto up = line(0.25), down = line(-0.25);
        front_end_faults a({ .tilt_db = 3.0 }), b({ .tilt_db = 3.0 });
        a.process(up.first.data(), up.second.data(), n);
        b.process(down.first.data(), down.second.data(), n);
        EXPECT_NEAR(level(up, 0.25) - level(down, -0.25), 3.0, 0.02);
    }
    {
        front_end_faults faults({ .clip = 0.5 });
        auto x = line(0.1);
        faults.process(x.first.data(), x.second.data(), n);
        EXPECT_EQ(*std::max_element(x.first.begin(), x.first.end()), 0.5F);
        EXPECT_GT(faults.clipped(), n / 2);
    }
    EXPECT_THROW(front_end_faults({ .clip = 0.0 }), std::invalid_argument);
    EXPECT_THROW(front_end_faults({ .tilt_db = 50.0 }), std::invalid_argument);
}

} // namespace
