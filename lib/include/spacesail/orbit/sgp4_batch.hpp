// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/sgp4.hpp>
#include <spacesail/simd/aligned.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace spacesail::orbit {

/// \brief Where a batch writes its states: one array a coordinate, all of the same length.
///
/// TEME of each instant; km and km/s; NaN where error is not none.
struct state_arrays {
    std::span<double> x_km, y_km, z_km;
    std::span<double> vx_km_s, vy_km_s, vz_km_s;
    std::span<sgp4_error> error;
};

/// \brief Storage for state_arrays.
class state_buffer
{
public:
    explicit state_buffer(std::size_t n);
    std::size_t size() const noexcept { return d_error.size(); }
    state_arrays arrays() noexcept;
    /// One state of it.
    sgp4_result at(std::size_t i) const noexcept;

private:
    simd::aligned_vector<double> d_values;
    std::vector<sgp4_error> d_error;
};

/// \brief SGP4 for many satellites or many instants at once, SIMD over structure-of-arrays coefficients.
///
/// Near-Earth orbits run in the kernel; those with periods of 225 minutes and more go through the scalar object, one by
/// one. Every result is within 1e-5 m of sgp4::propagate() over 7 days, error codes are the same. Cost: see
/// BM_orbit_sgp4_batch.
class sgp4_batch
{
public:
    /// Sets that cannot be prepared (state vectors, values out of range) are left out, see refused().
    explicit sgp4_batch(std::span<const element_set> sets, const gravity_model& gravity = wgs72());

    struct refused_set {
        std::size_t index; ///< in the sets given to the constructor
        error why;
    };

    /// Satellites that are propagated.
    std::size_t size() const noexcept { return d_models.size(); }
    /// Index of satellite i in the sets given to the constructor.
    std::size_t source_index(std::size_t i) const noexcept { return d_source[i]; }
    const std::vector<refused_set>& refused() const noexcept { return d_refused; }
    /// The scalar object of satellite i.
    const sgp4& model(std::size_t i) const noexcept { return d_models[i]; }

    /// \brief Every satellite at one instant.
    /// \param[out] out  size() states, in the order of source_index().
    /// Errors: asserts the sizes. No allocation.
    void propagate(utc_time t, const state_arrays& out) const noexcept;

    /// \brief One satellite at many instants.
    /// \param[in]  i        satellite, < size().
    /// \param[in]  minutes  elapsed minutes after its epoch.
    /// \param[out] out      minutes.size() states.
    /// Errors: asserts the sizes. No allocation.
    void propagate_times(std::size_t i, std::span<const double> minutes, const state_arrays& out) const noexcept;

private:
    std::vector<sgp4> d_models;
    std::vector<std::size_t> d_source;
    std::vector<std::size_t> d_deep;
    std::vector<refused_set> d_refused;
    gravity_model d_gravity;
    utc_time d_reference;
    simd::aligned_vector<double> d_blocks; ///< blocks of k_block satellites, coefficient by coefficient
};

} // namespace spacesail::orbit
