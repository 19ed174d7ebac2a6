// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/feeder_delay_source.hpp>

#include "doppler/chebyshev_fit.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace spacesail::doppler {

feeder_delay_source::feeder_delay_source(delay_source& received,
                                         delay_engine gateway,
                                         const sample_clock& stream,
                                         double segment_s)
    : d_received(&received),
      d_gateway(std::move(gateway)),
      d_segment_s(segment_s),
      d_anchor_s(d_gateway.seconds_of(stream.anchor()))
{
    if (!(segment_s >= 0.01 && segment_s <= 10.0)) {
        throw std::invalid_argument(fmt::format("feeder_delay_source: segment_s {} is outside 0.01 to 10", segment_s));
    }
}

const delay_polynomial* feeder_delay_source::segment_at(double t_s) noexcept
{
    if (!std::isfinite(t_s)) return nullptr;
    if (d_has_current && d_current.covers(t_s)) return &d_current;
    double index = std::floor(t_s / d_segment_s);
    // Why: t / s may round up to the next whole number, then t would lie before its segment.
    if (t_s < index * d_segment_s) index -= 1.0;
    if (t_s >= (index + 1.0) * d_segment_s) index += 1.0;
    const auto fit =
        chebyshev_fit(index * d_segment_s, (index + 1.0) * d_segment_s, [&](double t) -> std::optional<double> {
            const delay_polynomial* down = d_received->segment_at(t);
            if (down == nullptr) return std::nullopt;
            const double at_satellite = d_anchor_s + t - down->delay_s(t);
            // Each round gains 4 digits and more: tau_up changes by 2e-5 of the time asked for.
            double tau = 0.0;
            for (int round = 0; round < 5; ++round) {
                const auto up = d_gateway.tau_up(at_satellite - tau);
                if (!up) return std::nullopt;
                tau = *up;
            }
            return tau;
        });
    d_has_current = fit.has_value();
    if (!fit) return nullptr;
    d_current = *fit;
    return &d_current;
}

} // namespace spacesail::doppler
