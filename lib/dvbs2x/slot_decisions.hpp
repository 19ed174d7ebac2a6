// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dsp/phase_smoother.hpp>
#include <spacesail/dvbs2x/decision_model.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <array>
#include <complex>
#include <cstddef>

namespace spacesail::dvbs2x {

/// \brief Carrier phase seen by the decided symbols of a slot.
class slot_decisions
{
public:
    /// \brief The constellation of a frame; null: none, usable() is false.
    void select(const modem::constellation* c) noexcept
    {
        d_constellation = c;
        d_model = c != nullptr ? &decisions_of(*c) : nullptr;
    }
    bool usable() const noexcept { return d_model != nullptr; }

    /// Amplitude and Es/N0 (dB) of the symbols.
    struct level {
        double amplitude = 1.0;
        double es_n0_db = 0.0;
    };
    struct observation {
        double theta = 0.0;
        double variance = 0.0; ///< rad^2
        bool usable = false;   ///< false: the decisions point nowhere
    };
    /// \brief Decides the 90 symbols of a slot along a phase line; needs usable().
    observation decide(const float* re, const float* im, const dsp::phase_smoother::line& along, level l) noexcept;
    /// \brief Variance of what decide() sees at an Es/N0, rad^2; needs usable().
    double variance(double es_n0_db) const noexcept;

private:
    const modem::constellation* d_constellation = nullptr;
    const decision_model* d_model = nullptr;
    std::array<std::complex<float>, k_slot_symbols> d_slot{}, d_decided{};
};

} // namespace spacesail::dvbs2x
