// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail::dsp {

/// \brief Kalman filter of symbol timing: offset of the symbol grid (symbols) and error of its rate.
///
/// It tells how to move the grid; the caller moves it. The rate wanders by about 1 ppm in a second (the clock Doppler
/// of a satellite changes by 0.33 ppm/s at most, orbits-doppler-handover).
class timing_tracker
{
public:
    /// \param[in] symbol_rate_hz  sets the wandering per symbol.
    explicit timing_tracker(double symbol_rate_hz) noexcept : d_q_rate(1e-12 / symbol_rate_hz) {}

    /// \brief Starts from an offset known to sigma_symbols and a rate known to sigma_rate (1 = 100 %).
    void begin(double sigma_symbols, double sigma_rate) noexcept
    {
        d_p_tt = sigma_symbols * sigma_symbols;
        d_p_tr = 0.0;
        d_p_rr = sigma_rate * sigma_rate;
    }
    struct correction {
        double late_symbols = 0.0; ///< take the symbols this much earlier
        double slow = 0.0;         ///< make the grid step longer by this share
        double normalised = 0.0;   ///< innovation^2 over its expectation
    };
    /// \brief The grid was measured `late` (symbols, > 0: taken too late) with a variance, `dt` symbols after the last
    /// measurement.
    correction observe(double dt, double late, double variance) noexcept
    {
        d_p_tt += dt * (2.0 * d_p_tr + dt * d_p_rr) + d_q_rate * dt * dt * dt / 3.0;
        d_p_tr += dt * d_p_rr + 0.5 * d_q_rate * dt * dt;
        d_p_rr += d_q_rate * dt;
        const double s = d_p_tt + variance;
        const double gain_t = d_p_tt / s;
        const double gain_r = d_p_tr / s;
        const correction c{ gain_t * late, -gain_r * late, late * late / s };
        d_p_rr -= gain_r * d_p_tr;
        d_p_tr *= 1.0 - gain_t;
        d_p_tt *= 1.0 - gain_t;
        return c;
    }

private:
    double d_q_rate;
    double d_p_tt = 0.01, d_p_tr = 0.0, d_p_rr = 1e-9;
};

} // namespace spacesail::dsp
