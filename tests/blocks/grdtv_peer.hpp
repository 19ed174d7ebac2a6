// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>

#include <gnuradio/dtv/dvb_config.h>
#include <gnuradio/dtv/dvbs2_config.h>

#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// GNU Radio's in-tree gr-dtv as a peer: its names for our table, and the table's regular entries as test parameters.
namespace spacesail::test {

inline std::optional<gr::dtv::dvb_code_rate_t> rate_of(std::string_view rate)
{
    using namespace gr::dtv;
    static const std::map<std::string_view, dvb_code_rate_t> rates{
        { "1/4", C1_4 },         { "1/3", C1_3 },         { "2/5", C2_5 },         { "1/2", C1_2 },
        { "3/5", C3_5 },         { "2/3", C2_3 },         { "3/4", C3_4 },         { "4/5", C4_5 },
        { "5/6", C5_6 },         { "8/9", C8_9 },         { "9/10", C9_10 },       { "13/45", C13_45 },
        { "9/20", C9_20 },       { "90/180", C90_180 },   { "96/180", C96_180 },   { "11/20", C11_20 },
        { "100/180", C100_180 }, { "104/180", C104_180 }, { "26/45", C26_45 },     { "18/30", C18_30 },
        { "28/45", C28_45 },     { "23/36", C23_36 },     { "116/180", C116_180 }, { "20/30", C20_30 },
        { "124/180", C124_180 }, { "25/36", C25_36 },     { "128/180", C128_180 }, { "13/18", C13_18 },
        { "132/180", C132_180 }, { "22/30", C22_30 },     { "135/180", C135_180 }, { "140/180", C140_180 },
        { "7/9", C7_9 },         { "154/180", C154_180 }, { "11/45", C11_45 },     { "4/15", C4_15 },
        { "14/45", C14_45 },     { "7/15", C7_15 },       { "8/15", C8_15 },       { "32/45", C32_45 },
    };
    const auto it = rates.find(rate);
    return it == rates.end() ? std::nullopt : std::optional(it->second);
}

inline std::optional<gr::dtv::dvb_constellation_t> modulation_of(std::string_view modulation)
{
    using namespace gr::dtv;
    static const std::map<std::string_view, dvb_constellation_t> modulations{
        { "QPSK", MOD_QPSK },
        { "8PSK", MOD_8PSK },
        { "2+4+2APSK", MOD_8APSK },
        { "16APSK", MOD_16APSK },
        { "8+8APSK", MOD_8_8APSK },
        { "32APSK", MOD_32APSK },
        { "4+12+16rbAPSK", MOD_4_12_16APSK },
        { "4+8+4+16APSK", MOD_4_8_4_16APSK },
        { "16+16+16+16APSK", MOD_64APSK },
        { "8+16+20+20APSK", MOD_8_16_20_20APSK },
        { "4+12+20+28APSK", MOD_4_12_20_28APSK },
        { "128APSK", MOD_128APSK },
        { "256APSK", MOD_256APSK },
    };
    const auto it = modulations.find(modulation);
    return it == modulations.end() ? std::nullopt : std::optional(it->second);
}

inline gr::dtv::dvb_framesize_t framesize_of(const dvbs2x::modcod& m)
{
    return m.size == dvbs2x::frame_size::normal ? gr::dtv::FECFRAME_NORMAL : gr::dtv::FECFRAME_SHORT;
}

/// The 107 entries without VL-SNR.
inline std::vector<const dvbs2x::modcod*> regular_entries()
{
    std::vector<const dvbs2x::modcod*> entries;
    for (const dvbs2x::modcod& m : dvbs2x::all_modcods()) {
        if (m.vlsnr_header < 0) entries.push_back(&m);
    }
    return entries;
}

inline std::string name_of(const testing::TestParamInfo<const dvbs2x::modcod*>& info)
{
    std::string name;
    for (const char c : std::string(info.param->name) + "_" + std::string(info.param->frame)) {
        name.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
    }
    return name;
}

} // namespace spacesail::test
