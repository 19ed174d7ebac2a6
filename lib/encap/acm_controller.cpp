// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/acm_controller.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace spacesail::encap {
namespace {

constexpr double k_seconds_per_ns = 1e-9;
/// A report this many deviations off the forecast is no noise: 1 in 4e5 under the model's own assumptions.
constexpr double k_outlier_sigmas = 4.7;
/// One report far above the forecast may be wrong; so many in a row are a signal that came back.
constexpr unsigned k_high_outliers = 3;
constexpr stream_time_ns k_max_delay_ns = 10'000'000'000;

void check(const char* name, double value, double low, double high)
{
    if (!(value >= low && value <= high)) {
        throw std::invalid_argument(fmt::format("acm_controller: {} = {}, allowed {}..{}", name, value, low, high));
    }
}

bool is_allowed(const acm_config& config, const acm_entry& e)
{
    if (config.frame_sizes == frame_size_policy::normal_only && e.size != acm_frame_size::normal) return false;
    if (config.frame_sizes == frame_size_policy::short_only && e.size != acm_frame_size::short_frame) return false;
    const bool has_pilots = e.pilots == acm_pilots::on;
    switch (config.pilots) {
    case pilot_policy::any:
        return true;
    case pilot_policy::always:
        return has_pilots;
    case pilot_policy::never:
        return !has_pilots;
    case pilot_policy::at_low_es_n0:
        return has_pilots == (e.required_es_n0_db < config.pilots_below_es_n0_db);
    }
    return false;
}

} // namespace

acm_controller::acm_controller(const acm_config& config, std::span<const acm_entry> table) : d_config(config)
{
    check("margin_db", config.margin_db, 0.0, 20.0);
    check("hysteresis_db", config.hysteresis_db, 0.0, 10.0);
    check("apply_delay_ns", static_cast<double>(config.apply_delay_ns), 0.0, static_cast<double>(k_max_delay_ns));
    check("report_timeout_ns", static_cast<double>(config.report_timeout_ns), 1.0, 1e18);
    check("report_sigma_db", config.report_sigma_db, 1e-3, 10.0);
    check("slope_change_db_s", config.slope_change_db_s, 1e-3, 100.0);
    check("confidence_sigmas", config.confidence_sigmas, 0.0, 10.0);
    for (const acm_entry& e : table) {
        check("required_es_n0_db", e.required_es_n0_db, -50.0, 100.0);
        check("efficiency", e.efficiency, 1e-6, 100.0);
        if (is_allowed(config, e)) d_ladder.push_back(e);
    }
    if (d_ladder.empty()) {
        throw std::invalid_argument(
            fmt::format("acm_controller: table of {} entries, the policies leave none of them", table.size()));
    }
    std::ranges::stable_sort(d_ladder, [](const acm_entry& a, const acm_entry& b) {
        return a.required_es_n0_db < b.required_es_n0_db ||
               (a.required_es_n0_db == b.required_es_n0_db && a.efficiency > b.efficiency);
    });
    double best = 0.0;
    std::erase_if(d_ladder, [&best](const acm_entry& e) {
        if (e.efficiency <= best) return true;
        best = e.efficiency;
        return false;
    });
}

void acm_controller::reset() noexcept
{
    d_known = false;
    d_timed_out = false;
    d_current = 0;
    d_high_outliers = 0;
}

void acm_controller::start(double es_n0_db) noexcept
{
    const double sigma = d_config.report_sigma_db;
    const double slope = d_config.slope_change_db_s;
    d_estimate = { es_n0_db, 0.0, sigma * sigma, 0.0, slope * slope };
    d_high_outliers = 0;
    d_known = true;
}

acm_controller::estimate acm_controller::advanced(double t) const noexcept
{
    // Source: Y. Bar-Shalom, X. R. Li, T. Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001,
    // section 6.2.2: continuous white noise acceleration, here of a level in dB.
    const double q = d_config.slope_change_db_s * d_config.slope_change_db_s;
    estimate e = d_estimate;
    e.level_db += t * e.slope_db_s;
    e.p_ll += 2.0 * t * e.p_ls + t * t * e.p_ss + q * t * t * t / 3.0;
    e.p_ls += t * e.p_ss + q * t * t / 2.0;
    e.p_ss += q * t;
    return e;
}

void acm_controller::on_report(stream_time_ns measured_at, double es_n0_db) noexcept
{
    if (!std::isfinite(es_n0_db) || (d_known && measured_at <= d_last_report)) {
        d_counters.ignored_reports.add();
        return;
    }
    d_counters.reports.add();
    const double t = static_cast<double>(measured_at - d_last_report) * k_seconds_per_ns;
    const bool stale = d_known && measured_at - d_last_report > d_config.report_timeout_ns;
    d_last_report = measured_at;
    if (!d_known || stale) {
        start(es_n0_db);
        return;
    }
    const estimate e = advanced(t);
    const double variance = e.p_ll + d_config.report_sigma_db * d_config.report_sigma_db;
    const double surprise = es_n0_db - e.level_db;
    const double limit = k_outlier_sigmas * std::sqrt(variance);
    if (surprise < -limit) {
        // Why at once: a blockage or a deep fade costs frames until it is believed.
        d_counters.restarts.add();
        start(es_n0_db);
        return;
    }
    if (surprise > limit && ++d_high_outliers < k_high_outliers) {
        d_estimate = e;
        return;
    }
    if (surprise > limit) {
        d_counters.restarts.add();
        start(es_n0_db);
        return;
    }
    d_high_outliers = 0;
    const double gain_level = e.p_ll / variance;
    const double gain_slope = e.p_ls / variance;
    d_estimate.level_db = e.level_db + gain_level * surprise;
    d_estimate.slope_db_s = e.slope_db_s + gain_slope * surprise;
    d_estimate.p_ll = (1.0 - gain_level) * e.p_ll;
    d_estimate.p_ls = (1.0 - gain_level) * e.p_ls;
    d_estimate.p_ss = e.p_ss - gain_slope * e.p_ls;
}

std::size_t acm_controller::highest_within(double usable_db) const noexcept
{
    std::size_t best = 0;
    for (std::size_t i = 1; i < d_ladder.size() && d_ladder[i].required_es_n0_db <= usable_db; ++i) best = i;
    return best;
}

acm_decision acm_controller::decide(stream_time_ns now) noexcept
{
    acm_decision out;
    const std::size_t before = d_current;
    if (!d_known) {
        d_current = 0;
    } else if (now - d_last_report > d_config.report_timeout_ns) {
        if (!d_timed_out) d_counters.timeouts.add();
        d_timed_out = true;
        d_current = 0;
    } else {
        d_timed_out = false;
        const double t =
            static_cast<double>(std::max<stream_time_ns>(0, now - d_last_report) + d_config.apply_delay_ns) *
            k_seconds_per_ns;
        const estimate e = advanced(t);
        out.forecast_es_n0_db = e.level_db;
        out.forecast_sigma_db = std::sqrt(e.p_ll);
        out.guard_db = std::max(d_config.margin_db, d_config.confidence_sigmas * out.forecast_sigma_db);
        const double usable = e.level_db - out.guard_db;
        if (usable < d_ladder.front().required_es_n0_db) d_counters.below_table.add();
        if (usable < d_ladder[d_current].required_es_n0_db) {
            d_current = highest_within(usable);
        } else {
            d_current = std::max(d_current, highest_within(usable - d_config.hysteresis_db));
        }
    }
    if (d_current > before) d_counters.steps_up.add();
    if (d_current < before) d_counters.steps_down.add();
    out.pls = d_ladder[d_current].pls;
    return out;
}

} // namespace spacesail::encap
