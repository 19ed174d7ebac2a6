// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/modem/constellation.hpp>
#include <spacesail/modem/mapper.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace spacesail::modem;
namespace fs = std::filesystem;

// The embedded tables against their files: labels ascending from 0, every file found, points as written.
TEST(Constellation, EqualsItsFile)
{
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(SPACESAIL_SOURCE_DIR "/lib/modem/data/constellations")) {
        const std::string name = entry.path().stem();
        SCOPED_TRACE(name);
        ++files;
        const constellation* c = find_constellation(name);
        ASSERT_NE(c, nullptr);
        EXPECT_EQ(c->name(), name);
        std::ifstream in(entry.path());
        std::string line;
        std::getline(in, line);
        unsigned label = 0;
        while (std::getline(in, line)) {
            unsigned l = 0;
            double i = 0.0;
            double q = 0.0;
            ASSERT_EQ(std::sscanf(line.c_str(), "%u,%lf,%lf", &l, &i, &q), 3);
            ASSERT_EQ(l, label);
            ASSERT_LT(label, c->points().size());
            EXPECT_NEAR(c->points()[label].real(), i, 1e-7);
            EXPECT_NEAR(c->points()[label].imag(), q, 1e-7);
            ++label;
        }
        EXPECT_EQ(label, c->points().size());
        EXPECT_EQ(label, 1U << c->bits_per_symbol());
    }
    EXPECT_EQ(files, all_constellations().size());
    EXPECT_EQ(find_constellation("pi2bpsk"), nullptr);
}

TEST(Constellation, HasUnitEnergyAndFourQuadrants)
{
    for (const constellation& c : all_constellations()) {
        SCOPED_TRACE(std::string(c.name()));
        double energy = 0.0;
        for (const auto& p : c.points()) {
            energy += std::norm(std::complex<double>(p));
            for (const auto& mirrored : { std::conj(p), -std::conj(p) }) {
                EXPECT_TRUE(
                    std::ranges::any_of(c.points(), [&](const auto& o) { return std::abs(o - mirrored) < 1e-3F; }));
            }
        }
        // The quadrant and its mirror images are all points, each once (those on an axis have fewer images).
        std::set<std::pair<float, float>> images;
        for (const auto& p : c.quadrant()) {
            for (const float x : { p.real(), -p.real() }) {
                for (const float y : { p.imag(), -p.imag() }) {
                    images.emplace(x + 0.0F, y + 0.0F);
                }
            }
        }
        EXPECT_EQ(images.size(), c.points().size());
        EXPECT_NEAR(energy / static_cast<double>(c.points().size()), 1.0, 1e-4);
    }
}

TEST(Constellation, KnowsItsGeometry)
{
    EXPECT_EQ(find_constellation("qpsk_2-9_normal")->geometry(), point_geometry::diagonal_4);
    EXPECT_EQ(find_constellation("8psk_3-5_normal")->geometry(), point_geometry::octagon);
    EXPECT_EQ(find_constellation("2_4_2apsk_100-180_normal")->geometry(), point_geometry::any);
    EXPECT_EQ(find_constellation("16apsk_2-3_normal")->geometry(), point_geometry::any);
}

TEST(Constellation, RefusesWhatIsNone)
{
    const double three[] = { 1, 0, -1, 0, 0, 1 };
    EXPECT_THROW(constellation("three", three), std::invalid_argument);
    const double dark[] = { 0, 0, 0, 0 };
    EXPECT_THROW(constellation("dark", dark), std::invalid_argument);
}

TEST(Mapper, TakesThePointOfTheLabel)
{
    const constellation& c = *find_constellation("16apsk_2-3_normal");
    const std::uint8_t labels[] = { 0, 15, 7, 3 };
    std::complex<float> symbols[4];
    map_labels(c, labels, symbols);
    for (int n = 0; n < 4; ++n) {
        EXPECT_EQ(symbols[n], c.points()[labels[n]]);
    }
}

} // namespace
