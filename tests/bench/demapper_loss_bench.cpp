// SPDX-License-Identifier: GPL-3.0-or-later
// What the demapper costs in decibels: generalised mutual information of its values against that of exact ones
// in double precision, at the ideal Es/N0 of each entry, divided by the slope of the information over Es/N0. Counters:
// loss_db of the 8-bit values as the decoder gets them, loss_maxlog_db of unquantised maxima.
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/modem/soft_demapper.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;
using cd = std::complex<double>;

constexpr std::size_t k_symbols = 20000;

struct draw {
    std::vector<unsigned> labels;
    std::vector<cd> noise; // unit energy
};

draw make_draw(const modem::constellation& c)
{
    draw d;
    rng random(5);
    for (std::size_t n = 0; n < k_symbols; ++n) {
        d.labels.push_back(static_cast<unsigned>(random.below(c.points().size())));
        d.noise.push_back(random.normal_pair() * std::sqrt(0.5));
    }
    return d;
}

// LLRs signed so that positive is right, symbol by symbol, bit by bit.
std::vector<double> llrs(const modem::constellation& c, const draw& d, double n0, double (*join)(double, double))
{
    std::vector<double> out;
    const unsigned bits = c.bits_per_symbol();
    for (std::size_t n = 0; n < k_symbols; ++n) {
        const cd y = cd(c.points()[d.labels[n]]) + std::sqrt(n0) * d.noise[n];
        std::array<std::array<double, 2>, 8> best;
        for (auto& b : best) {
            b = { -1e9, -1e9 };
        }
        for (unsigned l = 0; l < c.points().size(); ++l) {
            const double metric = -std::norm(y - cd(c.points()[l])) / n0;
            for (unsigned k = 0; k < bits; ++k) {
                double& b = best[k][(l >> k) & 1];
                b = join(b, metric);
            }
        }
        for (unsigned k = 0; k < bits; ++k) {
            const unsigned sent = (d.labels[n] >> k) & 1;
            out.push_back(best[k][sent] - best[k][1 - sent]);
        }
    }
    return out;
}

std::vector<double> llrs_of_the_demapper(const modem::constellation& c, const draw& d, double n0)
{
    const unsigned bits = c.bits_per_symbol();
    std::vector<cf> y;
    for (std::size_t n = 0; n < k_symbols; ++n) {
        y.emplace_back(cd(c.points()[d.labels[n]]) + std::sqrt(n0) * d.noise[n]);
    }
    std::vector<std::int8_t> values(bits * k_symbols);
    std::vector<std::int8_t*> planes;
    for (unsigned k = 0; k < bits; ++k) {
        planes.push_back(values.data() + k * k_symbols);
    }
    modem::soft_demap(c, y, static_cast<float>(n0), planes);
    std::vector<double> out;
    for (std::size_t n = 0; n < k_symbols; ++n) {
        for (unsigned k = 0; k < bits; ++k) {
            const double l = planes[bits - 1 - k][n] / static_cast<double>(modem::k_llr_per_nat);
            out.push_back(((d.labels[n] >> k) & 1) != 0 ? -l : l);
        }
    }
    return out;
}

// Bits a symbol, for the best scaling of the values (a decoder that only adds and compares does not see a scale).
double information(const std::vector<double>& llr, unsigned bits)
{
    double best = 1e9;
    for (double scale = 0.7; scale < 1.25; scale += 0.05) {
        double lost = 0.0;
        for (const double l : llr) {
            lost += std::log1p(std::exp(std::min(-scale * l, 700.0)));
        }
        best = std::min(best, lost);
    }
    return bits - best / k_symbols / std::log(2.0);
}

double add_logs(double a, double b)
{
    const double m = std::max(a, b);
    return m + std::log1p(std::exp(std::min(a, b) - m));
}
double larger(double a, double b) { return std::max(a, b); }

void BM_modem_demap_loss(benchmark::State& state, const dvbs2x::modcod* m)
{
    const auto& c = *m->constellation;
    const draw d = make_draw(c);
    const double n0 = db_to_linear(-static_cast<double>(m->ideal_es_n0_db));
    const unsigned bits = c.bits_per_symbol();
    for (auto _ : state) {
        const double exact = information(llrs(c, d, n0, add_logs), bits);
        const double slope = (information(llrs(c, d, n0 * db_to_linear(-0.2), add_logs), bits) - exact) / 0.2;
        state.counters["loss_db"] = (exact - information(llrs_of_the_demapper(c, d, n0), bits)) / slope;
        state.counters["loss_maxlog_db"] = (exact - information(llrs(c, d, n0, larger), bits)) / slope;
    }
}

[[maybe_unused]] const bool k_registered = [] {
    for (const auto& m : dvbs2x::all_modcods()) {
        if (m.vlsnr_header >= 0 || m.size != dvbs2x::frame_size::normal || m.bits_per_symbol < 2) continue;
        benchmark::RegisterBenchmark(("BM_modem_demap_loss/" + std::string(m.name)).c_str(), BM_modem_demap_loss, &m)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    }
    return true;
}();

} // namespace
