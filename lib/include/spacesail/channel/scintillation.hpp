// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/channel/gases.hpp>
#include <spacesail/channel/phase_noise.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace spacesail::channel {

/// What the strength of tropospheric scintillation depends on.
struct scintillation_path {
    double frequency_hz = 12e9;     ///< 4e9 .. 55e9, the range of P.618
    double elevation_deg = 90.0;    ///< >= 5; below it stays at the value of 5 deg
    double diameter_m = 0.5;        ///< of the antenna
    double efficiency = 0.65;       ///< of the antenna
    double wet_refractivity = 60.0; ///< N_wet, see wet_refractivity()
};

/// \brief Wet term of the radio refractivity. Source: Recommendation ITU-R P.453-14, equation (4).
double wet_refractivity(const surface_air& air) noexcept;

/// \brief Standard deviation of the level in dB.
///
/// Source: Recommendation ITU-R P.618-13, clause 2.4.1, steps 3 to 7 (equations (43) to (47)), turbulence up to 1000 m.
/// Simplified: P.618 means the state of a month and more; here it is the state now.
double scintillation_sigma_db(const scintillation_path& path) noexcept;

/// \brief A level that scintillates: Gaussian in dB (amplitudes are log-normal), variance 1, mean 0.
///
/// Its density is flat up to the corner and falls as f^-8/3 beyond (V. Tatarskii, The Effects of the Turbulent
/// Atmosphere on Wave Propagation, 1971: thin-layer theory), within 2 dB. Values are gain_source::k_step_s apart.
/// Seeded.
class scintillation
{
public:
    /// \param[in] corner_hz  0.01 .. 10 (std::invalid_argument otherwise). Some 0.1 to 0.5 Hz is measured for fixed
    /// satellites; a moving one drags the path through the air and shifts it up.
    scintillation(double corner_hz, std::uint64_t seed);

    double next() noexcept;
    void reset() noexcept;

private:
    double d_corner_hz;
    std::uint64_t d_seed;
    std::optional<phase_noise> d_source;
    std::array<float, phase_noise::k_block> d_values{};
    std::size_t d_at = phase_noise::k_block;
    double d_scale = 1.0;
};

} // namespace spacesail::channel
