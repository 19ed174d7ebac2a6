// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/doppler/delay_engine.hpp>

namespace spacesail::doppler {

/// \brief Delay of a transparent satellite's feeder link, by the terminal's receive time.
///
/// What the terminal receives at t left the satellite at u = t - tau_down(t) and the gateway at v = u - tau_feeder;
/// this is tau_feeder(t), the root of tau_feeder = tau_up(u - tau_feeder) with the gateway's own tau_up(t_transmit).
/// The whole path is tau_down(t) + tau_feeder(t). Segments start at whole multiples of their length; with 2 s they are
/// within 1e-13 s of the engine. No allocation in segment_at().
class feeder_delay_source final : public delay_source
{
public:
    /// \param[in] received   tau_down(t_receive) of the satellite at the terminal; not owned, must outlive this.
    /// \param[in] gateway    engine of the same satellite and the gateway's site; copied.
    /// \param[in] stream     gives the anchor of stream time.
    /// \param[in] segment_s  length of a segment, 0.01 to 10 (std::invalid_argument otherwise).
    feeder_delay_source(delay_source& received,
                        delay_engine gateway,
                        const sample_clock& stream,
                        double segment_s = 2.0);

    const delay_polynomial* segment_at(double t_s) noexcept override;
    const delay_engine& gateway() const noexcept { return d_gateway; }

private:
    delay_source* d_received;
    delay_engine d_gateway;
    double d_segment_s;
    double d_anchor_s; ///< of the stream, after the engine's origin
    delay_polynomial d_current;
    bool d_has_current = false;
};

} // namespace spacesail::doppler
