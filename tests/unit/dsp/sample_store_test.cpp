// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/sample_store.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using dsp::sample_store;
using cf = std::complex<float>;
using cd = std::complex<double>;
using ci = std::complex<std::int16_t>;

std::vector<cf> noise(std::size_t n, std::uint64_t seed)
{
    rng random(seed);
    std::vector<cf> x(n);
    for (auto& v : x) v = cf(0.2 * random.normal_pair()) + cf(0.05F, -0.02F);
    return x;
}

std::vector<ci> integers(const std::vector<cf>& x)
{
    std::vector<ci> out;
    for (const auto& v : x) {
        out.emplace_back(static_cast<std::int16_t>(std::lround(v.real() * 32768.0F)),
                         static_cast<std::int16_t>(std::lround(v.imag() * 32768.0F)));
    }
    return out;
}

struct stored {
    std::vector<float> re, im;
};

/// Everything the store held, taken away now and then as a receiver does.
template <class T>
stored run(const sample_store::config& c, const std::vector<std::complex<T>>& x, const std::vector<std::size_t>& cuts)
{
    sample_store s(c);
    stored out;
    std::size_t at = 0, cut = 0;
    const auto drain = [&] {
        const auto n = static_cast<std::size_t>(s.end() - s.first());
        const auto re = s.re(s.first(), n);
        const auto im = s.im(s.first(), n);
        out.re.insert(out.re.end(), re.begin(), re.end());
        out.im.insert(out.im.end(), im.begin(), im.end());
        s.discard_before(s.end());
    };
    while (at < x.size()) {
        const std::size_t n = std::min(cuts[cut++ % cuts.size()], x.size() - at);
        const std::size_t taken = s.append(std::span(x).subspan(at, n));
        at += taken;
        if (taken < n || cut % 13 == 0) drain();
    }
    drain();
    return out;
}

TEST(SampleStore, AnySplitOfTheInputGivesTheSameSamples)
{
    const auto x = noise(70'000, 1);
    const auto y = integers(x);
    for (const unsigned decimation : { 1U, 2U, 3U, 7U, 16U, 64U }) {
        sample_store::config c;
        c.decimation = decimation;
        c.capacity = 16384;
        const auto whole = run<float>(c, x, { x.size() });
        const auto whole_int = run<std::int16_t>(c, y, { y.size() });
        ASSERT_GT(whole.re.size(), (x.size() - 3000) / decimation - 64);
        for (const std::vector<std::size_t>& cuts :
             { std::vector<std::size_t>{ 1 }, { 7 }, { 1000 }, { 3, 4096, 11, 1, 8191, 64 } }) {
            const auto a = run<float>(c, x, cuts);
            ASSERT_EQ(a.re, whole.re) << "decimation " << decimation << ", first cut " << cuts[0];
            ASSERT_EQ(a.im, whole.im);
            const auto b = run<std::int16_t>(c, y, cuts);
            ASSERT_EQ(b.re, whole_int.re) << "decimation " << decimation << ", first cut " << cuts[0];
            ASSERT_EQ(b.im, whole_int.im);
        }
        // 16-bit samples are the same signal, rounded.
        ASSERT_EQ(whole.re.size(), whole_int.re.size());
        for (std::size_t k = 0; k < whole.re.size(); ++k) {
            ASSERT_NEAR(whole.re[k], whole_int.re[k], 2.0F / 32768.0F) << k;
            ASSERT_NEAR(whole.im[k], whole_int.im[k], 2.0F / 32768.0F) << k;
        }
    }
}

TEST(SampleStore, HoldsWhatItSaysAndNoMore)
{
    const auto x = noise(40'000, 2);
    for (const unsigned decimation : { 1U, 3U, 5U }) {
        sample_store::config c;
        c.decimation = decimation;
        c.capacity = 8192;
        sample_store s(c);
        std::size_t given = 0;
        for (int round = 0; round < 400; ++round) {
            given += s.append(std::span(x).first(997));
            ASSERT_LE(s.end() - s.first(), static_cast<std::int64_t>(c.capacity)) << "decimation " << decimation;
        }
        EXPECT_GE(s.end() - s.first(), static_cast<std::int64_t>(c.capacity) - 1);
        const auto all = s.end();
        s.discard_before(all - 100);
        EXPECT_EQ(s.end(), all);
        EXPECT_EQ(s.first(), all - 100);
        EXPECT_EQ(s.append(std::span(x).first(997)), 997U);
        s.discard_before(all - 1000); // nothing comes back
        EXPECT_EQ(s.first(), all - 100);
        s.discard_before(all + 1'000'000); // not more than there is
        EXPECT_EQ(s.first(), s.end());
        EXPECT_GT(given, c.capacity * decimation - 1);
    }
}

TEST(SampleStore, TakesOutDcAndLeavesACarrierBesideIt)
{
    // A tone of power 1 and a DC of -20 dBc; after 2^19 samples the spike is 50 dB below the tone.
    const double f = 0.0217;
    std::vector<cf> x(1U << 19);
    for (std::size_t k = 0; k < x.size(); ++k) {
        x[k] = cf(0.3 * std::polar(1.0, k_two_pi * f * static_cast<double>(k))) + cf(0.03F * std::polar(1.0F, 1.1F));
    }
    sample_store::config c;
    sample_store s(c);
    std::size_t at = 0;
    while (at < x.size()) {
        at += s.append(std::span(x).subspan(at));
        if (at < x.size()) s.discard_before(s.end());
    }
    EXPECT_NEAR(std::abs(cd(s.dc()) - cd(0.03F * std::polar(1.0F, 1.1F))), 0.0, 0.03 * 0.03);
    const std::size_t n = 100'000;
    const auto re = s.re(s.end() - static_cast<std::int64_t>(n), n);
    const auto im = s.im(s.end() - static_cast<std::int64_t>(n), n);
    cd mean, tone;
    for (std::size_t k = 0; k < n; ++k) {
        mean += cd(re[k], im[k]);
        tone += cd(re[k], im[k]) * std::polar(1.0, -k_two_pi * f * static_cast<double>(k));
    }
    EXPECT_NEAR(std::abs(tone) / static_cast<double>(n), 0.3, 1e-3);
    EXPECT_LT(std::abs(mean) / static_cast<double>(n), 0.3 * 0.003);
}

TEST(SampleStore, CountsAndReplacesWhatIsNotANumber)
{
    const float bad[]{ NAN, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 1e20F };
    for (const unsigned decimation : { 1U, 4U }) {
        sample_store::config c;
        c.decimation = decimation;
        sample_store s(c);
        auto x = noise(20'000, 3);
        for (std::size_t k = 0; k < 40; ++k) x[401 * k] = k % 2 ? cf(bad[k % 4], 0.1F) : cf(0.1F, bad[k % 4]);
        ASSERT_EQ(s.append(std::span<const cf>(x)), x.size());
        EXPECT_EQ(s.non_finite.value(), 40U);
        const auto n = static_cast<std::size_t>(s.end() - s.first());
        for (const float v : s.re(s.first(), n)) ASSERT_TRUE(std::abs(v) < 10.0F);
        for (const float v : s.im(s.first(), n)) ASSERT_TRUE(std::abs(v) < 10.0F);
        EXPECT_TRUE(std::isfinite(s.dc().real()) && std::isfinite(s.dc().imag()));
    }
}

TEST(SampleStore, CountsClippedIntegers)
{
    std::vector<ci> x(10'000, ci(100, -100));
    std::size_t expected = 0;
    for (std::size_t k = 0; k < x.size(); k += 97, ++expected) {
        const ci full[]{ { 32767, 0 }, { 0, 32767 }, { -32768, 5 }, { 7, -32768 }, { 32767, -32768 } };
        x[k] = full[expected % 5];
    }
    sample_store s(sample_store::config{});
    s.append(std::span<const ci>(x));
    EXPECT_EQ(s.clipped.value(), expected);
    EXPECT_EQ(s.non_finite.value(), 0U);
}

TEST(SampleStore, InvertedSpectrumIsTheConjugate)
{
    const auto x = noise(9000, 4);
    sample_store::config c;
    sample_store up(c);
    c.orientation = spectrum::inverted;
    sample_store down(c);
    up.append(std::span<const cf>(x));
    down.append(std::span<const cf>(x));
    for (std::size_t k = 0; k < x.size(); ++k) {
        ASSERT_EQ(up.re(0, x.size())[k], down.re(0, x.size())[k]);
        ASSERT_EQ(up.im(0, x.size())[k], -down.im(0, x.size())[k]);
    }
}

/// Power of a tone at f cycles per input sample after the store, in dB against before.
double tone_db(const sample_store::config& c, double f, double* input_of_first = nullptr, double* phase = nullptr)
{
    sample_store s(c);
    std::vector<cf> x(c.decimation * 1500);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = cf(std::polar(0.5, k_two_pi * f * static_cast<double>(k)));
    s.append(std::span<const cf>(x));
    const auto n = static_cast<std::size_t>(s.end() - s.first());
    const double folded = f * c.decimation;
    cd sum;
    const auto re = s.re(0, n);
    const auto im = s.im(0, n);
    for (std::size_t k = 0; k < n; ++k) {
        sum += cd(re[k], im[k]) * std::polar(1.0, -k_two_pi * folded * static_cast<double>(k));
    }
    sum /= static_cast<double>(n);
    if (input_of_first != nullptr) *input_of_first = s.input_sample(0.0);
    if (phase != nullptr) *phase = std::arg(sum);
    return 20.0 * std::log10(std::abs(sum) / 0.5);
}

TEST(SampleStore, DecimationKeepsItsBandAndStopsWhatWouldFoldIntoIt)
{
    for (const unsigned m : { 2U, 3U, 10U }) {
        sample_store::config c;
        c.decimation = m;
        c.pass_band = 0.4;
        for (const double stored : { 0.013, 0.1, -0.25, 0.39, -0.4 }) {
            double first = 0.0, phase = 0.0;
            EXPECT_NEAR(tone_db(c, stored / m, &first, &phase), 0.0, 0.1) << m << " " << stored;
            // The input sample it names is where the tone has the phase found.
            EXPECT_NEAR(std::remainder(phase - k_two_pi * stored / m * first, k_two_pi), 0.0, 0.02);
            for (unsigned image = 1; image < m; ++image) {
                EXPECT_LT(tone_db(c, (stored + image) / m), -55.0) << m << " " << stored << " image " << image;
            }
        }
    }
}

TEST(SampleStore, RefusesWhatItCannotDo)
{
    sample_store::config c;
    c.decimation = 0;
    EXPECT_THROW(sample_store{ c }, std::invalid_argument);
    c.decimation = 65;
    EXPECT_THROW(sample_store{ c }, std::invalid_argument);
    c.decimation = 1;
    c.capacity = 8191;
    EXPECT_THROW(sample_store{ c }, std::invalid_argument);
}

} // namespace
