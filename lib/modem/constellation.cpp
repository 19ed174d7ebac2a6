// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/modem/constellation.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>

namespace spacesail::modem {
namespace {

#include <modem/constellation_points.inc>

// Whether every point lies on a multiple of `step_rad` from the start angle on the unit circle. The points are
// distinct labels; two on one place would make the count of places smaller.
bool on_unit_circle(std::span<const std::complex<float>> points, double start_rad)
{
    const double step = k_two_pi / static_cast<double>(points.size());
    std::vector<bool> taken(points.size());
    for (const auto& p : points) {
        const double turns = (std::arg(std::complex<double>(p)) - start_rad) / step;
        const auto place = static_cast<long>(std::lround(turns));
        if (std::abs(turns - static_cast<double>(place)) > 1e-5 || std::abs(std::abs(p) - 1.0F) > 1e-5F) return false;
        taken[static_cast<std::size_t>(place) % points.size()] = true;
    }
    return std::ranges::find(taken, false) == taken.end();
}

point_geometry geometry_of(std::span<const std::complex<float>> points)
{
    if (points.size() == 4 && on_unit_circle(points, k_pi / 4.0)) return point_geometry::diagonal_4;
    if (points.size() == 8 && on_unit_circle(points, 0.0)) return point_geometry::octagon;
    return point_geometry::any;
}

std::vector<std::complex<float>> quadrant_of(std::span<const std::complex<float>> points)
{
    std::vector<std::complex<float>> quadrant;
    for (const auto& p : points) {
        const auto is_there = [&](const std::complex<float>& image) {
            return std::ranges::find(points, image) != points.end();
        };
        if (!is_there(std::conj(p)) || !is_there(-std::conj(p))) return {};
        if (p.real() >= 0.0F && p.imag() >= 0.0F) quadrant.push_back(p);
    }
    return quadrant;
}

std::vector<constellation> load_all()
{
    std::vector<constellation> all;
#define SPACESAIL_CONSTELLATION(name, points) all.emplace_back(name, std::span<const double>(points));
#include <modem/constellation_names.inc>
#undef SPACESAIL_CONSTELLATION
    std::ranges::sort(all, {}, &constellation::name);
    return all;
}

} // namespace

constellation::constellation(std::string_view name, std::span<const double> iq) : d_name(name)
{
    const std::size_t count = iq.size() / 2;
    while ((std::size_t{ 1 } << d_bits) < count) {
        ++d_bits;
    }
    double energy = 0.0;
    for (const double v : iq) {
        energy += v * v;
    }
    if (iq.size() % 2 != 0 || d_bits < 1 || d_bits > 8 || (std::size_t{ 1 } << d_bits) != count) {
        throw std::invalid_argument("constellation " + std::string(name) + ": iq has " + std::to_string(iq.size()) +
                                    " values, allowed are 2 * 2^b, b = 1 to 8");
    }
    const double mean = energy / static_cast<double>(count);
    if (!(std::abs(mean - 1.0) <= 1e-3)) {
        throw std::invalid_argument("constellation " + std::string(name) + ": mean energy is " + std::to_string(mean) +
                                    ", allowed is 0.999 to 1.001");
    }
    for (std::size_t l = 0; l < count; ++l) {
        d_i.push_back(static_cast<float>(iq[2 * l]));
        d_q.push_back(static_cast<float>(iq[2 * l + 1]));
        d_points.emplace_back(d_i.back(), d_q.back());
    }
    d_geometry = geometry_of(d_points);
    d_quadrant = quadrant_of(d_points);
}

std::span<const constellation> all_constellations() noexcept
{
    static const std::vector<constellation> all = load_all();
    return all;
}

const constellation* find_constellation(std::string_view name) noexcept
{
    const auto all = all_constellations();
    const auto it = std::ranges::lower_bound(all, name, {}, &constellation::name);
    return it != all.end() && it->name() == name ? &*it : nullptr;
}

} // namespace spacesail::modem
