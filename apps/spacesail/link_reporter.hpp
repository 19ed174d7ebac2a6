// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/dvbs2x/receiver.hpp>
#include <spacesail/io/udp.hpp>

#include <cstdint>
#include <string>

namespace spacesail::cli {

/// \brief Tells the sender how its carrier arrives: what `rx --report` sends and `tx --acm-reports` reads.
///
/// One datagram an interval of samples with a JSON object: time_s (of the samples, lost ones counted), state, es_n0_db (mean over the
/// frames seen, null without any), frames (so many), decoded and failed (all so far).
class link_reporter
{
public:
    /// \param[in] to          udp:HOST:PORT.
    /// \param[in] interval_s  > 0.
    /// Errors: parse, not_found, io.
    static result<link_reporter> open(const std::string& to, double interval_s, double sample_rate_hz);

    /// \brief Takes the state behind every piece of the input. Errors: io.
    result<ok_t> update(const dvbs2x::receiver_status& status);

private:
    link_reporter(io::udp_sender socket, double interval_s, double sample_rate_hz)
        : d_socket(std::move(socket)), d_interval_s(interval_s), d_sample_rate_hz(sample_rate_hz)
    {
    }
    io::udp_sender d_socket;
    double d_interval_s, d_sample_rate_hz;
    double d_next_s = 0.0;
    std::uint64_t d_frames_seen = 0;
    double d_sum_db = 0.0;
    unsigned d_measured = 0;
};

} // namespace spacesail::cli
