// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/data_field_source.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::encap {

enum class acm_frame_size : std::uint8_t { normal, short_frame };
enum class acm_pilots : std::uint8_t { off, on };

/// One choice of the controller; the table is data of the link, not of this room.
struct acm_entry {
    std::uint8_t pls = 0;           ///< with its pilot bit
    double required_es_n0_db = 0.0; ///< at which the receiver in use still decodes it, without margin
    double efficiency = 0.0;        ///< user bits per symbol with PLHEADER and pilots, > 0
    acm_frame_size size = acm_frame_size::normal;
    acm_pilots pilots = acm_pilots::on;
};

/// Which entries of the table may be used, by frame size.
enum class frame_size_policy : std::uint8_t { any, normal_only, short_only };
/// Which entries of the table may be used, by pilots.
enum class pilot_policy : std::uint8_t {
    any,
    always,
    never,
    at_low_es_n0 ///< always below pilots_below_es_n0_db (of the entry's requirement), never above
};

struct acm_config {
    double margin_db = 0.5;                     ///< kept above the requirement, 0..20
    double hysteresis_db = 0.3;                 ///< more than that to go up, 0..10
    stream_time_ns apply_delay_ns = 20'000'000; ///< from a decision to the arrival of a frame made with it, 0..10 s
    stream_time_ns report_timeout_ns = 2'000'000'000; ///< without reports: the most robust entry, > 0
    double report_sigma_db = 0.3;                     ///< standard deviation of a report, 0.001..10
    double slope_change_db_s = 0.5; ///< how much the slope of Es/N0 may change in a second, 0.001..100
    double confidence_sigmas = 4.0; ///< the margin grows to so many deviations of the forecast, 0..10
    frame_size_policy frame_sizes = frame_size_policy::any;
    pilot_policy pilots = pilot_policy::any;
    double pilots_below_es_n0_db = 10.0;
};

struct acm_counters {
    counter reports;
    counter ignored_reports; ///< not finite, or not newer than the one before
    counter restarts;        ///< reports so far from the forecast that it was begun anew
    counter steps_up;
    counter steps_down;
    counter timeouts;    ///< times the most robust entry was taken for want of reports
    counter below_table; ///< decisions where even the most robust entry has less than the margin
};

/// What the controller decided, and on what ground.
struct acm_decision {
    std::uint8_t pls = 0;
    std::optional<double> forecast_es_n0_db; ///< expected when a frame sent now arrives; nothing without reports
    double forecast_sigma_db = 0.0;
    double guard_db = 0.0; ///< kept above the requirement
};

/// \brief Picks the MODCOD of a stream from reports of Es/N0 that come late.
///
/// Es/N0 is followed as a level and a slope (Kalman filter: white noise in the slope) and forecast to the time at which
/// a frame decided on now arrives: the age of the last report and apply_delay_ns. Down at once, when the forecast less
/// the guard is under the requirement of the entry in use; up when it clears a higher one by hysteresis_db. The guard
/// is margin_db, or confidence_sigmas deviations of the forecast where that is more (old reports). Of two entries the
/// one that needs more and gives less is never used. Before the first report: the most robust entry.
class acm_controller
{
public:
    /// Throws std::invalid_argument: a value out of range, a table of which the policies leave nothing.
    acm_controller(const acm_config& config, std::span<const acm_entry> table);

    /// \brief A report from the receiver.
    /// \param[in] measured_at  when it was measured, in the time of decide(); later reports must be newer.
    void on_report(stream_time_ns measured_at, double es_n0_db) noexcept;

    /// \brief The decision for a frame made now.
    acm_decision decide(stream_time_ns now) noexcept;

    /// \brief Back to the state before the first report (counters stay).
    void reset() noexcept;

    /// The entries in use: requirement and efficiency both rise.
    std::span<const acm_entry> ladder() const noexcept { return d_ladder; }
    const acm_counters& counters() const noexcept { return d_counters; }

private:
    struct estimate {
        double level_db = 0.0;
        double slope_db_s = 0.0;
        double p_ll = 0.0, p_ls = 0.0, p_ss = 0.0; ///< covariance
    };
    void start(double es_n0_db) noexcept;
    estimate advanced(double seconds) const noexcept;
    std::size_t highest_within(double usable_db) const noexcept;

    acm_config d_config;
    std::vector<acm_entry> d_ladder;
    std::size_t d_current = 0;
    bool d_known = false;
    bool d_timed_out = false;
    unsigned d_high_outliers = 0;
    stream_time_ns d_last_report = 0;
    estimate d_estimate;
    acm_counters d_counters;
};

} // namespace spacesail::encap
