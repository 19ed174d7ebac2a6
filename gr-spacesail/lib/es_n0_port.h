/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>

#include <cstdint>

namespace gr::spacesail {

/// \brief The output port `es_n0`: the mean of the frames' Es/N0 at most once in 20 ms of samples.
///
/// By samples and not by the clock on the wall: what follows a recording follows it the same way every time. Nothing is
/// sent, and counted, while a listener has 256 messages waiting.
class es_n0_port
{
public:
    es_n0_port(gr::block& owner, double sample_rate_hz);
    /// \brief Takes the measurement of a frame.
    void add(std::uint64_t first_sample, float es_n0_db);
    /// \brief Start of a stream.
    void reset() noexcept
    {
        d_sum_db = 0.0;
        d_frames = 0;
        d_last_sent = d_dropped = 0;
    }
    std::uint64_t dropped() const noexcept { return d_dropped; }

private:
    gr::block& d_owner;
    double d_sample_rate_hz;
    double d_sum_db = 0.0;
    long d_frames = 0;
    std::uint64_t d_last_sent = 0;
    std::uint64_t d_dropped = 0;
};

} // namespace gr::spacesail
