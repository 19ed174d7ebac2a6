/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "satellite_motion.h"

#include <spacesail/doppler/emission_delay_source.hpp>

#include <limits>
#include <optional>

namespace gr::spacesail {

/// \brief A satellite's delays on its own clock, for a receiver that takes the motion out.
///
/// Known from renew() on, if they are there; where the orbit is known no longer the last delay stays, so that nothing
/// jumps by milliseconds.
class sent_motion final : public ::spacesail::delay_source
{
public:
    explicit sent_motion(satellite_motion& received) : d_received(received) {}

    /// \brief Takes up what `received` says now; a stream time of which the delay is the reference.
    void renew(double now_s)
    {
        d_sent.reset();
        d_has_last = false;
        if (d_received.known()) d_sent.emplace(d_received, d_received.reference_delay_s(now_s));
    }
    const ::spacesail::delay_polynomial* segment_at(double t_s) noexcept override
    {
        const auto* p = d_sent ? d_sent->segment_at(t_s) : nullptr;
        if (p != nullptr) {
            d_last = *p;
            d_has_last = true;
            return p;
        }
        if (!d_has_last) return nullptr;
        if (d_sent) {
            // Known no longer: a delay without end.
            const double delay_s = d_last.delay_s(d_last.t_end_s);
            d_last = {};
            d_last.t_begin_s = std::numeric_limits<double>::lowest();
            d_last.t_end_s = std::numeric_limits<double>::max();
            d_last.c[0] = delay_s;
            d_sent.reset();
        }
        return &d_last;
    }

private:
    satellite_motion& d_received;
    std::optional<::spacesail::doppler::emission_delay_source> d_sent;
    ::spacesail::delay_polynomial d_last;
    bool d_has_last = false;
};

} // namespace gr::spacesail
