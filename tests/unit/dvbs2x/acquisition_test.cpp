// SPDX-License-Identifier: GPL-3.0-or-later
// How the synchroniser finds a carrier: where in the band, among others, with drift, and from one PLFRAME or two.
#include "synchroniser_setup.hpp"

#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using namespace spacesail::dvbs2x::synchroniser_setup;

TEST(Acquisition, LocksBetweenEqualCarriers)
{
    // 5 % of their width apart, the lowest MODCOD at its threshold; after decimation too.
    const auto pls = pls_of("QPSK 1/4", "short", true);
    for (const double sps : { 4.0, 8.0 }) {
        const auto t = transmit(1e6, sps, 0.05);
        const auto kind = [pls](std::uint64_t) { return pls; };
        test::signal_source own(t, kind, 11), low(t, kind, 12), high(t, kind, 13);
        // Not the same symbols at the same time.
        low.skip(7'000);
        high.skip(19'000);
        own.channel = { .es_n0_db = -1.5, .cfo_hz = 20e3 };
        low.channel = { .cfo_hz = 20e3 - 1.05 * 1.05e6 };
        high.channel = { .cfo_hz = 20e3 + 1.05 * 1.05e6 };
        auto c = receive(t);
        c.prior.sigma_hz = 100e3; // the neighbours are out of its range
        test::receive_chain chain(c);
        for (int k = 0; k < 20; ++k) {
            const auto n = static_cast<std::size_t>(plframe_symbols(pls) * sps);
            auto x = own.read(n);
            const auto a = low.read(n), b = high.read(n);
            for (std::size_t i = 0; i < n; ++i) x[i] += a[i] + b[i];
            chain.process(std::span<const cf>(x));
        }
        EXPECT_EQ(chain.sync().status().state, sync_state::locked) << sps;
        EXPECT_GE(good(chain), 12U) << sps;
    }
}

TEST(Acquisition, LooksForTheCarrierInAllTheBandThatSamplesHold)
{
    // +-1.35 MHz of a carrier of 100 kBd as far as the samples go: to 9.3 and 13.4 symbol rates.
    const auto pls = pls_of("QPSK 1/2", "short", true);
    for (const double sps : { 20.0, 64.0 }) {
        const auto t = transmit(100e3, sps);
        const double furthest = std::min(1.34e6, 0.5 * (sps - 1.3) * 100e3);
        for (const double offset : { -furthest, -0.5 * furthest, furthest }) {
            test::signal_source source(
                t, [pls](std::uint64_t) { return pls; }, 31);
            source.channel = { .es_n0_db = 6.0, .cfo_hz = offset };
            source.skip(static_cast<std::size_t>(3000 * sps));
            test::receive_chain chain(receive(t));
            feed(chain, source, static_cast<std::size_t>(6.4 * plframe_symbols(pls) * sps));
            ASSERT_FALSE(chain.frames.empty())
                << sps << " samples a symbol, " << offset << " Hz: " << to_string(chain.sync().status().state);
            ASSERT_TRUE(chain.frames[0].number);
            EXPECT_EQ(*chain.frames[0].number, 1U);
            EXPECT_NEAR(chain.frames[0].measured.cfo_hz, offset, 5.0);
        }
    }
}

TEST(Acquisition, TakesAPriorFarOffManySamplesASymbol)
{
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const auto t = transmit(100e3, 40.0);
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, 32);
    source.channel = { .es_n0_db = 6.0, .cfo_hz = -1.7e6 };
    auto c = receive(t);
    c.prior.offset_hz = -1.69e6;
    c.prior.sigma_hz = 10e3;
    test::receive_chain chain(c);
    feed(chain, source, static_cast<std::size_t>(3.4 * plframe_symbols(pls) * 40.0));
    EXPECT_GE(good(chain), 2U);
}

TEST(Acquisition, APriorNearTheEdgeFindsNoCarrierBeyondIt)
{
    // 0.2 MHz is 1.1 MHz from there; its alias, -1.8 MHz, would be nearer.
    const auto pls = pls_of("QPSK 1/2", "short", true);
    const auto t = transmit(100e3, 20.0);
    for (const bool inverted : { false, true }) {
        for (const double prior : { -900e3, 900e3 }) {
            test::signal_source source(
                t, [pls](std::uint64_t) { return pls; }, 34);
            source.channel = { .es_n0_db = 6.0, .cfo_hz = 200e3 };
            auto c = receive(t);
            c.prior.offset_hz = prior;
            if (inverted) c.orientation = spectrum::inverted;
            test::receive_chain chain(c);
            std::vector<cf> x(static_cast<std::size_t>(6.4 * plframe_symbols(pls) * 20.0));
            source.read(x);
            if (inverted) {
                for (auto& v : x) v = std::conj(v);
            }
            chain.process(std::span<const cf>(x));
            ASSERT_GE(good(chain), 3U) << prior;
            EXPECT_NEAR(chain.frames[0].measured.cfo_hz, 200e3, 5.0) << prior;
        }
    }
}

TEST(Acquisition, ASecondFrameIsAskedWhateverTheSplit)
{
    struct entry {
        const char* name;
        double es_n0_db;
    };
    for (const entry e : { entry{ "QPSK 1/2", 0.0 }, { "QPSK 1/2", 3.0 }, { "8PSK 3/4", 6.0 } }) {
        const auto pls = pls_of(e.name, "short", false);
        const auto t = transmit(1e6, 2.0);
        test::signal_source source(
            t, [pls](std::uint64_t) { return pls; }, 35);
        source.channel = { .es_n0_db = e.es_n0_db, .cfo_hz = 50e3 };
        source.skip(14'000);
        const auto x = source.read(120'000);
        test::receive_chain whole(receive(t)), parts(receive(t));
        whole.process(std::span<const cf>(x));
        for (std::size_t k = 0; k < x.size(); k += 500) parts.process(std::span<const cf>(x).subspan(k, 500));
        ASSERT_GE(whole.frames.size(), 3U) << e.name;
        ASSERT_EQ(whole.frames.size(), parts.frames.size()) << e.name;
        for (std::size_t k = 0; k < whole.frames.size(); ++k) {
            EXPECT_EQ(whole.frames[k].number, parts.frames[k].number) << e.name;
            EXPECT_EQ(whole.frames[k].measured.cfo_hz, parts.frames[k].measured.cfo_hz) << e.name << " frame " << k;
            EXPECT_EQ(whole.frames[k].measured.es_n0_db, parts.frames[k].measured.es_n0_db) << e.name << " frame " << k;
        }
    }
}

TEST(Acquisition, FollowsSatellitesOnSlowCarriers)
{
    // 5 kHz/s at 100 kBd: 1.7 % of the symbol rate in a normal QPSK frame, three turns between two pilot blocks in it.
    struct entry {
        const char *name, *frame;
        double es_n0_db;
    };
    for (const entry e :
         { entry{ "QPSK 1/2", "normal", 2.0 }, { "8PSK 3/4", "normal", 9.0 }, { "16APSK 3/4", "short", 12.0 } }) {
        for (const bool pilots : { true, false }) {
            for (const double drift : { -5e3, 5e3 }) {
                const auto pls = pls_of(e.name, e.frame, pilots);
                const auto t = transmit(100e3, 2.0);
                test::signal_source source(
                    t, [pls](std::uint64_t) { return pls; }, 33);
                source.channel = { .es_n0_db = e.es_n0_db, .cfo_hz = 7e3, .cfo_rate_hz_s = drift, .wander_hz = 0.001 };
                source.skip(4000);
                test::receive_chain chain(receive(t));
                feed(chain, source, static_cast<std::size_t>(5.4 * plframe_symbols(pls) * 2.0));
                const auto what = std::string(e.name) + (pilots ? ", pilots, " : ", ") + std::to_string(drift);
                ASSERT_FALSE(chain.frames.empty()) << what;
                ASSERT_TRUE(chain.frames[0].number) << what;
                EXPECT_EQ(*chain.frames[0].number, 1U) << what;
                EXPECT_GE(good(chain), 4U) << what;
                EXPECT_NEAR(chain.sync().status().last.cfo_rate_hz_s, drift, 30.0) << what;
            }
        }
    }
}

/// Lets receivers hear QPSK 11/45 without pilots for some PLFRAMEs from the middle of one on. Its 8100 symbols' fourth
/// power stands little above the noise.
template <class Check>
void hear_qpsk_11_45(const test::signal_channel& channel, double frames, std::uint64_t receivers, Check&& check)
{
    const auto pls = pls_of("QPSK 11/45", "short", false);
    const double frame = 2.0 * plframe_symbols(pls);
    for (std::uint64_t seed = 1; seed <= receivers; ++seed) {
        const auto t = transmit(25e6, 2.0);
        test::signal_source source(
            t, [pls](std::uint64_t) { return pls; }, seed);
        source.channel = channel;
        source.skip(static_cast<std::size_t>(0.5 * frame));
        test::receive_chain chain(receive(t));
        feed(chain, source, static_cast<std::size_t>(frames * frame));
        check(chain);
    }
}

TEST(Acquisition, AsksTheNextFrameWhereOneLeavesDoubts)
{
    int early = 0;
    hear_qpsk_11_45({ .es_n0_db = -2.0, .cfo_hz = 1e6, .wander_hz = 0.02 }, 6.0, 40, [&](test::receive_chain& chain) {
        const auto first =
            std::find_if(chain.frames.begin(), chain.frames.end(), [](const auto& f) { return f.number; });
        early += first != chain.frames.end() && *first->number <= 3 ? 1 : 0;
    });
    EXPECT_GE(early, 39);
}

TEST(Acquisition, DoubtsHoldNothingBackAtTheEnd)
{
    int whole = 0;
    hear_qpsk_11_45({ .es_n0_db = 1.0, .cfo_hz = 1e6 }, 1.7, 20, [&](test::receive_chain& chain) {
        chain.flush();
        whole += good(chain) == 1 ? 1 : 0;
    });
    EXPECT_EQ(whole, 20);
}

} // namespace
