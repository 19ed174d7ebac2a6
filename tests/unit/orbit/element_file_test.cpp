// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

std::string read_file(const std::string& relative)
{
    std::ifstream in(std::string(SPACESAIL_SOURCE_DIR) + "/" + relative, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

const std::string k_snapshot = "profiles/elements/qianfan_2026-08-22.tle";

constexpr const char* k_one = "1 60379U 24140A   26234.24758160  .00000049  00000+0  57194-4 0  9998";
constexpr const char* k_two = "2 60379  88.9689 273.0751 0016874 198.6012 161.4524 13.51024517101445";

element_set first_of_the_snapshot()
{
    auto file = parse_elements(std::string("QIANFAN-1\n") + k_one + "\n" + k_two + "\n");
    return file->sets.at(0);
}

std::vector<element_set> awkward_sets()
{
    std::vector<element_set> sets = { first_of_the_snapshot() };
    element_set far = sets[0];
    far.name = "A, \"B\" & <C>";
    far.norad_id = 799'500'123;
    far.epoch.ns += 123'456'789;
    far.mean()->mean_motion_rev_day = std::nextafter(13.5, 14.0);
    far.mean()->eccentricity = 1.0 / 3.0;
    far.mean()->bstar_per_earth_radius = -2.9999999999e-17;
    far.mean()->half_ndot_rev_day2 = 123.456;
    sets.push_back(far);
    element_set state = sets[0];
    state.name = "STATE";
    state.orbit = ecef_state{ { 6878.1370000000001, -1e-9, 3.14159 }, { 0.1, 7.6, -1.0 / 7.0 }, 240.0 };
    sets.push_back(state);
    return sets;
}

TEST(ElementFile, TwoLinesColumnByColumn)
{
    const element_set set = first_of_the_snapshot();
    EXPECT_EQ(set.name, "QIANFAN-1");
    EXPECT_EQ(set.norad_id, 60379U);
    EXPECT_EQ(set.object_id, "2024-140A");
    // Day 234 of 2026 is 22 August; 0.2475816 d = 21391.05024 s (by hand).
    EXPECT_EQ(set.epoch, parse_utc("2026-08-22T05:56:31.050240")->plus_seconds(0));
    const mean_elements& m = *set.mean();
    EXPECT_EQ(m.half_ndot_rev_day2, 0.00000049);
    EXPECT_EQ(m.sixth_nddot_rev_day3, 0.0);
    EXPECT_EQ(m.bstar_per_earth_radius, 0.57194e-4);
    EXPECT_EQ(m.element_set_no, 999);
    EXPECT_EQ(m.inclination_deg, 88.9689);
    EXPECT_EQ(m.raan_deg, 273.0751);
    EXPECT_EQ(m.eccentricity, 0.0016874);
    EXPECT_EQ(m.arg_perigee_deg, 198.6012);
    EXPECT_EQ(m.mean_anomaly_deg, 161.4524);
    EXPECT_EQ(m.mean_motion_rev_day, 13.51024517);
    EXPECT_EQ(m.rev_at_epoch, 10144);
}

TEST(ElementFile, TheSnapshotComesBackByteForByte)
{
    const std::string text = read_file(k_snapshot);
    const auto file = parse_elements(text);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->sets.size(), 238U);
    EXPECT_TRUE(file->problems.empty());
    EXPECT_EQ(file->format, element_format::tle);
    const auto written = write_elements(file->sets, element_format::tle);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(*written, text);
}

TEST(ElementFile, EveryFormatGivesEveryValueBack)
{
    const auto sets = awkward_sets();
    for (const auto format :
         { element_format::omm_xml, element_format::omm_kvn, element_format::omm_json, element_format::omm_csv }) {
        const auto text = write_elements(sets, format);
        ASSERT_TRUE(text);
        const auto back = parse_elements(*text);
        ASSERT_TRUE(back) << format_name(format) << ": " << back.error().message << "\n" << *text;
        EXPECT_EQ(back->format, format);
        ASSERT_EQ(back->sets.size(), sets.size()) << format_name(format) << ": " << back->problems.at(0).message;
        for (std::size_t i = 0; i < sets.size(); ++i)
            EXPECT_EQ(back->sets[i], sets[i]) << format_name(format) << " set " << i;
    }
    for (const auto format : { element_format::tle, element_format::two_le, element_format::three_le }) {
        const auto text = write_elements(std::span(sets).first(1), format);
        ASSERT_TRUE(text);
        const auto back = parse_elements(*text);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->format, format);
        element_set expected = sets[0];
        if (format == element_format::two_le) expected.name.clear();
        EXPECT_EQ(back->sets.at(0), expected);
    }
    EXPECT_TRUE(fits_two_lines(sets[0]));
    EXPECT_FALSE(fits_two_lines(sets[1]));
    EXPECT_FALSE(fits_two_lines(sets[2]));
}

TEST(ElementFile, WhatTwoLinesCannotHoldIsRefusedByName)
{
    auto sets = awkward_sets();
    const auto number = write_elements(std::span(sets).subspan(1, 1), element_format::tle);
    ASSERT_FALSE(number);
    EXPECT_EQ(number.error().code, error_code::unsupported);
    EXPECT_NE(number.error().message.find("799500123"), std::string::npos);
    EXPECT_NE(number.error().message.find("omm-json"), std::string::npos);
    EXPECT_EQ(write_elements(std::span(sets).subspan(2, 1), element_format::tle).error().code, error_code::unsupported);
    sets[1].norad_id = 7;
    EXPECT_EQ(write_elements(std::span(sets).subspan(1, 1), element_format::tle).error().code,
              error_code::out_of_range);
}

TEST(ElementFile, AgreesWithThePublishedOmmSamples)
{
    for (const char* name : { "sample_omm.xml", "sample_omm.csv" }) {
        const auto file = parse_elements(read_file(std::string("tests/vectors/orbit/data/") + name));
        ASSERT_TRUE(file) << file.error().message;
        const element_set& set = file->sets.at(0);
        EXPECT_EQ(set.name, "VANGUARD 1");
        EXPECT_EQ(set.object_id, "1958-002B");
        EXPECT_EQ(set.norad_id, 5U);
        EXPECT_EQ(format_utc(set.epoch, 6), "2020-10-13T04:52:48.472320Z");
        EXPECT_EQ(set.mean()->mean_motion_rev_day, 10.84869164);
        EXPECT_EQ(set.mean()->eccentricity, .1845686);
        EXPECT_EQ(set.mean()->bstar_per_earth_radius, -.22483E-4);
        EXPECT_EQ(set.mean()->half_ndot_rev_day2, -1.6E-7);
        EXPECT_EQ(set.mean()->rev_at_epoch, 21814);
    }
    const auto json = parse_elements(read_file("tests/vectors/orbit/data/sample_omm.json"));
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(json->sets.at(0).mean()->mean_anomaly_deg, 281.1229);
    EXPECT_EQ(json->sets.at(0).mean()->half_ndot_rev_day2, 2.64e-6);
}

TEST(ElementFile, LenientWhereNothingCanBeMisread)
{
    const std::string one = k_one;
    const std::string two = k_two;
    const auto expected = first_of_the_snapshot();
    const std::string variants[] = {
        "\xEF\xBB\xBFQIANFAN-1\r\n" + one + "\r\n" + two + "\r\n",
        "# fetched today\n\n0 QIANFAN-1\n# more\n" + one + "\n\n" + two,
        "QIANFAN-1\n" + one.substr(0, 68) + "\n" + two + "     0.0  4320.0  360.0\n",
    };
    for (const std::string& text : variants) {
        const auto file = parse_elements(text);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ(file->sets.at(0), expected) << text;
    }
    // numbers as strings, any order, unknown fields, nulls
    const auto json = parse_elements(
        R"({"MEAN_MOTION":"13.51024517","EPOCH":"2026-08-22T05:56:31.050240","X_NEW":{"a":[1]},"DECAY_DATE":null,
        "NORAD_CAT_ID":"60379","OBJECT_ID":"2024-140A","OBJECT_NAME":"QIANFAN-1","ECCENTRICITY":"+.0016874","INCLINATION":88.9689,
        "RA_OF_ASC_NODE":273.0751,"ARG_OF_PERICENTER":198.6012,"MEAN_ANOMALY":161.4524,"BSTAR":"5.7194E-5","MEAN_MOTION_DOT":"4.9e-7",
        "ELEMENT_SET_NO":999,"REV_AT_EPOCH":"10144"})");
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(json->sets.at(0), expected);
    const auto units =
        parse_elements("COMMENT by hand\nCCSDS_OMM_VERS = 2.0\nMEAN_ANOMALY = 161.4524 [deg]\nOBJECT_NAME = QIANFAN-1\n"
                       "EPOCH = 2026-234T05:56:31.05024\nOBJECT_ID = 2024-140A\nMEAN_MOTION = 13.51024517 [rev/day]\n"
                       "ECCENTRICITY = 0.0016874\nINCLINATION = 88.9689 [deg]\nRA_OF_ASC_NODE = 273.0751 [deg]\n"
                       "ARG_OF_PERICENTER = 198.6012 [deg]\nNORAD_CAT_ID = 60379\nBSTAR = 0.000057194 [1/ER]\n"
                       "MEAN_MOTION_DOT = 0.00000049 [rev/day**2]\nELEMENT_SET_NO = 999\nREV_AT_EPOCH = 10144\n");
    ASSERT_TRUE(units) << units.error().message;
    EXPECT_EQ(units->sets.at(0), expected);
}

TEST(ElementFile, ErrorsNameTheLineAndTheRemedy)
{
    const std::string good = std::string("GOOD\n") + k_one + "\n" + k_two + "\n";
    std::string altered = k_two;
    altered[10] = '9';
    std::string letter = k_two;
    letter[9] = 'x';
    struct wrong_text {
        std::string text;
        std::size_t line;
        const char* says;
    };
    const wrong_text cases[] = {
        { good + "BAD\n" + k_one + "\n" + altered + "\n", 6, "checksum" },
        { good + "BAD\n" + std::string(k_one) + "\n" + good, 5, "line 1 of a set without its line 2" },
        { good + k_two + "\n", 4, "without its line 1" },
    };
    for (const auto& c : cases) {
        const auto file = parse_elements(c.text);
        ASSERT_TRUE(file);
        ASSERT_FALSE(file->problems.empty()) << c.says;
        bool found = false;
        for (const auto& p : file->problems) found = found || p.message.find(c.says) != std::string::npos;
        EXPECT_TRUE(found) << c.says << " / " << file->problems[0].message;
        EXPECT_EQ(file->sets[0].name, "GOOD");
    }
    const auto field =
        parse_elements(good + "BAD\n" + k_one + "\n" + letter + "\n", std::nullopt, checksum_policy::ignore);
    ASSERT_TRUE(field);
    EXPECT_EQ(field->problems.at(0).line, 6U);
    EXPECT_NE(field->problems[0].message.find("columns 9 to 16"), std::string::npos);

    const auto csv = parse_elements(
        "EPOCH,NORAD_CAT_ID,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY\n"
        "2026-08-22T05:56:31,1,15.5,0.1,10,20,30,40\n2026-08-22T05:56:31,2,15.5,1.5,10,20,30,40\n1,2\n"
        "2026-08-22T05:56:31,4,nan,0.1,10,20,30,40\n");
    ASSERT_TRUE(csv);
    EXPECT_EQ(csv->sets.size(), 1U);
    ASSERT_EQ(csv->problems.size(), 3U);
    EXPECT_EQ(csv->problems[0].line, 3U);
    EXPECT_NE(csv->problems[0].message.find("ECCENTRICITY '1.5'"), std::string::npos);
    EXPECT_EQ(csv->problems[1].line, 4U);
    EXPECT_EQ(csv->problems[2].line, 5U);

    for (const char* none :
         { "", "   \n", "hello\nworld\n", "[]", "{}", "<a/>", "A = B\n", "[{\"EPOCH\":1}]", "[{\"EPOCH\"" }) {
        const auto r = parse_elements(none);
        ASSERT_FALSE(r) << none;
        EXPECT_EQ(r.error().code, error_code::parse);
        EXPECT_FALSE(r.error().message.empty());
    }
    EXPECT_EQ(load_elements("/nowhere/x.tle").error().code, error_code::not_found);
}

TEST(ElementFile, JsonProblemsCarryTheLineOfTheirRecord)
{
    auto sets = awkward_sets();
    sets.resize(2);
    std::string text = *write_elements(sets, element_format::omm_json);
    text.replace(text.rfind("\"ECCENTRICITY\":"), 15, "\"ECCENTRICITY\":7");
    const auto file = parse_elements(text);
    ASSERT_TRUE(file);
    ASSERT_EQ(file->problems.size(), 1U);
    EXPECT_EQ(file->problems[0].line, 3U);
}

TEST(ElementFile, NamesAreAlwaysPrintableUtf8)
{
    const std::string lines = "\n1 60379U 24140A   26234.50000000  .00000012  00000+0  13844-3 0  9990"
                              "\n2 60379  88.9937 101.2345 0012345  90.1234 270.4321 13.50123456 98766\n";
    const auto name_of = [&](const std::string& name) {
        const auto file = parse_elements(name + lines, element_format::tle, checksum_policy::ignore);
        EXPECT_TRUE(file) << file.error().message;
        if (!file) return std::string();
        const auto json = write_elements(file->sets, element_format::omm_json);
        const auto back = parse_elements(*json, element_format::omm_json);
        EXPECT_TRUE(back && back->sets == file->sets) << name;
        return file->sets.at(0).name;
    };
    EXPECT_EQ(name_of("SAT\xc3\x89LITE"), "SAT\xc3\x89LITE");  // UTF-8 stays
    EXPECT_EQ(name_of("SAT\xc9LITE"), "SAT?LITE");             // Latin-1 does not
    EXPECT_EQ(name_of("A\x1b[31m B\x7f"), "A?[31m B?");        // nor do terminal commands
    EXPECT_EQ(name_of("A\xed\xa0\x80 \xc0\xafZ"), "A??? ??Z"); // surrogates, overlong forms
}

TEST(ElementFile, RefusesOtherTheoriesAndFrames)
{
    const auto set = first_of_the_snapshot();
    const std::string text = *write_elements(std::span(&set, 1), element_format::omm_kvn);
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        return parse_elements(changed);
    };
    EXPECT_TRUE(with("ORIGINATOR", "ORIGINATOR"));
    EXPECT_FALSE(with("= TEME", "= GCRF"));
    EXPECT_FALSE(with("= SGP4", "= SGP4-XP"));
    EXPECT_FALSE(with("= UTC", "= TAI"));
    EXPECT_FALSE(with("EPHEMERIS_TYPE = 0", "EPHEMERIS_TYPE = 4"));
}

} // namespace
