// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/sgp4_deep.hpp"

#include <spacesail/base/units.hpp>

#include <cmath>

// Equations: AIAA 2006-6753, appendix B (the deep-space part); constants: Spacetrack Report 3, section 8.
namespace spacesail::orbit {
namespace {

constexpr double k_sun_rate = 1.19459e-5;                 // zns, rad/min
constexpr double k_sun_eccentricity = 0.01675;            // zes
constexpr double k_moon_rate = 1.5835218e-4;              // znl
constexpr double k_moon_eccentricity = 0.05490;           // zel
constexpr double k_earth_rate = 4.37526908801129966e-3;   // rptim, rad/min
constexpr double k_equatorial_inclination = 5.2359877e-2; // 3 deg: below it the node rates are dropped
constexpr double k_lyddane_inclination = 0.2;             // below it the periodics go to a form without a pole

/// Direction cosines of the disturbing body's orbit.
struct body_orbit {
    double cos_g, sin_g, cos_i, sin_i, cos_h, sin_h, strength;
};

/// The z and s factors of one body (dscom).
struct body_factors {
    double z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33;
    double s1, s2, s3, s4, s5, s6, s7;
};

struct orbit_angles {
    double e, e2, beta2, beta, sin_i, cos_i, sin_w, cos_w, sin_node, cos_node, n;
};

body_factors factors(const body_orbit& b, const orbit_angles& o) noexcept
{
    const double a1 = b.cos_g * b.cos_h + b.sin_g * b.cos_i * b.sin_h;
    const double a3 = -b.sin_g * b.cos_h + b.cos_g * b.cos_i * b.sin_h;
    const double a7 = -b.cos_g * b.sin_h + b.sin_g * b.cos_i * b.cos_h;
    const double a8 = b.sin_g * b.sin_i;
    const double a9 = b.sin_g * b.sin_h + b.cos_g * b.cos_i * b.cos_h;
    const double a10 = b.cos_g * b.sin_i;
    const double a2 = o.cos_i * a7 + o.sin_i * a8;
    const double a4 = o.cos_i * a9 + o.sin_i * a10;
    const double a5 = -o.sin_i * a7 + o.cos_i * a8;
    const double a6 = -o.sin_i * a9 + o.cos_i * a10;
    const double x1 = a1 * o.cos_w + a2 * o.sin_w;
    const double x2 = a3 * o.cos_w + a4 * o.sin_w;
    const double x3 = -a1 * o.sin_w + a2 * o.cos_w;
    const double x4 = -a3 * o.sin_w + a4 * o.cos_w;
    const double x5 = a5 * o.sin_w;
    const double x6 = a6 * o.sin_w;
    const double x7 = a5 * o.cos_w;
    const double x8 = a6 * o.cos_w;
    body_factors f{};
    f.z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3;
    f.z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4;
    f.z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4;
    f.z1 = 3.0 * (a1 * a1 + a2 * a2) + f.z31 * o.e2;
    f.z2 = 6.0 * (a1 * a3 + a2 * a4) + f.z32 * o.e2;
    f.z3 = 3.0 * (a3 * a3 + a4 * a4) + f.z33 * o.e2;
    f.z11 = -6.0 * a1 * a5 + o.e2 * (-24.0 * x1 * x7 - 6.0 * x3 * x5);
    f.z12 = -6.0 * (a1 * a6 + a3 * a5) + o.e2 * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5));
    f.z13 = -6.0 * a3 * a6 + o.e2 * (-24.0 * x2 * x8 - 6.0 * x4 * x6);
    f.z21 = 6.0 * a2 * a5 + o.e2 * (24.0 * x1 * x5 - 6.0 * x3 * x7);
    f.z22 = 6.0 * (a4 * a5 + a2 * a6) + o.e2 * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8));
    f.z23 = 6.0 * a4 * a6 + o.e2 * (24.0 * x2 * x6 - 6.0 * x4 * x8);
    f.z1 += f.z1 + o.beta2 * f.z31;
    f.z2 += f.z2 + o.beta2 * f.z32;
    f.z3 += f.z3 + o.beta2 * f.z33;
    f.s3 = b.strength / o.n;
    f.s2 = -0.5 * f.s3 / o.beta;
    f.s4 = f.s3 * o.beta;
    f.s1 = -15.0 * o.e * f.s4;
    f.s5 = x1 * x3 + x2 * x4;
    f.s6 = x2 * x3 + x1 * x4;
    f.s7 = x2 * x4 - x1 * x3;
    return f;
}

third_body_terms
long_period_terms(const body_factors& f, double e2, double body_eccentricity, double mean_longitude) noexcept
{
    third_body_terms t;
    t.mean_longitude = mean_longitude;
    t.e2 = 2.0 * f.s1 * f.s6;
    t.e3 = 2.0 * f.s1 * f.s7;
    t.i2 = 2.0 * f.s2 * f.z12;
    t.i3 = 2.0 * f.s2 * (f.z13 - f.z11);
    t.l2 = -2.0 * f.s3 * f.z2;
    t.l3 = -2.0 * f.s3 * (f.z3 - f.z1);
    t.l4 = -2.0 * f.s3 * (-21.0 - 9.0 * e2) * body_eccentricity;
    t.gh2 = 2.0 * f.s4 * f.z32;
    t.gh3 = 2.0 * f.s4 * (f.z33 - f.z31);
    t.gh4 = -18.0 * f.s4 * body_eccentricity;
    t.h2 = -2.0 * f.s2 * f.z22;
    t.h3 = -2.0 * f.s2 * (f.z23 - f.z21);
    return t;
}

/// Coefficients of the half-day resonance (dsinit, irez = 2).
void half_day_terms(const sgp4_coefficients& c, double ke, sgp4_deep_terms& d) noexcept
{
    constexpr double k_root22 = 1.7891679e-6;
    constexpr double k_root32 = 3.7393792e-7;
    constexpr double k_root44 = 7.3636953e-9;
    constexpr double k_root52 = 1.1428639e-7;
    constexpr double k_root54 = 2.1765803e-9;
    const double e = c.eccentricity;
    const double e2 = e * e;
    const double e3 = e * e2;
    const auto cubic = [&](double k0, double k1, double k2, double k3) { return k0 + k1 * e + k2 * e2 + k3 * e3; };
    const double g201 = -0.306 - (e - 0.64) * 0.440;
    double g211 = 0.0, g310 = 0.0, g322 = 0.0, g410 = 0.0, g422 = 0.0, g520 = 0.0, g521 = 0.0, g532 = 0.0, g533 = 0.0;
    if (e <= 0.65) {
        g211 = 3.616 - 13.2470 * e + 16.2900 * e2;
        g310 = cubic(-19.302, 117.3900, -228.4190, 156.5910);
        g322 = cubic(-18.9068, 109.7927, -214.6334, 146.5816);
        g410 = cubic(-41.122, 242.6940, -471.0940, 313.9530);
        g422 = cubic(-146.407, 841.8800, -1629.014, 1083.4350);
        g520 = cubic(-532.114, 3017.977, -5740.032, 3708.2760);
    } else {
        g211 = cubic(-72.099, 331.819, -508.738, 266.724);
        g310 = cubic(-346.844, 1582.851, -2415.925, 1246.113);
        g322 = cubic(-342.585, 1554.908, -2366.899, 1215.972);
        g410 = cubic(-1052.797, 4758.686, -7193.992, 3651.957);
        g422 = cubic(-3581.690, 16178.110, -24462.770, 12422.520);
        g520 = e > 0.715 ? cubic(-5149.66, 29936.92, -54087.36, 31324.56) : 1464.74 - 4664.75 * e + 3763.64 * e2;
    }
    if (e < 0.7) {
        g533 = cubic(-919.22770, 4988.6100, -9064.7700, 5542.21);
        g521 = cubic(-822.71072, 4568.6173, -8491.4146, 5337.524);
        g532 = cubic(-853.66600, 4690.2500, -8624.7700, 5341.4);
    } else {
        g533 = cubic(-37995.780, 161616.52, -229838.20, 109377.94);
        g521 = cubic(-51752.104, 218913.95, -309468.16, 146349.42);
        g532 = cubic(-40023.880, 170470.89, -242699.48, 115605.82);
    }
    const double ci = c.cos_i;
    const double ci2 = ci * ci;
    const double si = c.sin_i;
    const double si2 = si * si;
    const double f220 = 0.75 * (1.0 + 2.0 * ci + ci2);
    const double f221 = 1.5 * si2;
    const double f321 = 1.875 * si * (1.0 - 2.0 * ci - 3.0 * ci2);
    const double f322 = -1.875 * si * (1.0 + 2.0 * ci - 3.0 * ci2);
    const double f441 = 35.0 * si2 * f220;
    const double f442 = 39.3750 * si2 * si2;
    const double f522 =
        9.84375 * si * (si2 * (1.0 - 2.0 * ci - 5.0 * ci2) + 0.33333333 * (-2.0 + 4.0 * ci + 6.0 * ci2));
    const double f523 =
        si * (4.92187512 * si2 * (-2.0 - 4.0 * ci + 10.0 * ci2) + 6.56250012 * (1.0 + 2.0 * ci - 3.0 * ci2));
    const double f542 = 29.53125 * si * (2.0 - 8.0 * ci + ci2 * (-12.0 + 8.0 * ci + 10.0 * ci2));
    const double f543 = 29.53125 * si * (-2.0 - 8.0 * ci + ci2 * (12.0 + 8.0 * ci - 10.0 * ci2));
    const double inverse_a = std::pow(c.mean_motion / ke, 2.0 / 3.0);
    double scale = 3.0 * c.mean_motion * c.mean_motion * inverse_a * inverse_a;
    d.half_day[0] = scale * k_root22 * f220 * g201;
    d.half_day[1] = scale * k_root22 * f221 * g211;
    scale *= inverse_a;
    d.half_day[2] = scale * k_root32 * f321 * g310;
    d.half_day[3] = scale * k_root32 * f322 * g322;
    scale *= inverse_a;
    d.half_day[4] = 2.0 * scale * k_root44 * f441 * g410;
    d.half_day[5] = 2.0 * scale * k_root44 * f442 * g422;
    scale *= inverse_a;
    d.half_day[6] = scale * k_root52 * f522 * g520;
    d.half_day[7] = scale * k_root52 * f523 * g532;
    d.half_day[8] = 2.0 * scale * k_root54 * f542 * g521;
    d.half_day[9] = 2.0 * scale * k_root54 * f543 * g533;
    d.lambda0 = std::fmod(c.mean_anomaly + c.node + c.node - d.sidereal_time - d.sidereal_time, k_two_pi);
    d.lambda_rate = c.mean_anomaly_dot + d.m_dot + 2.0 * (c.node_dot + d.node_dot - k_earth_rate) - c.mean_motion;
}

/// Coefficients of the one-day resonance (dsinit, irez = 1).
void one_day_terms(const sgp4_coefficients& c, double ke, sgp4_deep_terms& d) noexcept
{
    constexpr double k_q22 = 1.7891679e-6;
    constexpr double k_q31 = 2.1460748e-6;
    constexpr double k_q33 = 2.2123015e-7;
    const double e2 = c.eccentricity * c.eccentricity;
    const double g200 = 1.0 + e2 * (-2.5 + 0.8125 * e2);
    const double g310 = 1.0 + 2.0 * e2;
    const double g300 = 1.0 + e2 * (-6.0 + 6.60937 * e2);
    const double u = 1.0 + c.cos_i;
    const double f220 = 0.75 * u * u;
    const double f311 = 0.9375 * c.sin_i * c.sin_i * (1.0 + 3.0 * c.cos_i) - 0.75 * u;
    const double f330 = 1.875 * u * u * u;
    const double inverse_a = std::pow(c.mean_motion / ke, 2.0 / 3.0);
    const double scale = 3.0 * c.mean_motion * c.mean_motion * inverse_a * inverse_a;
    d.one_day[0] = scale * f311 * g310 * k_q31 * inverse_a;
    d.one_day[1] = 2.0 * scale * f220 * g200 * k_q22;
    d.one_day[2] = 3.0 * scale * f330 * g300 * k_q33 * inverse_a;
    d.lambda0 = std::fmod(c.mean_anomaly + c.node + c.perigee - d.sidereal_time, k_two_pi);
    d.lambda_rate = c.mean_anomaly_dot + (c.perigee_dot + c.node_dot) - k_earth_rate + d.m_dot + d.perigee_dot +
                    d.node_dot - c.mean_motion;
}

/// Derivatives of the resonance variables (dspace).
struct resonance_rates {
    double n_dot, lambda_dot, n_ddot;
};

resonance_rates rates(const sgp4_deep_terms& d, double lambda, double n, double t) noexcept
{
    resonance_rates r{};
    r.lambda_dot = n + d.lambda_rate;
    if (d.kind == resonance::one_day) {
        constexpr double k_phase[] = { 0.13130908, 2.8843198, 0.37448087 };
        for (int k = 0; k < 3; ++k) {
            const double angle = (k + 1) * (lambda - k_phase[k]);
            r.n_dot += d.one_day[k] * std::sin(angle);
            r.n_ddot += (k + 1) * d.one_day[k] * std::cos(angle);
        }
    } else {
        constexpr double k_g22 = 5.7686396, k_g32 = 0.95240898, k_g44 = 1.8014998, k_g52 = 1.0508330, k_g54 = 4.4108898;
        const double w = d.perigee0 + d.perigee_rate * t;
        const double angles[] = {
            2.0 * w + lambda - k_g22,       lambda - k_g22,           w + lambda - k_g32, -w + lambda - k_g32,
            2.0 * w + 2.0 * lambda - k_g44, 2.0 * lambda - k_g44,     w + lambda - k_g52, -w + lambda - k_g52,
            w + 2.0 * lambda - k_g54,       -w + 2.0 * lambda - k_g54
        };
        constexpr double k_order[] = { 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0 };
        for (std::size_t k = 0; k < 10; ++k) {
            r.n_dot += d.half_day[k] * std::sin(angles[k]);
            r.n_ddot += k_order[k] * d.half_day[k] * std::cos(angles[k]);
        }
    }
    r.n_ddot *= r.lambda_dot;
    return r;
}

} // namespace

sgp4_deep_terms make_deep_terms(const sgp4_coefficients& c, double days_1950, double sidereal_time, double ke) noexcept
{
    constexpr double k_cos_obliquity = 0.91744867;
    constexpr double k_sin_obliquity = 0.39785416;
    constexpr double k_sun_strength = 2.9864797e-6;  // c1ss
    constexpr double k_moon_strength = 4.7968065e-7; // c1l
    sgp4_deep_terms d;
    d.sidereal_time = sidereal_time;
    d.perigee0 = c.perigee;
    d.perigee_rate = c.perigee_dot;
    d.mean_motion0 = c.mean_motion;

    const double e2 = c.eccentricity * c.eccentricity;
    const orbit_angles o = { c.eccentricity,
                             e2,
                             1.0 - e2,
                             std::sqrt(1.0 - e2),
                             c.sin_i,
                             c.cos_i,
                             std::sin(c.perigee),
                             std::cos(c.perigee),
                             std::sin(c.node),
                             std::cos(c.node),
                             c.mean_motion };
    const double day = days_1950 + 18261.5; // since 1900 January 0.5
    const double moon_node = std::fmod(4.5236020 - 9.2422029e-4 * day, k_two_pi);
    const double sin_node = std::sin(moon_node);
    const double cos_node = std::cos(moon_node);
    const double moon_cos_i = 0.91375164 - 0.03568096 * cos_node;
    const double moon_sin_i = std::sqrt(1.0 - moon_cos_i * moon_cos_i);
    const double moon_sin_h = 0.089683511 * sin_node / moon_sin_i;
    const double moon_cos_h = std::sqrt(1.0 - moon_sin_h * moon_sin_h);
    const double moon_perigee = 5.8351514 + 0.0019443680 * day;
    const double zx = k_sin_obliquity * sin_node / moon_sin_i;
    const double zy = moon_cos_h * cos_node + k_cos_obliquity * moon_sin_h * sin_node;
    const double moon_g = moon_perigee + std::atan2(zx, zy) - moon_node;

    const body_orbit sun = { 0.1945905,  -0.98088458, k_cos_obliquity, k_sin_obliquity,
                             o.cos_node, o.sin_node,  k_sun_strength };
    const body_orbit moon = { std::cos(moon_g),
                              std::sin(moon_g),
                              moon_cos_i,
                              moon_sin_i,
                              moon_cos_h * o.cos_node + moon_sin_h * o.sin_node,
                              o.sin_node * moon_cos_h - o.cos_node * moon_sin_h,
                              k_moon_strength };
    const body_factors s = factors(sun, o);
    const body_factors m = factors(moon, o);
    d.sun = long_period_terms(s, e2, k_sun_eccentricity, std::fmod(6.2565837 + 0.017201977 * day, k_two_pi));
    d.moon =
        long_period_terms(m, e2, k_moon_eccentricity, std::fmod(4.7199672 + 0.22997150 * day - moon_perigee, k_two_pi));

    // Secular rates of both bodies.
    const bool near_equator =
        c.inclination < k_equatorial_inclination || c.inclination > k_pi - k_equatorial_inclination;
    const double sun_h = near_equator || c.sin_i == 0.0 ? 0.0 : -k_sun_rate * s.s2 * (s.z21 + s.z23) / c.sin_i;
    const double moon_h = near_equator || c.sin_i == 0.0 ? 0.0 : -k_moon_rate * m.s2 * (m.z21 + m.z23) / c.sin_i;
    d.e_dot = s.s1 * k_sun_rate * s.s5 + m.s1 * k_moon_rate * m.s5;
    d.i_dot = s.s2 * k_sun_rate * (s.z11 + s.z13) + m.s2 * k_moon_rate * (m.z11 + m.z13);
    d.m_dot =
        -k_sun_rate * s.s3 * (s.z1 + s.z3 - 14.0 - 6.0 * e2) - k_moon_rate * m.s3 * (m.z1 + m.z3 - 14.0 - 6.0 * e2);
    d.perigee_dot = s.s4 * k_sun_rate * (s.z31 + s.z33 - 6.0) - c.cos_i * sun_h +
                    m.s4 * k_moon_rate * (m.z31 + m.z33 - 6.0) - c.cos_i * moon_h;
    d.node_dot = sun_h + moon_h;

    if (c.mean_motion > 0.0034906585 && c.mean_motion < 0.0052359877) d.kind = resonance::one_day;
    if (c.mean_motion >= 8.26e-3 && c.mean_motion <= 9.24e-3 && c.eccentricity >= 0.5) d.kind = resonance::half_day;
    if (d.kind == resonance::one_day) one_day_terms(c, ke, d);
    if (d.kind == resonance::half_day) half_day_terms(c, ke, d);
    return d;
}

void add_deep_secular(const sgp4_deep_terms& d, double t, deep_elements& e) noexcept
{
    e.eccentricity += d.e_dot * t;
    e.inclination += d.i_dot * t;
    e.perigee += d.perigee_dot * t;
    e.node += d.node_dot * t;
    e.mean_anomaly += d.m_dot * t;
    if (d.kind == resonance::none) return;

    // Euler-Maclaurin steps of half a day from the epoch, then a partial one.
    // Why from the epoch every time: the object stays immutable, and a result never depends on the calls before it.
    constexpr double k_step = 720.0;
    const double step = t > 0.0 ? k_step : -k_step;
    const double theta = std::fmod(d.sidereal_time + t * k_earth_rate, k_two_pi);
    double lambda = d.lambda0;
    double n = d.mean_motion0;
    double at = 0.0;
    resonance_rates r = rates(d, lambda, n, at);
    while (std::fabs(t - at) >= k_step) {
        lambda += r.lambda_dot * step + r.n_dot * 0.5 * k_step * k_step;
        n += r.n_dot * step + r.n_ddot * 0.5 * k_step * k_step;
        at += step;
        r = rates(d, lambda, n, at);
    }
    const double rest = t - at;
    e.mean_motion = n + r.n_dot * rest + r.n_ddot * rest * rest * 0.5;
    const double longitude = lambda + r.lambda_dot * rest + r.n_dot * rest * rest * 0.5;
    e.mean_anomaly =
        d.kind == resonance::one_day ? longitude - e.node - e.perigee + theta : longitude - 2.0 * e.node + 2.0 * theta;
}

void add_deep_periodics(const sgp4_deep_terms& d, double t, deep_elements& e) noexcept
{
    double pe = 0.0, pi = 0.0, pl = 0.0, pgh = 0.0, ph = 0.0;
    const auto add = [&](const third_body_terms& b, double rate, double body_eccentricity) {
        const double zm = b.mean_longitude + rate * t;
        const double zf = zm + 2.0 * body_eccentricity * std::sin(zm);
        const double sin_zf = std::sin(zf);
        const double f2 = 0.5 * sin_zf * sin_zf - 0.25;
        const double f3 = -0.5 * sin_zf * std::cos(zf);
        pe += b.e2 * f2 + b.e3 * f3;
        pi += b.i2 * f2 + b.i3 * f3;
        pl += b.l2 * f2 + b.l3 * f3 + b.l4 * sin_zf;
        pgh += b.gh2 * f2 + b.gh3 * f3 + b.gh4 * sin_zf;
        ph += b.h2 * f2 + b.h3 * f3;
    };
    add(d.sun, k_sun_rate, k_sun_eccentricity);
    add(d.moon, k_moon_rate, k_moon_eccentricity);
    e.inclination += pi;
    e.eccentricity += pe;
    const double sin_i = std::sin(e.inclination);
    const double cos_i = std::cos(e.inclination);
    if (e.inclination >= k_lyddane_inclination) {
        ph /= sin_i;
        e.perigee += pgh - cos_i * ph;
        e.node += ph;
        e.mean_anomaly += pl;
        return;
    }
    // Lyddane's form: the node is not defined at inclination zero.
    const double sin_node = std::sin(e.node);
    const double cos_node = std::cos(e.node);
    const double alpha = sin_i * sin_node + ph * cos_node + pi * cos_i * sin_node;
    const double beta = sin_i * cos_node - ph * sin_node + pi * cos_i * cos_node;
    e.node = std::fmod(e.node, k_two_pi);
    const double longitude = e.mean_anomaly + e.perigee + cos_i * e.node + pl + pgh - pi * e.node * sin_i;
    const double node_before = e.node;
    e.node = std::atan2(alpha, beta);
    if (std::fabs(node_before - e.node) > k_pi) e.node += e.node < node_before ? k_two_pi : -k_two_pi;
    e.mean_anomaly += pl;
    e.perigee = longitude - e.mean_anomaly - cos_i * e.node;
}

} // namespace spacesail::orbit
