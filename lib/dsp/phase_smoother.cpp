// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/phase_smoother.hpp>

#include <cassert>
#include <cmath>

namespace spacesail::dsp {

phase_smoother::phase_smoother(std::size_t max_nodes)
    : d_filtered(max_nodes + 1), d_predicted(max_nodes + 1), d_smoothed(max_nodes + 1)
{
    begin({});
}

void phase_smoother::begin(const phase_state& first) noexcept
{
    d_filtered[0] = first;
    d_predicted[0] = first;
    d_count = 1;
    d_cursor = 0;
}

phase_state phase_smoother::predict(double at) const noexcept
{
    const phase_state& s = last();
    const double dt = at - s.at;
    phase_state p;
    p.at = at;
    p.theta = s.theta + s.omega * dt;
    p.omega = s.omega;
    p.p_tt = s.p_tt + dt * (2.0 * s.p_to + dt * s.p_oo) + d_q_theta * dt + d_q_omega * dt * dt * dt / 3.0;
    p.p_to = s.p_to + dt * s.p_oo + d_q_omega * dt * dt / 2.0;
    p.p_oo = s.p_oo + d_q_omega * dt;
    return p;
}

double phase_smoother::observe(double at, double theta, double variance) noexcept
{
    assert(d_count < d_filtered.size());
    const phase_state p = predict(at);
    const double innovation = std::remainder(theta - p.theta, k_two_pi);
    const double s = p.p_tt + variance;
    const double gain_t = p.p_tt / s;
    const double gain_o = p.p_to / s;
    phase_state f = p;
    f.theta += gain_t * innovation;
    f.omega += gain_o * innovation;
    f.p_tt = p.p_tt * (1.0 - gain_t);
    f.p_to = p.p_to * (1.0 - gain_t);
    f.p_oo = p.p_oo - gain_o * p.p_to;
    d_predicted[d_count] = p;
    d_filtered[d_count] = f;
    ++d_count;
    return innovation * innovation / s;
}

void phase_smoother::skip(double at) noexcept
{
    assert(d_count < d_filtered.size());
    const phase_state p = predict(at);
    d_predicted[d_count] = p;
    d_filtered[d_count] = p;
    ++d_count;
}

void phase_smoother::smooth() noexcept
{
    d_smoothed[d_count - 1] = d_filtered[d_count - 1];
    for (std::size_t k = d_count - 1; k-- > 0;) {
        const phase_state& f = d_filtered[k];
        const phase_state& p = d_predicted[k + 1];
        const phase_state& next = d_smoothed[k + 1];
        const double dt = p.at - f.at;
        // G = P_k F' P_{k+1|k}^-1 with F = [1 dt; 0 1].
        const double det = p.p_tt * p.p_oo - p.p_to * p.p_to;
        phase_state s = f;
        if (det > 0.0) {
            const double a_tt = f.p_tt + f.p_to * dt;
            const double a_to = f.p_to;
            const double a_ot = f.p_to + f.p_oo * dt;
            const double a_oo = f.p_oo;
            const double g_tt = (a_tt * p.p_oo - a_to * p.p_to) / det;
            const double g_to = (a_to * p.p_tt - a_tt * p.p_to) / det;
            const double g_ot = (a_ot * p.p_oo - a_oo * p.p_to) / det;
            const double g_oo = (a_oo * p.p_tt - a_ot * p.p_to) / det;
            const double et = next.theta - p.theta;
            const double eo = next.omega - p.omega;
            s.theta += g_tt * et + g_to * eo;
            s.omega += g_ot * et + g_oo * eo;
            const double d_tt = next.p_tt - p.p_tt;
            const double d_to = next.p_to - p.p_to;
            const double d_oo = next.p_oo - p.p_oo;
            s.p_tt += g_tt * g_tt * d_tt + 2.0 * g_tt * g_to * d_to + g_to * g_to * d_oo;
            s.p_to += g_tt * g_ot * d_tt + (g_tt * g_oo + g_to * g_ot) * d_to + g_to * g_oo * d_oo;
            s.p_oo += g_ot * g_ot * d_tt + 2.0 * g_ot * g_oo * d_to + g_oo * g_oo * d_oo;
        }
        d_smoothed[k] = s;
    }
    d_cursor = 0;
}

phase_smoother::line phase_smoother::at(double symbol) noexcept
{
    while (d_cursor + 2 < d_count && symbol > d_smoothed[d_cursor + 1].at) ++d_cursor;
    if (d_count < 2) {
        const phase_state& only = d_smoothed[0];
        return { only.theta + only.omega * (symbol - only.at), only.omega };
    }
    const phase_state& a = d_smoothed[d_cursor];
    const phase_state& b = d_smoothed[d_cursor + 1];
    if (symbol > b.at) return { b.theta + b.omega * (symbol - b.at), b.omega };
    const double slope = (b.theta - a.theta) / (b.at - a.at);
    return { a.theta + slope * (symbol - a.at), slope };
}

} // namespace spacesail::dsp
