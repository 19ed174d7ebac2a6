// SPDX-License-Identifier: GPL-3.0-or-later
// The atmosphere's losses against ITU-R's own validation examples (working party 3M, CG-3M3J-13-ValEx Rev 5.1, as
// tabulated in ITU-Rpy's test data, commit 6d7f35c36), and, where those have no case, against ITU-Rpy itself.
#include <spacesail/base/units.hpp>
#include <spacesail/channel/gases.hpp>
#include <spacesail/channel/rain.hpp>
#include <spacesail/channel/scintillation.hpp>
#include <spacesail/dsp/fft.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::channel;

/// Six digits and more: the examples print eight to ten.
void expect_close(double got, double want, const char* what, double relative = 2e-6)
{
    EXPECT_NEAR(got, want, std::abs(want) * relative) << what;
}

TEST(Rain, SpecificAttenuationIsThatOfP838)
{
    struct row {
        double elevation_deg, ghz, mm_h, tilt_deg, k, alpha, gamma;
    };
    // ITURP838-3_rain_specific_attenuation
    constexpr row rows[] = {
        { 31.07699124, 14.25, 26.48052, 0.0, 0.03975488, 1.12418043, 1.58130839 },
        { 40.232036, 14.25, 33.936232, 0.0, 0.04007624, 1.11804138, 2.06173213 },
        { 46.35969261, 14.25, 27.13586832, 0.0, 0.04030344, 1.11376017, 1.5920842 },
        { 31.07699124, 29.0, 26.48052, 0.0, 0.22106804, 0.95320005, 5.02180189 },
        { 40.232036, 29.0, 33.936232, 0.0, 0.22031404, 0.9504446, 6.27846024 },
        { 46.35969261, 29.0, 27.13586832, 0.0, 0.21978097, 0.9484851, 5.03135479 },
        { 22.27833468, 14.25, 50.639304, 0.0, 0.03949319, 1.12925336, 3.32139638 },
        { 52.67898486, 14.25, 78.2994993, 0.0, 0.04053522, 1.10944215, 5.11503463 },
        { 22.27833468, 29.0, 50.639304, 0.0, 0.22168203, 0.95543001, 9.42430244 },
        { 52.67898486, 29.0, 78.2994993, 0.0, 0.21923716, 0.9464763, 13.59290086 },
        { 48.24117054, 14.25, 63.62668149, 90.0, 0.04226474, 1.07871664, 3.72901264 },
        { 85.80459566, 14.25, 99.13558978, 90.0, 0.04133039, 1.09499629, 6.34064598 },
        { 20.14335809, 14.25, 42.91007183, 90.0, 0.04319835, 1.0631531, 2.35032323 },
        { 48.24117054, 29.0, 63.62668149, 90.0, 0.21517927, 0.93116621, 10.28699163 },
        { 85.80459566, 29.0, 99.13558978, 90.0, 0.21737148, 0.93950825, 16.3183686 },
        { 20.14335809, 29.0, 42.91007183, 90.0, 0.21298877, 0.92265917, 6.83364556 },
    };
    for (const row& r : rows) {
        const auto [k, alpha] = rain_specific_attenuation(1e9 * r.ghz, r.elevation_deg, r.tilt_deg);
        expect_close(k, r.k, "k");
        expect_close(alpha, r.alpha, "alpha");
        expect_close(k * std::pow(r.mm_h, alpha), r.gamma, "gamma");
    }
    // Table 5 of P.838-3 at 12 GHz: k_H, alpha_H, k_V, alpha_V.
    const auto h = rain_specific_attenuation(12e9, 0.0, 0.0);
    const auto v = rain_specific_attenuation(12e9, 0.0, 90.0);
    EXPECT_NEAR(h.k, 0.02386, 5e-6);
    EXPECT_NEAR(h.alpha, 1.1825, 5e-5);
    EXPECT_NEAR(v.k, 0.02455, 5e-6);
    EXPECT_NEAR(v.alpha, 1.1216, 5e-5);
}

TEST(Rain, SlantPathIsThatOfP618)
{
    struct row {
        double latitude_deg, station_km, ghz, elevation_deg, tilt_deg, mm_h, slant_km, db;
    };
    // ITURP618-13_A_rain, the rows of 0.01 % of the time; the slant length tells the rain height.
    constexpr row rows[] = {
        { 51.5, 0.031382984, 14.25, 31.07699124, 0.0, 26.48052, 4.690817392, 6.798072267 },
        { 41.9, 0.046122988, 14.25, 40.232036, 0.0, 33.936232, 4.646913874, 8.223265009 },
        { 33.94, 0.0, 14.25, 46.35969261, 0.0, 27.13586832, 3.542006965, 5.941806096 },
        { 51.5, 0.031382984, 29.0, 31.07699124, 0.0, 26.48052, 4.690817392, 23.44444523 },
        { 41.9, 0.046122988, 29.0, 40.232036, 0.0, 33.936232, 4.646913874, 28.74272193 },
        { 33.94, 0.0, 29.0, 46.35969261, 0.0, 27.13586832, 3.542006965, 21.24861968 },
        { 22.9, 0.0, 14.25, 22.27833468, 0.0, 50.639304, 10.96995451, 18.94410356 },
        { 25.78, 0.00861728, 14.25, 52.67898486, 0.0, 78.2994993, 5.735098894, 16.42980703 },
        { 22.9, 0.0, 29.0, 22.27833468, 0.0, 50.639304, 10.96995451, 59.62576355 },
        { 25.78, 0.00861728, 29.0, 52.67898486, 0.0, 78.2994993, 5.735098894, 58.47438336 },
        { 28.717, 0.209383699, 14.25, 48.24117054, 90.0, 63.61888808, 6.768266217, 14.87213733 },
        { 3.133, 0.051251456, 14.25, 85.80459566, 90.0, 99.15117186, 4.91990658, 21.61057916 },
        { 9.05, 2.539861878, 14.25, 20.14335809, 90.0, 42.91007183, 6.516372436, 12.28976033 },
        { 28.717, 0.209383699, 29.0, 48.24117054, 90.0, 63.61888808, 6.768266217, 52.83372062 },
        { 3.133, 0.051251456, 29.0, 85.80459566, 90.0, 99.15117186, 4.91990658, 83.37856227 },
        { 9.05, 2.539861878, 29.0, 20.14335809, 90.0, 42.91007183, 6.516372436, 35.97037673 },
    };
    for (const row& r : rows) {
        const rain_path path{ .frequency_hz = 1e9 * r.ghz,
                              .latitude_deg = r.latitude_deg,
                              .station_km = r.station_km,
                              .rain_height_km = r.station_km + r.slant_km * std::sin(deg_to_rad(r.elevation_deg)),
                              .elevation_deg = r.elevation_deg,
                              .tilt_deg = r.tilt_deg };
        expect_close(rain_attenuation_db(path, r.mm_h), r.db, "attenuation", 1e-6);
    }
    const rain_path zenith{ .frequency_hz = 12e9, .latitude_deg = 40.0, .rain_height_km = 3.0 };
    EXPECT_EQ(rain_attenuation_db(zenith, 0.0), 0.0);
    auto above = zenith;
    above.station_km = 3.5;
    EXPECT_EQ(rain_attenuation_db(above, 50.0), 0.0);
    // Straight up and close to it are the same, and the two slant lengths join at 5 degrees within some per cent.
    auto near = zenith;
    near.elevation_deg = 89.9999999;
    EXPECT_NEAR(rain_attenuation_db(zenith, 25.0), rain_attenuation_db(near, 25.0), 1e-3);
    for (const double e : { 0.0, 1.0, 4.99, 5.01 }) {
        near.elevation_deg = e;
        const double db = rain_attenuation_db(near, 25.0);
        EXPECT_TRUE(std::isfinite(db) && db > 0.0) << e;
    }
}

TEST(Rain, HeightAndProfiles)
{
    // P.839-2's closed form at its corners.
    EXPECT_DOUBLE_EQ(rain_height_km(0.0), 5.0);
    EXPECT_DOUBLE_EQ(rain_height_km(23.0), 5.0);
    EXPECT_DOUBLE_EQ(rain_height_km(63.0), 2.0);
    EXPECT_DOUBLE_EQ(rain_height_km(-21.0), 5.0);
    EXPECT_DOUBLE_EQ(rain_height_km(-51.0), 2.0);
    EXPECT_DOUBLE_EQ(rain_height_km(-80.0), 0.0);

    const auto fade = *parse_rain_profile("10:0,30:40,60:5");
    EXPECT_EQ(fade.mm_h(-5.0), 0.0);
    EXPECT_DOUBLE_EQ(fade.mm_h(20.0), 20.0);
    EXPECT_DOUBLE_EQ(fade.mm_h(45.0), 22.5);
    EXPECT_EQ(fade.mm_h(1e6), 5.0);
    EXPECT_EQ(parse_rain_profile("25")->mm_h(7.0), 25.0);
    EXPECT_TRUE(parse_rain_profile("0")->dry());
    EXPECT_FALSE(fade.dry());
    for (const char* wrong : { "", "x", "-1", "501", "nan", "10:5,10:6", "10:5,3", "3,10:5", "1:2:3", "0:1," }) {
        const auto r = parse_rain_profile(wrong);
        ASSERT_FALSE(r) << wrong;
        EXPECT_THAT(r.error().message, testing::HasSubstr(std::string("rain ") + wrong));
    }
}

TEST(Gases, SpecificAttenuationIsThatOfP676)
{
    struct row {
        double ghz, hpa, kelvin, g_m3, dry, vapour;
    };
    // ITURP676-12_gamma
    constexpr row rows[] = {
        { 12.0, 1013.25, 288.15, 7.5, 0.008698264, 0.009535388 },
        { 20.0, 1013.25, 288.15, 7.5, 0.01188355, 0.097047305 },
        { 60.0, 1013.25, 288.15, 7.5, 14.6234748, 0.154841841 },
        { 90.0, 1013.25, 288.15, 7.5, 0.038869711, 0.341973394 },
        { 130.0, 1013.25, 288.15, 7.5, 0.041509084, 0.751844704 },
        { 1.0, 1013.25, 288.15, 7.5, 0.005388658, 5.09e-05 },
        { 5.0, 1013.25, 288.15, 7.5, 0.007400426, 0.001313459 },
        { 11.0, 1013.25, 288.15, 7.5, 0.008448705, 0.007569807 },
        { 13.0, 1013.25, 288.15, 7.5, 0.008975057, 0.012005265 },
        { 22.0, 1013.25, 288.15, 7.5, 0.013130223, 0.174207033 },
        { 25.0, 1013.25, 288.15, 7.5, 0.015504943, 0.130729796 },
        { 30.0, 1013.25, 288.15, 7.5, 0.021449684, 0.072374863 },
        { 50.0, 1013.25, 288.15, 7.5, 0.277268639, 0.111158547 },
        { 58.0, 1013.25, 288.15, 7.5, 12.35314746, 0.145243442 },
        { 61.0, 1013.25, 288.15, 7.5, 15.00715909, 0.159826896 },
        { 75.0, 1013.25, 288.15, 7.5, 0.124485177, 0.238069235 },
        { 100.0, 1013.25, 288.15, 7.5, 0.033625442, 0.424433523 },
        { 118.0, 1013.25, 288.15, 7.5, 1.134866202, 0.605921953 },
        { 150.0, 1013.25, 288.15, 7.5, 0.014346913, 1.109217626 },
        { 183.0, 1013.25, 288.15, 7.5, 0.012733909, 27.66500831 },
        { 250.0, 1013.25, 288.15, 7.5, 0.018753887, 3.077989748 },
        { 300.0, 1013.25, 288.15, 7.5, 0.025759576, 5.221329041 },
        { 350.0, 1013.25, 288.15, 7.5, 0.036805627, 10.12267314 },
    };
    for (const row& r : rows) {
        const auto got = gas_specific_attenuation(1e9 * r.ghz, { r.hpa, r.kelvin, r.g_m3 });
        expect_close(got.dry, r.dry, "dry");
        // The example at 1 GHz prints three digits.
        expect_close(got.vapour, r.vapour, "vapour", r.ghz == 1.0 ? 1e-3 : 2e-6);
    }
}

TEST(Gases, SlantPathIsThatOfP676)
{
    struct row {
        double elevation_deg, ghz, g_m3, kelvin, hpa, slant_db, vapour_zenith_db;
    };
    // ITURP676-12_A_gas and _zenith_attenuation: their vapour comes from the column content, their dry part from the
    // equivalent height.
    constexpr row rows[] = {
        { 31.07699124, 14.25, 13.79653679, 283.6108756, 1009.485612, 0.226874038, 0.070935174 },
        { 40.232036, 14.25, 18.26241988, 288.0897369, 1007.721474, 0.189480858, 0.076414579 },
        { 46.35969261, 14.25, 22.73000178, 293.3696795, 1013.25, 0.176011463, 0.080993248 },
        { 31.07699124, 14.25, 14.41253061, 283.6108756, 1009.485612, 0.236084908, 0.075646666 },
        { 40.232036, 14.25, 18.74920923, 288.0897369, 1007.721474, 0.19496915, 0.079925163 },
        { 46.35969261, 14.25, 23.19950108, 293.3696795, 1013.25, 0.18467591, 0.087230152 },
        { 31.07699124, 29.0, 13.79653679, 283.6108756, 1009.485612, 0.837659939, 0.33414618 },
        { 40.232036, 29.0, 18.26241988, 288.0897369, 1007.721474, 0.706966165, 0.358893372 },
        { 46.35969261, 29.0, 22.73000178, 293.3696795, 1013.25, 0.665977674, 0.383456544 },
        { 31.07699124, 29.0, 14.41253061, 283.6108756, 1009.485612, 0.880472547, 0.356149633 },
        { 40.232036, 29.0, 18.74920923, 288.0897369, 1007.721474, 0.732381445, 0.375232643 },
        { 46.35969261, 29.0, 23.19950108, 293.3696795, 1013.25, 0.706485074, 0.412697082 },
    };
    for (const row& r : rows) {
        const surface_air air{ r.hpa, r.kelvin, r.g_m3 };
        const double dry =
            gas_specific_attenuation(1e9 * r.ghz, air).dry * gas_equivalent_heights(1e9 * r.ghz, air).dry;
        expect_close((dry + r.vapour_zenith_db) * slant_factor(r.elevation_deg), r.slant_db, "slant", 1e-5);
    }
    struct computed {
        double ghz, hpa, kelvin, g_m3, dry_km, vapour_km, zenith_db;
    };
    // ITU-Rpy, commit 6d7f35c36: itu676 version 12, slant_inclined_path_equivalent_height and
    // gaseous_attenuation_slant_path(f, 90, rho, P, T).
    constexpr computed golden[] = {
        { 10.7, 1013.25, 288.15, 7.5, 4.898146227, 1.70552244, 0.05307663572 },
        { 10.7, 1000.0, 300.0, 20.0, 5.36483914, 1.858169848, 0.0772962698 },
        { 10.7, 900.0, 265.0, 2.0, 3.901901626, 2.386325557, 0.03691888872 },
        { 11.7, 1013.25, 288.15, 7.5, 4.894306934, 1.707946816, 0.05739279374 },
        { 11.7, 1000.0, 300.0, 20.0, 5.360628741, 1.860607061, 0.0881342207 },
        { 11.7, 900.0, 265.0, 2.0, 3.898970477, 2.388888554, 0.03899867551 },
        { 12.7, 1013.25, 288.15, 7.5, 4.890799378, 1.711144451, 0.06264047034 },
        { 12.7, 1000.0, 300.0, 20.0, 5.356782155, 1.863821606, 0.1014854628 },
        { 12.7, 900.0, 265.0, 2.0, 3.896292422, 2.392270117, 0.04147090623 },
        { 14.25, 1013.25, 288.15, 7.5, 4.885881961, 1.718550189, 0.07347583925 },
        { 14.25, 1000.0, 300.0, 20.0, 5.351389456, 1.871266409, 0.1296001007 },
        { 14.25, 900.0, 265.0, 2.0, 3.892537607, 2.400106609, 0.04639792094 },
        { 19.7, 1013.25, 288.15, 7.5, 4.872166997, 1.881476753, 0.2200886017 },
        { 19.7, 1000.0, 300.0, 20.0, 5.336349069, 2.035017705, 0.5269600592 },
        { 19.7, 900.0, 265.0, 2.0, 3.882062465, 2.57421539, 0.1061199722 },
        { 29.5, 1013.25, 288.15, 7.5, 4.858564962, 1.723677145, 0.2284635782 },
        { 29.5, 1000.0, 300.0, 20.0, 5.321433287, 1.876420334, 0.4889232006 },
        { 29.5, 900.0, 265.0, 2.0, 3.871661182, 2.405535434, 0.1270252764 },
    };
    for (const computed& r : golden) {
        const surface_air air{ r.hpa, r.kelvin, r.g_m3 };
        const auto height = gas_equivalent_heights(1e9 * r.ghz, air);
        expect_close(height.dry, r.dry_km, "h_o", 1e-9);
        expect_close(height.vapour, r.vapour_km, "h_w", 1e-9);
        expect_close(gas_zenith_attenuation_db(1e9 * r.ghz, air), r.zenith_db, "zenith", 1e-9);
    }
    EXPECT_NEAR(slant_factor(4.999999), slant_factor(5.0), 1e-4);
    // At the horizon an exponential layer of scale h has sqrt(pi R / 2 h) times its zenith (Chapman's function): 52 for
    // 5 km.
    EXPECT_NEAR(slant_factor(0.0), std::sqrt(0.5 * k_pi * 8500.0 / 5.0), 10.0);
    EXPECT_GT(slant_factor(0.0), slant_factor(1.0));
    // The standard atmosphere of P.835 at 5 km: 540.5 hPa, 255.65 K.
    EXPECT_NEAR(standard_air(5.0).dry_pressure_hpa, 540.2, 0.5);
    EXPECT_NEAR(standard_air(5.0).temperature_k, 255.65, 1e-9);
    EXPECT_NEAR(standard_air(2.0).vapour_g_m3, 7.5 / std::exp(1.0), 1e-9);
}

TEST(Scintillation, StrengthIsThatOfP618)
{
    struct row {
        double ghz, elevation_deg, diameter_m, efficiency, n_wet, depth_db;
    };
    // ITURP618-13_A_sci at p = 1 %, where the time percentage factor a(p) is 3.
    constexpr row rows[] = {
        { 14.25, 31.07699124, 1.0, 0.65, 50.38926222, 0.261931889 },
        { 14.25, 40.232036, 1.0, 0.65, 61.21890044, 0.224052195 },
        { 14.25, 46.35969261, 1.0, 0.65, 80.14015964, 0.23279942 },
        { 20.0, 31.07699124, 1.0, 0.65, 50.38926222, 0.316526338 },
        { 20.0, 40.232036, 1.0, 0.65, 61.21890044, 0.270357535 },
        { 20.0, 46.35969261, 1.0, 0.65, 80.14015964, 0.280679922 },
        { 14.25, 22.27833468, 1.0, 0.65, 104.3584747, 0.620097436 },
        { 14.25, 52.67898486, 1.0, 0.65, 113.2738672, 0.266474934 },
        { 20.0, 22.27833468, 1.0, 0.65, 104.3584747, 0.750596809 },
        { 20.0, 52.67898486, 1.0, 0.65, 113.2738672, 0.321044785 },
        { 14.25, 48.24117054, 1.0, 0.65, 75.66013547, 0.21564126 },
        { 14.25, 85.80459566, 1.0, 0.65, 128.1408003, 0.221671285 },
        { 14.25, 20.14335809, 1.0, 0.65, 61.73157333, 0.485339887 },
        { 20.0, 48.24117054, 1.0, 0.65, 75.66013547, 0.259932532 },
        { 20.0, 85.80459566, 1.0, 0.65, 128.1408003, 0.266539119 },
        { 20.0, 20.14335809, 1.0, 0.65, 61.73157333, 0.587744646 },
    };
    for (const row& r : rows) {
        expect_close(3.0 *
                         scintillation_sigma_db({ 1e9 * r.ghz, r.elevation_deg, r.diameter_m, r.efficiency, r.n_wet }),
                     r.depth_db,
                     "depth");
    }
    // P.453-14, equation (4), at 15 degrees and 7.5 g/m3: e = 9.973 hPa.
    EXPECT_NEAR(wet_refractivity({}), 72.0 * 9.9730 / 288.15 + 3.75e5 * 9.9730 / (288.15 * 288.15), 1e-3);
}

TEST(Scintillation, IsGaussianWithItsSpectrum)
{
    constexpr double corner_hz = 0.5;
    constexpr std::size_t n = 16384; // 164 s
    constexpr int rounds = 100;
    scintillation source(corner_hz, 3);
    dsp::fft transform(n);
    std::vector<double> density(n);
    double sum = 0.0, squares = 0.0, fourths = 0.0;
    for (int r = 0; r < rounds; ++r) {
        const auto x = transform.data();
        double window = 0.0;
        for (std::size_t k = 0; k < n; ++k) {
            const double v = source.next();
            sum += v;
            squares += v * v;
            fourths += v * v * v * v;
            const double w = 0.5 - 0.5 * std::cos(k_two_pi * static_cast<double>(k) / n);
            x[k] = { static_cast<float>(w * v), 0.0F };
            window += w * w;
        }
        transform.forward();
        for (std::size_t k = 0; k < n; ++k)
            density[k] += std::norm(std::complex<double>(x[k])) / window / 100.0 / rounds;
    }
    const double count = static_cast<double>(n) * rounds;
    // Some 16 000 s at a correlation time of 0.3 s: 25 000 independent values, 5 sigma of mean and variance.
    EXPECT_NEAR(sum / count, 0.0, 5.0 / std::sqrt(25e3));
    EXPECT_NEAR(squares / count, 1.0, 5.0 * std::sqrt(2.0 / 25e3));
    EXPECT_NEAR(fourths * count / squares / squares, 3.0, 0.25);
    const auto level_db = [&](double hz) {
        const auto centre = static_cast<std::size_t>(std::lround(hz / 100.0 * n));
        const std::size_t spread = centre / 10 + 1;
        double v = 0.0;
        for (std::size_t k = centre - spread; k <= centre + spread; ++k) v += density[k];
        return linear_to_db(v / static_cast<double>(2 * spread + 1));
    };
    // Flat below, f^-8/3 beyond: variance 1 is 2 S (f_c + 3/5 f_c).
    EXPECT_NEAR(level_db(0.05), linear_to_db(1.0 / (3.2 * corner_hz)), 2.5);
    for (const double hz : { 1.5, 5.0, 15.0, 35.0 })
        EXPECT_NEAR(level_db(hz), linear_to_db(1.0 / (3.2 * corner_hz)) - 80.0 / 3.0 * std::log10(hz / corner_hz), 2.5)
            << hz;

    scintillation one(corner_hz, 3), other(corner_hz, 4);
    const double first = one.next();
    EXPECT_NE(first, other.next());
    for (int k = 0; k < 2000; ++k) one.next();
    one.reset();
    EXPECT_EQ(one.next(), first);
    EXPECT_THROW(scintillation(0.0, 1), std::invalid_argument);
}

} // namespace
