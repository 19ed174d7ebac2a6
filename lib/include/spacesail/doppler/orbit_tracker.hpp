// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/prior.hpp>
#include <spacesail/doppler/delay_engine.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace spacesail::doppler {

/// A value with its standard deviation.
struct tracked_value {
    double value = 0.0;
    double sigma = 0.0;
};

/// \brief What the tracker believes before the first measurement, and how fast things may wander.
struct tracker_config {
    double carrier_hz = 12e9;  ///< radio frequency the frequency measurements belong to, > 0
    double reference_hz = 0.0; ///< sum of the oscillators locked to the sample clock (the tuner's, not the LNB's)
    double lnb_offset_sigma_hz = 1e6;
    double lnb_drift_sigma_hz_s = 2.0;
    double clock_sigma_ppm = 25.0;
    double clock_offset_sigma_s = 1.0; ///< of the time tags against UTC
    double in_track_sigma_m = 5000.0;  ///< of a satellite seen for the first time
    double lnb_walk_hz = 0.3; ///< random walks, per square root of a second: a PLL LNB with a crystal of its own ...
    double lnb_drift_walk_hz_s = 0.01;
    double clock_walk_ppm = 2e-6; ///< ... and an OCXO or GPSDO (Allan deviation 1e-11 at 100 s); a TCXO: 1e-4
    double in_track_walk_m = 0.3;
};

/// What became of a measurement.
enum class measurement_use {
    used,
    outlier,       ///< beyond six standard deviations
    unknown_orbit, ///< no satellite selected, or its orbit is not known at that time
    out_of_order,  ///< older than what the filter has seen
    not_finite     ///< NaN, infinity, or a standard deviation not above zero
};

/// What the receiver will see.
struct tracker_prediction {
    tracked_value frequency_hz; ///< carrier offset from carrier_hz, LNB and clock included
    double frequency_rate_hz_s = 0.0;
    tracked_value clock_ppm; ///< symbol clock against nominal, > 0: symbols come faster
    tracked_value delay_s;   ///< reading of the time tags minus the time of transmission
};

/// \brief Tells apart what moves the carrier: the satellite's place, the LNB and the terminal's clock.
///
/// An extended Kalman filter with five states: LNB offset and drift, clock error and offset (kept from satellite to
/// satellite), and the in-track bias of the satellite in view (kept by satellite). Models, t in stream time, b the
/// bias:
///   frequency = -f tau'(t; b) + lnb + drift t - clock reference_hz,
///   clock     = -tau'(t; b) - clock,
///   delay     = tau(t; b) + offset + clock t.
/// A bias acts as a shift of the satellite along its orbit. Each time the measurements of this satellite (the first
/// 4096) have become half as many again, all are filtered anew around the better bias, until it stays: what 10 km bend
/// would mislead the filter otherwise. After 20 outliers in a row the LNB is taken to have jumped. Measurements are
/// absolute: what a corrector took out has been added back. Not for the hot path: 20 us a measurement, up to 0.3 s
/// where it filters anew.
///
/// What 60 s can tell apart depends on the clocks and the part of the pass. From samples of a real pass overhead, set
/// wrong by 10 km, 5 MBd at Es/N0 0 dB (tests/bench/pass_campaign.py): sigma 97 m with a TCXO, 58 m with an OCXO, 5 m
/// with a GPSDO, errors within it; near the horizon kilometres. The sigma knows of the track alone: sets ten days old,
/// wrong across it too, have been off by 5 sigma. The prediction does not wait for it: 1 s ahead it is good to about 1
/// Hz from the first second on.
class orbit_tracker
{
public:
    /// Throws std::invalid_argument for a value that is not finite, negative, or zero where it must not be.
    explicit orbit_tracker(const tracker_config& config);

    /// \brief Turns to a satellite; a bias learned before comes back, with the wander since.
    /// \param[in] key     the satellite's catalogue number or any other number of its own.
    /// \param[in] engine  with the terminal's place; every engine must have the same origin as the first
    /// (std::invalid_argument).
    void select(std::uint32_t key, const delay_engine& engine);

    measurement_use add_frequency(double t_s, double frequency_hz, double sigma_hz) noexcept;
    measurement_use add_clock(double t_s, double clock_ppm, double sigma_ppm) noexcept;
    measurement_use add_delay(double t_s, double delay_s, double sigma_s) noexcept;

    /// \brief The time tags have jumped: what is known of the clock's offset is forgotten, the rest stays.
    void restart_delays() noexcept;

    /// What is expected at a time, no earlier than the last measurement; nothing without satellite or orbit.
    std::optional<tracker_prediction> predict(double t_s) const noexcept;
    /// The same as an acquisition prior for a stream whose 0 Hz is `carrier_hz + zero_offset_hz`.
    std::optional<acquisition_prior> prior(double t_s, double zero_offset_hz = 0.0) const noexcept;

    tracked_value lnb_offset_hz() const noexcept { return state(k_lnb, 1.0); }
    tracked_value lnb_drift_hz_s() const noexcept { return state(k_drift, 1.0); }
    tracked_value clock_error_ppm() const noexcept { return state(k_clock, 1.0); }
    tracked_value clock_offset_s() const noexcept { return state(k_offset, 1e-6); }
    /// Of the satellite in view.
    tracked_value in_track_bias_m() const noexcept { return state(k_bias, 1.0); }
    /// Of any satellite seen so far.
    std::optional<tracked_value> in_track_bias_m(std::uint32_t key) const;
    /// Measurements left out.
    std::uint64_t nof_outliers() const noexcept { return d_outliers.value(); }

private:
    static constexpr std::size_t k_states = 5;
    enum : std::size_t { k_lnb, k_drift, k_clock, k_offset, k_bias }; ///< Hz, Hz/s, ppm, us, m
    using row = std::array<double, k_states>;

    struct known_bias {
        double value_m;
        double variance_m2;
        double t_s;
    };
    /// Value of a measured quantity and its dependence on the bias.
    struct orbit_part {
        double value, slope, curvature;
    };

    enum class quantity : std::uint8_t { frequency, clock, delay };
    struct measurement {
        double t_s, value, sigma; ///< in the states' units
        quantity what;
    };
    /// Where the orbit's part of a measurement is linearised.
    struct linearisation {
        double bias_m, variance_m2;
    };
    struct filter {
        row x{};
        std::array<row, k_states> p{};
        double t_s = 0.0;
        bool started = false;
    };

    tracked_value state(std::size_t i, double scale) const noexcept;
    static double quantity_of(const link_state& s, quantity what, double carrier_hz) noexcept;
    row fixed_part(quantity what) const noexcept;
    std::optional<orbit_part> orbit_part_of(double t_s, quantity what, const linearisation& at) const noexcept;
    void advance(filter& f, double t_s) const noexcept;
    measurement_use apply(filter& f, const measurement& m, const linearisation& at, double gate_sigmas) const noexcept;
    measurement_use add(const measurement& m) noexcept;
    void filter_again() noexcept;
    void forget_history() noexcept;

    tracker_config d_config;
    filter d_now;
    filter d_at_selection; ///< before the first measurement of this satellite
    std::vector<measurement> d_history;
    std::size_t d_again_at = 0;
    std::optional<delay_engine> d_engine;
    std::uint32_t d_key = 0;
    std::map<std::uint32_t, known_bias> d_biases;
    int d_rejected_in_a_row = 0;
    counter d_outliers;
};

} // namespace spacesail::doppler
