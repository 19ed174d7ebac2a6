// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/orbit_delay_source.hpp>

#include "doppler/chebyshev_fit.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace spacesail::doppler {

orbit_delay_source::orbit_delay_source(delay_engine engine,
                                       link_direction direction,
                                       const sample_clock& stream,
                                       double segment_s)
    : d_engine(std::move(engine)),
      d_direction(direction),
      d_segment_s(segment_s),
      d_anchor_s(d_engine.seconds_of(stream.anchor()))
{
    if (!(segment_s >= 0.01 && segment_s <= 10.0)) {
        throw std::invalid_argument(fmt::format("orbit_delay_source: segment_s {} is outside 0.01 to 10", segment_s));
    }
}

void orbit_delay_source::set_stream(const sample_clock& stream) noexcept
{
    d_anchor_s = d_engine.seconds_of(stream.anchor());
    d_has_current = false;
}

void orbit_delay_source::set_in_track_bias_m(double bias_m) noexcept
{
    d_engine.set_in_track_bias_m(bias_m);
    d_has_current = false;
}

const delay_polynomial* orbit_delay_source::segment_at(double t_s) noexcept
{
    if (!std::isfinite(t_s)) return nullptr;
    if (d_has_current && d_current.covers(t_s)) return &d_current;
    double index = std::floor(t_s / d_segment_s);
    // Why: t / s may round up to the next whole number, then t would lie before its segment.
    if (t_s < index * d_segment_s) index -= 1.0;
    if (t_s >= (index + 1.0) * d_segment_s) index += 1.0;
    const auto fit = chebyshev_fit(index * d_segment_s, (index + 1.0) * d_segment_s, [&](double t) {
        return d_direction == link_direction::down ? d_engine.tau_down(d_anchor_s + t)
                                                   : d_engine.tau_up(d_anchor_s + t);
    });
    d_has_current = fit.has_value();
    if (!fit) return nullptr;
    d_current = *fit;
    return &d_current;
}

} // namespace spacesail::doppler
