// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_watch.hpp"

#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/orbit/leap_seconds.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace spacesail::cli {
namespace {

/// Sets older than this may miss by so much that the receiver searches in vain.
constexpr double k_stale_days = 30.0;
/// Growth of the in-track error: 25 km in ten days is the 95th percentile of station-kept satellites.
constexpr double k_in_track_m_per_day = 2.5e3;

double age_in_days(const orbit::element_set& set, utc_time start)
{
    return std::fabs(orbit::elapsed_s(set.epoch, start)) / 86400.0;
}

doppler::motion_observer_config observer_config(const orbit::element_set& set,
                                                double carrier_hz,
                                                double symbol_rate_hz,
                                                const sample_clock& stream,
                                                const std::string& clock)
{
    doppler::motion_observer_config c;
    c.sample_rate_hz = stream.rate_hz();
    c.symbol_rate_hz = symbol_rate_hz;
    c.tracker.carrier_hz = carrier_hz;
    const double aged_m = k_in_track_m_per_day * age_in_days(set, stream.anchor());
    c.tracker.in_track_sigma_m = std::clamp(aged_m, 5e3, 300e3);
    c.in_track_limit_m = std::clamp(2.0 * aged_m, 20e3, 600e3);
    // Frequency error and its random walk: crystals in telephones; ovens; rubidium and GPS.
    if (clock == "tcxo") {
        c.tracker.clock_sigma_ppm = 5.0;
        c.tracker.clock_walk_ppm = 1e-4;
    } else if (clock == "ocxo") {
        c.tracker.clock_sigma_ppm = 0.5;
        c.tracker.clock_walk_ppm = 2e-6;
    } else {
        c.tracker.clock_sigma_ppm = 1e-4;
        c.tracker.clock_walk_ppm = 2e-6;
    }
    return c;
}

nlohmann::json with_sigma(const doppler::tracked_value& v) { return { { "value", v.value }, { "sigma", v.sigma } }; }

} // namespace

motion_watch::motion_watch(chosen_satellite satellite,
                           double carrier_hz,
                           double symbol_rate_hz,
                           const sample_clock& stream,
                           const std::string& clock)
    : d_satellite(std::move(satellite)),
      d_carrier_hz(carrier_hz),
      d_start(stream.anchor()),
      d_sent(std::make_unique<doppler::emission_delay_source>(
          *d_satellite.delays, doppler::reference_delay_s(*d_satellite.delays, 0.0, stream.rate_hz()))),
      d_observer(observer_config(d_satellite.set, carrier_hz, symbol_rate_hz, stream, clock),
                 d_satellite.set.norad_id,
                 d_satellite.delays->engine())
{
}

motion_watch::~motion_watch()
{
    if (d_file != nullptr) std::fclose(d_file);
}

result<ok_t> motion_watch::record(const std::string& file)
{
    d_file_name = file;
    d_file = std::fopen(file.c_str(), "w");
    if (d_file == nullptr)
        return error{ error_code::io, "--motion " + file + ": cannot be written: " + std::strerror(errno) };
    fmt::print(
        d_file,
        "time_s,measured_hz,measured_sigma_hz,predicted_hz,residual_hz,delay_s,in_track_m,in_track_sigma_m,lnb_hz,"
        "lnb_sigma_hz,lnb_drift_hz_s,lnb_drift_sigma_hz_s,clock_ppm,clock_sigma_ppm,ahead_time_s,ahead_hz,"
        "ahead_sigma_hz\n");
    return ok;
}

result<ok_t> motion_watch::close()
{
    if (d_file == nullptr) return ok;
    const bool bad = std::ferror(d_file) != 0 || d_file_failed;
    const bool closed = std::fclose(d_file) == 0;
    d_file = nullptr;
    if (bad || !closed) return error{ error_code::io, "--motion " + d_file_name + ": could not be written to its end" };
    return ok;
}

void motion_watch::on_frame(const frame_view<std::uint8_t>& frame) noexcept
{
    if (d_next != nullptr) d_next->on_frame(frame);
    if (!d_observer.add(frame.measured, dvbs2x::plframe_symbols(frame.header.pls)) || d_file == nullptr) return;
    const auto& p = *d_observer.last();
    const int written =
        std::fprintf(d_file,
                     "%.6f,%.3f,%.3f,%.3f,%.3f,%.12f,%.2f,%.2f,%.3f,%.3f,%.5f,%.5f,%.7f,%.7f,%.6f,%.3f,%.3f\n",
                     p.time_s,
                     p.measured_hz.value,
                     p.measured_hz.sigma,
                     p.predicted_hz,
                     p.residual_hz(),
                     p.measured_delay_s,
                     p.in_track_m.value,
                     p.in_track_m.sigma,
                     p.lnb_hz.value,
                     p.lnb_hz.sigma,
                     p.lnb_drift_hz_s.value,
                     p.lnb_drift_hz_s.sigma,
                     p.clock_ppm.value,
                     p.clock_ppm.sigma,
                     p.ahead_time_s,
                     p.ahead_hz.value,
                     p.ahead_hz.sigma);
    d_file_failed = d_file_failed || written < 0;
}

double motion_watch::highest_elevation_deg(double until_s) const noexcept
{
    double highest = -90.0;
    for (double t = 0.0;; t += 1.0) {
        const auto link = d_observer.engine().down(std::min(t, until_s));
        if (link) highest = std::max(highest, link->look.elevation_deg);
        if (t >= until_s) return highest;
    }
}

double motion_watch::age_days() const noexcept { return age_in_days(d_satellite.set, d_start); }

double motion_watch::predicted_rate_hz_s(double at_s) const noexcept
{
    const auto link = d_observer.engine().down(at_s);
    return link ? link->doppler_rate_hz_s(d_carrier_hz) : 0.0;
}

std::string motion_watch::why_nothing(double until_s) const
{
    // Old sets do not know where the horizon is either.
    if (d_satellite.set.mean() != nullptr && age_days() > k_stale_days) return "elements_stale";
    if (highest_elevation_deg(until_s) < 0.0) return "no_satellite";
    return {};
}

std::string motion_watch::complaint() const
{
    const auto& o = d_observer;
    switch (o.misfit()) {
    case doppler::element_misfit::none:
        return {};
    case doppler::element_misfit::below_horizon:
        return fmt::format(
            "the elements do not fit the signal: frames came while they say that {} is below the horizon; "
            "check --satellite, --start and --site",
            orbit::display_name(d_satellite.set));
    case doppler::element_misfit::motion:
        break;
    }
    return fmt::format(
        "the elements do not fit the signal: its frequency moved by {:+.0f} Hz against the prediction in "
        "{:.1f} s; check --satellite, --start, --site and the age of --elements ({:.1f} days)",
        o.misfit_hz(),
        o.misfit_after_s(),
        age_days());
}

std::string motion_watch::summary(double now_s) const
{
    const auto& o = d_observer;
    const auto link = o.engine().down(now_s);
    if (!link)
        return fmt::format("satellite  {}: its orbit is not known any more", orbit::display_name(d_satellite.set));
    std::string out = fmt::format(
        "satellite  {} (elements of {}), elevation {:.1f} deg, {:.0f} km, Doppler {:+.1f} Hz {:+.1f} Hz/s predicted",
        orbit::display_name(d_satellite.set),
        format_utc(d_satellite.set.epoch, 0),
        link->look.elevation_deg,
        1e-3 * link->look.range_m,
        link->doppler_hz(d_carrier_hz),
        link->doppler_rate_hz_s(d_carrier_hz));
    if (!o.last()) return out;
    const auto& p = *o.last();
    out += fmt::format(", {:+.1f} Hz {:+.1f} Hz/s left\n", o.residual_hz(), o.residual_drift_hz_s());
    out +=
        fmt::format("motion     {:+.0f} +- {:.0f} m along the track, LNB {:+.1f} +- {:.1f} Hz {:+.2f} +- {:.2f} Hz/s, "
                    "clock {:+.4f} +- {:.4f} ppm",
                    p.in_track_m.value,
                    p.in_track_m.sigma,
                    p.lnb_hz.value,
                    p.lnb_hz.sigma,
                    p.lnb_drift_hz_s.value,
                    p.lnb_drift_hz_s.sigma,
                    p.clock_ppm.value,
                    p.clock_ppm.sigma);
    const auto& s = o.score_after_10_s().count > 0 ? o.score_after_10_s() : o.score_after_1_s();
    if (s.count > 0) {
        out += fmt::format("\nprediction {:.1f} Hz rms, {:.1f} Hz at most, one second ahead ({} times)",
                           s.rms_hz,
                           s.worst_hz,
                           s.count);
    }
    return out;
}

nlohmann::json motion_watch::to_json(double now_s) const
{
    const auto& o = d_observer;
    const auto& set = d_satellite.set;
    nlohmann::json j{ { "id", set.norad_id },
                      { "name", orbit::display_name(set) },
                      { "epoch", format_utc(set.epoch, 6) },
                      { "age_days", age_days() },
                      { "elements_fit", nullptr } };
    if (const auto link = o.engine().down(now_s)) {
        j["az_deg"] = link->look.azimuth_deg;
        j["el_deg"] = link->look.elevation_deg;
        j["range_km"] = 1e-3 * link->look.range_m;
        j["doppler_hz"] = link->doppler_hz(d_carrier_hz);
        j["doppler_rate_hz_s"] = link->doppler_rate_hz_s(d_carrier_hz);
    }
    if (!o.last()) return j;
    const auto& p = *o.last();
    j["elements_fit"] = o.misfit() == doppler::element_misfit::none;
    j["residual_hz"] = o.residual_hz();
    j["residual_drift_hz_s"] = o.residual_drift_hz_s();
    j["in_track_m"] = with_sigma(p.in_track_m);
    j["lnb_hz"] = with_sigma(p.lnb_hz);
    j["lnb_drift_hz_s"] = with_sigma(p.lnb_drift_hz_s);
    j["clock_error_ppm"] = with_sigma(p.clock_ppm);
    if (std::isfinite(p.ahead_hz.value)) j["predicted_1_s_ahead_hz"] = with_sigma(p.ahead_hz);
    const auto score = [](const doppler::prediction_score& s) {
        return nlohmann::json{ { "count", s.count }, { "rms_hz", s.rms_hz }, { "worst_hz", s.worst_hz } };
    };
    j["prediction_errors"] = { { "after_1_s", score(o.score_after_1_s()) },
                               { "after_10_s", score(o.score_after_10_s()) } };
    j["measurements"] = { { "count", o.nof_measurements() }, { "outliers", o.tracker().nof_outliers() } };
    return j;
}

} // namespace spacesail::cli
