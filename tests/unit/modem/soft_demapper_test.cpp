// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/modem/soft_demapper.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace spacesail::modem;
using cf = std::complex<float>;
using cd = std::complex<double>;

// L = ln P(b=0)/P(b=1) from the definition, in double precision.
double exact_llr(const constellation& c, cd y, double n0, unsigned bit_from_msb)
{
    double nearest = 1e300;
    for (const auto& p : c.points()) {
        nearest = std::min(nearest, std::norm(y - cd(p)));
    }
    double sums[2] = { 0.0, 0.0 };
    for (std::size_t l = 0; l < c.points().size(); ++l) {
        const unsigned bit = (l >> (c.bits_per_symbol() - 1 - bit_from_msb)) & 1;
        sums[bit] += std::exp((nearest - std::norm(y - cd(c.points()[l]))) / n0);
    }
    return std::log(std::max(sums[0], 1e-300)) - std::log(std::max(sums[1], 1e-300));
}

// The documented bound, 0.12 nats, and half a step.
constexpr double k_tolerance = 0.5 + 0.12 * k_llr_per_nat + 1e-3;

// The tables' constellations and the smallest possible one.
std::vector<const constellation*> tested_constellations()
{
    static const double bpsk[] = { 0.8, 0.6, -0.8, -0.6 };
    static const constellation smallest("bpsk", bpsk);
    std::vector<const constellation*> all{ &smallest };
    for (const constellation& c : all_constellations()) {
        all.push_back(&c);
    }
    return all;
}

TEST(SoftDemapper, FollowsTheDefinition)
{
    for (const constellation* tested : tested_constellations()) {
        const constellation& c = *tested;
        SCOPED_TRACE(std::string(c.name()));
        const unsigned bits = c.bits_per_symbol();
        for (const double es_n0_db : { -3.0, 3.0, 9.0, 15.0, 21.0, 40.0 }) {
            const double n0 = std::pow(10.0, -0.1 * es_n0_db);
            spacesail::rng random(11);
            std::vector<cf> symbols(203);
            for (auto& s : symbols) {
                s = c.points()[random.below(c.points().size())] + cf(std::sqrt(n0 / 2.0) * random.normal_pair());
            }
            std::vector<std::vector<std::int8_t>> planes(bits, std::vector<std::int8_t>(symbols.size() + 1, 99));
            std::vector<std::int8_t*> pointers;
            for (auto& p : planes) {
                pointers.push_back(p.data());
            }
            soft_demap(c, symbols, static_cast<float>(n0), pointers);
            for (unsigned k = 0; k < bits; ++k) {
                for (std::size_t n = 0; n < symbols.size(); ++n) {
                    const double value = std::clamp(k_llr_per_nat * exact_llr(c, cd(symbols[n]), n0, k), -127.0, 127.0);
                    ASSERT_NEAR(planes[k][n], value, k_tolerance) << "bit " << k << " at " << es_n0_db << " dB";
                }
                EXPECT_EQ(planes[k].back(), 99) << "wrote behind the end";
            }
        }
    }
}

TEST(SoftDemapper, QpskIsExact)
{
    const constellation& c = *find_constellation("qpsk_2-9_normal");
    spacesail::rng random(3);
    for (const std::size_t length : { 1, 5, 8, 33, 100 }) {
        std::vector<cf> symbols(length);
        for (auto& s : symbols) {
            s = cf(random.normal_pair());
        }
        std::vector<std::int8_t> llr(2 * length);
        soft_demap_qpsk(symbols, 0.4F, llr);
        for (std::size_t n = 0; n < length; ++n) {
            EXPECT_NEAR(
                llr[2 * n], std::clamp(k_llr_per_nat * exact_llr(c, cd(symbols[n]), 0.4, 0), -127.0, 127.0), 0.501);
            EXPECT_NEAR(
                llr[2 * n + 1], std::clamp(k_llr_per_nat * exact_llr(c, cd(symbols[n]), 0.4, 1), -127.0, 127.0), 0.501);
        }
    }
}

// Whatever comes in, values stay in [-127, 127]: the decoder negates them.
TEST(SoftDemapper, StaysInRangeForAnyInput)
{
    const float inf = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<cf> symbols{
        { inf, -inf }, { nan, nan },   { 1e30F, -1e30F },   { 0.0F, 0.0F },   { -inf, 0.0F },
        { nan, 1.0F }, { 3.0F, 3.0F }, { -1e-30F, 1e-30F }, { 100.0F, 0.0F }, { 4.0F, -4.0F }
    };
    for (const float n0 : { 1e-30F, 1e-3F, 1.0F, 1e30F }) {
        for (const constellation& c : all_constellations()) {
            std::vector<std::int8_t> plane(symbols.size() * c.bits_per_symbol(), -128);
            std::vector<std::int8_t*> pointers;
            for (unsigned k = 0; k < c.bits_per_symbol(); ++k) {
                pointers.push_back(plane.data() + k * symbols.size());
            }
            soft_demap(c, symbols, n0, pointers);
            EXPECT_GE(*std::ranges::min_element(plane), -127) << c.name();
        }
        std::vector<std::int8_t> llr(2 * symbols.size(), -128);
        soft_demap_qpsk(symbols, n0, llr);
        EXPECT_GE(*std::ranges::min_element(llr), -127);
    }
}

} // namespace
