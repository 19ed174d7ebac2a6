// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/ldpc_schedule.hpp"

#include <spacesail/fec/code.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

TEST(FecCode, TablesHaveTheSizesTheyClaim)
{
    ASSERT_EQ(all_codes().size(), 60U);
    for (const auto& c : all_codes()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        std::size_t groups = 0;
        for (std::size_t i = 0; i < c.ldpc_rows.size(); ++groups) {
            const unsigned degree = c.ldpc_rows[i++];
            ASSERT_GE(degree, 3U);
            std::set<unsigned> addresses;
            for (unsigned e = 0; e < degree; ++e, ++i) {
                ASSERT_LT(i, c.ldpc_rows.size());
                EXPECT_LT(c.ldpc_rows[i], c.parity_bits());
                EXPECT_TRUE(addresses.insert(c.ldpc_rows[i]).second);
            }
        }
        EXPECT_EQ(groups * 360, c.k_ldpc + c.shortened);
        EXPECT_EQ(c.n_ldpc - c.k_ldpc - c.shortened, 360 * c.q);
        EXPECT_EQ(c.k_ldpc - c.k_bch, c.bch_m() * c.bch_t);
        EXPECT_EQ(c.k_ldpc % 8, 0U);
        EXPECT_EQ(c.shortened % 8, 0U);
        if (c.punctured != 0) EXPECT_LE((c.punctured - 1) * c.puncture_period, c.parity_bits());
    }
}

TEST(FecCode, IsFoundByRateAndFrame)
{
    for (const auto& c : all_codes()) EXPECT_EQ(find_code(c.rate, c.frame), &c);
    EXPECT_EQ(find_code("1/2", "long"), nullptr);
    EXPECT_EQ(find_code("9/10", "short"), nullptr);
    EXPECT_EQ(find_code("", ""), nullptr);
    // Lengths on air: 30780 and 14976 payload symbols, QPSK, BPSK and BPSK with every bit twice.
    EXPECT_EQ(find_code("2/9", "normal-vlsnr")->sent_bits(), 2U * 30780);
    EXPECT_EQ(find_code("1/5", "medium")->sent_bits(), 30780U);
    EXPECT_EQ(find_code("1/5", "short-vlsnr-sf2")->sent_bits(), 30780U / 2);
    EXPECT_EQ(find_code("11/45", "short-vlsnr-sf2")->sent_bits(), 30780U / 2);
    EXPECT_EQ(find_code("1/3", "short-vlsnr")->sent_bits(), 14976U);
}

TEST(FecCode, OffersTheOtherPublishedBchCodes)
{
    const auto* two_thirds = find_code("2/3", "normal");
    const auto* five_sixths = find_code("5/6", "normal");
    EXPECT_EQ(two_thirds->k_bch, 43040U);
    EXPECT_EQ(five_sixths->k_bch, 53840U);
    EXPECT_EQ(alternative_code(*two_thirds)->k_bch, 43008U);
    EXPECT_EQ(alternative_code(*five_sixths)->k_bch, 53808U);
    unsigned with = 0;
    for (const auto& c : all_codes()) {
        if (const auto* a = alternative_code(c)) {
            ++with;
            EXPECT_EQ(a->bch_t, 12U);
            EXPECT_EQ(a->k_ldpc - a->k_bch, a->bch_m() * a->bch_t);
            EXPECT_EQ(a->k_ldpc, c.k_ldpc);
        }
    }
    EXPECT_EQ(with, 2U);
}

TEST(LdpcSchedule, HasEveryEdgeOfTheTableOnceAndKnowsTheRepeatedOnes)
{
    unsigned most_repeated = 0;
    for (const auto& c : all_codes()) {
        SCOPED_TRACE(std::string(c.rate) + " " + std::string(c.frame));
        const ldpc_schedule s(c);
        std::multiset<std::pair<unsigned, unsigned>> from_table, from_schedule; // group, address modulo q
        unsigned group = 0;
        for (std::size_t i = 0; i < c.ldpc_rows.size(); ++group) {
            for (unsigned left = c.ldpc_rows[i++]; left != 0; --left, ++i)
                from_table.insert({ group, c.ldpc_rows[i] % c.q });
        }
        ASSERT_EQ(s.layers.size(), c.q);
        unsigned repeated = 0;
        for (unsigned r = 0; r < c.q; ++r) {
            const auto& layer = s.layers[r];
            std::set<std::uint32_t> groups;
            for (unsigned e = 0; e < layer.nof_plain + unsigned{ layer.nof_repeated }; ++e) {
                const auto& edge = s.edges[layer.first_edge + e];
                from_schedule.insert({ static_cast<unsigned>(edge.group / k_group_stride), r });
                EXPECT_EQ(groups.insert(edge.group).second, e < layer.nof_plain);
                EXPECT_LT(edge.start, 360);
                EXPECT_LT(edge.restart, 360);
                EXPECT_LT(edge.check_start, 360);
            }
            repeated += layer.nof_repeated;
        }
        EXPECT_EQ(from_table, from_schedule);
        most_repeated = std::max(most_repeated, repeated);
    }
    EXPECT_GE(most_repeated, 30U); // 9/10 has up to 36: the case is real
}

TEST(LdpcSchedule, RefusesTablesThatDoNotFit)
{
    auto code = *find_code("1/2", "short");
    code.k_ldpc += 360;
    EXPECT_THROW(ldpc_schedule{ code }, std::invalid_argument);
    code = *find_code("1/2", "short");
    code.q = 24;
    EXPECT_THROW(ldpc_schedule{ code }, std::invalid_argument);
    code = *find_code("1/2", "short");
    const std::uint16_t wrong[] = { 3, 1, 2, 9000 };
    code.ldpc_rows = wrong;
    EXPECT_THROW(ldpc_schedule{ code }, std::invalid_argument);
}

} // namespace
} // namespace spacesail::fec
