// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace spacesail::cli {

/// When samples leave.
enum class carrier_pace {
    free,    ///< as fast as they are made and taken: a file, or a device behind a pipe with a clock of its own
    realtime ///< at the sample rate, by the clock of this computer
};

/// \brief Holds a carrier back to real time.
///
/// The stream's time 0 is the moment of the first question. Where the output could not be served or did not take the
/// samples in time the stream catches up, unless it is later than 100 ms: then it goes on from there, counted, so that
/// a stall leaves no lasting delay.
class pacer
{
public:
    using clock = std::chrono::steady_clock;
    static constexpr double k_most_late_s = 0.1;

    explicit pacer(carrier_pace pace) noexcept : d_pace(pace) {}

    /// \brief Seconds until the frame at this stream time may leave; 0 if it is time, always 0 with carrier_pace::free.
    double left_s(double stream_time_s, clock::time_point now = clock::now()) noexcept;

    std::uint64_t nof_slips() const noexcept { return d_nof_slips; } ///< times the stream went on late
    double slipped_s() const noexcept { return d_slipped_s; }        ///< by how much, in all

private:
    carrier_pace d_pace;
    bool d_started = false;
    clock::time_point d_start;
    std::uint64_t d_nof_slips = 0;
    double d_slipped_s = 0.0;
};

} // namespace spacesail::cli
