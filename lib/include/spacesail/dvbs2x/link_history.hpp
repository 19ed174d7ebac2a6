// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/frame.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// \brief Measurements over time in bounded memory: when it is full every second point goes and the spacing doubles.
class link_history
{
public:
    struct point {
        double time_s = 0.0; ///< of the frame's first sample after the start of the stream
        float es_n0_db = 0.0F;
        double cfo_hz = 0.0;
        float clock_ppm = 0.0F;
        float level_db = 0.0F;
    };
    /// \param[in] capacity  16 .. 1e6 points (std::invalid_argument otherwise).
    explicit link_history(std::size_t capacity, double sample_rate_hz);
    void add(const frame_measurements& m) noexcept;
    std::span<const point> points() const noexcept { return d_points; }

private:
    std::size_t d_capacity;
    double d_sample_rate_hz;
    std::size_t d_every = 1;
    std::size_t d_waiting = 0;
    std::vector<point> d_points;
};

} // namespace spacesail::dvbs2x
