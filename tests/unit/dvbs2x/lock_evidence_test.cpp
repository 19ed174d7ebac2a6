// SPDX-License-Identifier: GPL-3.0-or-later
// The evidence against the two densities written out with the standard library's Bessel function, and what it says of
// carriers that stand and carriers that turn.
#include "dvbs2x/lock_evidence.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/modcod.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

/// ln p(r | points) - ln p(r | any phase): the second density is the first one averaged over the angle.
double written_out(const modem::constellation& c, std::complex<double> r, double n0)
{
    double locked = 0.0, turning = 0.0;
    for (const auto& p : c.points()) {
        const std::complex<double> s(p);
        locked += std::exp(-std::norm(r - s) / n0);
        turning += std::exp(-(std::norm(r) + std::norm(s)) / n0) *
                   std::cyl_bessel_i(0.0, 2.0 * std::abs(r) * std::abs(s) / n0);
    }
    return std::log(locked) - std::log(turning);
}

std::vector<cf> symbols(const modem::constellation& c, double es_n0_db, double turn, std::size_t n, std::uint64_t seed)
{
    rng random(seed);
    const double sigma = std::sqrt(0.5 * db_to_linear(-es_n0_db));
    std::vector<cf> r(n);
    for (std::size_t k = 0; k < n; ++k) {
        const auto point = std::complex<double>(c.points()[random.below(c.points().size())]);
        r[k] = cf(point * std::polar(1.0, turn * static_cast<double>(k)) + sigma * random.normal_pair());
    }
    return r;
}

TEST(LockEvidence, EqualsTheDensitiesWrittenOut)
{
    dvbs2x::lock_evidence evidence;
    for (const char* name : { "QPSK 1/2", "8PSK 3/4", "16APSK 3/4", "32APSK 4/5", "64APSK 4/5", "256APSK 3/4" }) {
        const auto& c = *(*dvbs2x::modcod_by_name(name, "normal"))->constellation;
        const double db = 3.0 * c.bits_per_symbol() - 4.0; // whole: no rounding of the level
        ASSERT_TRUE(evidence.select(c, db)) << name;
        const auto r = symbols(c, db, 0.0, 1500, 5);
        double expected = 0.0;
        for (const auto& v : r) expected += written_out(c, std::complex<double>(v), db_to_linear(-db));
        // The cells of the map blur the finest constellations a little.
        EXPECT_NEAR(evidence.of(r), expected, 0.1 * std::abs(expected) + 0.5) << name;
    }
}

TEST(LockEvidence, SpeaksForAStandingAndAgainstATurningCarrierAtEveryThreshold)
{
    dvbs2x::lock_evidence evidence;
    std::uint64_t seed = 0;
    for (const auto& m : dvbs2x::all_modcods()) {
        if (m.vlsnr_header >= 0 || m.constellation == nullptr || m.frame != "normal") continue;
        const auto& c = *m.constellation;
        const double db = static_cast<double>(m.ideal_es_n0_db) + 0.5;
        ASSERT_TRUE(evidence.select(c, db)) << m.name;
        EXPECT_GT(evidence.of(symbols(c, db, 0.0, 40'000, ++seed)), 6.0) << m.name;
        EXPECT_LT(evidence.of(symbols(c, db, 0.7297, 40'000, ++seed)), -6.0) << m.name;
        // One turn in 16 slots, as with the wrong turn between pilot blocks.
        EXPECT_LT(evidence.of(symbols(c, db, k_two_pi / 1476.0, 40'000, ++seed)), -6.0) << m.name;
        // Es/N0 is known to some tenths of a dB.
        ASSERT_TRUE(evidence.select(c, db - 0.9)) << m.name;
        EXPECT_GT(evidence.of(symbols(c, db, 0.0, 40'000, ++seed)), 6.0) << m.name;
    }
}

TEST(LockEvidence, ExpectsWhatSymbolsShowOnAverage)
{
    dvbs2x::lock_evidence evidence;
    std::uint64_t seed = 1000;
    for (const char* name : { "QPSK 1/4", "QPSK 1/2", "8PSK 3/4", "16APSK 3/4", "64APSK 4/5" }) {
        const auto& m = **dvbs2x::modcod_by_name(name, "normal");
        const double db = std::ceil(static_cast<double>(m.ideal_es_n0_db));
        ASSERT_TRUE(evidence.select(*m.constellation, db)) << name;
        constexpr std::size_t n = 400'000;
        const double mean = evidence.of(symbols(*m.constellation, db, 0.0, n, ++seed)) / n;
        // A log-likelihood ratio has twice its mean as its variance while it is small.
        EXPECT_NEAR(evidence.expected(), mean, 4.0 * std::sqrt(2.0 * mean / n) + 0.03 * mean) << name;
    }
}

TEST(LockEvidence, BearsAnyInput)
{
    dvbs2x::lock_evidence evidence;
    for (const double db : { -300.0, 300.0, double(NAN), double(INFINITY), -double(INFINITY) }) {
        for (const auto* name : { "QPSK 1/2", "256APSK 3/4" }) {
            const auto& c = *(*dvbs2x::modcod_by_name(name, "normal"))->constellation;
            ASSERT_TRUE(evidence.select(c, db));
            const std::vector<cf> r{ { NAN, 1.0F }, { INFINITY, -INFINITY }, { 1e30F, 0.0F }, { 0.0F, 0.0F } };
            EXPECT_TRUE(std::isfinite(evidence.of(r))) << name << " at " << db;
        }
    }
}

} // namespace
