// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <array>

namespace spacesail::dvbs2x {

/// How hard decisions behave at one Es/N0.
struct decision_quality {
    float gain = 1.0F;     ///< mean decision-directed phase estimate for a small phase error, over that error
    float variance = 1.0F; ///< of that estimate from one symbol, rad^2
};

/// \brief Decision-directed phase estimation of a constellation over Es/N0, calibrated once by simulation.
///
/// The closed forms for PSK do not carry over to APSK rings, so all are measured the same way: 2048 random symbols a
/// point, fixed seed, -6 .. 26 dB in steps of 2 dB, linear interpolation.
class decision_model
{
public:
    explicit decision_model(const modem::constellation& c);
    decision_quality at(float es_n0_db) const noexcept;

private:
    static constexpr int k_points = 17;
    static constexpr float k_first_db = -6.0F;
    static constexpr float k_step_db = 2.0F;
    std::array<decision_quality, k_points> d_table{};
};

/// \brief The model of a constellation of the tables. All models are made at the first call (about 0.1 s).
const decision_model& decisions_of(const modem::constellation& c);

} // namespace spacesail::dvbs2x
