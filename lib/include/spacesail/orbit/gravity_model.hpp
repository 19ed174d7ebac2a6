// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail::orbit {

/// \brief Constants of an Earth gravity model in SGP4's units (Earth radii, minutes).
/// Source: AIAA 2006-6753, appendix D ("getgravconst").
struct gravity_model {
    double mu_km3_s2;
    double radius_km;
    double j2;
    double j3;
    double j4;
    double ke; ///< sqrt(mu) in Earth radii^1.5 per minute
};

/// The model public element sets are made with; the default everywhere.
const gravity_model& wgs72() noexcept;
/// For comparison with programs that use it; sets propagated with it lose accuracy.
const gravity_model& wgs84_gravity() noexcept;

} // namespace spacesail::orbit
