// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/lock_evidence.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace spacesail::dvbs2x {
namespace {

constexpr int k_lowest_db = -8;
constexpr int k_highest_db = 30;

/// ln I0(x). Source: Abramowitz, Stegun, 9.8.1 and 9.8.2, error below 2e-7.
double ln_bessel_i0(double x) noexcept
{
    if (x < 3.75) {
        const double t = x * x / (3.75 * 3.75);
        return std::log1p(
            t * (3.5156229 + t * (3.0899424 + t * (1.2067492 + t * (0.2659732 + t * (0.0360768 + t * 0.0045813))))));
    }
    const double t = 3.75 / x;
    const double p =
        0.39894228 +
        t * (0.01328592 +
             t * (0.00225319 +
                  t * (-0.00157565 +
                       t * (0.00916281 + t * (-0.02057706 + t * (0.02635537 + t * (-0.01647633 + t * 0.00392377)))))));
    return x - 0.5 * std::log(x) + std::log(p);
}

} // namespace

lock_evidence::lock_evidence() : d_maps(k_maps) {}

bool lock_evidence::select(const modem::constellation& c, double es_n0_db) noexcept
{
    if (c.quadrant().empty()) return false;
    // Written so that what is not a number counts as the lowest level.
    const double limited = es_n0_db > k_lowest_db ? std::min(es_n0_db, static_cast<double>(k_highest_db)) : k_lowest_db;
    const int level = static_cast<int>(std::floor(limited));
    if (d_chosen != nullptr && d_chosen->points == &c && d_chosen->level_db == level) return true;
    for (const auto& m : d_maps) {
        if (m.points == &c && m.level_db == level) {
            d_chosen = &m;
            return true;
        }
    }
    map& m = d_maps[d_next];
    d_next = (d_next + 1) % d_maps.size();
    m.points = &c;
    m.level_db = level;
    fill(m);
    d_chosen = &m;
    return true;
}

void lock_evidence::fill(map& m) noexcept
{
    const auto points = m.points->points();
    const double n0 = std::pow(10.0, -0.1 * m.level_db);
    struct ring {
        double radius;
        double points;
    };
    std::array<ring, 64> rings{};
    std::size_t nof_rings = 0;
    double longest = 0.0;
    for (const auto& p : points) {
        const double radius = std::abs(std::complex<double>(p));
        longest = std::max(longest, radius);
        std::size_t k = 0;
        while (k < nof_rings && std::abs(rings[k].radius - radius) > 1e-3) ++k;
        if (k == rings.size()) --k; // more radii than any table has: counts as the last one
        if (k == nof_rings) rings[nof_rings++] = { radius, 0.0 };
        rings[k].points += 1.0;
    }
    const double range = longest + 2.5 * std::sqrt(0.5 * n0);
    const double width = range / k_cells;
    m.cells_per_unit = static_cast<float>(1.0 / width);
    double mass = 0.0, mean = 0.0; // of the density with the right phase
    for (std::size_t y = 0; y < k_cells; ++y) {
        for (std::size_t x = 0; x < k_cells; ++x) {
            const std::complex<double> r((static_cast<double>(x) + 0.5) * width,
                                         (static_cast<double>(y) + 0.5) * width);
            double nearest = 1e300;
            for (const auto& p : points) nearest = std::min(nearest, std::norm(r - std::complex<double>(p)));
            double locked = 0.0;
            for (const auto& p : points) {
                const double further = (std::norm(r - std::complex<double>(p)) - nearest) / n0;
                if (further < 20.0) locked += std::exp(-further);
            }
            const double rho = std::abs(r);
            double largest = -1e300;
            std::array<double, 64> term{};
            for (std::size_t k = 0; k < nof_rings; ++k) {
                const double radius = rings[k].radius;
                term[k] = std::log(rings[k].points) - (rho * rho + radius * radius) / n0 +
                          ln_bessel_i0(2.0 * rho * radius / n0);
                largest = std::max(largest, term[k]);
            }
            double turning = 0.0;
            for (std::size_t k = 0; k < nof_rings; ++k) turning += std::exp(term[k] - largest);
            const double value = std::log(locked) - nearest / n0 - largest - std::log(turning);
            m.value[y * k_cells + x] = static_cast<float>(value);
            const double density = locked * std::exp(-nearest / n0);
            mass += density;
            mean += density * value;
        }
    }
    // Symbols beyond the map count as its edge, and what they say weighs: they belong into the mean.
    constexpr std::size_t k_beyond = 24;
    for (std::size_t y = 0; y < k_cells + k_beyond; ++y) {
        for (std::size_t x = y < k_cells ? k_cells : 0; x < k_cells + k_beyond; ++x) {
            const std::complex<double> r((static_cast<double>(x) + 0.5) * width,
                                         (static_cast<double>(y) + 0.5) * width);
            double density = 0.0;
            for (const auto& p : points) {
                const double exponent = std::norm(r - std::complex<double>(p)) / n0;
                if (exponent < 20.0) density += std::exp(-exponent);
            }
            mass += density;
            mean += density * m.value[std::min(y, k_cells - 1) * k_cells + std::min(x, k_cells - 1)];
        }
    }
    m.expected = mass > 0.0 ? mean / mass : 0.0;
}

double lock_evidence::of(std::span<const std::complex<float>> symbols) const noexcept
{
    assert(d_chosen != nullptr);
    const map& m = *d_chosen;
    constexpr float k_last = static_cast<float>(k_cells) - 0.5F;
    float sum = 0.0F;
    double total = 0.0;
    std::size_t in_sum = 0;
    for (const auto& r : symbols) {
        // Comparisons with NaN are false: it counts as the first cell.
        const float x = std::abs(r.real()) * m.cells_per_unit;
        const float y = std::abs(r.imag()) * m.cells_per_unit;
        const auto column = static_cast<std::size_t>(x > 0.0F ? std::min(x, k_last) : 0.0F);
        const auto row = static_cast<std::size_t>(y > 0.0F ? std::min(y, k_last) : 0.0F);
        sum += m.value[row * k_cells + column];
        if (++in_sum == 128) {
            total += sum;
            sum = 0.0F;
            in_sum = 0;
        }
    }
    return total + sum;
}

} // namespace spacesail::dvbs2x
