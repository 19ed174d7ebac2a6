// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/decision_model.hpp>
#include <spacesail/modem/slicer.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_symbols = 2048;
using symbols = std::vector<std::complex<float>>;

struct sums {
    double in_phase = 0.0, quadrature = 0.0, quadrature_2 = 0.0;
};

sums decide(const modem::constellation& c, const symbols& r, symbols& decided)
{
    modem::slice(c, r, decided);
    sums s;
    for (std::size_t k = 0; k < r.size(); ++k) {
        const auto p = r[k] * std::conj(decided[k]);
        s.in_phase += p.real();
        s.quadrature += p.imag();
        s.quadrature_2 += p.imag() * p.imag();
    }
    return s;
}

symbols rotated(const symbols& r, double angle)
{
    symbols out(r.size());
    const auto turn = std::polar(1.0F, static_cast<float>(angle));
    for (std::size_t k = 0; k < r.size(); ++k) out[k] = r[k] * turn;
    return out;
}

} // namespace

decision_model::decision_model(const modem::constellation& c)
{
    rng random(20260822);
    const auto points = c.points();
    symbols r(k_symbols), decided(k_symbols);
    for (int i = 0; i < k_points; ++i) {
        const double n0 = std::pow(10.0, -0.1 * (k_first_db + static_cast<float>(i) * k_step_db));
        for (auto& v : r) {
            v = points[random.below(points.size())] + std::complex<float>(std::sqrt(0.5 * n0) * random.normal_pair());
        }
        constexpr double k_error = 0.05; // rad, small against half the angle between points at the Es/N0 of interest
        const auto centre = decide(c, r, decided);
        const auto ahead = decide(c, rotated(r, k_error), decided);
        const auto behind = decide(c, rotated(r, -k_error), decided);
        const double slope =
            (ahead.quadrature / ahead.in_phase - behind.quadrature / behind.in_phase) / (2.0 * k_error);
        const double mean = centre.in_phase / k_symbols;
        d_table[static_cast<std::size_t>(i)] = { static_cast<float>(std::clamp(slope, 0.05, 1.0)),
                                                 static_cast<float>(centre.quadrature_2 / k_symbols / (mean * mean)) };
    }
}

decision_quality decision_model::at(float es_n0_db) const noexcept
{
    const float position = (es_n0_db - k_first_db) / k_step_db;
    // Written so that what is not a number counts as the lowest point.
    const float x = position > 0.0F ? std::min(position, static_cast<float>(k_points - 1) - 1e-3F) : 0.0F;
    const auto i = static_cast<std::size_t>(x);
    const float w = x - static_cast<float>(i);
    const auto& a = d_table[i];
    const auto& b = d_table[i + 1];
    return { a.gain + w * (b.gain - a.gain), a.variance + w * (b.variance - a.variance) };
}

const decision_model& decisions_of(const modem::constellation& c)
{
    static const std::vector<decision_model> models = [] {
        std::vector<decision_model> m;
        for (const auto& each : modem::all_constellations()) m.emplace_back(each);
        return m;
    }();
    return models[static_cast<std::size_t>(&c - modem::all_constellations().data())];
}

} // namespace spacesail::dvbs2x
