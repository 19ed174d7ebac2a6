// SPDX-License-Identifier: GPL-3.0-or-later
// Transmitter, channel, receiver: the number of frame errors must lie within what a stored reference allows. The
// reference comes from the same receiver (rx_campaign, see frame_errors.csv), so this is a regression test; how the
// receiver does against gr-dtv's signal is measured by tests/bench/sensitivity.py.
#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

struct reference {
    std::string modcod, frame;
    bool pilots = false;
    double es_n0_db = 0.0;
    unsigned frames = 0, errors = 0;
};

std::vector<reference> references()
{
    std::ifstream file(SPACESAIL_SOURCE_DIR "/tests/loopback/frame_errors.csv");
    std::vector<reference> out;
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        std::string pilots, es_n0, frames, errors;
        reference r;
        std::getline(fields, r.modcod, ',');
        std::getline(fields, r.frame, ',');
        std::getline(fields, pilots, ',');
        std::getline(fields, es_n0, ',');
        std::getline(fields, frames, ',');
        std::getline(fields, errors, ',');
        r.pilots = pilots == "on";
        r.es_n0_db = std::stod(es_n0);
        r.frames = static_cast<unsigned>(std::stoul(frames));
        r.errors = static_cast<unsigned>(std::stoul(errors));
        out.push_back(r);
    }
    return out;
}

/// The channel of the reference runs.
constexpr double k_symbol_rate_hz = 5e6;
constexpr double k_clock_ppm = 15.0;

struct count {
    unsigned frames = 0, errors = 0;
};

count run(const reference& r, double less_db, unsigned frames, std::uint64_t seed)
{
    transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = k_symbol_rate_hz,
                  .sample_rate_hz = 2.0 * k_symbol_rate_hz,
                  .clock_ppm = k_clock_ppm };
    const auto pls = static_cast<std::uint8_t>((*modcod_by_name(r.modcod, r.frame))->pls + (r.pilots ? 1 : 0));
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, seed);
    source.channel = { .es_n0_db = r.es_n0_db - less_db, .cfo_hz = 3e5, .cfo_rate_hz_s = 2e3, .wander_hz = 0.05 };
    source.skip(3 * static_cast<std::size_t>(plframe_symbols(pls)));
    synchroniser_config c;
    c.symbol_rate_hz = k_symbol_rate_hz;
    c.sample_rate_hz = 2.0 * k_symbol_rate_hz;
    c.prior.sigma_hz = 0.0;
    test::receive_chain chain(c);
    std::vector<cf> block(16'384);
    while (source.sent().size() < frames + 6) {
        source.read(block);
        chain.process(std::span<const cf>(block));
    }
    // From the third frame on, whole ones that were sent long enough ago.
    std::vector<bool> seen(source.sent().size());
    for (const auto& f : chain.frames) {
        EXPECT_TRUE(!f.good || f.number) << "a BBFRAME that was not sent";
        if (!f.number) continue;
        EXPECT_FALSE(seen[*f.number]) << "frame " << *f.number << " twice";
        seen[*f.number] = true;
    }
    count n;
    for (std::size_t k = 3; k < frames + 3; ++k) {
        ++n.frames;
        n.errors += seen[k] ? 0 : 1;
    }
    return n;
}

/// How far the errors lie above the reference, in deviations of the difference of the two shares.
double deviations_above(const reference& r, const count& n)
{
    const double pooled = (static_cast<double>(r.errors) + n.errors) / (static_cast<double>(r.frames) + n.frames);
    const double deviation = std::sqrt(pooled * (1.0 - pooled) * (1.0 / r.frames + 1.0 / n.frames)) + 1e-12;
    return (static_cast<double>(n.errors) / n.frames - static_cast<double>(r.errors) / r.frames) / deviation;
}

TEST(Loopback, FrameErrorsAreThoseOfTheReference)
{
    const auto all = references();
    ASSERT_GE(all.size(), 6U);
    for (const auto& r : all) {
        const auto n = run(r, 0.0, 150, 2024);
        // 3.3 deviations: 99.9 % on both sides. Fewer errors are no failure, but the reference is then out of date.
        EXPECT_LT(deviations_above(r, n), 3.3)
            << r.modcod << ": " << n.errors << " of " << n.frames << ", reference " << r.errors << " of " << r.frames;
    }
}

TEST(Loopback, HalfADecibelLessIsNoticed)
{
    // The negative control: the bounds above would not let a loss of 0.5 dB pass.
    for (const auto& r : references()) {
        const auto n = run(r, 0.5, 150, 2025);
        EXPECT_GT(deviations_above(r, n), 3.3) << r.modcod << ": " << n.errors << " of " << n.frames;
    }
}

TEST(Loopback, WrongScramblingCodeDeliversNothing)
{
    transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = k_symbol_rate_hz, .sample_rate_hz = 2.0 * k_symbol_rate_hz };
    t.gold_code = 17;
    const auto pls = (*modcod_by_name("QPSK 1/2", "short"))->pls;
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 1);
    source.channel = { .es_n0_db = 12.0 };
    synchroniser_config c;
    c.symbol_rate_hz = k_symbol_rate_hz;
    c.sample_rate_hz = 2.0 * k_symbol_rate_hz;
    c.prior.sigma_hz = 0.0;
    test::receive_chain chain(c);
    const auto x = source.read(400'000);
    chain.process(std::span<const cf>(x));
    chain.flush();
    EXPECT_EQ(chain.delivered, 0U);
}

} // namespace
