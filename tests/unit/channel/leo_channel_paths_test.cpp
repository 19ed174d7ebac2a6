// SPDX-License-Identifier: GPL-3.0-or-later
// What a path is made of besides its delay: gains over time, a feeder link, neighbouring carriers.
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/dsp/fft.hpp>

#include <alloc_guard.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <motion_signal.hpp>

#include <array>
#include <functional>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::test;
using namespace spacesail::channel;
using cf = std::complex<float>;

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

/// A gain by a formula; counts what breaks the order it was promised.
class formula_gain final : public gain_source
{
public:
    explicit formula_gain(std::function<double(double)> db) : d_db(std::move(db)) {}
    double gain_db(double t_s) noexcept override
    {
        if (t_s <= d_last) ++disorder;
        d_last = t_s;
        return d_db(t_s);
    }
    void reset() noexcept override { d_last = -1.0; }
    int disorder = 0;

private:
    std::function<double(double)> d_db;
    double d_last = -1.0;
};

TEST(LeoChannelPaths, TransparentSatelliteComposesBothLinks)
{
    constexpr double rate_hz = 25e6, down_hz = 12.7e9, up_hz = 14.2e9;
    const line_signal signal(rate_hz, 0.4, 20, 5);
    const auto x = signal.samples(60'000, rate_hz);
    const auto d = moving_delay(4e-3, 18e-6, 0.1e-6);
    // Another reference time and other segments than the downlink's: they must be joined all the same.
    auto f = moving_delay(0.0, 0.0, 0.0);
    f.t_ref_s = -0.7;
    f.c = { 5e-3, -11e-6, 0.07e-6, 1e-9 };
    auto f1 = f, f2 = f;
    f1.t_end_s = f2.t_begin_s = 1.1e-3;
    listed_delays down({ d }), feeder({ f1, f2 });
    const satellite_path path{ .delays = &down, .feeder = &feeder, .feeder_hz = up_hz };
    const double reference = 9e-3 - 1e-6;
    leo_channel channel({ .sample_rate_hz = rate_hz, .carrier_hz = down_hz, .reference_delay_s = reference },
                        std::span(&path, 1));
    const auto y = through(channel, x);
    const auto wave = [&](double t) {
        const double cycles = -down_hz * d.delay_s(t) - up_hz * f.delay_s(t);
        return std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
    };
    const auto place = [&](double t) { return t - d.delay_s(t) - f.delay_s(t) + reference; };
    const auto got = compare(
        y,
        20'000,
        50'000,
        [&](std::size_t n) {
            const double t = static_cast<double>(n) / rate_hz;
            return signal.at(place(t)) * wave(t);
        },
        [&](std::size_t n) {
            const double t = static_cast<double>(n) / rate_hz;
            return signal.slope(place(t)) * wave(t);
        });
    EXPECT_LT(got.error_db, -62.0);
    EXPECT_LT(std::abs(got.delay_s), 1e-12);
    EXPECT_LT(std::abs(got.phase_cycles), 1e-4);
    EXPECT_EQ(channel.unknown_delays(), 0U);
    // Both links at the downlink's frequency, as a channel without a feeder frequency would have it, is something else.
    const double wrong = (up_hz - down_hz) * (f.delay_s(2e-3) - f.delay_s(1e-3));
    EXPECT_GT(std::abs(wrong), 1.0);
}

// <= 1 ps rms against the polynomial given, measured in the output: code by correlation, block by block, and carrier.
TEST(LeoChannelPaths, DelayInTheOutputIsThePolynomials)
{
    constexpr double rate_hz = 25e6, down_hz = 12.7e9;
    const line_signal signal(rate_hz, 0.4, 40, 9);
    const auto d = moving_delay(4e-3, 18e-6, 0.11e-6);
    constexpr double reference = 4e-3;
    listed_delays delays({ d });
    const satellite_path path{ .delays = &delays };
    leo_channel channel({ .sample_rate_hz = rate_hz, .carrier_hz = down_hz, .reference_delay_s = reference },
                        std::span(&path, 1));
    const auto y = through(channel, signal.samples(60'000, rate_hz));
    double code = 0.0, carrier = 0.0, shifted = 0.0;
    int blocks = 0;
    for (std::size_t at = 1000; at + 4000 < 59'000; at += 7000, ++blocks) {
        const auto block = [&](const delay_polynomial& p) {
            const auto turn = [&](double t) {
                const double cycles = -down_hz * p.delay_s(t);
                return std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
            };
            const auto time = [&](std::size_t n) { return static_cast<double>(n) / rate_hz; };
            return compare(
                y,
                at,
                at + 4000,
                [&](std::size_t n) { return signal.at(time(n) - p.delay_s(time(n)) + reference) * turn(time(n)); },
                [&](std::size_t n) { return signal.slope(time(n) - p.delay_s(time(n)) + reference) * turn(time(n)); });
        };
        const auto got = block(d);
        code += got.delay_s * got.delay_s;
        carrier += got.phase_cycles * got.phase_cycles / (down_hz * down_hz);
        // Negative control: a whole carrier cycle (79 ps) more leaves the phase as it was; the code must show it.
        auto off = d;
        off.c[0] += 1.0 / down_hz;
        shifted += block(off).delay_s;
    }
    EXPECT_EQ(blocks, 8);
    EXPECT_LT(std::sqrt(code / blocks), 1e-12);
    EXPECT_LT(std::sqrt(carrier / blocks), 1e-12);
    EXPECT_NEAR(shifted / blocks, -1.0 / down_hz, 1e-12);
}

TEST(LeoChannelPaths, GainsAreJoinedByStraightLinesAndSilenceIsSilent)
{
    constexpr double rate_hz = 1e6;
    listed_delays still({ moving_delay(0.0, 0.0, 0.0) });
    formula_gain gain([](double t) {
        if (t > 0.0295 && t < 0.0505) return -std::numeric_limits<double>::infinity();
        return -3.0 - 100.0 * t;
    });
    const satellite_path path{ .delays = &still, .gain_db = 1.0, .gains = &gain };
    leo_channel channel({ .sample_rate_hz = rate_hz }, std::span(&path, 1));
    const std::vector<cf> x(80'000, cf(1.0F, 0.0F));
    const auto y = through(channel, x);
    const auto db = [&](double t) {
        return 20.0 * std::log10(std::abs(y[static_cast<std::size_t>(std::lround(t * rate_hz))]));
    };
    for (const double t : { 0.001, 0.0100, 0.0156, 0.0185, 0.0612, 0.0749 })
        EXPECT_NEAR(db(t), 1.0 - 3.0 - 100.0 * t, 0.02) << t;
    for (std::size_t k = 31'000; k < 49'000; k += 500) EXPECT_EQ(std::abs(y[k]), 0.0F) << k;
    EXPECT_EQ(gain.disorder, 0);

    formula_gain sky([](double t) { return t < 0.1 ? 0.0 : 6.0; });
    leo_channel noisy({ .sample_rate_hz = rate_hz, .noise_power = 0.5, .noise_gains = &sky }, std::span(&path, 1));
    const auto noise = through(noisy, std::vector<cf>(400'000));
    const auto power = [&](std::size_t from, std::size_t n) {
        double sum = 0.0;
        for (std::size_t k = from; k < from + n; ++k) sum += std::norm(std::complex<double>(noise[k]));
        return sum / static_cast<double>(n);
    };
    EXPECT_NEAR(power(0, 80'000), 0.5, 0.5 * 5.0 / std::sqrt(80'000.0));
    EXPECT_NEAR(power(150'000, 200'000), 0.5 * db_to_linear(6.0), 2.0 * 5.0 / std::sqrt(200'000.0));
}

TEST(LeoChannelPaths, AdjacentCarriersStandBesideTheCarrierAtTheirLevel)
{
    constexpr double rate_hz = 40e6;
    listed_delays still({ moving_delay(0.0, 0.0, 0.0) });
    const satellite_path path{ .delays = &still };
    leo_channel_config c{ .sample_rate_hz = rate_hz };
    c.adjacent = { .spacing_hz = 11e6, .power = 0.25, .symbol_rate_hz = 8e6, .rolloff = 0.2 };
    leo_channel channel(c, std::span(&path, 1));
    constexpr std::size_t n = std::size_t{ 1 } << 17;
    const auto y = through(channel, std::vector<cf>(n + 4096));
    dsp::fft transform(n);
    std::copy_n(y.begin() + 2048, n, transform.data().begin());
    transform.forward();
    const auto bins = transform.data();
    const auto band = [&](double from_hz, double to_hz) {
        double sum = 0.0;
        for (auto k = std::lround(from_hz / rate_hz * n); k < std::lround(to_hz / rate_hz * n); ++k)
            sum += std::norm(std::complex<double>(
                bins[static_cast<std::size_t>((k + static_cast<long>(n)) % static_cast<long>(n))]));
        return sum / n / n;
    };
    // QPSK: the power over some 26 000 symbols is the mean to 2 %.
    EXPECT_NEAR(band(5e6, 17e6), 0.25, 0.005);
    EXPECT_NEAR(band(-17e6, -5e6), 0.25, 0.005);
    // The flat part of a raised cosine, 1 - roll-off wide, holds that share of the power.
    EXPECT_NEAR(band(7.8e6, 14.2e6) / band(5e6, 17e6), 0.8, 0.01);
    // Nothing where the wanted carrier is.
    EXPECT_LT(band(-5e6, 5e6), 1e-6);
    // The two sides carry different symbols: mixed to 0 Hz they do not correlate.
    std::complex<double> cross;
    for (std::size_t k = 0; k < n; ++k) {
        const double cycles = 22e6 / rate_hz * static_cast<double>(k);
        cross += std::norm(std::complex<double>(y[k])) * std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
    }
    EXPECT_LT(std::abs(cross) / n, 0.02);

    c.adjacent.spacing_hz = 16e6;
    try {
        leo_channel refused(c, std::span(&path, 1));
        FAIL() << "must not fit";
    } catch (const std::invalid_argument& e) {
        EXPECT_THAT(e.what(), testing::HasSubstr("spacing_hz 16000000"));
    }
}

TEST(LeoChannelPaths, ChunksDoNotMatterWithEverythingOn)
{
    const line_signal signal(10e6, 0.2, 10, 3);
    const auto x = signal.samples(60'000, 10e6);
    listed_delays down({ moving_delay(4e-3, 18e-6, 0.1e-6) }), feeder({ moving_delay(5e-3, -9e-6, 0.0) });
    formula_gain gain([](double t) { return -1.0 - 30.0 * t; }), sky([](double t) { return 100.0 * t; });
    const satellite_path path{
        .delays = &down, .loss = path_loss::free_space, .gains = &gain, .feeder = &feeder, .feeder_hz = 14e9
    };
    leo_channel_config c{
        .sample_rate_hz = 10e6, .carrier_hz = 11e9, .reference_delay_s = 8.9e-3, .noise_power = 0.01
    };
    c.noise_gains = &sky;
    c.lnb_offset_hz = 123e3;
    c.receiver_clock_ppm = -3.0;
    c.mask = *parse_phase_noise_mask("dvb-typical");
    c.adjacent = { .spacing_hz = 3.5e6, .power = 0.1, .symbol_rate_hz = 1e6 };
    c.faults = { .dc_dbfs = -30.0, .image_db = -30.0, .tilt_db = 1.0, .clip = 2.0 };
    leo_channel channel(c, std::span(&path, 1));
    const auto expected = through(channel, x, 60'000);
    for (const std::size_t piece : { 1UL, 7UL, 4096UL }) {
        channel.reset();
        EXPECT_EQ(through(channel, x, piece), expected) << piece;
    }
    channel.reset();
    std::vector<cf> room(70'000);
    const auto before = allocations();
    channel.process(std::span(x).first(9000), room);
    channel.process(std::span(x).subspan(9000), room);
    EXPECT_EQ(allocations(), before);
    EXPECT_EQ(gain.disorder + sky.disorder, 0);
}

TEST(PhaseNoise, FittedDensityFollowsTheMask)
{
    for (const char* name : { "pll-lnb", "dvb-typical" }) {
        const auto mask = *parse_phase_noise_mask(name);
        for (const double rate_hz : { 1e6, 10e6, 25e6, 50e6, 240e6 }) {
            const phase_noise source(mask, rate_hz, 1);
            for (const auto& p : mask.points) {
                if (p.offset_hz > 0.4 * rate_hz) continue;
                EXPECT_NEAR(linear_to_db(source.density(p.offset_hz)), p.dbc_hz, 2.0) << name << " " << rate_hz;
            }
        }
    }
}

} // namespace
