// SPDX-License-Identifier: GPL-3.0-or-later
// Slopes against ones put in, and how soon a wrong carrier is told where its PLHEADERs look all right.
#include "dvbs2x/lock_watch.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <cmath>
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

TEST(LockWatch, SlopeAndItsDeviationAreThoseOfTheHeader)
{
    rng random(1);
    for (const double db : { -2.0, 6.0, 15.0 }) {
        for (const double slope : { 0.0, 0.004, -0.006 }) {
            double sum = 0.0, squares = 0.0, sigma = 0.0;
            constexpr int n = 2000;
            for (int k = 0; k < n; ++k) {
                const auto h = received_header(db, slope, random);
                const auto s = lock_watch::slope_of(h.re, h.im, db_to_linear(db), 0.001, 0.0, 0.0);
                sum += s.radians_per_symbol;
                squares += s.radians_per_symbol * s.radians_per_symbol;
                sigma = s.sigma;
            }
            const double mean = sum / n;
            const double deviation = std::sqrt(squares / n - mean * mean);
            EXPECT_NEAR(mean, slope - 0.001, 0.0004) << db << " dB";
            EXPECT_LT(deviation, 1.25 * sigma) << db << " dB";
            EXPECT_GT(std::hypot(deviation, 2e-3), 0.8 * sigma) << db << " dB";
        }
    }
}

TEST(LockWatch, NoLockIsGivenUpWhereTheCarrierIsRight)
{
    std::uint64_t seed = 10;
    EXPECT_EQ(frames_until_verdict("QPSK 11/45", "short", 0.2, 0.0, 0.0, 800, ++seed), 801U);
    EXPECT_EQ(frames_until_verdict("QPSK 1/4", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
    EXPECT_EQ(frames_until_verdict("8PSK 3/5", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
    EXPECT_EQ(frames_until_verdict("256APSK 3/4", "normal", 0.0, 0.0, 0.0, 120, ++seed), 121U);
}

TEST(LockWatch, AStepOfAFiftiethOfAPercentIsToldWithinFourFrames)
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
    watch.frame(*m.constellation, 1.0, symbols, {});
    watch.begin(); // as the receiver does with its next lock
    rng random(3);
    for (int k = 0; k < 20; ++k) EXPECT_FALSE(watch.frame(*m.constellation, 3.0, payload(m, 3.0, 0.0, random), {}));
}

} // namespace
