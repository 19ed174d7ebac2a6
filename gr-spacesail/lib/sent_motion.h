/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "satellite_motion.h"

#include <spacesail/doppler/emission_delay_source.hpp>

#include <optional>

namespace gr::spacesail {

/// \brief A satellite's delays on its own clock, for a receiver that takes the motion out: known from renew() on, if
/// they are there.
class sent_motion final : public ::spacesail::delay_source
{
public:
    explicit sent_motion(satellite_motion& received) : d_received(received) {}

    /// \brief Takes up what `received` says now; a stream time of which the delay is the reference.
    void renew(double now_s)
    {
        d_sent.reset();
        if (d_received.known()) d_sent.emplace(d_received, d_received.reference_delay_s(now_s));
    }
    const ::spacesail::delay_polynomial* segment_at(double t_s) noexcept override
    {
        return d_sent ? d_sent->segment_at(t_s) : nullptr;
    }

private:
    satellite_motion& d_received;
    std::optional<::spacesail::doppler::emission_delay_source> d_sent;
};

} // namespace gr::spacesail
