// SPDX-License-Identifier: GPL-3.0-or-later
// Slopes against ones put in, and how soon a wrong carrier is told where its PLHEADERs look all right.
#include "dvbs2x/lock_watch.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;
using dvbs2x::lock_watch;

struct header {
    std::vector<float> re, im;
};

/// Known symbols times their conjugates: ones that turn by `slope`, with noise.
header received_header(double es_n0_db, double slope, rng& random)
{
    const double sigma = std::sqrt(0.5 * db_to_linear(-es_n0_db));
    header h;
    for (std::size_t i = 0; i < dvbs2x::k_header_symbols; ++i) {
        const auto v = std::polar(1.0, 0.7 + slope * static_cast<double>(i)) + sigma * random.normal_pair();
        h.re.push_back(static_cast<float>(v.real()));
        h.im.push_back(static_cast<float>(v.imag()));
    }
    return h;
}

std::vector<cf> payload(const dvbs2x::modcod& m, double es_n0_db, double slope, rng& random)
{
    const double sigma = std::sqrt(0.5 * db_to_linear(-es_n0_db));
    std::vector<cf> r(m.nof_slots() * dvbs2x::k_slot_symbols);
    for (std::size_t i = 0; i < r.size(); ++i) {
        const auto point = m.constellation->points()[random.below(m.constellation->points().size())];
        r[i] = cf(std::complex<double>(point) * std::polar(1.0, slope * static_cast<double>(i)) +
                  sigma * random.normal_pair());
    }
    return r;
}

/// Frames until the lock is given up, at most `frames`.
unsigned frames_until_verdict(const char* name,
                              const char* size,
                              double margin_db,
                              double payload_slope,
                              double header_slope,
                              unsigned frames,
                              std::uint64_t seed)
{
    const auto& m = **dvbs2x::modcod_by_name(name, size);
    const double db = static_cast<double>(m.ideal_es_n0_db) + margin_db;
    rng random(seed);
    lock_watch watch;
    watch.begin();
    for (unsigned k = 1; k <= frames; ++k) {
        const auto h = received_header(db, header_slope, random);
        const auto slope = lock_watch::slope_of(h.re, h.im, db_to_linear(db), 0.0, 0.0, 0.0);
        if (watch.frame(*m.constellation, db, payload(m, db, payload_slope, random), slope)) return k;
    }
    return frames + 1;
}

struct spread {
    double mean = 0.0, deviation = 0.0;
    double sigma = 0.0; ///< as slope_of() says
};

/// Many headers, with thermal noise and an oscillator whose phase walks by `wander` rad^2 a symbol.
spread slopes_of(double es_n0_db, double slope, double wander, double tracked, double tracked_variance)
{
    rng random(1);
    spread s;
    double squares = 0.0;
    constexpr int n = 3000;
    for (int k = 0; k < n; ++k) {
        auto h = received_header(es_n0_db, slope, random);
        double walk = 0.0;
        for (std::size_t i = 0; i < h.re.size(); ++i) {
            walk += std::sqrt(wander) * random.normal_pair().real();
            const auto v = std::complex<double>(h.re[i], h.im[i]) * std::polar(1.0, walk);
            h.re[i] = static_cast<float>(v.real());
            h.im[i] = static_cast<float>(v.imag());
        }
        // The tracker's expectation is itself uncertain.
        const double expected = tracked + std::sqrt(tracked_variance) * random.normal_pair().real();
        const auto seen = lock_watch::slope_of(h.re, h.im, db_to_linear(es_n0_db), expected, tracked_variance, wander);
        s.mean += seen.radians_per_symbol / n;
        squares += seen.radians_per_symbol * seen.radians_per_symbol / n;
        s.sigma = seen.sigma;
    }
    s.deviation = std::sqrt(squares - s.mean * s.mean);
    return s;
}

TEST(LockWatch, SlopeAndItsDeviationAreThoseOfTheHeader)
{
    constexpr double k_floor = 2e-3; // what distortion may turn, said besides
    const auto without_floor = [](double sigma) { return std::sqrt(sigma * sigma - k_floor * k_floor); };
    for (const double slope : { 0.0, 0.004, -0.006 }) {
        for (const double db : { -2.0, 6.0, 15.0 }) {
            const auto s = slopes_of(db, slope, 0.0, 0.001, 0.0);
            EXPECT_NEAR(s.mean, slope - 0.001, 0.0004) << db << " dB";
            EXPECT_NEAR(s.deviation, without_floor(s.sigma), 0.15 * s.deviation) << db << " dB";
        }
    }
    const auto walking = slopes_of(25.0, 0.0, 2e-3, 0.0, 0.0);
    EXPECT_NEAR(walking.deviation, without_floor(walking.sigma), 0.15 * walking.deviation);
    EXPECT_GT(walking.deviation, 2.0 * slopes_of(25.0, 0.0, 0.0, 0.0, 0.0).deviation);
    const auto uncertain = slopes_of(25.0, 0.0, 0.0, 0.0, 2.5e-5);
    EXPECT_NEAR(uncertain.deviation, without_floor(uncertain.sigma), 0.15 * uncertain.deviation);
    EXPECT_NEAR(uncertain.deviation, 5e-3, 5e-4);
}

TEST(LockWatch, NoLockIsGivenUpWhereTheCarrierIsRight)
{
    std::uint64_t seed = 10;
    EXPECT_EQ(frames_until_verdict("QPSK 11/45", "short", 0.2, 0.0, 0.0, 800, ++seed), 801U);
    EXPECT_EQ(frames_until_verdict("QPSK 1/4", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
    EXPECT_EQ(frames_until_verdict("8PSK 3/5", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
    EXPECT_EQ(frames_until_verdict("256APSK 3/4", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
}

TEST(LockWatch, PhaseNoiseThatLeavesADenseConstellationReadableIsNoWrongTurn)
{
    // Phase errors within the slots that the meter, which looks at blocks of known symbols, does not see as noise.
    // Es/N0 is high enough to pay for them.
    struct {
        const char* name;
        double margin_db, degrees;
    } constexpr cases[] = {
        { "8PSK 3/5", 0.7, 7.0 }, { "32APSK 2/3-L", 1.0, 3.5 }, { "64APSK 7/9", 1.0, 3.0 }, { "256APSK 3/4", 1.5, 1.6 }
    };
    for (const auto& c : cases) {
        const auto& m = **dvbs2x::modcod_by_name(c.name, "normal");
        const double db = static_cast<double>(m.ideal_es_n0_db) + c.margin_db;
        rng random(7);
        lock_watch watch;
        watch.begin();
        for (int k = 0; k < 60; ++k) {
            auto symbols = payload(m, db, 0.0, random);
            for (auto& v : symbols) {
                v *= cf(std::polar(1.0, c.degrees * k_two_pi / 360.0 * random.normal_pair().real()));
            }
            const auto h = received_header(db, 0.0, random);
            const auto slope = lock_watch::slope_of(h.re, h.im, db_to_linear(db), 0.0, 0.0, 0.0);
            ASSERT_FALSE(watch.frame(*m.constellation, db, symbols, slope)) << c.name << ", frame " << k;
        }
    }
}

TEST(LockWatch, NoSingleHeaderDecides)
{
    const auto& m = **dvbs2x::modcod_by_name("QPSK 1/2", "short");
    rng random(9);
    for (const double slope : { 1.0, -1.0, double(INFINITY), double(NAN) }) {
        lock_watch watch;
        watch.begin();
        EXPECT_FALSE(watch.frame(*m.constellation, 3.0, payload(m, 3.0, 0.0, random), { slope, 1e-3 })) << slope;
    }
}

TEST(LockWatch, AStepOfAFifthOfAPercentIsToldWithinFourFrames)
{
    // 50 kHz at 25 MBd: the phase is taken up by pilots or decisions modulo a turn, the symbols between go round.
    const double slope = k_two_pi * 0.002;
    unsigned late = 0;
    for (std::uint64_t seed = 100; seed < 200; ++seed) {
        late += frames_until_verdict("QPSK 11/45", "short", 0.5, slope, slope, 10, seed) > 4 ? 1 : 0;
        late += frames_until_verdict("QPSK 11/45", "short", 0.5, -slope, -slope, 10, seed) > 4 ? 1 : 0;
    }
    EXPECT_LE(late, 2U);
}

TEST(LockWatch, APhaseThatSlipsFromPointToPointIsToldByHeadersThatTurn)
{
    // Evidence of symbols about 0: what a decided phase leaves that slips with them. Half turned, half right.
    const auto& m = **dvbs2x::modcod_by_name("QPSK 11/45", "short");
    const double db = static_cast<double>(m.ideal_es_n0_db) + 0.5;
    unsigned late = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        rng random(seed);
        lock_watch watch;
        watch.begin();
        unsigned k = 0;
        for (bool told = false; !told && k < 20; ++k) {
            auto symbols = payload(m, db, 0.0, random);
            const auto turned = payload(m, db, k_two_pi / 360.0, random);
            for (std::size_t i = 0; i < symbols.size(); ++i) {
                if (i / dvbs2x::k_slot_symbols % 2 == 0) symbols[i] = turned[i];
            }
            const auto h = received_header(db, k_two_pi * 0.0015, random);
            told = watch.frame(
                *m.constellation, db, symbols, lock_watch::slope_of(h.re, h.im, db_to_linear(db), 0.0, 0.0, 0.0));
        }
        late += k > 8 ? 1 : 0;
    }
    EXPECT_LE(late, 5U);
}

TEST(LockWatch, BearsSymbolsThatAreNoNumbers)
{
    const auto& m = **dvbs2x::modcod_by_name("QPSK 1/2", "short");
    lock_watch watch;
    watch.begin();
    std::vector<cf> symbols(m.nof_slots() * dvbs2x::k_slot_symbols, cf(NAN, INFINITY));
    std::vector<float> bad(dvbs2x::k_header_symbols, NAN), zeros(dvbs2x::k_header_symbols, 0.0F);
    EXPECT_EQ(lock_watch::slope_of(bad, bad, 1.0, 0.0, 0.0, 0.0).sigma, 0.0);
    EXPECT_EQ(lock_watch::slope_of(zeros, zeros, 1.0, 0.0, 0.0, 0.0).sigma, 0.0);
    EXPECT_TRUE(watch.frame(*m.constellation, 1.0, symbols, {})); // no carrier of this constellation
    watch.begin();                                                // as the receiver does with its next lock
    rng random(3);
    EXPECT_FALSE(watch.frame(*m.constellation, double(NAN), payload(m, 3.0, 0.0, random), {}));
    for (int k = 0; k < 20; ++k) EXPECT_FALSE(watch.frame(*m.constellation, 3.0, payload(m, 3.0, 0.0, random), {}));
}

} // namespace
