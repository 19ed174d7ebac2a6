// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/terminal/link_tables.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace spacesail;

const encap::acm_entry& entry_of(const std::vector<encap::acm_entry>& table, unsigned pls)
{
    return *std::ranges::find_if(table, [pls](const auto& e) { return e.pls == pls; });
}

TEST(LinkTables, EveryRegularModcodWithAndWithoutPilots)
{
    const auto formats = terminal::regular_formats();
    EXPECT_EQ(std::ranges::count_if(formats, [](const auto& f) { return f.k_bch_bits > 0; }), 2 * 107);
    // EN 302 307-1, tables 5a and 11: QPSK 1/2 normal, 360 slots and 22 pilot blocks.
    EXPECT_EQ(formats[4 << 2].k_bch_bits, 32208U);
    EXPECT_EQ(formats[4 << 2].plframe_symbols, 90U + 360 * 90);
    EXPECT_EQ(formats[(4 << 2) | 1].plframe_symbols, 90U + 360 * 90 + 22 * 36);
    EXPECT_EQ(formats[0].k_bch_bits, 0U) << "dummy PLFRAME";
    EXPECT_EQ(terminal::regular_formats(dvbs2x::bch_choice::alternative)[174].k_bch_bits, 43008U);
}

TEST(LinkTables, RequirementsAndEfficienciesOfTheStandard)
{
    const auto table = terminal::acm_table();
    EXPECT_EQ(table.size(), 2U * 107);
    // EN 302 307-1, table 13: QPSK 1/2 at 1.00 dB with 0.988858 bit a symbol, 16APSK 3/4 at 10.21 dB with 2.966728.
    const auto& qpsk = entry_of(table, 4 << 2);
    EXPECT_NEAR(qpsk.required_es_n0_db, 1.00 + 0.25, 1e-5);
    EXPECT_NEAR(qpsk.efficiency, 0.988858, 1e-6);
    const auto& apsk = entry_of(table, 19 << 2);
    EXPECT_NEAR(apsk.required_es_n0_db, 10.21 + 0.4, 1e-5);
    EXPECT_NEAR(apsk.efficiency, 2.966728, 1e-6);
    // 8PSK 3/4 short: 0.3 dB on top of 7.91.
    EXPECT_NEAR(entry_of(table, (14 << 2) | 2).required_es_n0_db, 7.91 + 0.3 + 0.25, 1e-5);
    for (const auto& e : table) EXPECT_EQ(e.pilots == encap::acm_pilots::on, (e.pls & 1) != 0);
}

} // namespace
