// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/sgp4.hpp>

#include "orbit/sgp4_deep.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/leap_seconds.hpp>

#include <cmath>
#include <limits>

// Equations: AIAA 2006-6753, appendix B; derivation: F. Hoots, R. Roehrich, Spacetrack Report 3 (1980).
namespace spacesail::orbit {
namespace {

constexpr double k_minutes_per_day = 1440.0;
constexpr double k_deep_space_period_min = 225.0;
constexpr double k_two_thirds = 2.0 / 3.0;
constexpr double k_small_eccentricity = 1e-4; // below it the drag terms with 1/e are dropped
constexpr double k_polar_guard = 1.5e-12;     // of 1 + cos i at an inclination of 180 deg

double cube(double v) noexcept { return v * v * v; }
double fourth(double v) noexcept { return v * v * v * v; }

/// Brouwer mean motion from the Kozai one of the element sets.
double unkozai(double n, double e, double cos_i, const gravity_model& g) noexcept
{
    const double beta2 = 1.0 - e * e;
    const double a1 = std::pow(g.ke / n, k_two_thirds);
    const double d1 = 0.75 * g.j2 * (3.0 * cos_i * cos_i - 1.0) / (std::sqrt(beta2) * beta2);
    const double delta1 = d1 / (a1 * a1);
    const double a0 = a1 * (1.0 - delta1 * delta1 - delta1 * (1.0 / 3.0 + 134.0 * delta1 * delta1 / 81.0));
    return n / (1.0 + d1 / (a0 * a0));
}

/// Atmospheric parameters for the height of perigee: s in Earth radii and (q0 - s)^4.
struct atmosphere {
    double s, q0ms4;
};
atmosphere atmosphere_of(double perigee_km, double radius_km) noexcept
{
    double s_km = 78.0;
    if (perigee_km < 156.0) s_km = perigee_km < 98.0 ? 20.0 : perigee_km - 78.0;
    return { s_km / radius_km + 1.0, fourth((120.0 - s_km) / radius_km) };
}

/// Everything that only depends on the elements (sgp4init).
sgp4_coefficients coefficients_of(const mean_elements& m, const gravity_model& g) noexcept
{
    sgp4_coefficients c;
    c.eccentricity = m.eccentricity;
    c.inclination = deg_to_rad(m.inclination_deg);
    c.node = deg_to_rad(m.raan_deg);
    c.perigee = deg_to_rad(m.arg_perigee_deg);
    c.mean_anomaly = deg_to_rad(m.mean_anomaly_deg);
    c.bstar = m.bstar_per_earth_radius;
    c.cos_i = std::cos(c.inclination);
    c.sin_i = std::sin(c.inclination);
    c.mean_motion = unkozai(m.mean_motion_rev_day * k_two_pi / k_minutes_per_day, c.eccentricity, c.cos_i, g);
    c.semi_major = std::pow(g.ke / c.mean_motion, k_two_thirds);

    const double e = c.eccentricity;
    const double n = c.mean_motion;
    const double a = c.semi_major;
    const double ci2 = c.cos_i * c.cos_i;
    const double ci4 = ci2 * ci2;
    const double beta2 = 1.0 - e * e;
    const double beta = std::sqrt(beta2);
    const double con42 = 1.0 - 5.0 * ci2;
    c.con41 = -con42 - ci2 - ci2;
    c.x1mth2 = 1.0 - ci2;
    c.x7thm1 = 7.0 * ci2 - 1.0;
    const double j3oj2 = g.j3 / g.j2;

    const double perigee_radius = a * (1.0 - e);
    const bool deep = k_two_pi / n >= k_deep_space_period_min;
    const bool simple_drag = deep || perigee_radius < 220.0 / g.radius_km + 1.0;
    const atmosphere air = atmosphere_of((perigee_radius - 1.0) * g.radius_km, g.radius_km);

    const double xi = 1.0 / (a - air.s);
    c.eta = a * e * xi;
    const double eta2 = c.eta * c.eta;
    const double e_eta = e * c.eta;
    const double psi2 = std::fabs(1.0 - eta2);
    const double coef = air.q0ms4 * fourth(xi);
    const double coef1 = coef / std::pow(psi2, 3.5);
    const double c2 = coef1 * n *
                      (a * (1.0 + 1.5 * eta2 + e_eta * (4.0 + eta2)) +
                       0.375 * g.j2 * xi / psi2 * c.con41 * (8.0 + 3.0 * eta2 * (8.0 + eta2)));
    c.c1 = c.bstar * c2;
    const double c3 = e > k_small_eccentricity ? -2.0 * coef * xi * j3oj2 * n * c.sin_i / e : 0.0;
    c.c4 = 2.0 * n * coef1 * a * beta2 *
           (c.eta * (2.0 + 0.5 * eta2) + e * (0.5 + 2.0 * eta2) -
            g.j2 * xi / (a * psi2) *
                (-3.0 * c.con41 * (1.0 - 2.0 * e_eta + eta2 * (1.5 - 0.5 * e_eta)) +
                 0.75 * c.x1mth2 * (2.0 * eta2 - e_eta * (1.0 + eta2)) * std::cos(2.0 * c.perigee)));
    const double inverse_p2 = 1.0 / ((a * beta2) * (a * beta2));
    const double temp1 = 1.5 * g.j2 * inverse_p2 * n;
    const double temp2 = 0.5 * temp1 * g.j2 * inverse_p2;
    const double temp3 = -0.46875 * g.j4 * inverse_p2 * inverse_p2 * n;
    c.mean_anomaly_dot = n + 0.5 * temp1 * beta * c.con41 + 0.0625 * temp2 * beta * (13.0 - 78.0 * ci2 + 137.0 * ci4);
    c.perigee_dot = -0.5 * temp1 * con42 + 0.0625 * temp2 * (7.0 - 114.0 * ci2 + 395.0 * ci4) +
                    temp3 * (3.0 - 36.0 * ci2 + 49.0 * ci4);
    const double node_dot1 = -temp1 * c.cos_i;
    c.node_dot = node_dot1 + (0.5 * temp2 * (4.0 - 19.0 * ci2) + 2.0 * temp3 * (3.0 - 7.0 * ci2)) * c.cos_i;
    c.node_drag = 3.5 * beta2 * node_dot1 * c.c1;
    c.t2 = 1.5 * c.c1;
    const double one_plus_cos = std::fabs(c.cos_i + 1.0) > k_polar_guard ? 1.0 + c.cos_i : k_polar_guard;
    c.long_period_l = -0.25 * j3oj2 * c.sin_i * (3.0 + 5.0 * c.cos_i) / one_plus_cos;
    c.long_period_y = -0.5 * j3oj2 * c.sin_i;
    c.delta_m0 = cube(1.0 + c.eta * std::cos(c.mean_anomaly));
    c.sin_m0 = std::sin(c.mean_anomaly);
    if (simple_drag) return c; // the terms below stay zero, which switches them off

    c.c5 = 2.0 * coef1 * a * beta2 * (1.0 + 2.75 * (eta2 + e_eta) + e_eta * eta2);
    c.omega_drag = c.bstar * c3 * std::cos(c.perigee);
    c.anomaly_drag = e > k_small_eccentricity ? -k_two_thirds * coef * c.bstar / e_eta : 0.0;
    const double c1_2 = c.c1 * c.c1;
    c.d2 = 4.0 * a * xi * c1_2;
    const double temp = c.d2 * xi * c.c1 / 3.0;
    c.d3 = (17.0 * a + air.s) * temp;
    c.d4 = 0.5 * temp * a * xi * (221.0 * a + 31.0 * air.s) * c.c1;
    c.t3 = c.d2 + 2.0 * c1_2;
    c.t4 = 0.25 * (3.0 * c.d3 + c.c1 * (12.0 * c.d2 + 10.0 * c1_2));
    c.t5 = 0.2 * (3.0 * c.d4 + 12.0 * c.c1 * c.d3 + 6.0 * c.d2 * c.d2 + 15.0 * c1_2 * (2.0 * c.d2 + c1_2));
    return c;
}

/// Days from 1949-12-31T00:00 to the epoch, on the grid of a Julian date held in one double (40 us).
/// Why: so the published program held it, and resonant orbits show the difference in the digits it printed.
double days_since_1950(utc_time epoch) noexcept
{
    constexpr double k_julian_date_1950 = 2433281.5;
    const utc_time start = from_civil({ .year = 1949, .month = 12, .day = 31 });
    const double julian_date = k_julian_date_1950 + epoch.seconds_since(start) / 86400.0;
    return julian_date - k_julian_date_1950;
}

sgp4_result failed(sgp4_error e) noexcept
{
    constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
    return { e, { { k_nan, k_nan, k_nan }, { k_nan, k_nan, k_nan } } };
}

struct sine_cosine {
    double sine, cosine;
};

/// Sine and cosine of E with u = E - axn sin E + ayn cos E.
/// Why before the last step, which is below 1e-12 rad: so the published program left them, and its digits show it.
sine_cosine solve_kepler(double u, double axn, double ayn) noexcept
{
    sine_cosine out{};
    double e = u;
    double step = 1.0;
    for (int k = 0; k < 10 && std::fabs(step) >= 1e-12; ++k) {
        out = { std::sin(e), std::cos(e) };
        step = (u - ayn * out.cosine + axn * out.sine - e) / (1.0 - out.cosine * axn - out.sine * ayn);
        // Why limited: at high eccentricity the first step overshoots.
        if (std::fabs(step) >= 0.95) step = step > 0.0 ? 0.95 : -0.95;
        e += step;
    }
    return out;
}

} // namespace

const char* describe(sgp4_error e) noexcept
{
    switch (e) {
    case sgp4_error::none:
        return "no error";
    case sgp4_error::mean_eccentricity:
        return "the mean eccentricity leaves 0..1: the set is too far from its epoch or not an orbit";
    case sgp4_error::mean_motion:
        return "the mean motion is not above zero: the set is too far from its epoch or not an orbit";
    case sgp4_error::perturbed_eccentricity:
        return "the eccentricity leaves 0..1 under the Moon's and Sun's pull";
    case sgp4_error::semi_latus_rectum:
        return "the semi-latus rectum is below zero: the set is not an orbit";
    case sgp4_error::epoch_suborbital:
        return "the orbit lies below the ground at its epoch";
    case sgp4_error::decayed:
        return "the satellite has decayed";
    }
    return "";
}

result<sgp4> sgp4::create(const element_set& set, const gravity_model& gravity)
{
    const mean_elements* m = set.mean();
    if (m == nullptr) {
        return result<sgp4>::failure(error_code::unsupported,
                                     display_name(set) + ": a state vector is not propagated by SGP4");
    }
    const auto refuse = [&](const char* what, double value, const char* range) {
        return result<sgp4>::failure(error_code::invalid_argument,
                                     display_name(set) + ": " + what + " " + std::to_string(value) + " is outside " +
                                         range);
    };
    const double all[] = { m->mean_motion_rev_day, m->eccentricity,     m->inclination_deg,       m->raan_deg,
                           m->arg_perigee_deg,     m->mean_anomaly_deg, m->bstar_per_earth_radius };
    for (const double v : all) {
        if (!std::isfinite(v)) return refuse("an element of value", v, "the finite numbers; fetch the set again");
    }
    if (m->mean_motion_rev_day <= 0.0) return refuse("mean motion", m->mean_motion_rev_day, "> 0 rev/day");
    if (m->eccentricity < 0.0 || m->eccentricity >= 1.0) return refuse("eccentricity", m->eccentricity, "0 <= e < 1");
    if (m->inclination_deg < 0.0 || m->inclination_deg > 180.0)
        return refuse("inclination", m->inclination_deg, "0 to 180 deg");
    sgp4 out;
    out.d_gravity = gravity;
    out.d_epoch = set.epoch;
    out.d_c = coefficients_of(*m, gravity);
    if (k_two_pi / out.d_c.mean_motion >= k_deep_space_period_min) {
        const double days = days_since_1950(set.epoch);
        const double gmst = gmst_rad(from_civil({ .year = 1949, .month = 12, .day = 31 }), days * 86400.0);
        out.d_deep = std::make_shared<const sgp4_deep_terms>(make_deep_terms(out.d_c, days, gmst, gravity.ke));
    }
    return out;
}

double sgp4::minutes_since_epoch(utc_time t) const noexcept { return elapsed_s(d_epoch, t) / 60.0; }

sgp4_result sgp4::propagate(double t) const noexcept
{
    const sgp4_coefficients& c = d_c;
    const gravity_model& g = d_gravity;

    // Secular gravity and drag.
    const double m_secular = c.mean_anomaly + c.mean_anomaly_dot * t;
    const double w_secular = c.perigee + c.perigee_dot * t;
    const double t2 = t * t;
    const double periodic_m =
        c.anomaly_drag * (cube(1.0 + c.eta * std::cos(m_secular)) - c.delta_m0) + c.omega_drag * t;
    deep_elements e = { c.eccentricity,         c.inclination,          c.node + c.node_dot * t + c.node_drag * t2,
                        w_secular - periodic_m, m_secular + periodic_m, c.mean_motion };
    const double a_drag = 1.0 - c.c1 * t - t2 * (c.d2 + t * (c.d3 + t * c.d4));
    const double e_drag = c.bstar * (c.c4 * t + c.c5 * (std::sin(e.mean_anomaly) - c.sin_m0));
    const double l_drag = t2 * (c.t2 + t * (c.t3 + t * (c.t4 + t * c.t5)));
    if (d_deep) add_deep_secular(*d_deep, t, e);
    if (!(e.mean_motion > 0.0) || std::isnan(t)) return failed(sgp4_error::mean_motion);
    const double a = std::pow(g.ke / e.mean_motion, k_two_thirds) * a_drag * a_drag;
    const double n = g.ke / std::pow(a, 1.5);
    e.eccentricity -= e_drag;
    if (!(e.eccentricity < 1.0) || e.eccentricity < -0.001) return failed(sgp4_error::mean_eccentricity);
    if (e.eccentricity < 1e-6) e.eccentricity = 1e-6;
    e.mean_anomaly += c.mean_motion * l_drag;
    const double longitude = std::fmod(e.mean_anomaly + e.perigee + e.node, k_two_pi);
    e.node = std::fmod(e.node, k_two_pi);
    e.perigee = std::fmod(e.perigee, k_two_pi);
    e.mean_anomaly = std::fmod(longitude - e.perigee - e.node, k_two_pi);

    // Long-period terms.
    double cos_i = c.cos_i;
    double sin_i = c.sin_i;
    double con41 = c.con41;
    double x1mth2 = c.x1mth2;
    double x7thm1 = c.x7thm1;
    double aycof = c.long_period_y;
    double xlcof = c.long_period_l;
    if (d_deep) {
        add_deep_periodics(*d_deep, t, e);
        if (e.inclination < 0.0) {
            e.inclination = -e.inclination;
            e.node += k_pi;
            e.perigee -= k_pi;
        }
        if (!(e.eccentricity >= 0.0 && e.eccentricity <= 1.0)) return failed(sgp4_error::perturbed_eccentricity);
        sin_i = std::sin(e.inclination);
        cos_i = std::cos(e.inclination);
        const double ci2 = cos_i * cos_i;
        con41 = 3.0 * ci2 - 1.0;
        x1mth2 = 1.0 - ci2;
        x7thm1 = 7.0 * ci2 - 1.0;
        const double j3oj2 = g.j3 / g.j2;
        const double one_plus_cos = std::fabs(cos_i + 1.0) > k_polar_guard ? 1.0 + cos_i : k_polar_guard;
        aycof = -0.5 * j3oj2 * sin_i;
        xlcof = -0.25 * j3oj2 * sin_i * (3.0 + 5.0 * cos_i) / one_plus_cos;
    }
    const double inverse_p = 1.0 / (a * (1.0 - e.eccentricity * e.eccentricity));
    const double axn = e.eccentricity * std::cos(e.perigee);
    const double ayn = e.eccentricity * std::sin(e.perigee) + inverse_p * aycof;
    const double u = std::fmod(e.mean_anomaly + e.perigee + inverse_p * xlcof * axn, k_two_pi);
    const auto [sin_e, cos_e] = solve_kepler(u, axn, ayn);

    // Short-period terms.
    const double e_cos = axn * cos_e + ayn * sin_e;
    const double e_sin = axn * sin_e - ayn * cos_e;
    const double e2 = axn * axn + ayn * ayn;
    const double p = a * (1.0 - e2);
    if (!(p >= 0.0)) return failed(sgp4_error::semi_latus_rectum);
    const double r = a * (1.0 - e_cos);
    const double r_dot = std::sqrt(a) * e_sin / r;
    const double rv_dot = std::sqrt(p) / r;
    const double beta = std::sqrt(1.0 - e2);
    const double k = e_sin / (1.0 + beta);
    const double sin_u = a / r * (sin_e - ayn - axn * k);
    const double cos_u = a / r * (cos_e - axn + ayn * k);
    const double sin_2u = (cos_u + cos_u) * sin_u;
    const double cos_2u = 1.0 - 2.0 * sin_u * sin_u;
    const double temp1 = 0.5 * g.j2 / p;
    const double temp2 = temp1 / p;
    const double radius = r * (1.0 - 1.5 * temp2 * beta * con41) + 0.5 * temp1 * x1mth2 * cos_2u;
    const double su = std::atan2(sin_u, cos_u) - 0.25 * temp2 * x7thm1 * sin_2u;
    const double node = e.node + 1.5 * temp2 * cos_i * sin_2u;
    const double inclination = e.inclination + 1.5 * temp2 * cos_i * sin_i * cos_2u;
    const double v_radial = r_dot - n * temp1 * x1mth2 * sin_2u / g.ke;
    const double v_across = rv_dot + n * temp1 * (x1mth2 * cos_2u + 1.5 * con41) / g.ke;

    // Orientation.
    const double sin_su = std::sin(su);
    const double cos_su = std::cos(su);
    const double sin_node = std::sin(node);
    const double cos_node = std::cos(node);
    const double cos_inc = std::cos(inclination);
    const double xmx = -sin_node * cos_inc;
    const double xmy = cos_node * cos_inc;
    const double sin_inc = std::sin(inclination);
    const std::array<double, 3> along = { xmx * sin_su + cos_node * cos_su,
                                          xmy * sin_su + sin_node * cos_su,
                                          sin_inc * sin_su };
    const std::array<double, 3> across = { xmx * cos_su - cos_node * sin_su,
                                           xmy * cos_su - sin_node * sin_su,
                                           sin_inc * cos_su };
    if (!(radius >= 1.0)) return failed(sgp4_error::decayed);
    sgp4_result out;
    const double speed_unit = g.radius_km * g.ke / 60.0;
    for (std::size_t i = 0; i < 3; ++i) {
        out.state.position_km[i] = radius * along[i] * g.radius_km;
        out.state.velocity_km_s[i] = (v_radial * along[i] + v_across * across[i]) * speed_unit;
    }
    return out;
}

} // namespace spacesail::orbit
