// SPDX-License-Identifier: GPL-3.0-or-later
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "orbit/sgp4_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "orbit/sgp4_kernel.hpp"

#include "orbit/sincos-inl.hpp"

#include <spacesail/simd/dispatch.hpp>

#include <limits>

// The near-Earth equations of sgp4.cpp, lane by lane. What differs:
// - angles stay unreduced; sin_cos() reduces them.
// - sin and cos of sums with a small term come from the big term's by turn(), not from a new sine.
// - divisions by products are done once and shared out by multiplications.
HWY_BEFORE_NAMESPACE();
namespace spacesail::orbit::HWY_NAMESPACE {

/// The short-period angles are at most 1.5 times this (0.5 J2 / p^2): the range of turn_little(). Orbits above ground
/// stay below 6e-4.
constexpr double k_largest_temp2 = 0.0026;

template <class D>
struct state_vectors {
    using V = hn::Vec<D>;
    V x, y, z, vx, vy, vz;
    V error; ///< error code as a number
    bool any_error;
    bool any_again;
};

/// sin and cos of E with u = E - axn sin E + ayn cos E, given those of u, and 1 / (1 - axn cos E - ayn sin E).
template <class D, class V = hn::Vec<D>>
HWY_INLINE void kepler(D d, V u, V axn, V ayn, V e2, V& sine, V& cosine, V& inverse)
{
    const auto one = hn::Set(d, 1.0);
    sin_cos(d, u, sine, cosine);
    constexpr double k_low_e2 = 0.05 * 0.05;
    if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(e2, hn::Set(d, k_low_e2))))) {
        // One step of Halley's method from E = u (error below 1e-6 at e = 0.05), one of Newton's (below 3e-14).
        const auto es0 = hn::Sub(hn::Mul(axn, sine), hn::Mul(ayn, cosine));
        const auto den0 = hn::NegMulAdd(axn, cosine, hn::NegMulAdd(ayn, sine, one));
        const auto step =
            hn::Div(hn::Mul(es0, den0), hn::MulAdd(den0, den0, hn::Mul(hn::Set(d, 0.5), hn::Mul(es0, es0))));
        turn(d, step, sine, cosine);
        const auto rest = hn::Sub(hn::Sub(hn::Mul(axn, sine), hn::Mul(ayn, cosine)), step);
        const auto den1 = hn::NegMulAdd(axn, cosine, hn::NegMulAdd(ayn, sine, one));
        inverse = hn::Div(one, den1);
        const auto last = hn::Mul(rest, inverse);
        const auto half_square = hn::Mul(hn::Set(d, 0.5), hn::Mul(last, last));
        const auto s = hn::MulAdd(cosine, last, hn::NegMulAdd(sine, half_square, sine));
        cosine = hn::NegMulAdd(sine, last, hn::NegMulAdd(cosine, half_square, cosine));
        sine = s;
        // The divisor moved by e * last at most: one step of Newton's division.
        const auto den2 = hn::NegMulAdd(axn, cosine, hn::NegMulAdd(ayn, sine, one));
        inverse = hn::Mul(inverse, hn::NegMulAdd(den2, inverse, hn::Set(d, 2.0)));
        return;
    }
    auto e = u;
    const auto limit = hn::Set(d, 0.95);
    for (int k = 0; k < 10; ++k) {
        const auto f = hn::Add(hn::Sub(u, e), hn::Sub(hn::Mul(axn, sine), hn::Mul(ayn, cosine)));
        auto step = hn::Div(f, hn::NegMulAdd(axn, cosine, hn::NegMulAdd(ayn, sine, one)));
        step = hn::Max(hn::Min(step, limit), hn::Neg(limit));
        e = hn::Add(e, step);
        sin_cos(d, e, sine, cosine);
        // Why a NaN ends it too: lanes with an error never converge.
        if (hn::AllFalse(d, hn::Gt(hn::Abs(step), hn::Set(d, 1e-12)))) break;
    }
    inverse = hn::Div(one, hn::NegMulAdd(axn, cosine, hn::NegMulAdd(ayn, sine, one)));
}

template <class D, class Get>
HWY_INLINE state_vectors<D> propagate_lanes(D d, hn::Vec<D> t, const Get& get, const kernel_constants& k)
{
    using V = hn::Vec<D>;
    const V one = hn::Set(d, 1.0);
    const V half = hn::Set(d, 0.5);

    // Secular gravity and drag.
    const V m_secular = hn::MulAdd(get(kc_m_dot), t, get(kc_m0));
    const V w_secular = hn::MulAdd(get(kc_w_dot), t, get(kc_w0));
    V sin_m, cos_m;
    sin_cos(d, m_secular, sin_m, cos_m);
    const V q = hn::MulAdd(get(kc_eta), cos_m, one);
    const V periodic_m = hn::MulAdd(
        get(kc_anomaly_drag), hn::Sub(hn::Mul(q, hn::Mul(q, q)), get(kc_delta_m0)), hn::Mul(get(kc_omega_drag), t));
    if (HWY_LIKELY(hn::AllTrue(d, hn::Le(hn::Abs(periodic_m), hn::Set(d, 0.06))))) {
        turn(d, periodic_m, sin_m, cos_m);
    } else {
        sin_cos(d, hn::Add(m_secular, periodic_m), sin_m, cos_m);
    }
    const V w = hn::Sub(w_secular, periodic_m);
    const V a_drag = hn::NegMulAdd(
        t, hn::MulAdd(t, hn::MulAdd(t, hn::MulAdd(t, get(kc_d4), get(kc_d3)), get(kc_d2)), get(kc_c1)), one);
    const V e_drag = hn::MulAdd(get(kc_bc4), t, hn::Mul(get(kc_bc5), hn::Sub(sin_m, get(kc_sin_m0))));
    const V l_drag = hn::Mul(
        hn::Mul(t, t), hn::MulAdd(t, hn::MulAdd(t, hn::MulAdd(t, get(kc_nt5), get(kc_nt4)), get(kc_nt3)), get(kc_nt2)));
    const V node = hn::MulAdd(t, hn::MulAdd(t, get(kc_node_drag), get(kc_node_dot)), get(kc_node0));
    const V a = hn::Mul(get(kc_a0), hn::Mul(a_drag, a_drag));
    const V root_a = hn::Mul(get(kc_sqrt_a0), hn::Abs(a_drag));
    const V e_raw = hn::Sub(get(kc_e0), e_drag);
    const auto good_e = hn::And(hn::Lt(e_raw, one), hn::Ge(e_raw, hn::Set(d, -0.001)));
    const V e = hn::Max(e_raw, hn::Set(d, 1e-6));

    // Long-period terms.
    const V one_minus_e2 = hn::NegMulAdd(e, e, one);
    const V shared_a = hn::Div(one, hn::Mul(hn::Mul(a, root_a), one_minus_e2)); // 1 / (a^1.5 (1 - e^2))
    const V inverse_p0 = hn::Mul(shared_a, root_a);
    const V n_over_ke = hn::Mul(shared_a, one_minus_e2);
    const V inverse_root_a = hn::Mul(n_over_ke, a);
    V sin_w, cos_w;
    sin_cos(d, w, sin_w, cos_w);
    const V axn = hn::Mul(e, cos_w);
    const V ayn = hn::MulAdd(e, sin_w, hn::Mul(inverse_p0, get(kc_aycof)));
    const V u = hn::MulAdd(hn::Mul(inverse_p0, get(kc_xlcof)), axn, hn::Add(hn::Add(m_secular, w_secular), l_drag));
    const V e2 = hn::MulAdd(axn, axn, hn::Mul(ayn, ayn));
    V sin_e, cos_e, inverse_rho;
    kepler(d, u, axn, ayn, e2, sin_e, cos_e, inverse_rho);

    // Short-period terms.
    const V e_sin = hn::Sub(hn::Mul(axn, sin_e), hn::Mul(ayn, cos_e));
    const V one_minus_el2 = hn::Sub(one, e2);
    const V p = hn::Mul(a, one_minus_el2);
    const V beta = hn::Sqrt(one_minus_el2);
    const V one_plus_beta = hn::Add(one, beta);
    const V shared_p = hn::Div(one, hn::Mul(p, one_plus_beta));
    const V inverse_p = hn::Mul(shared_p, one_plus_beta);
    const V kk = hn::Mul(e_sin, hn::Mul(shared_p, p));
    const V r = hn::Mul(a, hn::NegMulAdd(axn, cos_e, hn::NegMulAdd(ayn, sin_e, one)));
    V sin_u = hn::Mul(inverse_rho, hn::NegMulAdd(axn, kk, hn::Sub(sin_e, ayn)));
    V cos_u = hn::Mul(inverse_rho, hn::MulAdd(ayn, kk, hn::Sub(cos_e, axn)));
    const V sin_2u = hn::Mul(hn::Add(cos_u, cos_u), sin_u);
    const V cos_2u = hn::NegMulAdd(hn::Add(sin_u, sin_u), sin_u, one);
    const V temp1 = hn::Mul(hn::Set(d, 0.5 * k.j2), inverse_p);
    const V temp2 = hn::Mul(temp1, inverse_p);
    V sin_i = get(kc_sin_i);
    V cos_i = get(kc_cos_i);
    const V cos2_i = hn::Mul(cos_i, cos_i);
    const V con41 = hn::MulSub(hn::Set(d, 3.0), cos2_i, one);
    const V x1mth2 = hn::Sub(one, cos2_i);
    const V x7thm1 = hn::MulSub(hn::Set(d, 7.0), cos2_i, one);
    const V three_halves = hn::Set(d, 1.5);
    const V radius = hn::MulAdd(r,
                                hn::NegMulAdd(hn::Mul(three_halves, temp2), hn::Mul(beta, con41), one),
                                hn::Mul(hn::Mul(half, temp1), hn::Mul(x1mth2, cos_2u)));
    const V velocity = hn::Mul(inverse_root_a, inverse_rho); // sqrt(a) / r
    const V n_temp1 = hn::Mul(n_over_ke, temp1);
    const V v_radial = hn::NegMulAdd(n_temp1, hn::Mul(x1mth2, sin_2u), hn::Mul(velocity, e_sin));
    const V v_across =
        hn::MulAdd(n_temp1, hn::MulAdd(x1mth2, cos_2u, hn::Mul(three_halves, con41)), hn::Mul(velocity, beta));
    turn_little(d, hn::Mul(hn::Set(d, -0.25), hn::Mul(temp2, hn::Mul(x7thm1, sin_2u))), sin_u, cos_u);
    const V node_step = hn::Mul(hn::Mul(three_halves, temp2), cos_i);
    V sin_node, cos_node;
    sin_cos(d, hn::MulAdd(node_step, sin_2u, node), sin_node, cos_node);
    turn_little(d, hn::Mul(hn::Mul(node_step, sin_i), cos_2u), sin_i, cos_i);

    // Orientation.
    const V xmx = hn::Neg(hn::Mul(sin_node, cos_i));
    const V xmy = hn::Mul(cos_node, cos_i);
    const V ux = hn::MulAdd(xmx, sin_u, hn::Mul(cos_node, cos_u));
    const V uy = hn::MulAdd(xmy, sin_u, hn::Mul(sin_node, cos_u));
    const V uz = hn::Mul(sin_i, sin_u);
    const V ax = hn::NegMulAdd(cos_node, sin_u, hn::Mul(xmx, cos_u));
    const V ay = hn::NegMulAdd(sin_node, sin_u, hn::Mul(xmy, cos_u));
    const V az = hn::Mul(sin_i, cos_u);
    const V length = hn::Mul(radius, hn::Set(d, k.radius_km));
    const V radial = hn::Mul(v_radial, hn::Set(d, k.speed_unit_km_s));
    const V across = hn::Mul(v_across, hn::Set(d, k.speed_unit_km_s));
    state_vectors<D> out;
    out.x = hn::Mul(length, ux);
    out.y = hn::Mul(length, uy);
    out.z = hn::Mul(length, uz);
    out.vx = hn::MulAdd(radial, ux, hn::Mul(across, ax));
    out.vy = hn::MulAdd(radial, uy, hn::Mul(across, ay));
    out.vz = hn::MulAdd(radial, uz, hn::Mul(across, az));

    // Errors, in the order of the scalar object.
    const auto good_p = hn::Ge(p, hn::Zero(d));
    const auto good_r = hn::Ge(radius, one);
    const auto good_t = hn::Eq(t, t);
    const auto largest = hn::Max(hn::Max(hn::Abs(u), hn::Abs(m_secular)), hn::Max(hn::Abs(w), hn::Abs(node)));
    const auto in_range = hn::And(hn::Lt(largest, hn::Set(d, 1e6)), hn::Lt(temp2, hn::Set(d, k_largest_temp2)));
    const auto again = hn::And(good_t, hn::Not(in_range));
    const auto good = hn::And(hn::And(good_e, good_p), hn::And(hn::And(good_r, good_t), hn::Not(again)));
    out.any_error = !hn::AllTrue(d, good);
    out.any_again = false;
    out.error = hn::Zero(d);
    if (HWY_UNLIKELY(out.any_error)) {
        const V nan = hn::Set(d, std::numeric_limits<double>::quiet_NaN());
        out.error = hn::IfThenElse(good_r, out.error, hn::Set(d, static_cast<double>(sgp4_error::decayed)));
        out.error = hn::IfThenElse(good_p, out.error, hn::Set(d, static_cast<double>(sgp4_error::semi_latus_rectum)));
        out.error = hn::IfThenElse(good_e, out.error, hn::Set(d, static_cast<double>(sgp4_error::mean_eccentricity)));
        out.error = hn::IfThenElse(good_t, out.error, hn::Set(d, static_cast<double>(sgp4_error::mean_motion)));
        out.any_again = !hn::AllFalse(d, again);
        out.error = hn::IfThenElse(again, hn::Set(d, static_cast<double>(k_do_again)), out.error);
        out.x = hn::IfThenElse(good, out.x, nan);
        out.y = hn::IfThenElse(good, out.y, nan);
        out.z = hn::IfThenElse(good, out.z, nan);
        out.vx = hn::IfThenElse(good, out.vx, nan);
        out.vy = hn::IfThenElse(good, out.vy, nan);
        out.vz = hn::IfThenElse(good, out.vz, nan);
    }
    return out;
}

/// Writes the first `count` lanes at index i.
template <class D>
HWY_INLINE void store_lanes(D d, const state_vectors<D>& s, const state_arrays& out, std::size_t i, std::size_t count)
{
    const std::size_t lanes = hn::Lanes(d);
    if (HWY_LIKELY(count >= lanes)) {
        hn::StoreU(s.x, d, out.x_km.data() + i);
        hn::StoreU(s.y, d, out.y_km.data() + i);
        hn::StoreU(s.z, d, out.z_km.data() + i);
        hn::StoreU(s.vx, d, out.vx_km_s.data() + i);
        hn::StoreU(s.vy, d, out.vy_km_s.data() + i);
        hn::StoreU(s.vz, d, out.vz_km_s.data() + i);
        count = lanes;
    } else {
        HWY_ALIGN double lane[6][k_block];
        hn::Store(s.x, d, lane[0]);
        hn::Store(s.y, d, lane[1]);
        hn::Store(s.z, d, lane[2]);
        hn::Store(s.vx, d, lane[3]);
        hn::Store(s.vy, d, lane[4]);
        hn::Store(s.vz, d, lane[5]);
        for (std::size_t j = 0; j < count; ++j) {
            out.x_km[i + j] = lane[0][j];
            out.y_km[i + j] = lane[1][j];
            out.z_km[i + j] = lane[2][j];
            out.vx_km_s[i + j] = lane[3][j];
            out.vy_km_s[i + j] = lane[4][j];
            out.vz_km_s[i + j] = lane[5][j];
        }
    }
    if (HWY_UNLIKELY(s.any_error)) {
        HWY_ALIGN double code[k_block];
        hn::Store(s.error, d, code);
        for (std::size_t j = 0; j < count; ++j) out.error[i + j] = static_cast<sgp4_error>(static_cast<int>(code[j]));
    } else {
        for (std::size_t j = 0; j < count; ++j) out.error[i + j] = sgp4_error::none;
    }
}

HWY_ATTR bool
blocks_kernel(const double* blocks, std::size_t n, double minutes, const kernel_constants& k, const state_arrays& out)
{
    const hn::CappedTag<double, k_block> d;
    const std::size_t lanes = hn::Lanes(d);
    bool again = false;
    for (std::size_t i = 0; i < n; i += lanes) {
        const double* first = blocks + i / k_block * k_block * kc_count + i % k_block;
        const auto get = [&](std::size_t c) HWY_ATTR { return hn::Load(d, first + c * k_block); };
        const auto t = hn::Sub(hn::Set(d, minutes), get(kc_epoch_offset));
        const auto states = propagate_lanes(d, t, get, k);
        again = again || states.any_again;
        store_lanes(d, states, out, i, n - i);
    }
    return again;
}

HWY_ATTR bool instants_kernel(const double* coefficients,
                              const double* minutes,
                              std::size_t n,
                              const kernel_constants& k,
                              const state_arrays& out)
{
    const hn::CappedTag<double, k_block> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto get = [&](std::size_t c) HWY_ATTR { return hn::Set(d, coefficients[c]); };
    bool again = false;
    for (std::size_t i = 0; i < n; i += lanes) {
        HWY_ALIGN double padded[k_block];
        const std::size_t rest = n - i;
        for (std::size_t j = 0; j < lanes; ++j) padded[j] = minutes[i + (j < rest ? j : rest - 1)];
        const auto states = propagate_lanes(d, hn::Load(d, padded), get, k);
        again = again || states.any_again;
        store_lanes(d, states, out, i, rest);
    }
    return again;
}

} // namespace spacesail::orbit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::orbit {

HWY_EXPORT(blocks_kernel);
HWY_EXPORT(instants_kernel);

bool propagate_blocks(
    const double* blocks, std::size_t n, double minutes, const kernel_constants& k, const state_arrays& out) noexcept
{
    simd::init();
    return HWY_DYNAMIC_DISPATCH(blocks_kernel)(blocks, n, minutes, k, out);
}

bool propagate_instants(const double* coefficients,
                        const double* minutes,
                        std::size_t n,
                        const kernel_constants& k,
                        const state_arrays& out) noexcept
{
    simd::init();
    return HWY_DYNAMIC_DISPATCH(instants_kernel)(coefficients, minutes, n, k, out);
}

} // namespace spacesail::orbit
#endif
