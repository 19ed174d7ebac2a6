// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal_source.hpp>

#include <spacesail/dsp/matched_filter.hpp>
#include <spacesail/dvbs2x/header_search.hpp>
#include <spacesail/dvbs2x/modcod.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;

constexpr std::size_t k_longest = 140'000;

struct stretch {
    std::vector<float> re, im; ///< two a symbol
    double first_header = 0.0; ///< half symbols from its start to the first whole PLFRAME
};

/// The matched-filter output at half symbols, `late` half symbols off the grid of the symbols.
stretch make(std::uint8_t pls,
             double es_n0_db,
             double cycles_per_symbol,
             double late,
             std::size_t half_symbols,
             std::uint64_t seed,
             double cycles_per_symbol_2 = 0.0)
{
    transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = 1e6, .sample_rate_hz = 2e6, .rolloff = 0.2 };
    test::signal_source source(
        t, [pls](std::uint64_t) { return pls; }, seed);
    source.channel = { .es_n0_db = es_n0_db,
                       .cfo_hz = cycles_per_symbol * 1e6,
                       .cfo_rate_hz_s = cycles_per_symbol_2 * 1e12 };
    source.skip(6000); // inside the first frame
    const double start = 100.0 + late;
    const auto x = source.read(half_symbols + 300);
    std::vector<float> re, im;
    for (const auto& v : x) {
        re.push_back(v.real());
        im.push_back(v.imag());
    }
    stretch s;
    s.re.resize(half_symbols);
    s.im.resize(half_symbols);
    dsp::matched_filter(2.0, 0.2).take(re, im, 0.0, { start, 1.0 }, s.re, s.im);
    s.first_header = source.sent().at(1).first_sample - 6000.0 - start;
    return s;
}

std::uint8_t pls_of(const char* name, const char* frame, bool pilots)
{
    return static_cast<std::uint8_t>((*modcod_by_name(name, frame))->pls + (pilots ? 1 : 0));
}

TEST(HeaderSearch, FindsAPairAtTheLowestEsN0)
{
    header_search search(k_longest);
    const auto pls = pls_of("QPSK 1/4", "short", true);
    int found = 0;
    int trials = 0;
    for (const double f : { -0.0095, -0.006, -0.002, 0.0, 0.0035, 0.0095 }) {
        for (const double late : { 0.0, 0.5 }) { // on the grid, and a quarter symbol off
            const auto s = make(pls, -2.85, f, late, 45'000, static_cast<std::uint64_t>(++trials));
            const auto r = search.run(s.re, s.im, 2);
            if (r.outcome != search_outcome::found) continue;
            EXPECT_EQ(r.pair.pls, pls);
            EXPECT_EQ(r.pair.next_pls, pls);
            // Whole frames behind the first whole one, where a header was missed.
            const double frames = (r.pair.first - s.first_header) / (2.0 * plframe_symbols(pls));
            EXPECT_NEAR(frames, std::round(frames), 1.5 / plframe_symbols(pls));
            EXPECT_GE(std::round(frames), 0.0);
            EXPECT_NEAR(r.pair.length_symbols, plframe_symbols(pls), 1.0);
            // Bins 0.4 % apart; noise may prefer a neighbouring one.
            EXPECT_NEAR(r.pair.cycles_per_symbol, f, 0.0061);
            ++found;
        }
    }
    EXPECT_GE(found, trials - 1);
}

TEST(HeaderSearch, PairsHeadersOfACarrierThatDrifts)
{
    const auto pls = pls_of("QPSK 1/2", "normal", true);
    const double drift = 0.0165 / plframe_symbols(pls);
    for (const double way : { -1.0, 1.0 }) {
        const auto s = make(pls, 2.0, 0.0, 0.2, 136'000, 12, way * drift);
        const auto r = header_search(k_longest, 5e-7).run(s.re, s.im, 8);
        ASSERT_EQ(r.outcome, search_outcome::found);
        EXPECT_NEAR(r.pair.first, s.first_header, 1.5);
        EXPECT_NEAR(r.pair.next_cycles_per_symbol - r.pair.cycles_per_symbol, way * 0.0165, 0.0061);
    }
}

TEST(HeaderSearch, NoiseHasNoPairs)
{
    header_search search(k_longest);
    rng random(4);
    for (int k = 0; k < 6; ++k) {
        std::vector<float> re(60'000), im(60'000);
        for (std::size_t i = 0; i < re.size(); ++i) {
            const auto g = random.normal_pair();
            re[i] = static_cast<float>(g.real());
            im[i] = static_cast<float>(g.imag());
        }
        EXPECT_NE(search.run(re, im, 2).outcome, search_outcome::found);
    }
}

TEST(HeaderSearch, SaysHowMuchMoreItNeeds)
{
    header_search search(k_longest);
    const auto pls = pls_of("QPSK 1/2", "normal", true);
    const double length = plframe_symbols(pls);
    const auto s = make(pls, 3.0, 0.001, 0.2, 136'000, 9);
    // The first header is in, the second is not.
    const auto cut = static_cast<std::size_t>(s.first_header) + 1000;
    const auto part = search.run(std::span(s.re).first(cut), std::span(s.im).first(cut), 2);
    ASSERT_EQ(part.outcome, search_outcome::need_more);
    EXPECT_GE(part.needed_half_symbols, s.first_header + 2.0 * (length + 90.0) - 2.0);
    EXPECT_GT(part.best_quality, 0.4F);
    const auto n = static_cast<std::size_t>(s.first_header + 2.0 * (length + 90.0)) + 40;
    ASSERT_LE(n, s.re.size());
    const auto whole = search.run(std::span(s.re).first(n), std::span(s.im).first(n), 2);
    ASSERT_EQ(whole.outcome, search_outcome::found);
    EXPECT_NEAR(whole.pair.first, s.first_header, 1.5);
}

TEST(HeaderSearch, BearsShortAndSilentInput)
{
    header_search search(k_longest);
    for (const std::size_t n : { 0, 1, 100, 181, 182, 400, 20'000 }) {
        const std::vector<float> zero(n);
        EXPECT_EQ(search.run(zero, zero, 2).outcome, search_outcome::nothing) << n;
    }
}

} // namespace
