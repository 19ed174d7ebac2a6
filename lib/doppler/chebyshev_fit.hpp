// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/units.hpp>

#include <array>
#include <cmath>
#include <optional>

/// A delay polynomial through the Chebyshev nodes of an interval (internal to the room).
namespace spacesail::doppler {

/// \brief Interpolates `delay` (seconds to optional seconds) over [begin, end) in k_terms nodes.
/// Nothing if any node has no value. The reference time is the middle.
template <class F>
std::optional<delay_polynomial> chebyshev_fit(double begin_s, double end_s, const F& delay) noexcept
{
    constexpr std::size_t n = delay_polynomial::k_terms;
    delay_polynomial p;
    p.t_begin_s = begin_s;
    p.t_end_s = end_s;
    p.t_ref_s = 0.5 * (begin_s + end_s);
    const double half = 0.5 * (end_s - begin_s);
    std::array<double, n> series{};
    for (std::size_t k = 0; k < n; ++k) {
        const double angle = k_pi * (static_cast<double>(k) + 0.5) / static_cast<double>(n);
        const auto v = delay(p.t_ref_s + half * std::cos(angle));
        if (!v) return std::nullopt;
        for (std::size_t j = 0; j < n; ++j) series[j] += *v * std::cos(static_cast<double>(j) * angle);
    }
    for (std::size_t j = 0; j < n; ++j) series[j] *= (j == 0 ? 1.0 : 2.0) / static_cast<double>(n);
    // T_j in powers of x, by T_(j+1) = 2 x T_j - T_(j-1).
    std::array<double, n> before{};
    std::array<double, n> now{};
    now[0] = 1.0;
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k <= j; ++k) p.c[k] += series[j] * now[k];
        std::array<double, n> next{};
        for (std::size_t k = 0; k < n; ++k) next[k] = (k > 0 ? (j == 0 ? 1.0 : 2.0) * now[k - 1] : 0.0) - before[k];
        before = now;
        now = next;
    }
    double scale = 1.0;
    for (std::size_t k = 0; k < n; ++k) {
        p.c[k] *= scale;
        scale /= half;
    }
    return p;
}

} // namespace spacesail::doppler
