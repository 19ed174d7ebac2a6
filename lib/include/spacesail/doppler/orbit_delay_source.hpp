// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/doppler/delay_engine.hpp>

namespace spacesail::doppler {

/// Which of the engine's two functions of time.
enum class link_direction {
    down, ///< tau_down(t_receive)
    up    ///< tau_up(t_transmit)
};

/// \brief The delay polynomials of one satellite and one site for a stream.
///
/// Stream time is the one of a sample_clock: seconds after its anchor. Segments start at whole multiples of their
/// length, so the same times give the same polynomials whatever was asked before. With 2 s segments the polynomial is
/// within 2e-14 s of the engine (3e-4 cycles at 12.7 GHz) for satellites at 500 km and above; the step between segments
/// is as small. Times may go backwards. segment_at() does not allocate; it costs 18 propagations a new segment.
class orbit_delay_source final : public delay_source
{
public:
    /// \param[in] engine     copied; its origin may differ from the stream's anchor.
    /// \param[in] stream     gives the anchor of stream time.
    /// \param[in] segment_s  length of a segment, 0.01 to 10 (std::invalid_argument otherwise).
    orbit_delay_source(delay_engine engine,
                       link_direction direction,
                       const sample_clock& stream,
                       double segment_s = 2.0);

    const delay_polynomial* segment_at(double t_s) noexcept override;

    /// \brief Moves the anchor, after a gap or a new rx_time.
    void set_stream(const sample_clock& stream) noexcept;
    /// \brief A new in-track bias, effective from the next segment asked for.
    void set_in_track_bias_m(double bias_m) noexcept;
    const delay_engine& engine() const noexcept { return d_engine; }
    link_direction direction() const noexcept { return d_direction; }

private:
    delay_engine d_engine;
    link_direction d_direction;
    double d_segment_s;
    double d_anchor_s; ///< of the stream, after the engine's origin
    delay_polynomial d_current;
    bool d_has_current = false;
};

} // namespace spacesail::doppler
