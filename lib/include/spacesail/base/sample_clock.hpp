// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>

#include <cstdint>

namespace spacesail {

/// \brief Index of a sample counted from the first one of a stream.
using sample_index = std::uint64_t;

/// \brief Time of every sample of a stream: an anchor (index, UTC) and a nominal rate.
///
/// Time is derived from the sample index, never read from the computer. A gap in the stream or a new
/// rx_time gives a new anchor. Index differences up to 2^53 samples are exact.
class sample_clock
{
public:
    sample_clock() = default;
    /// \param[in] rate_hz  samples per second, finite and > 0 (std::invalid_argument otherwise).
    sample_clock(double rate_hz, utc_time anchor, sample_index anchor_index = 0);

    double rate_hz() const noexcept { return d_rate_hz; }
    utc_time anchor() const noexcept { return d_anchor; }
    sample_index anchor_index() const noexcept { return d_anchor_index; }

    /// \brief UTC of a sample, rounded to a nanosecond.
    utc_time time_of(sample_index index) const noexcept { return d_anchor.plus_seconds(seconds_of(index)); }
    /// \brief Seconds of a sample after the anchor (negative before it).
    double seconds_of(sample_index index) const noexcept
    {
        return static_cast<double>(static_cast<std::int64_t>(index - d_anchor_index)) / d_rate_hz;
    }
    /// \brief The sample nearest to an instant; 0 for instants before the stream.
    sample_index index_of(utc_time t) const noexcept;

private:
    double d_rate_hz = 1.0;
    utc_time d_anchor;
    sample_index d_anchor_index = 0;
};

} // namespace spacesail
