// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/equaliser_trainer.hpp"

#include <cassert>
#include <cmath>

namespace spacesail::dvbs2x {

void equaliser_trainer::reset() noexcept { *this = {}; }

void equaliser_trainer::add(std::span<const std::complex<float>> half,
                            std::span<const std::complex<float>> known) noexcept
{
    assert(half.size() == 2 * known.size() - 1 + 2 * k_reach);
    // Upper triangle in float per block, then into the sums: a block has at most 90 symbols.
    float r_re[k_taps][k_taps] = {};
    float r_im[k_taps][k_taps] = {};
    for (std::size_t k = 0; k < known.size(); ++k) {
        const std::complex<float>* x = half.data() + 2 * k;
        float re[k_taps], im[k_taps];
        for (std::size_t i = 0; i < k_taps; ++i) {
            re[i] = x[i].real();
            im[i] = x[i].imag();
        }
        for (std::size_t i = 0; i < k_taps; ++i) {
            for (std::size_t j = 0; j < k_taps; ++j) {
                r_re[i][j] += re[i] * re[j] + im[i] * im[j];
                r_im[i][j] += re[i] * im[j] - im[i] * re[j];
            }
            d_p[i] += std::complex<double>(std::conj(x[i]) * known[k]);
        }
    }
    for (std::size_t i = 0; i < k_taps; ++i) {
        for (std::size_t j = 0; j < k_taps; ++j) d_r[i][j] += std::complex<double>(r_re[i][j], r_im[i][j]);
    }
    d_symbols += static_cast<double>(known.size());
}

void equaliser_trainer::forget(double factor) noexcept
{
    for (auto& row : d_r) {
        for (auto& v : row) v *= factor;
    }
    for (auto& v : d_p) v *= factor;
    d_symbols *= factor;
}

equaliser_trainer::solution equaliser_trainer::solve() const noexcept
{
    solution s;
    s.symbols = d_symbols;
    if (d_symbols < 4.0 * k_taps) return s;
    constexpr std::size_t n = k_taps;
    constexpr std::size_t c = k_reach;
    // Half-symbol outputs of a band-limited signal are nearly dependent: a little of the diagonal keeps the taps small
    // where the signal has no energy.
    const double load = 1e-3 * d_r[c][c].real();
    std::array<std::array<std::complex<double>, n>, n> l{};
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            std::complex<double> v = d_r[i][j] + (i == j ? load : 0.0);
            for (std::size_t k = 0; k < j; ++k) v -= l[i][k] * std::conj(l[j][k]);
            if (i == j) {
                if (!(v.real() > 0.0)) return s;
                l[i][i] = std::sqrt(v.real());
            } else {
                l[i][j] = v / l[j][j].real();
            }
        }
    }
    // The loading pulls towards the centre tap of the right size, not towards zero.
    std::array<std::complex<double>, n> b = d_p;
    const std::complex<double> centre = d_p[c] / d_r[c][c].real();
    b[c] += load * centre;
    std::array<std::complex<double>, n> w{};
    for (std::size_t i = 0; i < n; ++i) {
        w[i] = b[i];
        for (std::size_t k = 0; k < i; ++k) w[i] -= l[i][k] * w[k];
        w[i] /= l[i][i].real();
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k) w[i] -= std::conj(l[k][i]) * w[k];
        w[i] /= l[i][i].real();
    }
    // Errors per symbol of both solutions, energy of a symbol 1.
    const auto error_of = [&](const std::array<std::complex<double>, n>& v) {
        double e = d_symbols;
        for (std::size_t i = 0; i < n; ++i) {
            e -= 2.0 * (std::conj(v[i]) * d_p[i]).real();
            for (std::size_t j = 0; j < n; ++j) e += (std::conj(v[i]) * d_r[i][j] * v[j]).real();
        }
        return e / d_symbols;
    };
    std::array<std::complex<double>, n> alone{};
    alone[c] = centre;
    // What the training noise gives for nothing: each complex tap explains one symbol's worth of error.
    const double e_alone = error_of(alone) * (1.0 + 1.0 / d_symbols);
    const double e_taps = error_of(w) * (1.0 + 2.0 * static_cast<double>(n) / d_symbols);
    if (!(e_taps > 0.0 && e_alone > 0.0 && e_taps < 1.0 && e_alone < 1.0)) return s;
    s.gain_db = 10.0 * std::log10((1.0 / e_taps - 1.0) / (1.0 / e_alone - 1.0));
    // Keep the mean output: sum w_i E[x_i conj a] = E[x_c conj a].
    std::complex<double> passed{};
    for (std::size_t i = 0; i < n; ++i) passed += w[i] * std::conj(d_p[i]);
    const std::complex<double> scale = std::conj(d_p[c]) / passed;
    for (std::size_t i = 0; i < n; ++i) s.taps[i] = std::complex<float>(w[i] * scale);
    return s;
}

} // namespace spacesail::dvbs2x
