// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/mode_adaptation.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

TEST(ModeAdaptation, AcmByteIsOneToOne)
{
    std::set<unsigned> seen;
    for (unsigned pls = 0; pls < 256; ++pls) {
        const auto acm = acm_byte_of_pls(static_cast<std::uint8_t>(pls));
        seen.insert(acm);
        EXPECT_EQ(pls_of_acm_byte(acm), pls);
    }
    EXPECT_EQ(seen.size(), 256U);
    // S2 MODCOD 4 (QPSK 1/2), short, with pilots: PLS 19; MODCOD | pilots | short.
    EXPECT_EQ(acm_byte_of_pls(4 << 2 | 2 | 1), 4 | 0x20 | 0x40);
    // S2X PLS 133 (QPSK 13/45 with pilots).
    EXPECT_EQ(acm_byte_of_pls(133), 0x80 | (5 >> 2) | 0x20);
}

TEST(ModeAdaptation, CniSteps)
{
    EXPECT_EQ(cni_of_es_n0(std::nullopt), 0);
    EXPECT_EQ(cni_of_es_n0(std::nan("")), 0);
    EXPECT_EQ(cni_of_es_n0(-1.0), 1);
    EXPECT_EQ(cni_of_es_n0(-20.0), 1);
    EXPECT_EQ(cni_of_es_n0(0.0), 9);
    EXPECT_EQ(cni_of_es_n0(10.125), 90);
    EXPECT_EQ(cni_of_es_n0(99.0), 255);
    EXPECT_FALSE(es_n0_of_cni(0).has_value());
    for (unsigned c = 1; c < 256; ++c) EXPECT_EQ(cni_of_es_n0(es_n0_of_cni(static_cast<std::uint8_t>(c))), c);
}

TEST(ModeAdaptation, DatagramThereAndBack)
{
    bytes bbframe(384);
    for (std::size_t i = 0; i < bbframe.size(); ++i) bbframe[i] = static_cast<std::uint8_t>(i);
    bytes buffer(k_l3_max_datagram_bytes);
    const auto d = write_l3_datagram({ 19, 6.5, 200 }, bbframe, buffer);
    ASSERT_EQ(d.size(), 388U);
    EXPECT_EQ(d[0], 0xb8);
    EXPECT_EQ(d[2], 61);
    EXPECT_EQ(d[3], 200);
    const auto back = parse_l3_datagram(d);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->header.pls, 19);
    EXPECT_EQ(back->header.es_n0_db, 6.5);
    EXPECT_EQ(back->header.frame_number, 200);
    EXPECT_TRUE(std::equal(bbframe.begin(), bbframe.end(), back->bbframe.begin(), back->bbframe.end()));

    EXPECT_EQ(parse_l3_datagram(d.first(13)).error().code, error_code::truncated);
    bytes wrong(d.begin(), d.end());
    wrong[0] = 0x47;
    EXPECT_EQ(parse_l3_datagram(wrong).error().code, error_code::parse);
    bytes longer(k_l3_max_datagram_bytes + 1, 0xb8);
    EXPECT_EQ(parse_l3_datagram(longer).error().code, error_code::parse);
}

TEST(ModeAdaptation, MissingFrames)
{
    l3_sequence s;
    EXPECT_EQ(s.missing_before(250), 0U);
    EXPECT_EQ(s.missing_before(251), 0U);
    EXPECT_EQ(s.missing_before(254), 2U);
    EXPECT_EQ(s.missing_before(1), 2U);
    s.reset();
    EXPECT_EQ(s.missing_before(77), 0U);
}

} // namespace
