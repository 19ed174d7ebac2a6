// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/sgp4.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace spacesail::orbit {

/// Position and velocity in m and m/s.
struct motion {
    vec3 position_m{};
    vec3 velocity_m_s{};
};

/// \brief The motion of one satellite in TEME over elapsed time, whatever its set is made of.
///
/// Mean elements go through SGP4. A state vector is integrated in the rotating frame (J2, J3, J4 and the 2,2 terms of
/// EGM96, Runge-Kutta 4, 5 s) over its validity and interpolated to below 1 nm: against a full model the rest is about
/// 1 m after 900 s.
class trajectory
{
public:
    /// \brief Prepares a set.
    /// \param[in] frame  gives the origin of time and the Earth's orientation.
    /// Errors: those of sgp4::create(); invalid_argument for a state vector that is not finite, below ground or valid
    /// for more than a day.
    static result<trajectory> create(const element_set& set, const earth_frame& frame);

    /// \brief Motion in TEME at `seconds` of elapsed time after the frame's origin; nothing where the orbit is not
    /// known (SGP4 error, outside the validity, NaN). No allocation.
    std::optional<motion> at(double seconds) const noexcept;

    const earth_frame& frame() const noexcept { return d_frame; }
    /// The SGP4 object, or nullptr for a state vector.
    const sgp4* model() const noexcept { return d_model ? &*d_model : nullptr; }
    /// Why at() gave nothing, for people.
    std::string why_not(double seconds) const;

private:
    explicit trajectory(const earth_frame& frame) : d_frame(frame) {}

    struct knot {
        vec3 position_m, velocity_m_s, acceleration_m_s2; ///< Earth-fixed
    };

    earth_frame d_frame;
    std::optional<sgp4> d_model;
    double d_since_epoch_s = 0.0;                     ///< elapsed from the set's epoch to the origin
    std::shared_ptr<const std::vector<knot>> d_knots; ///< from -validity to +validity
    double d_validity_s = 0.0;
};

} // namespace spacesail::orbit
