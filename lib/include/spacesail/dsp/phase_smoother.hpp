// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace spacesail::dsp {

/// Phase (rad) and frequency (rad per symbol) at one instant, with their covariance.
struct phase_state {
    double at = 0.0; ///< symbols
    double theta = 0.0;
    double omega = 0.0;
    double p_tt = 1.0, p_to = 0.0, p_oo = 1e-6;
};

/// \brief Kalman filter and Rauch-Tung-Striebel smoother of a carrier phase observed at scattered nodes (PLHEADER,
/// pilot blocks, decided slots).
///
/// Model: d theta = omega dt + noise of q_theta rad^2 per symbol (oscillator), d omega = noise of q_omega rad^2 per
/// symbol^3 (unmodelled chirp). Between nodes the smoothed phase is interpolated linearly, which is the best for a
/// random walk. Source: Rauch, Tung, Striebel, AIAA J. 3 (1965); Anderson, Moore, Optimal Filtering, ch. 7.
class phase_smoother
{
public:
    explicit phase_smoother(std::size_t max_nodes);

    void set_noise(double q_theta, double q_omega) noexcept
    {
        d_q_theta = q_theta;
        d_q_omega = q_omega;
    }
    /// \brief Forgets all nodes and begins with a known state (its `at` is the first node).
    void begin(const phase_state& first) noexcept;
    /// \brief State expected at a later instant.
    phase_state predict(double at) const noexcept;
    /// \brief Adds a node: an observed phase, any multiple of 2 pi off, and its variance.
    /// \return innovation squared over its expected variance (1 on average when the model fits).
    double observe(double at, double theta, double variance) noexcept;
    /// \brief Adds a node that was not observed.
    void skip(double at) noexcept;
    const phase_state& last() const noexcept { return d_filtered[d_count - 1]; }
    std::size_t nodes() const noexcept { return d_count; }

    /// \brief Runs backwards; afterwards smoothed() holds all nodes.
    void smooth() noexcept;
    std::span<const phase_state> smoothed() const noexcept { return { d_smoothed.data(), d_count }; }
    /// \brief Smoothed phase and slope at an instant; instants must be asked for in rising order after rewind().
    void rewind() noexcept { d_cursor = 0; }
    struct line {
        double theta = 0.0;
        double slope = 0.0;
    };
    line at(double symbol) noexcept;

private:
    double d_q_theta = 1e-6;
    double d_q_omega = 0.0;
    std::size_t d_count = 0;
    std::size_t d_cursor = 0;
    std::vector<phase_state> d_filtered, d_predicted, d_smoothed;
};

} // namespace spacesail::dsp
