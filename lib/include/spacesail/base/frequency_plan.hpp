// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail {

/// Whether the spectrum of the IQ stream runs the way the radio-frequency spectrum does.
enum class spectrum { upright, inverted };

/// \brief Where 0 Hz of an IQ stream lies on the radio-frequency axis.
///
/// rf = f0 + f_iq for an upright spectrum, rf = f0 - f_iq for an inverted one (local oscillator above the
/// signal), with f0 = rf_at_0_hz.
struct frequency_plan {
    double rf_at_0_hz = 0.0; ///< radio frequency that maps to 0 Hz of the stream
    double lo_hz = 0.0;      ///< local oscillator of the LNB or block converter; 0: none
    spectrum orientation = spectrum::upright;

    /// \brief Plan of a receiver tuned to `tuned_hz` behind an LNB with oscillator `lnb_lo_hz`.
    static frequency_plan behind_lnb(double tuned_hz, double lnb_lo_hz, spectrum s = spectrum::upright) noexcept
    {
        return { s == spectrum::upright ? lnb_lo_hz + tuned_hz : lnb_lo_hz - tuned_hz, lnb_lo_hz, s };
    }
    double rf_hz(double iq_hz) const noexcept
    {
        return orientation == spectrum::upright ? rf_at_0_hz + iq_hz : rf_at_0_hz - iq_hz;
    }
    double iq_hz(double rf) const noexcept
    {
        return orientation == spectrum::upright ? rf - rf_at_0_hz : rf_at_0_hz - rf;
    }
    /// Frequency the radio itself is tuned to, after the LNB.
    double tuned_hz() const noexcept
    {
        return orientation == spectrum::upright ? rf_at_0_hz - lo_hz : lo_hz - rf_at_0_hz;
    }
};

} // namespace spacesail
