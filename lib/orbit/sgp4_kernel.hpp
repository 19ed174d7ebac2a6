// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/orbit/sgp4_batch.hpp>

#include <cstddef>

/// The SIMD kernel's view of near-Earth orbits (internal to the room).
namespace spacesail::orbit {

/// Coefficients of one satellite in the kernel; n-fold products that the equations always need together are multiplied
/// before.
enum kernel_coefficient : std::size_t {
    kc_epoch_offset, ///< minutes from the batch's reference to the epoch
    kc_m0,
    kc_m_dot,
    kc_w0,
    kc_w_dot,
    kc_node0,
    kc_node_dot,
    kc_node_drag,
    kc_c1,
    kc_d2,
    kc_d3,
    kc_d4,
    kc_bc4,
    kc_bc5, ///< bstar * cc4, bstar * cc5
    kc_nt2,
    kc_nt3,
    kc_nt4,
    kc_nt5, ///< n0 * t2cof ...
    kc_omega_drag,
    kc_anomaly_drag,
    kc_eta,
    kc_delta_m0,
    kc_sin_m0,
    kc_e0,
    kc_a0,
    kc_sqrt_a0,
    kc_sin_i,
    kc_cos_i,
    kc_aycof,
    kc_xlcof,
    kc_count
};
inline constexpr std::size_t k_block = 8; ///< satellites a block: the lanes of AVX-512

struct kernel_constants {
    double j2;
    double radius_km;
    double speed_unit_km_s; ///< Earth radii * ke per second
};

/// Error code of lanes whose angles leave the range of sin_cos() (decades from the epoch) or turn_little() (long
/// decayed): the caller propagates them with the scalar object.
inline constexpr sgp4_error k_do_again = static_cast<sgp4_error>(255);

/// The first n satellites of `blocks` at `minutes` after the reference. True if any must be done again.
bool propagate_blocks(
    const double* blocks, std::size_t n, double minutes, const kernel_constants& k, const state_arrays& out) noexcept;

/// One satellite (its kc_count coefficients) at n instants in minutes after its epoch. True if any must be done again.
bool propagate_instants(const double* coefficients,
                        const double* minutes,
                        std::size_t n,
                        const kernel_constants& k,
                        const state_arrays& out) noexcept;

} // namespace spacesail::orbit
