// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/frame.hpp>
#include <spacesail/doppler/orbit_tracker.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::doppler {

/// \brief Parameters of a motion_observer.
struct motion_observer_config {
    double sample_rate_hz = 0.0;        ///< of the stream, > 0
    double symbol_rate_hz = 0.0;        ///< of the carrier, > 0
    tracker_config tracker;             ///< carrier_hz is the radio frequency that maps to 0 Hz of the stream
    double span_s = 0.1;                ///< frames of this time become one measurement, 0 .. 1; 0: every frame is one
    double ahead_s = 1.0;               ///< how far ahead predictions are made and scored, > 0
    double in_track_limit_m = 20e3;     ///< what the set may be wrong by before it does not fit
    double lnb_drift_limit_hz_s = 30.0; ///< what a receiver's oscillators may add to that
    std::size_t history_points = 4096;  ///< kept for a picture, 16 .. 1e6
};

/// What is known after one measurement.
struct motion_point {
    double time_s = 0.0;           ///< stream time of the measurement
    tracked_value measured_hz;     ///< carrier offset from 0 Hz of the stream
    double predicted_hz = 0.0;     ///< Doppler shift that the elements alone say
    double elevation_deg = 0.0;    ///< of the satellite, likewise
    double measured_delay_s = 0.0; ///< up to a constant, another one behind a hole that symbols are not counted over
    tracked_value in_track_m;      ///< bias of the satellite along its track
    tracked_value lnb_hz, lnb_drift_hz_s;
    tracked_value clock_ppm;   ///< of the terminal
    double ahead_time_s = 0.0; ///< later by ahead_s ...
    tracked_value ahead_hz;    ///< ... and the frequency predicted for then
    double residual_hz() const noexcept { return measured_hz.value - predicted_hz; }
};

/// Why elements do not belong to the signal.
enum class element_misfit : std::uint8_t {
    none,
    motion,       ///< the frequency moves otherwise
    below_horizon ///< frames come while the satellite is said to be more than 3 degrees below the horizon
};

/// Errors of the predictions so far, against the frequencies measured when their time came.
struct prediction_score {
    std::uint64_t count = 0;
    double rms_hz = 0.0;
    double worst_hz = 0.0;
};

/// \brief Watches one satellite through the measurements of received frames: feeds an orbit_tracker, scores its
/// predictions, and tells whether the elements fit.
///
/// Frames of span_s are joined: mean frequency, mean delay. The delay is the place of the frame less its number of
/// symbols since the first one, so it is known up to a constant (the tracker's clock offset) and needs no time in the
/// signal; symbols are counted by the measured clock, over holes of up to 0.2 s, then counting begins anew and the
/// tracker is told. Frames may come with any MODCOD. Standard deviations begin at the bound for a data-aided estimate
/// from a share of 1/42 known symbols (the pilots) and then follow the scatter of the measurements.
///
/// Elements fit as long as the measured frequency minus the predicted one has not moved, since reception began, further
/// than a satellite in_track_limit_m ahead or behind and a drift of lnb_drift_limit_hz_s explain; five measurements in
/// a row decide. Where reception was interrupted for more than half a second it counts from there. Stream time is taken
/// for true time: a clock off by 2 ppm looks like 12 m along the track after 13 minutes. Deterministic: the same frames
/// give the same numbers. Not for the hot path: see orbit_tracker.
class motion_observer
{
public:
    /// \param[in] engine  of the satellite and site; its origin is stream time 0.
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    motion_observer(const motion_observer_config& config, std::uint32_t key, const delay_engine& engine);

    /// \brief Takes a frame's measurements, in the order of the stream.
    /// \param[in] plframe_symbols  its length; for the standard deviation.
    /// \return whether a measurement was completed: last() is a new one.
    bool add(const frame_measurements& m, unsigned plframe_symbols) noexcept;

    const std::optional<motion_point>& last() const noexcept { return d_last; }
    const orbit_tracker& tracker() const noexcept { return d_tracker; }
    const delay_engine& engine() const noexcept { return d_engine; }
    std::uint64_t nof_measurements() const noexcept { return d_measurements; }

    /// Score of the predictions made `from_s` and more after the first measurement; two stages are kept.
    const prediction_score& score_after_1_s() const noexcept { return d_score_1; }
    const prediction_score& score_after_10_s() const noexcept { return d_score_10; }

    element_misfit misfit() const noexcept { return d_misfit; }
    /// Change of the residual in Hz and the time it took in s when the elements were found not to fit.
    double misfit_hz() const noexcept { return d_misfit_hz; }
    double misfit_after_s() const noexcept { return d_misfit_after_s; }
    /// Measured minus predicted frequency: of the last measurement, and how it drifts (least squares, whole reception).
    double residual_hz() const noexcept { return d_last ? d_last->residual_hz() : 0.0; }
    double residual_drift_hz_s() const noexcept;

    /// Points over time; when they are too many every second one goes and the spacing doubles.
    std::span<const motion_point> history() const noexcept { return d_history; }

private:
    struct joined {
        double first_s = 0.0, sum_t = 0.0, sum_f = 0.0, sum_delay = 0.0, sum_variance_f = 0.0, sum_variance_d = 0.0;
        unsigned n = 0;
    };
    struct promise {
        double time_s, value_hz, age_s;
    };
    /// Scatter of a series from its second differences.
    struct scatter {
        double before = 0.0, last = 0.0, mean_square = 0.0;
        int held = 0; ///< of the two values before
        int n = 0;
        void add(double v) noexcept;
        double sigma(double start) const noexcept;
    };

    void count_symbols(double t_s, double clock_ppm) noexcept;
    void complete() noexcept;
    void score(const motion_point& p) noexcept;
    void check_fit(const motion_point& p) noexcept;
    void keep(const motion_point& p) noexcept;

    motion_observer_config d_config;
    delay_engine d_engine;
    orbit_tracker d_tracker;
    joined d_joined;
    // Symbols since the first frame: whole ones, so the sum stays exact.
    double d_symbols = 0.0, d_last_frame_s = 0.0, d_last_clock_ppm = 0.0;
    bool d_counting = false;
    scatter d_scatter_f, d_scatter_d;
    std::optional<motion_point> d_last;
    double d_first_s = 0.0;
    std::uint64_t d_measurements = 0;
    std::deque<promise> d_promises;
    prediction_score d_score_1, d_score_10;
    double d_sum_1 = 0.0, d_sum_10 = 0.0;
    // The reference of the fit.
    bool d_has_reference = false;
    double d_reference_s = 0.0, d_reference_hz = 0.0;
    int d_outside = 0, d_hidden = 0;
    element_misfit d_misfit = element_misfit::none;
    double d_misfit_hz = 0.0, d_misfit_after_s = 0.0;
    double d_n = 0.0, d_t = 0.0, d_f = 0.0, d_tt = 0.0, d_tf = 0.0, d_f0 = 0.0;
    std::vector<motion_point> d_history;
    std::size_t d_every = 1, d_waiting = 0;
};

} // namespace spacesail::doppler
