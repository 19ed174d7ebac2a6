// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/link_history.hpp>

#include <stdexcept>
#include <string>

namespace spacesail::dvbs2x {

link_history::link_history(std::size_t capacity, double sample_rate_hz)
    : d_capacity(capacity), d_sample_rate_hz(sample_rate_hz)
{
    if (capacity < 16 || capacity > 1'000'000) {
        throw std::invalid_argument("link_history: capacity = " + std::to_string(capacity) + ", must be 16 .. 1000000");
    }
    d_points.reserve(capacity);
}

void link_history::add(const frame_measurements& m) noexcept
{
    if (d_waiting > 0) {
        --d_waiting;
        return;
    }
    d_waiting = d_every - 1;
    if (d_points.size() == d_capacity) {
        for (std::size_t i = 0; 2 * i < d_points.size(); ++i) d_points[i] = d_points[2 * i];
        d_points.resize((d_points.size() + 1) / 2);
        d_every *= 2;
        d_waiting = d_every - 1;
    }
    d_points.push_back(
        { m.sof_sample / d_sample_rate_hz, m.es_n0_db, m.cfo_hz, static_cast<float>(m.clock_ppm), m.level_db });
}

} // namespace spacesail::dvbs2x
