// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;

struct soa {
    std::array<float, 90> re{}, im{};
};

soa header(std::uint8_t pls, double phase, double cycles_per_symbol)
{
    soa h;
    const auto symbols = pl_header_symbols(pls);
    for (std::size_t i = 0; i < 90; ++i) {
        const auto s = std::complex<double>(symbols[i]) *
                       std::polar(1.0, phase + 6.283185307 * cycles_per_symbol * static_cast<double>(i));
        h.re[i] = static_cast<float>(s.real());
        h.im[i] = static_cast<float>(s.imag());
    }
    return h;
}

TEST(PlHeaderDecoder, ReadsEveryCodeAtAnyPhase)
{
    unsigned valid = 0;
    for (unsigned pls = 0; pls < 256; ++pls) {
        const auto code = static_cast<std::uint8_t>(pls);
        if (plframe_symbols(code) == 0) continue;
        ++valid;
        const auto h = header(code, 0.1 * pls, 0.001);
        const auto d = decode_pl_header(h.re, h.im);
        EXPECT_EQ(d.pls, code);
        EXPECT_GT(d.quality, 0.96F) << pls;
    }
    EXPECT_GT(valid, 200U);
}

TEST(PlHeaderDecoder, CorrelationHasThePhase)
{
    const auto h = header(16, 0.7, 0.0);
    const auto d = decode_pl_header(h.re, h.im);
    EXPECT_NEAR(std::arg(d.correlation), 0.7, 1e-5);
    EXPECT_NEAR(std::abs(d.correlation), 90.0, 1e-3);
}

TEST(PlHeaderDecoder, ErrorsAreRareAtMinusTwoDecibel)
{
    rng random(7);
    int wrong = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        auto code = static_cast<std::uint8_t>(random.below(256));
        while (plframe_symbols(code) == 0) code = static_cast<std::uint8_t>(random.below(256));
        auto h = header(code, 6.28 * random.uniform(), 0.0);
        const double sigma = std::sqrt(0.5 * std::pow(10.0, 0.2));
        for (std::size_t i = 0; i < 90; ++i) {
            const auto n = sigma * random.normal_pair();
            h.re[i] += static_cast<float>(n.real());
            h.im[i] += static_cast<float>(n.imag());
        }
        wrong += decode_pl_header(h.re, h.im).pls != code;
    }
    // Nearest codes (b8 or the Walsh index apart) differ in 32 of 90 symbols, noncoherent: about 1e-8 each.
    EXPECT_LE(wrong, 1);
}

TEST(PlHeaderDecoder, NoiseLooksLikeNoise)
{
    rng random(9);
    float highest = 0.0F;
    for (int trial = 0; trial < 2000; ++trial) {
        soa h;
        for (std::size_t i = 0; i < 90; ++i) {
            const auto n = random.normal_pair();
            h.re[i] = static_cast<float>(n.real());
            h.im[i] = static_cast<float>(n.imag());
        }
        highest = std::max(highest, decode_pl_header(h.re, h.im).quality);
    }
    // 2000 * 256 * exp(-90 q) = 0.01
    EXPECT_LT(highest, 0.20F);
}

TEST(PlHeaderDecoder, WhatIsNotFiniteIsNoHeader)
{
    const float huge = 1e30F; // its square overflows
    for (const float bad : { NAN, INFINITY, -INFINITY, huge, 0.0F }) {
        auto h = header(16, 0.0, 0.0);
        if (bad == 0.0F) h = {};
        h.re[3] = bad;
        const auto d = decode_pl_header(h.re, h.im);
        EXPECT_EQ(d.quality, 0.0F) << bad;
        EXPECT_NE(plframe_symbols(d.pls), 0U) << bad;
    }
}

} // namespace
