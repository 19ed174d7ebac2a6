// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/modem/slicer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace spacesail::modem;
using cf = std::complex<float>;

TEST(Slicer, TakesTheNearestPoint)
{
    for (const constellation& c : all_constellations()) {
        SCOPED_TRACE(std::string(c.name()));
        spacesail::rng random(7);
        std::vector<cf> symbols(1003);
        for (auto& s : symbols) {
            s = c.points()[random.below(c.points().size())] + 0.3F * cf(random.normal_pair());
        }
        std::vector<cf> decided(symbols.size());
        slice(c, symbols, decided);
        for (std::size_t n = 0; n < symbols.size(); ++n) {
            double nearest = 1e9;
            for (const auto& p : c.points()) {
                nearest = std::min(nearest, std::abs(std::complex<double>(p) - std::complex<double>(symbols[n])));
            }
            EXPECT_NEAR(std::abs(std::complex<double>(decided[n]) - std::complex<double>(symbols[n])), nearest, 1e-5);
            bool is_point = false;
            for (const auto& p : c.points()) {
                is_point = is_point || std::abs(p - decided[n]) < 1e-6F;
            }
            EXPECT_TRUE(is_point) << n;
        }
    }
}

// Points without symmetry: nothing may be folded into one quadrant.
TEST(Slicer, TakesLopsidedPoints)
{
    const double iq[] = { 1.2, 0.1, -0.3, 0.9, -0.8, -0.9, 0.4, -0.2824889 };
    double energy = 0.0;
    for (const double v : iq) {
        energy += v * v / 4.0;
    }
    std::vector<double> scaled;
    for (const double v : iq) {
        scaled.push_back(v / std::sqrt(energy));
    }
    const constellation c("lopsided", scaled);
    EXPECT_TRUE(c.quadrant().empty());
    std::vector<cf> symbols(c.points().begin(), c.points().end());
    const auto expected = symbols;
    for (auto& s : symbols) {
        s += cf(0.1F, -0.1F);
    }
    slice(c, symbols, symbols);
    EXPECT_EQ(symbols, expected);
}

TEST(Slicer, WorksInPlaceAndOnShortSpans)
{
    const constellation& c = *find_constellation("16apsk_2-3_normal");
    for (std::size_t n = 0; n < 20; ++n) {
        std::vector<cf> symbols(n, cf(0.9F, 0.7F));
        slice(c, symbols, symbols);
        for (const auto& s : symbols) {
            EXPECT_EQ(s, c.points()[0]);
        }
    }
}

} // namespace
