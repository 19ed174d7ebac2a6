// SPDX-License-Identifier: GPL-3.0-or-later
// Every instruction set gives what the scalar one gives.
#include <spacesail/base/rng.hpp>
#include <spacesail/modem/slicer.hpp>
#include <spacesail/modem/soft_demapper.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

constexpr simd::target k_targets[] = { simd::target::scalar, simd::target::avx2, simd::target::best };

std::vector<cf> noisy(const modem::constellation& c, std::size_t n, float sigma)
{
    rng random(2);
    std::vector<cf> s(n);
    for (auto& v : s) {
        v = c.points()[random.below(c.points().size())] + sigma * cf(random.normal_pair());
    }
    return s;
}

// Fused multiply-adds round once where the scalar target rounds twice: a value on the edge between two steps may
// fall to either side, no more than one in a hundred does.
TEST(ModemTargets, SoftDemapperWithinOneStep)
{
    for (const auto& c : modem::all_constellations()) {
        SCOPED_TRACE(std::string(c.name()));
        const auto symbols = noisy(c, 1501, 0.1F);
        const unsigned bits = c.bits_per_symbol();
        std::vector<std::vector<std::int8_t>> results;
        for (const auto target : k_targets) {
            simd::force_target(target);
            auto& values = results.emplace_back(symbols.size() * bits);
            std::vector<std::int8_t*> planes;
            for (unsigned k = 0; k < bits; ++k) {
                planes.push_back(values.data() + k * symbols.size());
            }
            modem::soft_demap(c, symbols, 0.02F, planes);
        }
        simd::force_target(simd::target::best);
        for (const auto& r : results) {
            std::size_t different = 0;
            for (std::size_t n = 0; n < r.size(); ++n) {
                ASSERT_LE(std::abs(r[n] - results[0][n]), 1);
                different += r[n] != results[0][n] ? 1 : 0;
            }
            EXPECT_LE(different, r.size() / 100);
        }
    }
}

TEST(ModemTargets, QpskDemapperIsTheSame)
{
    const auto symbols = noisy(*modem::find_constellation("qpsk_2-9_normal"), 1501, 0.7F);
    std::vector<std::vector<std::int8_t>> results;
    for (const auto target : k_targets) {
        simd::force_target(target);
        modem::soft_demap_qpsk(symbols, 1.0F, results.emplace_back(2 * symbols.size()));
    }
    simd::force_target(simd::target::best);
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
}

TEST(ModemTargets, SlicerIsTheSame)
{
    for (const auto& c : modem::all_constellations()) {
        SCOPED_TRACE(std::string(c.name()));
        const auto symbols = noisy(c, 1501, 0.05F);
        std::vector<std::vector<cf>> results;
        for (const auto target : k_targets) {
            simd::force_target(target);
            modem::slice(c, symbols, results.emplace_back(symbols.size()));
        }
        simd::force_target(simd::target::best);
        for (const auto& r : results) {
            std::size_t different = 0;
            for (std::size_t n = 0; n < r.size(); ++n) {
                // Where two points are equally far within rounding either may win.
                if (r[n] == results[0][n]) continue;
                ++different;
                ASSERT_NEAR(std::abs(r[n] - symbols[n]), std::abs(results[0][n] - symbols[n]), 1e-5F);
            }
            EXPECT_LE(different, 15U);
        }
    }
}

} // namespace
