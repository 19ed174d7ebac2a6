// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/motion_observer.hpp>

#include <spacesail/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace spacesail::doppler {
namespace {

/// Share of known symbols that the standard deviations begin with: 36 pilots behind every 1440 symbols.
constexpr double k_known_share = 1.0 / 42.0;
/// Behind a longer hole symbols cannot be counted: 1e-7 of clock noise is 0.5 symbols in 0.2 s at 25 MBd.
constexpr double k_longest_count_s = 0.2;
/// Behind a longer one the receiver may have locked to something else.
constexpr double k_longest_hole_s = 0.5;
constexpr int k_outside_in_a_row = 5;
constexpr double k_fit_slack_hz = 30.0;
/// Refraction lifts by 0.6 degrees at the horizon; sets and sites may be wrong by two degrees.
constexpr double k_hidden_deg = -3.0;
constexpr int k_scatter_memory = 32;
constexpr int k_scatter_trusted = 8;

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) throw std::invalid_argument(fmt::format("motion_observer: {} {} is outside {}", name, value, range));
}

motion_observer_config checked(const motion_observer_config& c)
{
    constexpr const char* positive = "values above 0";
    check(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0.0, "sample_rate_hz", c.sample_rate_hz, positive);
    check(std::isfinite(c.symbol_rate_hz) && c.symbol_rate_hz > 0.0, "symbol_rate_hz", c.symbol_rate_hz, positive);
    check(c.span_s >= 0.0 && c.span_s <= 1.0, "span_s", c.span_s, "0 .. 1");
    check(c.ahead_s > 0.0 && c.ahead_s <= 60.0, "ahead_s", c.ahead_s, "above 0 .. 60");
    check(c.in_track_limit_m > 0.0 && c.in_track_limit_m <= 1e6,
          "in_track_limit_m",
          c.in_track_limit_m,
          "above 0 .. 1e6");
    check(c.lnb_drift_limit_hz_s >= 0.0, "lnb_drift_limit_hz_s", c.lnb_drift_limit_hz_s, "0 and above");
    check(c.history_points >= 16 && c.history_points <= 1'000'000,
          "history_points",
          static_cast<double>(c.history_points),
          "16 .. 1e6");
    return c;
}

} // namespace

motion_observer::motion_observer(const motion_observer_config& config, std::uint32_t key, const delay_engine& engine)
    : d_config(checked(config)), d_engine(engine), d_tracker(config.tracker)
{
    d_tracker.select(key, d_engine);
    d_history.reserve(d_config.history_points);
}

void motion_observer::scatter::add(double v) noexcept
{
    if (held == 2) {
        const double bend = v - 2.0 * last + before;
        n = std::min(n + 1, k_scatter_memory);
        mean_square += (bend * bend - mean_square) / n;
    }
    held = std::min(held + 1, 2);
    before = last;
    last = v;
}

double motion_observer::scatter::sigma(double start) const noexcept
{
    // White noise of variance s^2 has second differences of 6 s^2.
    return n >= k_scatter_trusted ? std::max(0.1 * start, std::sqrt(mean_square / 6.0)) : start;
}

void motion_observer::count_symbols(double t_s, double clock_ppm) noexcept
{
    const double step_s = t_s - d_last_frame_s;
    if (d_counting && step_s > 0.0 && step_s <= k_longest_count_s) {
        const double ppm = 0.5 * (clock_ppm + d_last_clock_ppm);
        d_symbols += std::round(step_s * d_config.symbol_rate_hz * (1.0 + 1e-6 * ppm));
    } else {
        if (d_counting) {
            d_tracker.restart_delays();
            d_joined = {};
            d_scatter_d.held = 0;
        }
        // Any start will do: the tracker's clock offset is free.
        const auto tau = d_engine.tau_down(t_s);
        d_symbols = std::round((t_s - tau.value_or(0.0)) * d_config.symbol_rate_hz);
        d_counting = true;
    }
    d_last_frame_s = t_s;
    d_last_clock_ppm = clock_ppm;
}

bool motion_observer::add(const frame_measurements& m, unsigned plframe_symbols) noexcept
{
    const double t = m.sof_sample / d_config.sample_rate_hz;
    if (!std::isfinite(t) || !std::isfinite(m.cfo_hz) || !std::isfinite(m.clock_ppm) || plframe_symbols == 0)
        return false;
    if (d_last && t <= d_last_frame_s) return false;
    const bool hole = d_counting && t - d_last_frame_s > k_longest_hole_s;
    count_symbols(t, m.clock_ppm);
    if (hole) {
        d_has_reference = false;
        d_outside = 0;
        d_scatter_f.held = 0;
    }
    joined& j = d_joined;
    if (j.n == 0) j.first_s = t;
    // Bounds for n known symbols at Es/N0 g: frequency sqrt(6 / (g n)) / (2 pi T), delay sqrt(3 / (2 pi^2 g n)) Ts
    // (U. Mengali, A. D'Andrea, Synchronization Techniques for Digital Receivers, 1997, sections 2.4 and 2.5).
    const double g = db_to_linear(std::isfinite(m.es_n0_db) ? static_cast<double>(m.es_n0_db) : 0.0);
    const double known = std::max(90.0, k_known_share * plframe_symbols);
    const double seconds = plframe_symbols / d_config.symbol_rate_hz;
    j.sum_variance_f += 6.0 / (g * known) / (k_two_pi * seconds * k_two_pi * seconds);
    j.sum_variance_d += 1.5 / (k_pi * k_pi * g * known) / (d_config.symbol_rate_hz * d_config.symbol_rate_hz);
    j.sum_t += t - j.first_s;
    j.sum_f += m.cfo_hz;
    j.sum_delay += t - d_symbols / d_config.symbol_rate_hz;
    ++j.n;
    if (t + seconds - j.first_s < d_config.span_s) return false;
    complete();
    return true;
}

void motion_observer::complete() noexcept
{
    const joined j = d_joined;
    d_joined = {};
    const double n = j.n;
    motion_point p;
    p.time_s = j.first_s + j.sum_t / n;
    p.measured_hz.value = j.sum_f / n;
    p.measured_delay_s = j.sum_delay / n;
    const auto link = d_engine.down(p.time_s);
    if (!link) return;
    p.elevation_deg = link->look.elevation_deg;
    p.predicted_hz = link->doppler_hz(d_config.tracker.carrier_hz);
    d_scatter_f.add(p.residual_hz());
    d_scatter_d.add(p.measured_delay_s - link->delay_s);
    p.measured_hz.sigma = d_scatter_f.sigma(std::sqrt(j.sum_variance_f) / n);
    const double sigma_delay_s = d_scatter_d.sigma(std::sqrt(j.sum_variance_d) / n);
    d_tracker.add_frequency(p.time_s, p.measured_hz.value, p.measured_hz.sigma);
    d_tracker.add_delay(p.time_s, p.measured_delay_s, sigma_delay_s);
    p.in_track_m = d_tracker.in_track_bias_m();
    p.lnb_hz = d_tracker.lnb_offset_hz();
    p.lnb_drift_hz_s = d_tracker.lnb_drift_hz_s();
    p.clock_ppm = d_tracker.clock_error_ppm();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    p.ahead_time_s = p.time_s + d_config.ahead_s;
    const auto ahead = d_tracker.predict(p.ahead_time_s);
    p.ahead_hz = ahead ? ahead->frequency_hz : tracked_value{ nan, nan };
    if (d_measurements == 0) d_first_s = p.time_s;
    score(p);
    check_fit(p);
    const double t = p.time_s - d_first_s;
    if (d_measurements == 0) d_f0 = p.residual_hz();
    const double f = p.residual_hz() - d_f0;
    d_n += 1.0;
    d_t += t;
    d_f += f;
    d_tt += t * t;
    d_tf += t * f;
    ++d_measurements;
    d_last = p;
    keep(p);
}

void motion_observer::score(const motion_point& p) noexcept
{
    while (d_last && !d_promises.empty() && d_promises.front().time_s <= p.time_s) {
        const promise due = d_promises.front();
        d_promises.pop_front();
        const double span_s = p.time_s - d_last->time_s;
        // Between two measurements by a straight line; not over a hole.
        if (due.time_s < d_last->time_s || span_s > k_longest_hole_s) continue;
        const double share = (due.time_s - d_last->time_s) / span_s;
        const double got = d_last->measured_hz.value + share * (p.measured_hz.value - d_last->measured_hz.value);
        const double error = due.value_hz - got;
        const auto into = [error](prediction_score& s, double& sum) {
            ++s.count;
            sum += error * error;
            s.rms_hz = std::sqrt(sum / static_cast<double>(s.count));
            s.worst_hz = std::max(s.worst_hz, std::abs(error));
        };
        if (due.age_s >= 10.0) {
            into(d_score_10, d_sum_10);
        } else if (due.age_s >= 1.0) {
            into(d_score_1, d_sum_1);
        }
    }
    if (std::isfinite(p.ahead_hz.value))
        d_promises.push_back({ p.ahead_time_s, p.ahead_hz.value, p.time_s - d_first_s });
}

void motion_observer::check_fit(const motion_point& p) noexcept
{
    d_hidden = p.elevation_deg < k_hidden_deg ? d_hidden + 1 : 0;
    if (d_hidden == k_outside_in_a_row && d_misfit == element_misfit::none) d_misfit = element_misfit::below_horizon;
    if (!d_has_reference) {
        d_has_reference = true;
        d_reference_s = p.time_s;
        d_reference_hz = p.residual_hz();
        return;
    }
    const double f = d_config.tracker.carrier_hz;
    double orbit_hz = 0.0;
    delay_engine moved = d_engine;
    for (const double bias_m : { -d_config.in_track_limit_m, d_config.in_track_limit_m }) {
        const auto shift_at = [&](double t) -> double {
            moved.set_in_track_bias_m(0.0);
            const auto here = moved.down(t);
            moved.set_in_track_bias_m(bias_m);
            const auto there = moved.down(t);
            return here && there ? there->doppler_hz(f) - here->doppler_hz(f) : 0.0;
        };
        orbit_hz = std::max(orbit_hz, std::abs(shift_at(p.time_s) - shift_at(d_reference_s)));
    }
    const double moved_hz = p.residual_hz() - d_reference_hz;
    const double after_s = p.time_s - d_reference_s;
    const double allowed_hz = orbit_hz + d_config.lnb_drift_limit_hz_s * after_s + k_fit_slack_hz;
    d_outside = std::abs(moved_hz) > allowed_hz ? d_outside + 1 : 0;
    if (d_outside == k_outside_in_a_row && d_misfit == element_misfit::none) {
        d_misfit = element_misfit::motion;
        d_misfit_hz = moved_hz;
        d_misfit_after_s = after_s;
    }
}

double motion_observer::residual_drift_hz_s() const noexcept
{
    const double spread = d_n * d_tt - d_t * d_t;
    return d_n >= 3.0 && spread > 0.0 ? (d_n * d_tf - d_t * d_f) / spread : 0.0;
}

void motion_observer::keep(const motion_point& p) noexcept
{
    if (d_waiting > 0) {
        --d_waiting;
        return;
    }
    if (d_history.size() == d_config.history_points) {
        for (std::size_t i = 0; 2 * i < d_history.size(); ++i) d_history[i] = d_history[2 * i];
        d_history.resize((d_history.size() + 1) / 2);
        d_every *= 2;
    }
    d_waiting = d_every - 1;
    d_history.push_back(p);
}

} // namespace spacesail::doppler
