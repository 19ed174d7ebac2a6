// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/lock_evidence.hpp"

#include <complex>
#include <cstddef>
#include <span>

namespace spacesail::dvbs2x {

/// \brief Watches whether the carrier of a locked receiver is on the right turn.
///
/// A carrier that has jumped by a small step, or was caught one turn per pilot distance off, still shows its PLHEADERs:
/// what gives it away are the payload's symbols, which turn against the constellation, and the phase slope within the
/// headers. Their log-likelihood ratios, wrong against right, are added up frame by frame and forgotten as soon as more
/// speaks for the lock; two sums, one for each sign of the slope. Source: Page, Continuous Inspection Schemes,
/// Biometrika 41 (1954).
class lock_watch
{
public:
    /// A new lock.
    void begin() noexcept;

    /// Phase slope within the PLHEADER against the one tracked.
    struct header_slope {
        double radians_per_symbol = 0.0;
        double sigma = 0.0; ///< 0: the PLHEADER was not good, nothing is said
    };
    /// \brief Slope of 90 known symbols about that of the tracked phase.
    /// \param[in] re, im  header symbols times the conjugate of the known ones.
    /// \param[in] es_n0  linear
    /// \param[in] tracked, tracked_variance  what the phase tracker expects in there, rad per symbol, and its square
    /// \param[in] wander  of the oscillator, rad^2 per symbol
    static header_slope slope_of(std::span<const float> re,
                                 std::span<const float> im,
                                 double es_n0,
                                 double tracked,
                                 double tracked_variance,
                                 double wander) noexcept;

    /// \brief Weighs a frame with symbols of a constellation; dummy frames and such that are passed over are not
    /// weighed. \param[in] payload  symbols with mean energy 1, a whole number of slots \return true: the lock is to be
    /// given up.
    bool frame(const modem::constellation& c,
               double es_n0_db,
               std::span<const std::complex<float>> payload,
               const header_slope& slope) noexcept;

private:
    double
    payload_nats(std::span<const std::complex<float>> payload, std::size_t slots, double es_n0_db) const noexcept;

    lock_evidence d_evidence;
    double d_rising = 0.0, d_falling = 0.0; ///< nats for a carrier that is too high, too low
    unsigned d_frames = 0;
};

} // namespace spacesail::dvbs2x
