// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/orbit_tracker.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace spacesail::doppler {
namespace {

constexpr double k_gate_sigmas = 6.0;
constexpr int k_jump_after = 20;
constexpr int k_most_rounds = 8;
constexpr std::size_t k_history = 4096;
constexpr double k_growth = 1.5; // of the history, until everything in it is filtered anew
constexpr std::size_t k_first_again = 8;
constexpr double k_ppm = 1e-6;
constexpr double k_us = 1e-6;
constexpr double k_smallest_step_m = 20.0; // of the numeric derivatives: 1e-13 of rate noise stays below 1e-14 a metre

double square(double v) noexcept { return v * v; }

void require(double v, const char* what, double smallest)
{
    if (!std::isfinite(v) || v < smallest)
        throw std::invalid_argument(fmt::format("orbit_tracker: {} {} is not finite or below {}", what, v, smallest));
}

} // namespace

orbit_tracker::orbit_tracker(const tracker_config& c) : d_config(c)
{
    require(c.carrier_hz, "carrier_hz", 1.0);
    require(c.reference_hz, "reference_hz", 0.0);
    require(c.lnb_offset_sigma_hz, "lnb_offset_sigma_hz", 0.0);
    require(c.lnb_drift_sigma_hz_s, "lnb_drift_sigma_hz_s", 0.0);
    require(c.clock_sigma_ppm, "clock_sigma_ppm", 0.0);
    require(c.clock_offset_sigma_s, "clock_offset_sigma_s", 0.0);
    require(c.in_track_sigma_m, "in_track_sigma_m", 0.0);
    require(c.lnb_walk_hz, "lnb_walk_hz", 0.0);
    require(c.lnb_drift_walk_hz_s, "lnb_drift_walk_hz_s", 0.0);
    require(c.clock_walk_ppm, "clock_walk_ppm", 0.0);
    require(c.in_track_walk_m, "in_track_walk_m", 0.0);
    d_history.reserve(k_history);
    d_now.p[k_lnb][k_lnb] = square(c.lnb_offset_sigma_hz);
    d_now.p[k_drift][k_drift] = square(c.lnb_drift_sigma_hz_s);
    d_now.p[k_clock][k_clock] = square(c.clock_sigma_ppm);
    d_now.p[k_offset][k_offset] = square(c.clock_offset_sigma_s / k_us);
    d_now.p[k_bias][k_bias] = square(c.in_track_sigma_m);
}

void orbit_tracker::select(std::uint32_t key, const delay_engine& engine)
{
    if (d_engine && engine.origin() != d_engine->origin()) {
        throw std::invalid_argument(fmt::format("orbit_tracker: the engine's origin {} is not the one of the first, {}",
                                                format_utc(engine.origin()),
                                                format_utc(d_engine->origin())));
    }
    const bool another = !d_engine || key != d_key;
    if (d_engine && another) d_biases[d_key] = { d_now.x[k_bias], d_now.p[k_bias][k_bias], d_now.t_s };
    if (another) {
        // Why the correlations go: what the last satellite's bias shared with the LNB says nothing about this one's.
        for (std::size_t i = 0; i < k_states; ++i) d_now.p[i][k_bias] = d_now.p[k_bias][i] = 0.0;
        const auto known = d_biases.find(key);
        d_now.x[k_bias] = known == d_biases.end() ? 0.0 : known->second.value_m;
        d_now.p[k_bias][k_bias] = square(d_config.in_track_sigma_m);
        if (known != d_biases.end()) {
            const double wander = square(d_config.in_track_walk_m) * std::max(0.0, d_now.t_s - known->second.t_s);
            d_now.p[k_bias][k_bias] = std::min(d_now.p[k_bias][k_bias], known->second.variance_m2 + wander);
        }
    }
    d_key = key;
    d_engine = engine;
    d_rejected_in_a_row = 0;
    forget_history();
}

void orbit_tracker::forget_history() noexcept
{
    d_history.clear();
    d_at_selection = d_now;
    d_again_at = k_first_again;
}

std::optional<tracked_value> orbit_tracker::in_track_bias_m(std::uint32_t key) const
{
    if (d_engine && key == d_key) return in_track_bias_m();
    const auto known = d_biases.find(key);
    if (known == d_biases.end()) return std::nullopt;
    return tracked_value{ known->second.value_m, std::sqrt(known->second.variance_m2) };
}

tracked_value orbit_tracker::state(std::size_t i, double scale) const noexcept
{
    return { scale * d_now.x[i], scale * std::sqrt(std::max(0.0, d_now.p[i][i])) };
}

double orbit_tracker::quantity_of(const link_state& s, quantity what, double carrier_hz) noexcept
{
    switch (what) {
    case quantity::frequency:
        return s.doppler_hz(carrier_hz);
    case quantity::clock:
        return -s.delay_rate / k_ppm;
    case quantity::delay:
        break;
    }
    return s.delay_s / k_us;
}

orbit_tracker::row orbit_tracker::fixed_part(quantity what) const noexcept
{
    switch (what) {
    case quantity::frequency:
        return { 1.0, 0.0, -d_config.reference_hz * k_ppm, 0.0, 0.0 };
    case quantity::clock:
        return { 0.0, 0.0, -1.0, 0.0, 0.0 };
    case quantity::delay:
        break;
    }
    return { 0.0, 0.0, 0.0, 1.0, 0.0 };
}

std::optional<orbit_tracker::orbit_part>
orbit_tracker::orbit_part_of(double t_s, quantity what, const linearisation& at) const noexcept
{
    if (!d_engine) return std::nullopt;
    delay_engine engine = *d_engine;
    const double step = std::max(k_smallest_step_m, std::sqrt(std::max(0.0, at.variance_m2)));
    std::array<double, 3> v{};
    for (int k = -1; k <= 1; ++k) {
        engine.set_in_track_bias_m(at.bias_m + k * step);
        const auto s = engine.down(t_s);
        if (!s) return std::nullopt;
        v[static_cast<std::size_t>(k + 1)] = quantity_of(*s, what, d_config.carrier_hz);
    }
    return orbit_part{ v[1], (v[2] - v[0]) / (2.0 * step), (v[2] - 2.0 * v[1] + v[0]) / square(step) };
}

void orbit_tracker::advance(filter& f, double t_s) const noexcept
{
    const double dt = f.started ? t_s - f.t_s : 0.0;
    f.started = true;
    f.t_s = t_s;
    if (dt <= 0.0) return;
    // lnb += drift dt, offset (us) += clock (ppm) dt: P = F P F'.
    f.x[k_lnb] += f.x[k_drift] * dt;
    f.x[k_offset] += f.x[k_clock] * dt;
    for (std::size_t j = 0; j < k_states; ++j) {
        f.p[k_lnb][j] += dt * f.p[k_drift][j];
        f.p[k_offset][j] += dt * f.p[k_clock][j];
    }
    for (std::size_t i = 0; i < k_states; ++i) {
        f.p[i][k_lnb] += dt * f.p[i][k_drift];
        f.p[i][k_offset] += dt * f.p[i][k_clock];
    }
    f.p[k_lnb][k_lnb] += square(d_config.lnb_walk_hz) * dt;
    f.p[k_drift][k_drift] += square(d_config.lnb_drift_walk_hz_s) * dt;
    f.p[k_clock][k_clock] += square(d_config.clock_walk_ppm) * dt;
    f.p[k_bias][k_bias] += square(d_config.in_track_walk_m) * dt;
}

measurement_use
orbit_tracker::apply(filter& f, const measurement& m, const linearisation& at, double gate_sigmas) const noexcept
{
    const auto part = orbit_part_of(m.t_s, m.what, at);
    if (!part) return measurement_use::unknown_orbit;
    advance(f, m.t_s);
    row h = fixed_part(m.what);
    // The bias enters with its square too: mean 1/2 h'' P, variance 1/2 (h'' P)^2 (second-order filter, Jazwinski 1970,
    // section 9.3).
    const double bent = part->curvature * at.variance_m2;
    double expected = part->value + part->slope * (f.x[k_bias] - at.bias_m) + 0.5 * bent;
    for (std::size_t i = 0; i < k_bias; ++i) expected += h[i] * f.x[i];
    h[k_bias] = part->slope;
    const double noise = square(m.sigma) + 0.5 * square(bent);
    row ph{};
    double s = noise;
    for (std::size_t i = 0; i < k_states; ++i) {
        for (std::size_t j = 0; j < k_states; ++j) ph[i] += f.p[i][j] * h[j];
    }
    for (std::size_t i = 0; i < k_states; ++i) s += h[i] * ph[i];
    const double innovation = m.value - expected;
    if (!(square(innovation) <= square(gate_sigmas) * s)) return measurement_use::outlier;
    row gain{};
    for (std::size_t i = 0; i < k_states; ++i) {
        gain[i] = ph[i] / s;
        f.x[i] += gain[i] * innovation;
    }
    // Joseph's form: P stays symmetric and positive though its entries span twenty decades.
    std::array<row, k_states> a{};
    std::array<row, k_states> ap{};
    for (std::size_t i = 0; i < k_states; ++i) {
        for (std::size_t j = 0; j < k_states; ++j) a[i][j] = (i == j ? 1.0 : 0.0) - gain[i] * h[j];
    }
    for (std::size_t i = 0; i < k_states; ++i) {
        for (std::size_t j = 0; j < k_states; ++j) {
            for (std::size_t k = 0; k < k_states; ++k) ap[i][j] += a[i][k] * f.p[k][j];
        }
    }
    for (std::size_t i = 0; i < k_states; ++i) {
        for (std::size_t j = 0; j < k_states; ++j) {
            double v = gain[i] * noise * gain[j];
            for (std::size_t k = 0; k < k_states; ++k) v += ap[i][k] * a[j][k];
            f.p[i][j] = v;
        }
    }
    for (std::size_t i = 0; i < k_states; ++i) {
        for (std::size_t j = 0; j < i; ++j) f.p[i][j] = f.p[j][i] = 0.5 * (f.p[i][j] + f.p[j][i]);
    }
    return measurement_use::used;
}

void orbit_tracker::filter_again() noexcept
{
    // Gauss and Newton: all measurements around the same bias, until it stays. What a bias bends is the same in every
    // one of them; taken as noise of each, as a single pass has to, it would average out and the filter be sure of a
    // wrong bias.
    for (int round = 0; round < k_most_rounds; ++round) {
        const linearisation at = { d_now.x[k_bias], 0.0 };
        filter again = d_at_selection;
        for (const measurement& m : d_history) apply(again, m, at, std::numeric_limits<double>::infinity());
        d_now = again;
        if (std::fabs(d_now.x[k_bias] - at.bias_m) < 0.3 * std::sqrt(d_now.p[k_bias][k_bias])) return;
    }
}

measurement_use orbit_tracker::add(const measurement& m) noexcept
{
    if (!std::isfinite(m.t_s) || !std::isfinite(m.value) || !std::isfinite(m.sigma) || !(m.sigma > 0.0)) {
        return measurement_use::not_finite;
    }
    if (d_now.started && m.t_s < d_now.t_s) return measurement_use::out_of_order;
    const measurement_use use = apply(d_now, m, { d_now.x[k_bias], d_now.p[k_bias][k_bias] }, k_gate_sigmas);
    if (use == measurement_use::outlier) {
        d_outliers.add();
        if (++d_rejected_in_a_row >= k_jump_after) {
            d_now.p[k_lnb][k_lnb] += square(d_config.lnb_offset_sigma_hz);
            d_now.p[k_offset][k_offset] += square(d_config.clock_offset_sigma_s / k_us);
            d_rejected_in_a_row = 0;
            // What was measured before the jump cannot be filtered again with what comes after it.
            forget_history();
        }
    }
    if (use != measurement_use::used) return use;
    d_rejected_in_a_row = 0;
    if (d_history.size() == k_history) return use;
    d_history.push_back(m);
    if (d_history.size() >= d_again_at) {
        filter_again();
        d_again_at = static_cast<std::size_t>(k_growth * static_cast<double>(d_history.size())) + k_first_again;
    }
    return use;
}

measurement_use orbit_tracker::add_frequency(double t_s, double frequency_hz, double sigma_hz) noexcept
{
    return add({ t_s, frequency_hz, sigma_hz, quantity::frequency });
}

measurement_use orbit_tracker::add_clock(double t_s, double clock_ppm, double sigma_ppm) noexcept
{
    return add({ t_s, clock_ppm, sigma_ppm, quantity::clock });
}

measurement_use orbit_tracker::add_delay(double t_s, double delay_s, double sigma_s) noexcept
{
    return add({ t_s, delay_s / k_us, sigma_s / k_us, quantity::delay });
}

void orbit_tracker::restart_delays() noexcept
{
    for (std::size_t i = 0; i < k_states; ++i) d_now.p[i][k_offset] = d_now.p[k_offset][i] = 0.0;
    d_now.x[k_offset] = 0.0;
    d_now.p[k_offset][k_offset] = square(d_config.clock_offset_sigma_s / k_us);
    // Delays measured before cannot be filtered again with what comes now.
    forget_history();
}

std::optional<tracker_prediction> orbit_tracker::predict(double t_s) const noexcept
{
    if (!std::isfinite(t_s) || (d_now.started && t_s < d_now.t_s) || !d_engine) return std::nullopt;
    filter ahead = d_now;
    advance(ahead, t_s);
    const linearisation at = { ahead.x[k_bias], ahead.p[k_bias][k_bias] };
    delay_engine engine = *d_engine;
    engine.set_in_track_bias_m(at.bias_m);
    const auto s = engine.down(t_s);
    if (!s) return std::nullopt;
    const auto expected = [&](quantity what) -> std::optional<tracked_value> {
        const auto part = orbit_part_of(t_s, what, at);
        if (!part) return std::nullopt;
        row h = fixed_part(what);
        h[k_bias] = part->slope;
        double value = part->value;
        double variance = 0.0;
        for (std::size_t i = 0; i < k_states; ++i) {
            if (i != k_bias) value += h[i] * ahead.x[i];
            for (std::size_t j = 0; j < k_states; ++j) variance += h[i] * ahead.p[i][j] * h[j];
        }
        return tracked_value{ value, std::sqrt(std::max(0.0, variance)) };
    };
    const auto frequency = expected(quantity::frequency);
    const auto clock = expected(quantity::clock);
    const auto delay = expected(quantity::delay);
    if (!frequency || !clock || !delay) return std::nullopt;
    return tracker_prediction{ *frequency,
                               s->doppler_rate_hz_s(d_config.carrier_hz) + ahead.x[k_drift],
                               *clock,
                               { delay->value * k_us, delay->sigma * k_us } };
}

std::optional<acquisition_prior> orbit_tracker::prior(double t_s, double zero_offset_hz) const noexcept
{
    const auto p = predict(t_s);
    if (!p) return std::nullopt;
    acquisition_prior out;
    out.offset_hz = p->frequency_hz.value - zero_offset_hz;
    out.sigma_hz = p->frequency_hz.sigma;
    out.rate_hz_s = p->frequency_rate_hz_s;
    out.clock_ppm = p->clock_ppm.value;
    return out;
}

} // namespace spacesail::doppler
