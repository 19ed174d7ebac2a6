// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace spacesail;
using namespace spacesail::cli;
using testing::AllOf;
using testing::HasSubstr;

struct options {
    double symbol_rate = 25e6;
    std::optional<double> gain;
    std::uint64_t frames = 100;
    std::optional<utc_time> start;
    std::optional<io::site_coordinates> site;
    std::vector<double> es_n0;
    std::string pilots = "on";
    io::iq_options iq;
};

/// Reads a command line; what is wrong comes back, empty if nothing is.
std::string parse(options& o, std::vector<std::string> arguments)
{
    CLI::App app;
    add_quantity(app, "--symbol-rate", o.symbol_rate, "BD", "Symbol rate", k_positive);
    add_quantity(app, "--gain", o.gain, "DB", "Gain", { -10, 60 });
    add_count(app, "-n,--frames", o.frames, "N", "Frames", 1);
    add_site(app, "--site", o.site, "Site");
    add_range(app, "--es-n0", o.es_n0, "DB", "Es/N0");
    add_choice(app, "--pilots", o.pilots, { "on", "off" }, "Pilots");
    add_iq_options(app, o.iq);
    std::reverse(arguments.begin(), arguments.end());
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        return e.what();
    }
    return {};
}

TEST(Options, ReadWhatPeopleType)
{
    options o;
    EXPECT_EQ(parse(o,
                    { "--symbol-rate",
                      "27.5M",
                      "--gain=-3",
                      "-n",
                      "20k",
                      "--start",
                      "2026-08-22T06:00:00Z",
                      "--site=31.2,121.5,10",
                      "--es-n0",
                      "1:1:3",
                      "--pilots",
                      "off",
                      "--rate",
                      "50M",
                      "--format",
                      "ci16" }),
              "");
    EXPECT_EQ(o.symbol_rate, 27.5e6);
    EXPECT_EQ(o.gain, -3.0);
    EXPECT_EQ(o.frames, 20000U);
    EXPECT_EQ(o.iq.start->ns, 1787378400'000'000'000);
    EXPECT_EQ(o.site->latitude_deg, 31.2);
    EXPECT_EQ(o.es_n0, (std::vector<double>{ 1, 2, 3 }));
    EXPECT_EQ(o.pilots, "off");
    EXPECT_EQ(o.iq.rate_hz, 50e6);
    EXPECT_EQ(o.iq.format, io::sample_format::ci16);
}

TEST(Options, DefaultsStay)
{
    options o;
    EXPECT_EQ(parse(o, {}), "");
    EXPECT_EQ(o.symbol_rate, 25e6);
    EXPECT_FALSE(o.gain.has_value());
    EXPECT_EQ(o.pilots, "on");
}

TEST(Options, ErrorsNameOptionValueAndRemedy)
{
    options o;
    EXPECT_THAT(parse(o, { "--symbol-rate", "2X" }),
                AllOf(HasSubstr("--symbol-rate"), HasSubstr("2X"), HasSubstr("2M")));
    EXPECT_THAT(parse(o, { "--symbol-rate", "0" }), AllOf(HasSubstr("--symbol-rate"), HasSubstr("above 0")));
    EXPECT_THAT(parse(o, { "--gain", "61" }), AllOf(HasSubstr("--gain"), HasSubstr("61"), HasSubstr("-10 to 60")));
    EXPECT_THAT(parse(o, { "-n", "0" }), AllOf(HasSubstr("--frames"), HasSubstr("0"), HasSubstr("1 to")));
    EXPECT_THAT(parse(o, { "--start", "now" }),
                AllOf(HasSubstr("--start"), HasSubstr("now"), HasSubstr("2026-08-22T06:00:00Z")));
    EXPECT_THAT(parse(o, { "--site", "91,0,0" }), AllOf(HasSubstr("--site"), HasSubstr("latitude")));
    EXPECT_THAT(parse(o, { "--es-n0", "1:2" }), AllOf(HasSubstr("--es-n0"), HasSubstr("FROM:STEP:TO")));
    EXPECT_THAT(parse(o, { "--pilots", "maybe" }),
                AllOf(HasSubstr("--pilots"), HasSubstr("maybe"), HasSubstr("on|off")));
    EXPECT_THAT(parse(o, { "--format", "mp3" }), AllOf(HasSubstr("--format"), HasSubstr("mp3"), HasSubstr("ci16")));
    EXPECT_THAT(parse(o, { "--unknown" }), HasSubstr("--unknown"));
}

} // namespace
