// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/matched_filter.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <map>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using dsp::matched_filter;
using cd = std::complex<double>;
using cf = std::complex<float>;

/// A loop of QPSK symbols with the exact square-root raised cosine, symbol k at sample (k + offset) sps: each line of
/// the spectrum written out, so nothing of the library's pulse is used.
struct carrier_loop {
    std::vector<cf> symbols;
    std::vector<float> re, im; ///< the loop three times over
    std::size_t length = 0;
};

const carrier_loop& make_loop(double sps, double rolloff, double offset, std::uint64_t seed)
{
    static std::map<std::array<double, 4>, carrier_loop> made;
    auto& l = made[{ sps, rolloff, offset, static_cast<double>(seed) }];
    if (l.length != 0) return l;
    constexpr int n = 240;
    rng random(seed);
    for (int k = 0; k < n; ++k) {
        const auto bits = random.below(4);
        l.symbols.push_back(std::polar(1.0F, static_cast<float>(k_pi / 4 * (2.0 * static_cast<double>(bits) + 1.0))));
    }
    l.length = static_cast<std::size_t>(std::lround(n * sps));
    std::vector<cd> x(l.length);
    const int last = static_cast<int>(std::floor(0.5 * (1.0 + rolloff) * n));
    for (int line = -last; line <= last; ++line) {
        cd s;
        for (int k = 0; k < n; ++k)
            s += cd(l.symbols[static_cast<std::size_t>(k)]) * std::polar(1.0, -k_two_pi * line * k / n);
        const double f = std::abs(static_cast<double>(line) / n);
        const double low = 0.5 * (1.0 - rolloff);
        const double h = f <= low ? 1.0 : std::cos(k_pi / (2.0 * rolloff) * (f - low));
        if (h <= 0.0) continue;
        s *= h / n * std::polar(1.0, -k_two_pi * line * offset / n);
        for (std::size_t t = 0; t < l.length; ++t) {
            x[t] += s * std::polar(1.0, k_two_pi * line * static_cast<double>(t) / static_cast<double>(l.length));
        }
    }
    for (int turn = 0; turn < 3; ++turn) {
        for (const auto& v : x) {
            l.re.push_back(static_cast<float>(v.real()));
            l.im.push_back(static_cast<float>(v.imag()));
        }
    }
    return l;
}

/// Error of the symbols against those sent, after the one complex factor that fits best, in dB.
double error_db(const std::vector<cf>& sent, const std::vector<float>& re, const std::vector<float>& im)
{
    cd fit;
    double energy = 0.0;
    for (std::size_t k = 0; k < sent.size(); ++k) {
        fit += cd(re[k], im[k]) * std::conj(cd(sent[k]));
        energy += std::norm(cd(sent[k]));
    }
    fit /= energy;
    double error = 0.0;
    for (std::size_t k = 0; k < sent.size(); ++k) error += std::norm(cd(re[k], im[k]) - fit * cd(sent[k]));
    return 10.0 * std::log10(error / (energy * std::norm(fit)));
}

struct taken {
    std::vector<float> re, im;
};

taken take_all(const matched_filter& filter, const carrier_loop& l, double sps, double offset)
{
    taken t;
    t.re.resize(l.symbols.size());
    t.im.resize(l.symbols.size());
    const dsp::symbol_grid grid{ 1e6 + static_cast<double>(l.length) + offset * sps, sps };
    filter.take(l.re, l.im, 1e6, grid, t.re, t.im);
    return t;
}

class MatchedFilterTargets : public ::testing::TestWithParam<simd::target>
{
public:
    void SetUp() override { simd::force_target(GetParam()); }
    void TearDown() override { simd::force_target(simd::target::best); }
};

TEST_P(MatchedFilterTargets, InterferenceIsBelow45Db)
{
    for (const double rolloff : { 0.05, 0.10, 0.15, 0.20, 0.25, 0.35 }) {
        for (const double sps : { 1.2, 2.0, 2.7, 4.0, 64.0 }) {
            if (sps < 1.0 + rolloff) continue;                            // the samples do not hold the carrier
            if (sps > 16.0 && rolloff > 0.05 && rolloff < 0.35) continue; // long in the making
            const matched_filter filter(sps, rolloff);
            for (const double offset : { 0.137, 0.5 }) {
                const auto& l = make_loop(sps, rolloff, offset, 3);
                const auto t = take_all(filter, l, sps, offset);
                EXPECT_LT(error_db(l.symbols, t.re, t.im), -45.0)
                    << "roll-off " << rolloff << ", " << sps << " samples a symbol, offset " << offset;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every,
                         MatchedFilterTargets,
                         ::testing::Values(simd::target::scalar, simd::target::avx2, simd::target::best),
                         [](const auto& i) {
                             return i.param == simd::target::scalar ? "scalar"
                                    : i.param == simd::target::avx2 ? "avx2"
                                                                    : "best";
                         });

TEST(MatchedFilter, WhiteNoiseKeepsItsPower)
{
    // Unit energy of every phase: noise of variance 1 a sample comes out with variance 1.
    rng random(8);
    std::vector<float> re(60'000), im(60'000);
    for (std::size_t k = 0; k < re.size(); ++k) {
        const auto g = random.normal_pair();
        re[k] = static_cast<float>(g.real());
        im[k] = static_cast<float>(g.imag());
    }
    for (const double rolloff : { 0.05, 0.35 }) {
        const matched_filter filter(2.31, rolloff);
        std::vector<float> out_re(25'000), out_im(25'000);
        filter.take(re, im, 0.0, { 200.3, 2.31 }, out_re, out_im);
        double power = 0.0;
        for (std::size_t k = 0; k < out_re.size(); ++k) power += 0.5 * (out_re[k] * out_re[k] + out_im[k] * out_im[k]);
        EXPECT_NEAR(power / static_cast<double>(out_re.size()), 1.0, 0.03);
    }
}

TEST(MatchedFilter, IdleEqualiserChangesNothing)
{
    for (const double sps : { 2.0, 2.7 }) {
        matched_filter filter(sps, 0.2);
        const auto& l = make_loop(sps, 0.2, 0.3, 9);
        const auto plain = take_all(filter, l, sps, 0.3);
        std::vector<cf> taps(11);
        taps[5] = 1.0F;
        filter.set_equaliser(taps);
        const auto folded = take_all(filter, l, sps, 0.3);
        for (std::size_t k = 0; k < plain.re.size(); ++k) {
            EXPECT_NEAR(folded.re[k], plain.re[k], 1e-5F);
            EXPECT_NEAR(folded.im[k], plain.im[k], 1e-5F);
        }
        filter.set_equaliser({});
        const auto back = take_all(filter, l, sps, 0.3);
        EXPECT_EQ(back.re, plain.re);
        EXPECT_EQ(back.im, plain.im);
    }
}

TEST(MatchedFilter, EqualiserTapsAreHalfSymbolsApart)
{
    // A tap m places off the centre adds the output m half symbols later, on a grid that hits a phase exactly.
    const double sps = 2.0;
    const auto& l = make_loop(sps, 0.2, 0.0, 4);
    matched_filter filter(sps, 0.2);
    for (const int place : { -4, -1, 1, 3 }) {
        std::vector<cf> taps(11);
        taps[static_cast<std::size_t>(5 + place)] = cf(0.0F, 1.0F);
        filter.set_equaliser(taps);
        const auto moved = take_all(filter, l, sps, 0.0);
        filter.set_equaliser({});
        const auto there = take_all(filter, l, sps, 0.5 * place);
        // Only the far tail of the pulse is cut by the move: -40 dB.
        double error = 0.0;
        for (std::size_t k = 0; k < there.re.size(); ++k) {
            error += std::norm(cd(moved.re[k], moved.im[k]) - cd(0.0, 1.0) * cd(there.re[k], there.im[k]));
        }
        EXPECT_LT(10.0 * std::log10(error / static_cast<double>(there.re.size()) / sps), -40.0) << place;
    }
}

TEST(MatchedFilter, RefusesWhatItCannotDo)
{
    EXPECT_THROW(matched_filter(1.0, 0.2), std::invalid_argument);
    EXPECT_THROW(matched_filter(65.0, 0.2), std::invalid_argument);
    EXPECT_THROW(matched_filter(NAN, 0.2), std::invalid_argument);
    EXPECT_THROW(matched_filter(2.0, 0.04), std::invalid_argument);
    EXPECT_THROW(matched_filter(2.0, 0.6), std::invalid_argument);
    EXPECT_THROW(matched_filter(2.0, NAN), std::invalid_argument);
}

TEST(RemoveCarrier, FollowsThePhaseOverAWholeFrame)
{
    // Multiplied with the carrier itself, written out in double: what is left is 1.
    const dsp::carrier chirps[]{ { 0.0, 0.1, 0.1234567, 0.0 },
                                 { 1500.5, 0.7, -0.31, 3e-9 },
                                 { -2000.0, 0.0, 0.499, -1e-7 } };
    for (const auto target : { simd::target::scalar, simd::target::avx2, simd::target::best }) {
        simd::force_target(target);
        for (const auto& c : chirps) {
            constexpr double first = 12'345.0;
            std::vector<float> re(70'001), im(70'001), out_re(re.size()), out_im(re.size());
            for (std::size_t k = 0; k < re.size(); ++k) {
                const double x = first + static_cast<double>(k) - c.origin;
                const double cycles = c.phase_cycles + x * c.cycles_per_sample + 0.5 * c.chirp * x * x;
                const auto v = std::polar(1.0, k_two_pi * (cycles - std::floor(cycles)));
                re[k] = static_cast<float>(v.real());
                im[k] = static_cast<float>(v.imag());
            }
            dsp::remove_carrier(re, im, first, c, out_re, out_im);
            double worst = 0.0;
            for (std::size_t k = 0; k < re.size(); ++k) {
                worst = std::max(worst, std::abs(std::arg(cd(out_re[k], out_im[k]))) / k_two_pi);
                ASSERT_NEAR(std::abs(cd(out_re[k], out_im[k])), 1.0, 1e-4);
            }
            EXPECT_LT(worst, c.chirp == 0.0 ? 1e-5 : 1e-2);
        }
    }
    simd::force_target(simd::target::best);
}

} // namespace
