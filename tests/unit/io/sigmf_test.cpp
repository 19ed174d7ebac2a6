// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_folder.hpp"

#include <spacesail/io/sigmf.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>

namespace {

using namespace spacesail;
using namespace spacesail::io;
using testing::AllOf;
using testing::HasSubstr;

// Written after the examples of the SigMF 1.0 specification, with an extension namespace of someone else.
constexpr const char* k_document = R"({
  "global": {
    "core:datatype": "ci16_le", "core:sample_rate": 50000000, "core:version": "1.0.0", "core:hw": "B210, LNB 9.75 GHz",
    "core:author": "somebody", "core:geolocation": {"type": "Point", "coordinates": [121.47, 31.23, 10.0]},
    "core:offset": 100, "antenna:gain": 41.5, "core:sha512": "00"
  },
  "captures": [
    {"core:sample_start": 100, "core:frequency": 1950000000.5, "core:datetime": "2026-08-22T06:00:00.123456789Z"},
    {"core:sample_start": 5100, "core:datetime": "2026-08-22T06:00:01Z", "core:header_bytes": 16, "x:gain_db": 30}
  ],
  "annotations": [
    {"core:sample_start": 200, "core:sample_count": 50, "core:freq_lower_edge": -1e6, "core:freq_upper_edge": 1e6,
     "core:label": "beacon", "x:note": [1, 2]}
  ],
  "collection": {"of": "somebody"}
})";

/// Whether two documents hold the same: members in any order, numbers by value.
bool same_json(simdjson::dom::element a, simdjson::dom::element b)
{
    if (a.is_object() && b.is_object()) {
        const simdjson::dom::object x = a;
        const simdjson::dom::object y = b;
        if (x.size() != y.size()) return false;
        for (const auto member : x) {
            simdjson::dom::element other;
            if (y.at_key(member.key).get(other) != simdjson::SUCCESS || !same_json(member.value, other)) return false;
        }
        return true;
    }
    if (a.is_array() && b.is_array()) {
        const simdjson::dom::array x = a;
        const simdjson::dom::array y = b;
        if (x.size() != y.size()) return false;
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (!same_json(x.at(i), y.at(i))) return false;
        }
        return true;
    }
    if (a.is_number() && b.is_number()) return double(a) == double(b);
    return a.type() == b.type() && simdjson::minify(a) == simdjson::minify(b);
}

void replace(std::string& text, std::string_view from, std::string_view to)
{
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
}

TEST(Sigmf, ReadsEveryFieldItKnowsAndKeepsTheOthers)
{
    const auto m = parse_sigmf(k_document, "a.sigmf-meta");
    ASSERT_TRUE(m) << m.error().message;
    EXPECT_EQ(m->format, sample_format::ci16);
    EXPECT_EQ(m->sample_rate_hz, 50e6);
    EXPECT_EQ(m->hardware, "B210, LNB 9.75 GHz");
    EXPECT_EQ(m->offset, 100U);
    ASSERT_EQ(m->captures.size(), 2U);
    EXPECT_EQ(m->captures[0].frequency_hz, 1950000000.5);
    EXPECT_EQ(m->captures[0].datetime->ns, parse_utc("2026-08-22T06:00:00.123456789Z")->ns);
    EXPECT_EQ(m->captures[0].datetime_step_ns, 1);
    EXPECT_EQ(m->captures[1].sample_start, 5100U);
    EXPECT_EQ(m->captures[1].header_bytes, 16U);
    EXPECT_EQ(m->captures[1].datetime_step_ns, 1'000'000'000);
    ASSERT_EQ(m->annotations.size(), 1U);
    EXPECT_EQ(m->annotations[0].label, "beacon");
    EXPECT_EQ(m->annotations[0].freq_lower_hz, -1e6);

    // Written out again, an independent reader of JSON finds the same values, foreign fields included.
    std::string expected = k_document;
    replace(expected, R"(, "core:sha512": "00")", "");
    replace(expected, "06:00:01Z", "06:00:01.000000000Z");
    simdjson::dom::parser before;
    simdjson::dom::parser after;
    EXPECT_TRUE(same_json(before.parse(expected), after.parse(to_json(*m)))) << to_json(*m);
    replace(expected, R"("x:note": [1, 2])", R"("x:note": [1, 3])");
    EXPECT_FALSE(same_json(before.parse(expected), after.parse(to_json(*m)))) << "the comparison sees nothing";
}

TEST(Sigmf, NoCapturesMeansOneFromTheFirstSample)
{
    for (const char* captures : { "", R"(, "captures": [])", R"(, "captures": null)" }) {
        const auto m = parse_sigmf(
            std::string(R"({"global": {"core:datatype": "cu8", "core:version": "0.0.2"})") + captures + "}", "n");
        ASSERT_TRUE(m) << m.error().message;
        ASSERT_EQ(m->captures.size(), 1U);
        EXPECT_EQ(m->captures[0].sample_start, 0U);
        EXPECT_FALSE(m->sample_rate_hz.has_value());
    }
}

TEST(Sigmf, TimesWithAZeroOffsetAreUtc)
{
    const auto m = parse_sigmf(
        R"({"global": {"core:datatype": "cu8"}, "captures": [{"core:sample_start": 0, "core:datetime": "2026-08-22T06:00:00.25+00:00"}]})",
        "n");
    ASSERT_TRUE(m) << m.error().message;
    EXPECT_EQ(m->captures[0].datetime->ns, parse_utc("2026-08-22T06:00:00.25Z")->ns);
}

struct broken {
    const char* text;
    const char* field; ///< what the message must name besides the file
    error_code code = error_code::parse;
};

class Broken : public testing::TestWithParam<broken>
{
};

TEST_P(Broken, IsRefusedNamingFileFieldAndRemedy)
{
    const auto m = parse_sigmf(GetParam().text, "pass.sigmf-meta");
    ASSERT_FALSE(m) << GetParam().text;
    EXPECT_EQ(m.error().code, GetParam().code) << m.error().message;
    EXPECT_THAT(m.error().message, AllOf(HasSubstr("pass.sigmf-meta"), HasSubstr(GetParam().field), HasSubstr(";")));
    EXPECT_EQ(m.error().message.find('\n'), std::string::npos) << "one line";
}

INSTANTIATE_TEST_SUITE_P(
    Documents,
    Broken,
    testing::Values(
        broken{ "", "JSON" },
        broken{ "not json", "JSON" },
        broken{ R"({"global": {"core:datatype": "cf32_le")", "JSON" },
        broken{ "[]", "object" },
        broken{ "{}", "global" },
        broken{ R"({"global": []})", "global" },
        broken{ R"({"global": {}})", "core:datatype" },
        broken{ R"({"global": {"core:datatype": 7}})", "core:datatype" },
        broken{ R"({"global": {"core:datatype": "cf32_be"}})", "core:datatype", error_code::unsupported },
        broken{ R"({"global": {"core:datatype": "music"}})", "core:datatype" },
        broken{ R"({"global": {"core:datatype": "cu8", "core:sample_rate": "fast"}})", "core:sample_rate" },
        broken{ R"({"global": {"core:datatype": "cu8", "core:sample_rate": -5}})", "core:sample_rate" },
        broken{ R"({"global": {"core:datatype": "cu8", "core:sample_rate": 1e999}})", "JSON" },
        broken{ R"({"global": {"core:datatype": "cu8", "core:num_channels": 2}})",
                "core:num_channels",
                error_code::unsupported },
        broken{
            R"({"global": {"core:datatype": "cu8", "core:version": "7.1"}})", "core:version", error_code::unsupported },
        broken{ R"({"global": {"core:datatype": "cu8", "core:offset": -1}})", "core:offset" },
        broken{ R"({"global": {"core:datatype": "cu8"}, "captures": {}})", "captures" },
        broken{ R"({"global": {"core:datatype": "cu8"}, "captures": [5]})", "captures[0]" },
        broken{ R"({"global": {"core:datatype": "cu8"}, "captures": [{}]})", "core:sample_start" },
        broken{ R"({"global": {"core:datatype": "cu8"}, "captures": [{"core:sample_start": 0.5}]})",
                "core:sample_start" },
        broken{
            R"({"global": {"core:datatype": "cu8"}, "captures": [{"core:sample_start": 0, "core:datetime": "yesterday"}]})",
            "core:datetime" },
        broken{
            R"({"global": {"core:datatype": "cu8"}, "captures": [{"core:sample_start": 0, "core:datetime": "2026-08-22T06:00:00+08:00"}]})",
            "core:datetime" },
        broken{
            R"({"global": {"core:datatype": "cu8"}, "captures": [{"core:sample_start": 9}, {"core:sample_start": 3}]})",
            "captures[1]" },
        broken{ R"({"global": {"core:datatype": "cu8"}, "annotations": [{"core:label": 5}]})", "annotations[0]" }));

TEST(Sigmf, ManyBracketsDoNotEndTheStack)
{
    const std::string deep(2'000'000, '[');
    EXPECT_FALSE(parse_sigmf(deep, "n"));
    EXPECT_FALSE(
        parse_sigmf(R"({"global": {"core:datatype": "cu8", "x": )" + deep + std::string(deep.size(), ']') + "}}", "n"));
}

TEST(Sigmf, WritesAFileAtOnceOrNotAtAll)
{
    const test::temp_folder folder;
    const auto m = parse_sigmf(k_document, "n");
    ASSERT_TRUE(m);
    ASSERT_TRUE(write_sigmf(folder / "x.sigmf-meta", *m));
    const auto again = read_sigmf(folder / "x.sigmf-meta");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(to_json(*again), to_json(*m));
    EXPECT_FALSE(std::filesystem::exists(folder / "x.sigmf-meta.part"));

    const auto lost = write_sigmf(folder / "no/such/x.sigmf-meta", *m);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, error_code::not_found);
    EXPECT_EQ(read_sigmf(folder / "absent.sigmf-meta").error().code, error_code::not_found);
}

} // namespace
