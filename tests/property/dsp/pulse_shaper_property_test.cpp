// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dsp/pulse_shaper.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

constexpr double k_rates[] = { 1.1e6, 2e6, 2.7182818e6, 8e6 };

std::vector<cf> random_symbols(std::size_t n)
{
    rng random(4);
    std::vector<cf> s(n);
    for (auto& v : s) {
        v = cf(random.normal_pair());
    }
    return s;
}

// Any split of the input, any room for the output: the same samples, bit for bit.
TEST(PulseShaperProperty, ChunksDoNotMatter)
{
    const auto symbols = random_symbols(9000);
    for (const double rate : k_rates) {
        const dsp::pulse_shaper_configuration c{ .symbol_rate_hz = 1e6, .sample_rate_hz = rate, .rolloff = 0.1 };
        dsp::pulse_shaper whole(c);
        std::vector<cf> expected(80000);
        expected.resize(whole.process(symbols, expected).produced);

        dsp::pulse_shaper parts(c);
        rng random(5);
        std::vector<cf> got;
        std::vector<cf> room;
        std::size_t at = 0;
        while (at < symbols.size() || !room.empty()) {
            const std::size_t offer = std::min<std::size_t>(random.below(4000), symbols.size() - at);
            room.resize(1 + random.below(9000));
            const auto done = parts.process(std::span(symbols).subspan(at, offer), room);
            at += done.consumed;
            got.insert(got.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(done.produced));
            if (at == symbols.size() && done.produced < room.size()) room.clear();
        }
        EXPECT_EQ(got, expected) << rate;
    }
}

// Every instruction set within 2e-6 of full scale (sums of 96 products in another order).
TEST(PulseShaperProperty, TargetsAgree)
{
    const auto symbols = random_symbols(3000);
    for (const double rate : k_rates) {
        const dsp::pulse_shaper_configuration c{
            .symbol_rate_hz = 1e6, .sample_rate_hz = rate, .rolloff = 0.1, .level_dbfs = 0.0
        };
        std::vector<std::vector<cf>> results;
        for (const auto target : { simd::target::scalar, simd::target::avx2, simd::target::best }) {
            simd::force_target(target);
            dsp::pulse_shaper shaper(c);
            auto& out = results.emplace_back(30000);
            out.resize(shaper.process(symbols, out).produced);
        }
        simd::force_target(simd::target::best);
        ASSERT_EQ(results[1].size(), results[0].size());
        ASSERT_EQ(results[2].size(), results[0].size());
        for (std::size_t n = 0; n < results[0].size(); ++n) {
            ASSERT_NEAR(std::abs(results[1][n] - results[0][n]), 0.0F, 2e-6F) << n;
            ASSERT_NEAR(std::abs(results[2][n] - results[0][n]), 0.0F, 2e-6F) << n;
        }
    }
}

} // namespace
