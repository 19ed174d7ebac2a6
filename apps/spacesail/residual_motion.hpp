// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/synchroniser.hpp>

#include <cstdint>

namespace spacesail::cli {

/// \brief What is left of the carrier's motion once the predicted one is taken out: a straight line through the
/// frequencies measured, by least squares. The LNB's offset is its level; wrong elements show as its slope.
class residual_motion
{
public:
    /// \brief Takes the last frame of a status, once.
    void add(const dvbs2x::synchroniser_status& status, double sample_rate_hz) noexcept;
    /// Measured minus predicted frequency of the last frame in Hz.
    double last_hz() const noexcept { return d_last_hz; }
    /// Slope in Hz/s; 0 before a tenth of a second has been seen.
    double drift_hz_s() const noexcept;
    /// \brief Whether the slope is beyond what an LNB and elements some days old can do: 60 Hz/s, over 20 Hz in all.
    ///
    /// Why 60: at 12.7 GHz and 1070 km the Doppler rate changes by up to 15 Hz/s a second, and 25 km in track, the 95th
    /// percentile of sets ten days old, are 3.4 s; another satellite's rate differs by hundreds.
    bool drifts() const noexcept;

private:
    std::uint64_t d_frames = 0;
    double d_last_hz = 0.0;
    double d_n = 0.0, d_t = 0.0, d_f = 0.0, d_tt = 0.0, d_tf = 0.0;
    double d_t0 = 0.0, d_f0 = 0.0, d_span_s = 0.0;
};

} // namespace spacesail::cli
