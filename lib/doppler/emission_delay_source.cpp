// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/doppler/emission_delay_source.hpp>

#include "doppler/chebyshev_fit.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace spacesail::doppler {

emission_delay_source::emission_delay_source(delay_source& received, double reference_s, double segment_s)
    : d_received(&received), d_reference_s(reference_s), d_segment_s(segment_s)
{
    if (!(std::abs(reference_s) <= 10.0)) {
        throw std::invalid_argument(
            fmt::format("emission_delay_source: reference_s {} is outside -10 to 10", reference_s));
    }
    if (!(segment_s >= 0.01 && segment_s <= 10.0)) {
        throw std::invalid_argument(
            fmt::format("emission_delay_source: segment_s {} is outside 0.01 to 10", segment_s));
    }
}

const delay_polynomial* emission_delay_source::segment_at(double t_s) noexcept
{
    if (!std::isfinite(t_s)) return nullptr;
    if (d_has_current && d_current.covers(t_s)) return &d_current;
    double index = std::floor(t_s / d_segment_s);
    // Why: t / s may round up to the next whole number, then t would lie before its segment.
    if (t_s < index * d_segment_s) index -= 1.0;
    if (t_s >= (index + 1.0) * d_segment_s) index += 1.0;
    const auto fit =
        chebyshev_fit(index * d_segment_s, (index + 1.0) * d_segment_s, [&](double t) -> std::optional<double> {
            // Receive time is t + tau(t) whatever the reference; with rates of 2e-5 each round gains 4 digits and more.
            double tau = 0.0;
            for (int round = 0; round < 6; ++round) {
                const double receive = t + tau;
                const delay_polynomial* p = d_received->segment_at(receive);
                if (p == nullptr) return std::nullopt;
                tau = p->delay_s(receive) - d_reference_s;
            }
            return tau;
        });
    d_has_current = fit.has_value();
    if (!fit) return nullptr;
    d_current = *fit;
    return &d_current;
}

double reference_delay_s(delay_source& received, double t_s, double sample_rate_hz) noexcept
{
    const delay_polynomial* p = received.segment_at(t_s);
    return p != nullptr ? std::round(p->delay_s(t_s) * sample_rate_hz) / sample_rate_hz : 0.0;
}

} // namespace spacesail::doppler
