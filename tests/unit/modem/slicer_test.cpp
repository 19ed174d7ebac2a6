// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/modem/slicer.hpp>

#include <gtest/gtest.h>

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
