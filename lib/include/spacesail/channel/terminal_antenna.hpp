// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace spacesail::channel {

/// A direction from the terminal.
struct sky_direction {
    double azimuth_deg = 0.0;    ///< from north over east
    double elevation_deg = 90.0; ///< above the horizon
};

/// Angle between two directions, 0 .. 180 deg.
double angle_between_deg(const sky_direction& a, const sky_direction& b) noexcept;

/// How an antenna's gain falls off its beam.
enum class antenna_pattern : std::uint8_t {
    isotropic, ///< no beam
    /// A dish with even illumination: [2 J1(u) / u]^2, u = pi D / lambda sin(phi). Source: C. Balanis, Antenna Theory,
    /// 3rd edition, section 12.6 (circular aperture on a ground plane). First side lobe -17.6 dB.
    aperture,
    /// The mask of ITU's Radio Regulations, Appendix 8, Annex III: G_max - 2.5e-3
    /// (D phi / lambda)^2 in the main lobe, a shelf, then 32 (D / lambda >= 100) or 52 - 10 log(D / lambda) minus 25
    /// log phi, and a floor from 48 deg on; 20 log(D / lambda) = G_max - 7.7.
    itu_mask,
    /// A flat panel that steers its beam: the even circular aperture in the panel's plane, times cos^n of the wave's
    /// angle from the panel's normal. The beam loses cos^n by scanning and widens; nothing is received from behind.
    phased_array
};

/// An antenna. Gains are relative to the largest one it has.
struct antenna_config {
    antenna_pattern pattern = antenna_pattern::isotropic;
    double diameter_m = 0.5;      ///< 0.05 .. 100
    double frequency_hz = 12e9;   ///< > 0
    double scan_exponent = 1.3;   ///< n of the panel, 0 .. 4
    sky_direction panel_normal{}; ///< where the panel faces
    double floor_db = -60.0;      ///< nothing is received weaker than this (an even aperture has nulls), -200 .. 0
};

/// \brief Gain of a terminal's antenna towards a wave while its beam points somewhere. No allocation.
class terminal_antenna
{
public:
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    explicit terminal_antenna(const antenna_config& config);

    /// \brief Gain in dB relative to the antenna's best, floor_db .. 0.
    double gain_db(const sky_direction& beam, const sky_direction& wave) const noexcept;
    /// Gain of the best direction in dBi for an aperture of efficiency 0.65; 0 for isotropic.
    double best_dbi() const noexcept;
    const antenna_config& config() const noexcept { return d_config; }

private:
    double mask_db(double angle_deg) const noexcept;

    antenna_config d_config;
    double d_wavelengths; ///< D / lambda
};

} // namespace spacesail::channel
