// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/gravity_model.hpp>

#include <array>
#include <cstdint>
#include <memory>

namespace spacesail::orbit {

/// Why a propagation gives no state; the numbers are those of the published programs.
enum class sgp4_error : std::uint8_t {
    none = 0,
    mean_eccentricity = 1,      ///< mean eccentricity >= 1 or < -0.001 after drag
    mean_motion = 2,            ///< mean motion not above zero
    perturbed_eccentricity = 3, ///< eccentricity outside 0..1 after the lunar and solar terms
    semi_latus_rectum = 4,      ///< semi-latus rectum below zero
    epoch_suborbital = 5, ///< reserved: older programs refused sub-orbital epochs, the verification set propagates them
    decayed = 6           ///< radius below one Earth radius
};

/// One line for people.
const char* describe(sgp4_error e) noexcept;

/// A state in the TEME frame of its own instant.
struct teme_state {
    std::array<double, 3> position_km{};
    std::array<double, 3> velocity_km_s{};
};

struct sgp4_result {
    sgp4_error error = sgp4_error::none;
    teme_state state; ///< NaN where there is an error
};

/// \brief Everything of a near-Earth or deep-space orbit that does not change with time.
///
/// Symbols of AIAA 2006-6753 in the comments; angles in rad, lengths in Earth radii, times in minutes.
struct sgp4_coefficients {
    double mean_motion = 0.0; ///< n0'', un-Kozai'd
    double semi_major = 0.0;  ///< a0''
    double eccentricity = 0.0, inclination = 0.0, node = 0.0, perigee = 0.0, mean_anomaly = 0.0;
    double bstar = 0.0;
    double mean_anomaly_dot = 0.0, perigee_dot = 0.0, node_dot = 0.0, node_drag = 0.0;
    double c1 = 0.0, c4 = 0.0, c5 = 0.0, d2 = 0.0, d3 = 0.0, d4 = 0.0;
    double t2 = 0.0, t3 = 0.0, t4 = 0.0, t5 = 0.0; ///< t2cof..t5cof
    double omega_drag = 0.0, anomaly_drag = 0.0;   ///< omgcof, xmcof
    double eta = 0.0, delta_m0 = 0.0, sin_m0 = 0.0;
    double sin_i = 0.0, cos_i = 0.0;
    double con41 = 0.0, x1mth2 = 0.0, x7thm1 = 0.0;  ///< 3 cos^2 i - 1, 1 - cos^2 i, 7 cos^2 i - 1
    double long_period_y = 0.0, long_period_l = 0.0; ///< aycof, xlcof
};

struct sgp4_deep_terms;

/// \brief The SGP4/SDP4 theory for one element set.
///
/// Source: D. Vallado, P. Crawford, R. Hujsak, T. Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753 (with the
/// 2010 "improved" GMST and Lyddane choices). The object is immutable: propagate() may run in any number of threads at
/// once.
class sgp4
{
public:
    /// \brief Prepares a set.
    /// Errors: unsupported for a state vector; invalid_argument for values that are not finite or outside their range.
    static result<sgp4> create(const element_set& set, const gravity_model& gravity = wgs72());

    /// \brief State at `minutes` of elapsed time after the epoch (negative before it).
    /// Errors: sgp4_error in the result; for a NaN time the state is NaN and the error none of them (mean_motion).
    /// No allocation. Cost: see BM_orbit_sgp4.
    sgp4_result propagate(double minutes) const noexcept;

    /// \brief Minutes of elapsed time from the epoch to an instant; leap seconds between the two count.
    double minutes_since_epoch(utc_time t) const noexcept;
    /// State at an instant.
    sgp4_result at(utc_time t) const noexcept { return propagate(minutes_since_epoch(t)); }

    utc_time epoch() const noexcept { return d_epoch; }
    /// Period of 225 minutes and more: lunar, solar and resonance terms apply.
    bool is_deep_space() const noexcept { return d_deep != nullptr; }
    /// Brouwer mean semi-major axis at the epoch in km.
    double semi_major_axis_km() const noexcept { return d_c.semi_major * d_gravity.radius_km; }
    const sgp4_coefficients& coefficients() const noexcept { return d_c; }
    const gravity_model& gravity() const noexcept { return d_gravity; }

private:
    sgp4() = default;

    sgp4_coefficients d_c;
    gravity_model d_gravity{};
    utc_time d_epoch;
    std::shared_ptr<const sgp4_deep_terms> d_deep;
};

} // namespace spacesail::orbit
