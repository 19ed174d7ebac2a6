// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/front_end.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace spacesail::dvbs2x {

front_end::front_end(const dsp::sample_store::config& store,
                     double stored_rate_hz,
                     double samples_per_symbol,
                     double rolloff,
                     std::size_t max_symbols)
    : d_store(store), d_rate_hz(stored_rate_hz), d_sps(samples_per_symbol)
{
    if (rolloff > 0.0) {
        d_filters.emplace_back(samples_per_symbol, rolloff);
    } else {
        for (const double each : { 0.05, 0.10, 0.15, 0.20, 0.25, 0.35 })
            d_filters.emplace_back(samples_per_symbol, each);
        d_active = 3;
    }
    for (const auto& f : d_filters) d_reach = std::max(d_reach, f.reach());
    // The longest filter (roll-off 0.05) reaches 28 symbols to both sides.
    const auto n =
        static_cast<std::size_t>(std::ceil((static_cast<double>(max_symbols) + 70.0) * samples_per_symbol * 1.01)) + 64;
    d_re.resize(n);
    d_im.resize(n);
}

void front_end::set_rolloff(double rolloff) noexcept
{
    for (std::size_t k = 0; k < d_filters.size(); ++k) {
        if (std::abs(d_filters[k].rolloff() - rolloff) < std::abs(d_filters[d_active].rolloff() - rolloff))
            d_active = k;
    }
}

double front_end::delay_s(double u) noexcept
{
    if (d_delays == nullptr) return 0.0;
    const double t = (static_cast<double>(d_origin) + d_lost_samples + u) / d_rate_hz;
    if (const delay_polynomial* p = d_delays->segment_at(t)) {
        if (!d_delay_known || p->t_end_s > d_known.t_end_s) d_known = *p;
        d_delay_known = true;
        return p->delay_s(t);
    }
    if (!d_delay_known) return 0.0;
    // Why on a straight line: a polynomial means nothing beyond its ends, and there neither instants nor the carrier
    // may jump, by milliseconds and a hundred kHz.
    const double end = std::clamp(t, d_known.t_begin_s, d_known.t_end_s);
    return d_known.delay_s(end) + (t - end) * d_known.rate(end);
}

double front_end::motion_samples(double u) noexcept { return delay_s(u) * d_rate_hz; }

double front_end::motion_rate(double u) noexcept
{
    return d_delays != nullptr ? (delay_s(u + 64.0) - delay_s(u - 64.0)) * d_rate_hz / 128.0 : 0.0;
}

double front_end::motion_cycles_per_sample(double u) noexcept
{
    return -d_delay_carrier_hz * motion_rate(u) / d_rate_hz;
}

double front_end::input_sample(double u) noexcept
{
    return d_store.input_sample(static_cast<double>(d_origin) + u + motion_samples(u));
}

bool front_end::has(double u) noexcept
{
    const double last = u + motion_samples(u) + static_cast<double>(d_reach) + 1.0;
    return static_cast<double>(d_store.end() - d_origin) > last;
}

bool front_end::keeps(double u) noexcept
{
    const double first = u + motion_samples(u) - static_cast<double>(d_reach) - 1.0;
    return static_cast<double>(d_store.first() - d_origin) <= first;
}

void front_end::discard_before(double u) noexcept
{
    const double first = u + motion_samples(u) - static_cast<double>(d_reach) - 2.0;
    d_store.discard_before(d_origin + static_cast<std::int64_t>(std::floor(first)));
}

void front_end::load(double u_first, double u_last, const dsp::carrier& c) noexcept
{
    const double p_first = u_first + motion_samples(u_first);
    const double p_last = u_last + motion_samples(u_last);
    d_u0 = u_first;
    d_p0 = p_first;
    d_slope = u_last > u_first ? (p_last - p_first) / (u_last - u_first) : 1.0;

    const auto reach = static_cast<std::int64_t>(filter().reach());
    const auto from = d_origin + static_cast<std::int64_t>(std::floor(p_first)) - reach;
    const auto to = d_origin + static_cast<std::int64_t>(std::ceil(p_last)) + reach + 1;
    d_loaded = static_cast<std::size_t>(to - from);
    assert(from >= d_store.first() && to <= d_store.end() && d_loaded <= d_re.size());
    d_base = static_cast<double>(from - d_origin);

    // The carrier as a parabola in p through both ends and the middle of the stretch.
    dsp::carrier seen = c;
    if (d_delays != nullptr) {
        const auto phase = [&](double u) { return c.phase_at(u) - d_delay_carrier_hz * delay_s(u); };
        const double half = 0.5 * (p_last - p_first);
        const double a = phase(u_first);
        const double m = phase(u_first + half / d_slope) - a;
        const double b = phase(u_last) - a;
        const double bend = (b - 2.0 * m) / (half * half);
        seen = { p_first, a - std::floor(a), (4.0 * m - b) / (2.0 * half), bend };
    }
    const auto n = d_loaded;
    dsp::remove_carrier(d_store.re(from, n), d_store.im(from, n), d_base, seen, { d_re.data(), n }, { d_im.data(), n });
}

void front_end::symbols(double u, double step, std::span<float> re, std::span<float> im) const noexcept
{
    const dsp::symbol_grid grid{ d_p0 + (u - d_u0) * d_slope, step * d_slope };
    filter().take({ d_re.data(), d_loaded }, { d_im.data(), d_loaded }, d_base, grid, re, im);
}

void front_end::plain_symbols(double u, double step, std::span<float> re, std::span<float> im) const noexcept
{
    const dsp::symbol_grid grid{ d_p0 + (u - d_u0) * d_slope, step * d_slope };
    filter().take_plain({ d_re.data(), d_loaded }, { d_im.data(), d_loaded }, d_base, grid, re, im);
}

} // namespace spacesail::dvbs2x
