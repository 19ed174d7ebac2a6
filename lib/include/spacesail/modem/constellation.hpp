// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace spacesail::modem {

/// Where the points lie, whatever their labels: some kernels are faster for a known geometry.
enum class point_geometry : std::uint8_t {
    diagonal_4, ///< (+-1, +-1) / sqrt2
    octagon,    ///< the eighth roots of 1
    any
};

/// \brief Points of a modulation in the order of their labels.
///
/// Label l has its first transmitted bit as the most significant of bits_per_symbol() bits.
class constellation
{
public:
    /// \param[in] iq  I, Q of label 0, 1, ...; 2^b points, 1 <= b <= 8, mean energy over equiprobable points
    ///                1 within 0.1 % (std::invalid_argument otherwise). Kept as they are.
    constellation(std::string_view name, std::span<const double> iq);

    std::string_view name() const noexcept { return d_name; }
    unsigned bits_per_symbol() const noexcept { return d_bits; }
    point_geometry geometry() const noexcept { return d_geometry; }
    /// Points in label order, mean energy 1 (the tables: within 1e-4).
    std::span<const std::complex<float>> points() const noexcept { return d_points; }
    /// The same, all I values.
    std::span<const float> i() const noexcept { return d_i; }
    /// The same, all Q values.
    std::span<const float> q() const noexcept { return d_q; }

    /// Points with I >= 0 and Q >= 0 if the others are their mirror images in both axes, else empty.
    std::span<const std::complex<float>> quadrant() const noexcept { return d_quadrant; }

private:
    std::string_view d_name;
    unsigned d_bits = 0;
    point_geometry d_geometry = point_geometry::any;
    std::vector<std::complex<float>> d_points;
    std::vector<std::complex<float>> d_quadrant;
    std::vector<float> d_i;
    std::vector<float> d_q;
};

/// \brief The constellation of lib/modem/data/constellations/<name>.csv; nullptr if there is none of that name.
/// Source: EN 302 307-1, clause 5.4; EN 302 307-2, clause 5.4.
const constellation* find_constellation(std::string_view name) noexcept;

/// \brief All constellations of the tables, sorted by name.
std::span<const constellation> all_constellations() noexcept;

} // namespace spacesail::modem
