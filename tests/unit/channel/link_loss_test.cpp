// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/channel/link_loss.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <alloc_guard.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace {

using namespace spacesail;
using namespace spacesail::channel;
using spacesail::test::allocations;

TEST(TerminalAntenna, EvenApertureIsBessels)
{
    struct row {
        double angle_deg, db;
    };
    // scipy 1.10.1: 20 log10 |2 j1(u) / u|, u = pi D / lambda sin(angle), D = 0.6 m, 12 GHz.
    constexpr row rows[] = {
        { 0.1, -0.01883471 },   { 0.5, -0.47501565 },   { 1.0, -1.95599127 },   { 1.5, -4.64933308 },
        { 2.0, -9.10676853 },   { 2.5, -17.30889163 },  { 3.0, -32.58881951 },  { 4.0, -17.63926657 },
        { 5.0, -27.92662576 },  { 7.0, -26.47369782 },  { 10.0, -42.61901020 }, { 20.0, -58.47422540 },
        { 45.0, -50.36292252 }, { 80.0, -52.47735850 },
    };
    const terminal_antenna antenna({ .pattern = antenna_pattern::aperture, .diameter_m = 0.6, .floor_db = -90.0 });
    const sky_direction beam{ 120.0, 40.0 };
    for (const row& r : rows) {
        EXPECT_NEAR(antenna.gain_db(beam, { 120.0, 40.0 + r.angle_deg }), r.db, 1e-5) << r.angle_deg;
        if (r.angle_deg < 40.0) EXPECT_NEAR(antenna.gain_db(beam, { 120.0, 40.0 - r.angle_deg }), r.db, 1e-5);
    }
    EXPECT_EQ(antenna.gain_db(beam, beam), 0.0);
    EXPECT_EQ(antenna.gain_db(beam, { 300.0, 10.0 }), -90.0);
    // At elevation 60 a degree of azimuth is half a degree of sky.
    EXPECT_NEAR(angle_between_deg({ 10.0, 60.0 }, { 11.0, 60.0 }), 0.5, 1e-4);
    EXPECT_NEAR(angle_between_deg({ 0.0, 0.0 }, { 1e-7, 0.0 }), 1e-7, 1e-13);
    EXPECT_NEAR(angle_between_deg({ 0.0, 85.0 }, { 180.0, 85.0 }), 10.0, 1e-9);
}

TEST(TerminalAntenna, MaskIsThatOfTheRadioRegulations)
{
    // Appendix 8, Annex III worked by hand for D / lambda = 20 and 120.
    const double lambda_m = k_speed_of_light_m_s / 12e9;
    const terminal_antenna small({ .pattern = antenna_pattern::itu_mask, .diameter_m = 20.0 * lambda_m });
    const auto off = [](const terminal_antenna& a, double deg) {
        return a.best_dbi() + a.gain_db({ 0.0, 20.0 }, { 0.0, 20.0 + deg });
    };
    EXPECT_NEAR(small.best_dbi(), 33.7206, 1e-3);
    EXPECT_NEAR(off(small, 1.0), 33.7206 - 1.0, 1e-3);        // 2.5e-3 * 20^2
    EXPECT_NEAR(off(small, 4.0), 2.0 + 15.0 * 1.30103, 1e-3); // the shelf, up to 100 lambda / D = 5 deg
    EXPECT_NEAR(off(small, 10.0), 52.0 - 13.0103 - 25.0, 1e-3);
    EXPECT_NEAR(off(small, 60.0), 10.0 - 13.0103, 1e-3);
    const terminal_antenna large({ .pattern = antenna_pattern::itu_mask, .diameter_m = 120.0 * lambda_m });
    EXPECT_NEAR(off(large, 0.8), 2.0 + 15.0 * 2.0791812, 1e-3); // up to 15.85 (D / lambda)^-0.6 = 0.897 deg
    EXPECT_NEAR(off(large, 2.0), 32.0 - 25.0 * 0.30103, 1e-3);
    EXPECT_NEAR(off(large, 60.0), -10.0, 1e-3);
    double last = 0.0;
    for (double a = 0.0; a < 48.0; a += 0.05) { // the mask itself rises by 0.03 dB at 48 deg
        const double g = small.gain_db({ 0.0, 0.0 }, { a, 0.0 });
        EXPECT_LE(g, last + 1e-9) << a;
        last = g;
    }
}

TEST(TerminalAntenna, PanelLosesByScanning)
{
    const terminal_antenna panel({ .pattern = antenna_pattern::phased_array, .diameter_m = 0.5, .scan_exponent = 1.4 });
    for (const double e : { 90.0, 60.0, 30.0, 25.0 })
        EXPECT_NEAR(panel.gain_db({ 77.0, e }, { 77.0, e }), 14.0 * std::log10(std::sin(deg_to_rad(e))), 1e-9) << e;
    // Scanned to 60 degrees the beam is twice as wide along the scan: the projection halves the angle.
    const double straight = panel.gain_db({ 0.0, 90.0 }, { 0.0, 89.5 });
    const double scanned = panel.gain_db({ 0.0, 30.0 }, { 0.0, 31.0 }) - 14.0 * std::log10(std::sin(deg_to_rad(31.0)));
    EXPECT_NEAR(scanned, straight, 0.05);
    EXPECT_EQ(panel.gain_db({ 0.0, 30.0 }, { 0.0, -5.0 }), -60.0);
    // Tilted to the south it sees low southern satellites better and northern ones behind it not at all.
    const terminal_antenna south(
        { .pattern = antenna_pattern::phased_array, .scan_exponent = 1.4, .panel_normal = { 180.0, 30.0 } });
    EXPECT_NEAR(south.gain_db({ 180.0, 30.0 }, { 180.0, 30.0 }), 0.0, 1e-9);
    EXPECT_EQ(south.gain_db({ 0.0, 40.0 }, { 0.0, 40.0 }), -60.0);
    EXPECT_THROW(terminal_antenna({ .pattern = antenna_pattern::aperture, .diameter_m = 0.0 }), std::invalid_argument);
    EXPECT_THROW(terminal_antenna({ .pattern = antenna_pattern::phased_array, .scan_exponent = 9.0 }),
                 std::invalid_argument);
}

const orbit::geodetic k_shanghai{ 31.2, 121.5, 20.0 };

struct scene {
    doppler::delay_engine served, other;
    orbit::pass pass;
};

/// Culmination of the first satellite's best pass, and another satellite of the snapshot in view then.
scene culmination()
{
    const auto sets =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets;
    const orbit::site where(k_shanghai);
    orbit::pass_query query;
    query.start = sets[0].epoch;
    const auto found = orbit::find_passes(std::span(sets).first(1), where, query).passes;
    const auto best = *std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return a.at_culmination.elevation_deg < b.at_culmination.elevation_deg;
    });
    const auto engine = [&](const orbit::element_set& set) {
        return *doppler::delay_engine::create(set, where, best.tca);
    };
    for (std::size_t k = 1; k < sets.size(); ++k) {
        const auto e = engine(sets[k]);
        const auto s = e.down(0.0);
        if (s && s->look.elevation_deg > 15.0) return { engine(sets[0]), e, best };
    }
    throw std::runtime_error("no second satellite in view");
}

link_loss_config everything()
{
    link_loss_config c{ .frequency_hz = 12.7e9, .latitude_deg = 31.2, .height_km = 0.02 };
    c.rain = *parse_rain_profile("0:0,10:40");
    c.gases = standard_air(0.02);
    c.antenna = { .pattern = antenna_pattern::aperture, .diameter_m = 0.6, .frequency_hz = 12.7e9 };
    return c;
}

TEST(LinkLoss, TermsFollowGeometryAndWeather)
{
    const auto s = culmination();
    auto c = everything();
    link_loss loss(c, s.served, s.served);
    const auto t = *loss.at(10.0);
    const auto link = *s.served.down(10.0);
    EXPECT_NEAR(t.free_space_db, 20.0 * std::log10(link.delay_s * 12.7e9) + 21.984, 1e-3); // 20 log(4 pi)
    EXPECT_DOUBLE_EQ(t.rain_mm_h, 40.0);
    EXPECT_DOUBLE_EQ(
        t.rain_db,
        rain_attenuation_db({ 12.7e9, 31.2, 0.02, rain_height_km(31.2), link.look.elevation_deg, 45.0 }, 40.0));
    EXPECT_DOUBLE_EQ(t.gas_db,
                     gas_zenith_attenuation_db(12.7e9, *c.gases) / std::sin(deg_to_rad(link.look.elevation_deg)));
    EXPECT_EQ(t.pointing_db, 0.0);
    EXPECT_NEAR(loss.gain_db(10.0), -(t.rain_db + t.gas_db), 1e-9);
    EXPECT_EQ(loss.at(0.0)->rain_db, 0.0);

    // The other satellite comes through the side lobes of the beam on the first.
    link_loss side(c, s.other, s.served);
    const auto far = *side.at(0.0);
    const auto a = s.served.down(0.0)->look;
    const auto b = s.other.down(0.0)->look;
    EXPECT_NEAR(far.off_beam_deg,
                angle_between_deg({ a.azimuth_deg, a.elevation_deg }, { b.azimuth_deg, b.elevation_deg }),
                1e-12);
    EXPECT_GT(far.pointing_db, 15.0);
    EXPECT_EQ(link_loss(c, s.other, s.other).at(0.0)->pointing_db, 0.0);

    // A lag of 1 s at culmination is the angle the satellite moves in it, about a third of a degree at 1070 km.
    c.pointing.lag_s = 1.0;
    const auto late = *link_loss(c, s.served, s.served).at(0.0);
    EXPECT_GT(late.off_beam_deg, 0.2);
    EXPECT_LT(late.off_beam_deg, 0.5);
    c.pointing = { .elevation_deg = -1.0 };
    EXPECT_NEAR(link_loss(c, s.served, s.served).at(0.0)->off_beam_deg, 1.0, 1e-9);

    // Nothing from below the horizon.
    EXPECT_FALSE(loss.at(1800.0));
    EXPECT_EQ(loss.gain_db(1800.0), -std::numeric_limits<double>::infinity());
}

TEST(LinkLoss, BadParametersAreNamed)
{
    const auto s = culmination();
    const auto refused = [&](auto&& change) {
        auto c = everything();
        change(c);
        EXPECT_THROW(link_loss(c, s.served, s.served), std::invalid_argument);
    };
    refused([](auto& c) { c.frequency_hz = 100e9; });
    refused([](auto& c) { c.frequency_hz = 437e6; });
    // Without an atmosphere any frequency will do.
    EXPECT_NO_THROW(link_loss({ .frequency_hz = 437e6 }, s.served, s.served));
    refused([](auto& c) { c.latitude_deg = 91.0; });
    refused([](auto& c) { c.rain_height_km = 11.0; });
    refused([](auto& c) { c.gases->vapour_g_m3 = -1.0; });
    refused([](auto& c) { c.pointing.lag_s = 1e4; });
    refused([](auto& c) { c.scintillation_corner_hz = 100.0; });
    refused([](auto& c) { c.antenna.diameter_m = -1.0; });
    const std::array<rain_point, 1> negative{ rain_point{ 0.0, -1.0 } };
    EXPECT_THROW(rain_profile{ negative }, std::invalid_argument);
    EXPECT_THROW(sky_noise(everything(), s.served, 0.0), std::invalid_argument);
}

TEST(LinkLoss, SkyGetsWarmByRain)
{
    // P.618-13, clause 3, by hand: 3 dB make 275 (1 - 0.50119) + 2.7 * 0.50119 = 138.53 K.
    EXPECT_NEAR(sky_noise::sky_k(3.0), 138.53, 0.01);
    EXPECT_NEAR(sky_noise::sky_k(0.0), 2.7, 1e-12);
    const auto s = culmination();
    const auto c = everything();
    sky_noise sky(c, s.served, 100.0);
    const auto wet = *link_loss(c, s.served, s.served).at(10.0);
    const auto dry = *link_loss(c, s.served, s.served).at(0.0);
    EXPECT_NEAR(sky.gain_db(0.0), 0.0, 1e-9);
    EXPECT_NEAR(
        sky.gain_db(10.0),
        linear_to_db((100.0 + sky_noise::sky_k(wet.rain_db + wet.gas_db)) / (100.0 + sky_noise::sky_k(dry.gas_db))),
        1e-9);
    EXPECT_GT(sky.gain_db(10.0), 2.0);
}

TEST(LinkLoss, FadesTheChannelWithoutAllocating)
{
    // A rain fade of two seconds through the channel: levels of a line measured before and at its bottom.
    const auto s = culmination();
    auto c = everything();
    c.rain = *parse_rain_profile("0.5:0,1:60,2:60");
    c.scintillation_corner_hz = 0.3;
    c.pointing.elevation_deg = 0.5;
    constexpr double rate_hz = 1e5;
    const auto run = [&](std::uint64_t seed) {
        doppler::orbit_delay_source delays(
            s.served, doppler::link_direction::down, sample_clock(rate_hz, s.served.origin()));
        link_loss loss(c, s.served, s.served, seed);
        const satellite_path path{ .delays = &delays, .gains = &loss };
        leo_channel channel(
            { .sample_rate_hz = rate_hz, .carrier_hz = 12.7e9, .reference_delay_s = *s.served.tau_down(0.0) },
            std::span(&path, 1));
        const std::vector<std::complex<float>> x(200'000, { 1.0F, 0.0F });
        std::vector<std::complex<float>> y(190'000);
        const auto before = allocations();
        channel.process(x, y);
        EXPECT_EQ(allocations(), before);
        return y;
    };
    const auto y = run(1);
    link_loss plain(c, s.served, s.served);
    const double sigma = plain.at(0.0)->scintillation_sigma_db;
    EXPECT_GT(sigma, 0.01);
    for (const double t : { 0.2, 0.75, 1.5, 1.8 }) {
        double power = 0.0;
        for (std::size_t k = 0; k < 1000; ++k)
            power += std::norm(std::complex<double>(y[static_cast<std::size_t>(t * rate_hz) + k])) / 1000.0;
        EXPECT_NEAR(linear_to_db(power), -plain.at(t + 0.005)->total_db(), 5.0 * sigma) << t;
    }
    EXPECT_EQ(run(1), y);
    EXPECT_NE(run(2), y);
}

} // namespace
