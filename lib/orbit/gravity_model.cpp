// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/gravity_model.hpp>

#include <cmath>

namespace spacesail::orbit {
namespace {

double ke_of(double mu_km3_s2, double radius_km)
{
    return 60.0 / std::sqrt(radius_km * radius_km * radius_km / mu_km3_s2);
}

} // namespace

const gravity_model& wgs72() noexcept
{
    static const gravity_model model = { 398600.8,       6378.135,       0.001082616,
                                         -0.00000253881, -0.00000165597, ke_of(398600.8, 6378.135) };
    return model;
}

const gravity_model& wgs84_gravity() noexcept
{
    static const gravity_model model = { 398600.5,          6378.137,          0.00108262998905,
                                         -0.00000253215306, -0.00000161098761, ke_of(398600.5, 6378.137) };
    return model;
}

} // namespace spacesail::orbit
