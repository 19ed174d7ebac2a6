// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/terminal/profile.hpp>

#include <gmock/gmock.h>

#include <array>

namespace {

using namespace spacesail;
using namespace spacesail::terminal;
using testing::HasSubstr;

const std::filesystem::path k_folder = std::string(SPACESAIL_SOURCE_DIR) + "/profiles";

TEST(Profile, QianfanIsThereAndItsWindowHoldsTheSatellitesOnStation)
{
    const auto p = load_profile("qianfan", std::array{ k_folder });
    ASSERT_TRUE(p) << p.error().message;
    EXPECT_EQ(p->name, "qianfan");
    EXPECT_EQ(*p->min_elevation_deg, 25.0);
    EXPECT_TRUE(p->downlink_hz->holds(12.7e9));
    EXPECT_FALSE(p->downlink_hz->holds(14.0e9));
    EXPECT_TRUE(p->uplink_hz->holds(14.25e9));
    EXPECT_EQ(*p->symbol_rate_bd, 25e6);
    EXPECT_EQ(*p->rolloff, 0.2);
    const auto file = orbit::load_elements((k_folder / "elements/qianfan_2026-08-22.tle").string());
    int on_station = 0;
    for (const auto& set : file->sets)
        on_station += p->semi_major_axis_km->holds(orbit::catalogue_semi_major_axis_km(*set.mean())) ? 1 : 0;
    EXPECT_EQ(on_station, 164) << "counted with python3-sgp4 from the same file";
}

TEST(Profile, EverythingMayBeMissing)
{
    const auto p = parse_profile("name: x", "x.yaml");
    ASSERT_TRUE(p);
    EXPECT_FALSE(p->semi_major_axis_km || p->min_elevation_deg || p->downlink_hz || p->symbol_rate_bd || p->rolloff);
    EXPECT_EQ(*parse_profile("waveform: {symbol_rate_bd: 1.5M}", "")->symbol_rate_bd, 1.5e6);
}

TEST(Profile, ErrorsNameLineKeyAndRemedy)
{
    const auto message = [](const char* text) {
        const auto p = parse_profile(text, "p.yaml");
        return p ? std::string() : p.error().message;
    };
    EXPECT_THAT(message("name: x\nwaveforms: {}\n"),
                HasSubstr("p.yaml:2: a profile has no key 'waveforms'; it takes name"));
    EXPECT_THAT(message("links:\n  downlink_hz: 12.7G\n"), HasSubstr("p.yaml:2: downlink_hz: write [LOW, HIGH]"));
    EXPECT_THAT(message("links:\n  downlink_hz: [12.7G, 10.7G]\n"), HasSubstr("is above"));
    EXPECT_THAT(message("waveform: {rolloff: much}"), HasSubstr("rolloff: 'much' is no number"));
    EXPECT_THAT(message("waveform: {rolloff: .nan}"), HasSubstr("rolloff"));
    EXPECT_THAT(message("waveform: {rolloff: 2}"), HasSubstr("rolloff 2 is outside 0.05 to 0.35"));
    EXPECT_THAT(message("constellation: 7"), HasSubstr("constellation is no map"));
    EXPECT_THAT(message("constellation: {min_elevation_deg: [1]}"), HasSubstr("min_elevation_deg"));
    EXPECT_THAT(message("name: [1, 2]"), HasSubstr("name is no text"));
    EXPECT_THAT(message("a: [1"), HasSubstr("p.yaml:"));
    EXPECT_THAT(message("- 1"), HasSubstr("no profile"));
    EXPECT_THAT(message(""), HasSubstr("no profile"));
    const auto p = load_profile("no_such", std::array{ k_folder });
    ASSERT_FALSE(p);
    EXPECT_THAT(p.error().message, HasSubstr("no_such: no such profile or file; there is qianfan"));
}

} // namespace
