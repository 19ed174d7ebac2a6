// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/sample_clock.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

namespace spacesail {

sample_clock::sample_clock(double rate_hz, utc_time anchor, sample_index anchor_index)
    : d_rate_hz(rate_hz), d_anchor(anchor), d_anchor_index(anchor_index)
{
    if (!(std::isfinite(rate_hz) && rate_hz > 0.0)) {
        throw std::invalid_argument("sample_clock: rate_hz = " + std::to_string(rate_hz) + ", must be finite and > 0");
    }
}

sample_index sample_clock::index_of(utc_time t) const noexcept
{
    const double samples = t.seconds_since(d_anchor) * d_rate_hz;
    const double index = static_cast<double>(d_anchor_index) + samples;
    if (index <= 0.0) return 0;
    return d_anchor_index + static_cast<std::uint64_t>(std::llround(samples));
}

} // namespace spacesail
