// SPDX-License-Identifier: GPL-3.0-or-later
#include "plot.hpp"
#include "temp_folder.hpp"

#include <spacesail/base/rng.hpp>

#include <cairo.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

namespace {

using namespace spacesail;
using namespace spacesail::cli;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> labels(const std::vector<axis_tick>& ticks)
{
    std::vector<std::string> out;
    for (const auto& t : ticks) {
        if (!t.label.empty()) out.push_back(t.label);
    }
    return out;
}

TEST(Ticks, LinearStepsAreRound)
{
    EXPECT_THAT(labels(linear_ticks(0, 10, 5)), ElementsAre("0", "2", "4", "6", "8", "10"));
    EXPECT_THAT(labels(linear_ticks(-1.05, 1.05, 5)), ElementsAre("-1.0", "-0.5", "0.0", "0.5", "1.0"));
    EXPECT_THAT(labels(linear_ticks(0, 1, 4)), ElementsAre("0.00", "0.25", "0.50", "0.75", "1.00"));
    EXPECT_THAT(labels(linear_ticks(238'000, 242'000, 4)),
                ElementsAre("238000", "239000", "240000", "241000", "242000"));
    EXPECT_THAT(labels(linear_ticks(0, 3e6, 3)), ElementsAre("0", "1e+06", "2e+06", "3e+06"));
    for (const double bad : { 0.0, -1.0, std::nan(""), double{ INFINITY } })
        EXPECT_TRUE(linear_ticks(0, bad, 5).empty());
    EXPECT_LE(linear_ticks(1e15, 1e15 + 1, 5).size(), 1000U);
}

TEST(Ticks, Decades)
{
    EXPECT_THAT(labels(logarithmic_ticks(1e-5, 1, 10)), ElementsAre("1e-5", "1e-4", "1e-3", "0.01", "0.1", "1"));
    EXPECT_EQ(logarithmic_ticks(1, 10, 5).size(), 10U);
    EXPECT_TRUE(logarithmic_ticks(0, 1, 5).empty());
}

TEST(Ticks, TimesAreRoundInTheDay)
{
    const auto epoch = *parse_utc("2026-08-22T05:56:31Z");
    EXPECT_THAT(labels(time_ticks(0, 600, 6, epoch)), ElementsAre("05:58", "06:00", "06:02", "06:04", "06:06"));
    EXPECT_THAT(labels(time_ticks(0, 20, 5, epoch)), ElementsAre("05:56:35", "05:56:40", "05:56:45", "05:56:50"));
    EXPECT_THAT(labels(time_ticks(0, 1, 2, epoch)), ElementsAre("05:56:31.0", "05:56:31.5", "05:56:32.0"));
}

/// A PNG read back, pixel by pixel.
class picture
{
public:
    explicit picture(const std::string& file) : d_surface(cairo_image_surface_create_from_png(file.c_str())) {}
    picture(const picture&) = delete;
    picture& operator=(const picture&) = delete;
    ~picture() { cairo_surface_destroy(d_surface); }
    int width() const { return cairo_image_surface_get_width(d_surface); }
    int height() const { return cairo_image_surface_get_height(d_surface); }
    /// Pixels within the rectangle that are nearer to `c` than to white or grey.
    int count(const colour& c, int x0, int y0, int x1, int y1) const
    {
        int n = 0;
        for (int y = y0; y < y1; ++y) {
            const auto* row = reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(d_surface) +
                                                                     y * cairo_image_surface_get_stride(d_surface));
            for (int x = x0; x < x1; ++x) {
                const double r = (row[x] >> 16 & 255) / 255.0, g = (row[x] >> 8 & 255) / 255.0,
                             b = (row[x] & 255) / 255.0;
                n += std::abs(r - c.r) + std::abs(g - c.g) + std::abs(b - c.b) < 0.15 ? 1 : 0;
            }
        }
        return n;
    }
    int count(const colour& c) const { return count(c, 0, 0, width(), height()); }

private:
    cairo_surface_t* d_surface;
};

TEST(Plot, DrawsWhereTheDataAre)
{
    const test::temp_folder folder;
    figure f(800, 600);
    auto& p = f.add_panel(0, 0);
    p.x.low = p.y.low = 0.0;
    p.x.high = p.y.high = 1.0;
    const colour red{ 1, 0, 0, 1 };
    p.add_scatter(std::vector{ 0.25 }, std::vector{ 0.75 }, "", { .ink = red, .radius_px = 10 });
    ASSERT_TRUE(f.save_png(folder / "p.png"));
    const picture png(folder / "p.png");
    ASSERT_EQ(png.width(), 800);
    ASSERT_EQ(png.height(), 600);
    EXPECT_NEAR(png.count(red), 314, 50) << "a disc of radius 10";
    EXPECT_EQ(png.count(red), png.count(red, 0, 0, 400, 300)) << "left of the middle, above it";
}

TEST(Plot, NothingLeavesItsPanelAndNothingFiniteIsNeeded)
{
    const test::temp_folder folder;
    figure f(600, 400);
    auto& p = f.add_panel(0, 0);
    p.x.low = p.y.low = -1.0;
    p.x.high = p.y.high = 1.0;
    const colour red{ 1, 0, 0, 1 };
    const double nan = std::nan("");
    p.add_lines(std::vector{ -100.0, 100.0 }, std::vector{ 50.0, 50.0 }, "", { .ink = red });
    p.add_lines(
        std::vector{ 0.0, nan, 1.0, double{ INFINITY } }, std::vector{ nan, 0.0, 0.5, 0.2 }, "", { .ink = red });
    ASSERT_TRUE(f.save_png(folder / "p.png"));
    EXPECT_EQ(picture(folder / "p.png").count(red), 0);
}

TEST(Plot, EmptyAndConstantDataStillGiveAPicture)
{
    const test::temp_folder folder;
    figure f(900, 300);
    f.add_panel(0, 0).title = "Nothing";
    f.add_panel(0, 1).add_lines(std::vector{ 1.0, 1.0 }, std::vector{ 5.0, 5.0 }, "constant");
    auto& log = f.add_panel(0, 2);
    log.y.kind = axis_kind::logarithmic;
    log.add_lines(std::vector{ 1.0, 2.0, 3.0 }, std::vector{ 0.0, -1.0, 0.0 }, "no positive value");
    f.add_panel(0, 3).kind = panel_kind::sky;
    EXPECT_TRUE(f.save_png(folder / "p.png"));
}

TEST(Plot, TroubleIsNamed)
{
    EXPECT_THROW(figure(10, 10), std::invalid_argument);
    figure f(100, 100);
    EXPECT_THROW(f.add_panel(0, 0).add_lines(std::vector{ 1.0 }, std::vector<double>{}), std::invalid_argument);
    const auto r = f.save_png("/no/such/folder/p.png");
    ASSERT_FALSE(r);
    EXPECT_THAT(r.error().message, HasSubstr("/no/such/folder/p.png"));
}

/// The picture a receiver shows, for people to look at: SPACESAIL_KEEP_PLOT names the file it stays in.
TEST(Plot, ReceiverPicture)
{
    const test::temp_folder folder;
    rng r(1);
    figure f(1280, 860);
    f.title = "Receiver on pass.sigmf-meta";
    f.subtitle = "QPSK 3/4 normal, 25 MBd, roll-off 0.20   |   Es/N0 6.1 dB   |   1200 frames, 0 errors";

    auto& scatter = f.add_panel(0, 0, 2, 1);
    scatter.title = "Constellation";
    scatter.kind = panel_kind::square;
    scatter.x.label = "In-phase";
    scatter.y.label = "Quadrature";
    scatter.x.low = scatter.y.low = -1.6;
    scatter.x.high = scatter.y.high = 1.6;
    std::vector<std::complex<float>> points;
    for (int i = 0; i < 60'000; ++i) {
        const double phase = 0.7853981633974483 * (1 + 2 * static_cast<double>(r.below(4)));
        points.emplace_back(std::complex<float>(std::polar(1.0, phase) + 0.25 * r.normal_pair()));
    }
    scatter.add_density(points, "equalised symbols");
    const double a = std::sqrt(0.5);
    scatter.add_scatter(
        std::vector{ a, -a, -a, a }, std::vector{ a, a, -a, -a }, "ideal", { .radius_px = 5, .shape = marker::ring });

    auto& spectrum = f.add_panel(0, 1);
    spectrum.title = "Spectrum";
    spectrum.x.label = "Frequency (MHz)";
    spectrum.y.label = "Power density (dBFS/Hz)";
    std::vector<double> fx, fy;
    for (int i = -4096; i < 4096; ++i) {
        const double x = 25.0 * i / 4096;
        fx.push_back(x);
        const double edge = 1 / (1 + std::exp((std::abs(x - 0.24) - 12.5) * 3));
        fy.push_back(-130 + 10 * std::log10(0.02 + edge) - 4 * std::log10(1 - r.uniform()) * 0.4);
    }
    spectrum.add_lines(fx, fy, "input");
    spectrum.add_event(0.24, "carrier +240 kHz");

    const auto epoch = *parse_utc("2026-08-22T05:56:31Z");
    std::vector<double> t, es, freq, predicted;
    for (int i = 0; i < 600; ++i) {
        t.push_back(0.5 * i);
        es.push_back(6 + 2 * std::sin(i / 100.0) + 0.1 * r.normal_pair().real());
        predicted.push_back(-240 * std::tanh((i - 300) / 80.0));
        freq.push_back(predicted.back() + 1.5 * r.normal_pair().real());
    }
    auto& quality = f.add_panel(1, 1);
    quality.title = "Es/N0";
    quality.x.label = "Time (UTC)";
    quality.y.label = "Es/N0 (dB)";
    quality.x.kind = axis_kind::time;
    quality.x.epoch = epoch;
    quality.y.low = 3.0;
    quality.add_lines(t, es, "measured");
    quality.add_level(4.03, "ideal threshold");

    auto& doppler = f.add_panel(2, 1);
    doppler.title = "Carrier frequency";
    doppler.x = quality.x;
    doppler.y.label = "Offset (kHz)";
    doppler.add_lines(t, predicted, "predicted", { .width_px = 3 });
    doppler.add_lines(t, freq, "measured", { .width_px = 1 });

    auto& sky = f.add_panel(2, 0);
    sky.title = "Sky";
    sky.kind = panel_kind::sky;
    std::vector<double> az, el;
    for (int i = 0; i <= 100; ++i) {
        az.push_back(200 + 1.5 * i);
        el.push_back(65 * std::sin(3.14159 * i / 100));
    }
    sky.add_lines(az, el, "QF-1 0012", { .width_px = 2.5 });
    sky.add_text(az[50], el[50], "06:01");

    const char* keep = std::getenv("SPACESAIL_KEEP_PLOT");
    const std::string file = keep != nullptr ? keep : folder / "p.png";
    ASSERT_TRUE(f.save_png(file));
    const picture png(file);
    EXPECT_EQ(png.width(), 1280);
    EXPECT_GT(png.count(series_colour(1)), 200) << "rings and measured frequency";
}

} // namespace
