// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/slot_decisions.hpp"

#include "dvbs2x/derotate.hpp"

#include <spacesail/modem/slicer.hpp>

#include <algorithm>

namespace spacesail::dvbs2x {

slot_decisions::observation
slot_decisions::decide(const float* re, const float* im, const dsp::phase_smoother::line& along, level l) noexcept
{
    derotate(re,
             im,
             k_slot_symbols,
             static_cast<float>(along.theta),
             static_cast<float>(along.slope),
             static_cast<float>(1.0 / l.amplitude),
             d_slot.data());
    modem::slice(*d_constellation, d_slot, d_decided);
    float in_phase = 0.0F;
    float quadrature = 0.0F;
    for (std::size_t i = 0; i < k_slot_symbols; ++i) {
        in_phase += d_slot[i].real() * d_decided[i].real() + d_slot[i].imag() * d_decided[i].imag();
        quadrature += d_slot[i].imag() * d_decided[i].real() - d_slot[i].real() * d_decided[i].imag();
    }
    observation seen;
    seen.usable = in_phase > 0.0F;
    if (!seen.usable) return seen;
    const auto q = d_model->at(static_cast<float>(l.es_n0_db));
    seen.theta = along.theta + std::clamp(static_cast<double>(quadrature / in_phase / q.gain), -0.7, 0.7);
    seen.variance = q.variance / (k_slot_symbols * q.gain * q.gain) + 1e-6;
    return seen;
}

double slot_decisions::variance(double es_n0_db) const noexcept
{
    const auto q = d_model->at(static_cast<float>(es_n0_db));
    return q.variance / (k_slot_symbols * q.gain * q.gain);
}

} // namespace spacesail::dvbs2x
