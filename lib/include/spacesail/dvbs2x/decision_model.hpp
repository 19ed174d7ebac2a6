// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <array>
#include <complex>

namespace spacesail::dvbs2x {

/// How hard decisions behave at one Es/N0.
struct decision_quality {
    float gain = 1.0F;       ///< mean decision-directed phase estimate for a small phase error, over that error
    float variance = 1.0F;   ///< of that estimate from one symbol, rad^2
    float distance = 0.0F;   ///< mean |r - decided|^2 with the carrier locked (symbol energy 1)
    float unlocked = 0.0F;   ///< the same with a rotating carrier
    float power_mean = 0.0F; ///< PSK: mean of power_line() with the carrier locked; rotating: 0
};

/// \brief |r|^2 cos(M phase), M points on a circle, positive where they lie: with the carrier locked its mean stands
/// out of the noise long before decisions do. 0 for constellations of several rings. Source: Viterbi, Viterbi, IEEE
/// Trans. IT-29, 1983, exponent 2.
float power_line(const modem::constellation& c, std::complex<float> r) noexcept;

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
