// SPDX-License-Identifier: GPL-3.0-or-later
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "modem/slicer.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <spacesail/modem/slicer.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <algorithm>
#include <cassert>
#include <numbers>

HWY_BEFORE_NAMESPACE();
namespace spacesail::modem {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Four points (+-a, +-a), a = 1/sqrt2: the signs decide, and real and imaginary parts are alike.
void slice_qpsk(const float* in, float* out, std::size_t nof_floats)
{
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto a = hn::Set(d, std::numbers::sqrt2_v<float> / 2.0F);
    std::size_t i = 0;
    for (; i + lanes <= nof_floats; i += lanes) {
        hn::StoreU(hn::CopySign(a, hn::LoadU(d, in + i)), d, out + i);
    }
    for (; i < nof_floats; ++i) {
        out[i] = std::copysign(std::numbers::sqrt2_v<float> / 2.0F, in[i]);
    }
}

// Eight points at multiples of 45 degrees: the diagonal ones lie between 22.5 and 67.5 degrees of a quadrant.
void slice_8psk(const float* in, float* out, std::size_t n)
{
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto a = hn::Set(d, std::numbers::sqrt2_v<float> / 2.0F);
    const auto one = hn::Set(d, 1.0F);
    const auto tangent = hn::Set(d, std::numbers::sqrt2_v<float> - 1.0F); // tan 22.5
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        hn::Vec<decltype(d)> re, im;
        hn::LoadInterleaved2(d, in + 2 * i, re, im);
        const auto x = hn::Abs(re);
        const auto y = hn::Abs(im);
        const auto flat = hn::Lt(y, hn::Mul(x, tangent));
        const auto steep = hn::Lt(x, hn::Mul(y, tangent));
        const auto px = hn::IfThenElse(flat, one, hn::IfThenZeroElse(steep, a));
        const auto py = hn::IfThenElse(steep, one, hn::IfThenZeroElse(flat, a));
        hn::StoreInterleaved2(hn::CopySign(px, re), hn::CopySign(py, im), d, out + 2 * i);
    }
    for (; i < n; ++i) {
        const float x = std::abs(in[2 * i]);
        const float y = std::abs(in[2 * i + 1]);
        constexpr float t = std::numbers::sqrt2_v<float> - 1.0F;
        constexpr float h = std::numbers::sqrt2_v<float> / 2.0F;
        const float px = y < x * t ? 1.0F : x < y * t ? 0.0F : h;
        const float py = x < y * t ? 1.0F : y < x * t ? 0.0F : h;
        out[2 * i] = std::copysign(px, in[2 * i]);
        out[2 * i + 1] = std::copysign(py, in[2 * i + 1]);
    }
}

// The largest Re(y conj(p)) - |p|^2 / 2 is the smallest |y - p|. `mirrored`: the points are those of the first
// quadrant only, and the signs of the symbol decide for the quadrant.
template <bool mirrored>
void slice_points(const float* points, std::size_t nof_points, const float* in, float* out, std::size_t n)
{
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    float offsets[256];
    for (std::size_t p = 0; p < nof_points; ++p) {
        offsets[p] = -0.5F * (points[2 * p] * points[2 * p] + points[2 * p + 1] * points[2 * p + 1]);
    }
    HWY_ALIGN float tail[2 * hn::MaxLanes(d)] = {};
    for (std::size_t i = 0; i < n; i += lanes) {
        const std::size_t count = std::min(lanes, n - i);
        const float* source = in + 2 * i;
        if (count < lanes) {
            std::copy_n(source, 2 * count, tail);
            source = tail;
        }
        hn::Vec<decltype(d)> re, im;
        hn::LoadInterleaved2(d, source, re, im);
        const auto x = mirrored ? hn::Abs(re) : re;
        const auto y = mirrored ? hn::Abs(im) : im;
        auto best = hn::Set(d, -1e30F);
        auto best_re = hn::Set(d, points[0]);
        auto best_im = hn::Set(d, points[1]);
        for (std::size_t p = 0; p < nof_points; ++p) {
            const auto a = hn::Set(d, points[2 * p]);
            const auto b = hn::Set(d, points[2 * p + 1]);
            const auto metric = hn::MulAdd(x, a, hn::MulAdd(y, b, hn::Set(d, offsets[p])));
            const auto better = hn::Gt(metric, best);
            best = hn::Max(metric, best);
            best_re = hn::IfThenElse(better, a, best_re);
            best_im = hn::IfThenElse(better, b, best_im);
        }
        if constexpr (mirrored) {
            best_re = hn::CopySign(best_re, re);
            best_im = hn::CopySign(best_im, im);
        }
        if (count < lanes) {
            hn::StoreInterleaved2(best_re, best_im, d, tail);
            std::copy_n(tail, 2 * count, out + 2 * i);
        } else {
            hn::StoreInterleaved2(best_re, best_im, d, out + 2 * i);
        }
    }
}

void slice_quadrant(const float* points, std::size_t nof_points, const float* in, float* out, std::size_t n)
{
    slice_points<true>(points, nof_points, in, out, n);
}
void slice_any(const float* points, std::size_t nof_points, const float* in, float* out, std::size_t n)
{
    slice_points<false>(points, nof_points, in, out, n);
}

} // namespace HWY_NAMESPACE
} // namespace spacesail::modem
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::modem {
namespace {
HWY_EXPORT(slice_qpsk);
HWY_EXPORT(slice_8psk);
HWY_EXPORT(slice_quadrant);
HWY_EXPORT(slice_any);
} // namespace

void slice(const constellation& c,
           std::span<const std::complex<float>> symbols,
           std::span<std::complex<float>> decided) noexcept
{
    assert(symbols.size() == decided.size());
    simd::init();
    const auto* in = reinterpret_cast<const float*>(symbols.data());
    auto* out = reinterpret_cast<float*>(decided.data());
    switch (c.geometry()) {
    case point_geometry::diagonal_4:
        HWY_DYNAMIC_DISPATCH(slice_qpsk)(in, out, 2 * symbols.size());
        return;
    case point_geometry::octagon:
        HWY_DYNAMIC_DISPATCH(slice_8psk)(in, out, symbols.size());
        return;
    case point_geometry::any:
        break;
    }
    const bool mirrored = !c.quadrant().empty();
    const auto points = mirrored ? c.quadrant() : c.points();
    const auto* p = reinterpret_cast<const float*>(points.data());
    if (mirrored) {
        HWY_DYNAMIC_DISPATCH(slice_quadrant)(p, points.size(), in, out, symbols.size());
    } else {
        HWY_DYNAMIC_DISPATCH(slice_any)(p, points.size(), in, out, symbols.size());
    }
}

} // namespace spacesail::modem
#endif // HWY_ONCE
