// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/sgp4_batch.hpp>

#include "orbit/sgp4_kernel.hpp"

#include <spacesail/orbit/leap_seconds.hpp>

#include <array>
#include <cassert>
#include <cmath>

namespace spacesail::orbit {
namespace {

constexpr std::size_t k_coordinates = 6;

std::array<double, kc_count> kernel_coefficients(const sgp4_coefficients& c, double epoch_offset_min)
{
    std::array<double, kc_count> v{};
    v[kc_epoch_offset] = epoch_offset_min;
    v[kc_m0] = c.mean_anomaly;
    v[kc_m_dot] = c.mean_anomaly_dot;
    v[kc_w0] = c.perigee;
    v[kc_w_dot] = c.perigee_dot;
    v[kc_node0] = c.node;
    v[kc_node_dot] = c.node_dot;
    v[kc_node_drag] = c.node_drag;
    v[kc_c1] = c.c1;
    v[kc_d2] = c.d2;
    v[kc_d3] = c.d3;
    v[kc_d4] = c.d4;
    v[kc_bc4] = c.bstar * c.c4;
    v[kc_bc5] = c.bstar * c.c5;
    v[kc_nt2] = c.mean_motion * c.t2;
    v[kc_nt3] = c.mean_motion * c.t3;
    v[kc_nt4] = c.mean_motion * c.t4;
    v[kc_nt5] = c.mean_motion * c.t5;
    v[kc_omega_drag] = c.omega_drag;
    v[kc_anomaly_drag] = c.anomaly_drag;
    v[kc_eta] = c.eta;
    v[kc_delta_m0] = c.delta_m0;
    v[kc_sin_m0] = c.sin_m0;
    v[kc_e0] = c.eccentricity;
    v[kc_a0] = c.semi_major;
    v[kc_sqrt_a0] = std::sqrt(c.semi_major);
    v[kc_sin_i] = c.sin_i;
    v[kc_cos_i] = c.cos_i;
    v[kc_aycof] = c.long_period_y;
    v[kc_xlcof] = c.long_period_l;
    return v;
}

kernel_constants constants_of(const gravity_model& g) noexcept
{
    return { g.j2, g.radius_km, g.radius_km * g.ke / 60.0 };
}

void store(const sgp4_result& r, std::size_t i, const state_arrays& out) noexcept
{
    out.x_km[i] = r.state.position_km[0];
    out.y_km[i] = r.state.position_km[1];
    out.z_km[i] = r.state.position_km[2];
    out.vx_km_s[i] = r.state.velocity_km_s[0];
    out.vy_km_s[i] = r.state.velocity_km_s[1];
    out.vz_km_s[i] = r.state.velocity_km_s[2];
    out.error[i] = r.error;
}

[[maybe_unused]] bool holds(const state_arrays& a, std::size_t n) noexcept
{
    return a.x_km.size() >= n && a.y_km.size() >= n && a.z_km.size() >= n && a.vx_km_s.size() >= n &&
           a.vy_km_s.size() >= n && a.vz_km_s.size() >= n && a.error.size() >= n;
}

} // namespace

state_buffer::state_buffer(std::size_t n) : d_values(k_coordinates * n), d_error(n) {}

state_arrays state_buffer::arrays() noexcept
{
    const std::size_t n = d_error.size();
    const std::span<double> all(d_values);
    return { all.subspan(0, n),     all.subspan(n, n),     all.subspan(2 * n, n), all.subspan(3 * n, n),
             all.subspan(4 * n, n), all.subspan(5 * n, n), std::span(d_error) };
}

sgp4_result state_buffer::at(std::size_t i) const noexcept
{
    const std::size_t n = d_error.size();
    return { d_error[i],
             { { d_values[i], d_values[n + i], d_values[2 * n + i] },
               { d_values[3 * n + i], d_values[4 * n + i], d_values[5 * n + i] } } };
}

sgp4_batch::sgp4_batch(std::span<const element_set> sets, const gravity_model& gravity) : d_gravity(gravity)
{
    d_models.reserve(sets.size());
    d_source.reserve(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        auto model = sgp4::create(sets[i], gravity);
        if (!model) {
            d_refused.push_back({ i, model.error() });
            continue;
        }
        if (model->is_deep_space()) d_deep.push_back(d_models.size());
        d_models.push_back(*std::move(model));
        d_source.push_back(i);
        if (d_models.size() == 1 || sets[i].epoch > d_reference) d_reference = sets[i].epoch;
    }
    const std::size_t nof_blocks = (d_models.size() + k_block - 1) / k_block;
    d_blocks.resize(nof_blocks * k_block * kc_count);
    for (std::size_t i = 0; i < nof_blocks * k_block && !d_models.empty(); ++i) {
        // The last block is filled up with copies: they cost nothing and raise no exceptions.
        const sgp4& model = d_models[std::min(i, d_models.size() - 1)];
        const auto v = kernel_coefficients(model.coefficients(), elapsed_s(d_reference, model.epoch()) / 60.0);
        for (std::size_t c = 0; c < kc_count; ++c)
            d_blocks[i / k_block * k_block * kc_count + c * k_block + i % k_block] = v[c];
    }
}

void sgp4_batch::propagate(utc_time t, const state_arrays& out) const noexcept
{
    assert(holds(out, size()));
    const bool again =
        propagate_blocks(d_blocks.data(), size(), elapsed_s(d_reference, t) / 60.0, constants_of(d_gravity), out);
    for (std::size_t i = 0; again && i < size(); ++i) {
        if (out.error[i] == k_do_again) store(d_models[i].at(t), i, out);
    }
    for (const std::size_t i : d_deep) store(d_models[i].at(t), i, out);
}

void sgp4_batch::propagate_times(std::size_t i, std::span<const double> minutes, const state_arrays& out) const noexcept
{
    assert(i < size() && holds(out, minutes.size()));
    const sgp4& model = d_models[i];
    if (model.is_deep_space()) {
        for (std::size_t j = 0; j < minutes.size(); ++j) store(model.propagate(minutes[j]), j, out);
        return;
    }
    const auto v = kernel_coefficients(model.coefficients(), 0.0);
    const bool again = propagate_instants(v.data(), minutes.data(), minutes.size(), constants_of(d_gravity), out);
    for (std::size_t j = 0; again && j < minutes.size(); ++j) {
        if (out.error[j] == k_do_again) store(model.propagate(minutes[j]), j, out);
    }
}

} // namespace spacesail::orbit
