// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/lock_estimator.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace spacesail::dvbs2x {
namespace {

/// Cycles a symbol from one header to the next that headers do not tell: there they have one frequency together.
constexpr double k_least_drift = 2e-5;

} // namespace

lock_estimator::lock_estimator(double symbol_rate_hz, std::size_t max_symbols)
    : d_symbol_rate_hz(symbol_rate_hz),
      d_most_drift(most_drift(symbol_rate_hz)),
      d_refiner(symbol_rate_hz),
      d_re(max_symbols),
      d_im(max_symbols)
{
}

lock_estimator::from_headers
lock_estimator::read(front_end& front, const header_pair& p, double u, double cycles) const noexcept
{
    from_headers h;
    auto& s = h.start;
    s.u = u;
    s.pls = p.pls;
    h.next_pls = p.next_pls;
    const double sps = front.samples_per_symbol();
    const auto length = static_cast<double>(plframe_symbols(p.pls));
    // Phase slope over five parts of each. Then once more: at the right instant and frequency the code may read
    // differently.
    refined a, b;
    double frequency = cycles;                                               // of the first header
    double drifted = (p.next_cycles_per_symbol - p.cycles_per_symbol) / sps; // until the next one
    const bool drifts = d_most_drift * length > k_least_drift;
    const auto correction = [&](std::complex<double> slope) { return std::arg(slope) / (k_two_pi * k_part) / sps; };
    for (int pass = 0; pass < 2; ++pass) {
        a = refine(front, s.u, frequency, s.pls);
        b = refine(front, s.u + p.length_symbols * sps, frequency + drifted, h.next_pls);
        if (drifts) {
            frequency += correction(a.slope);
            drifted += correction(b.slope) - correction(a.slope);
        } else {
            frequency += correction(a.slope + b.slope);
        }
        const std::uint8_t first_read = read_header(front, a.u, frequency);
        h.next_pls = read_header(front, b.u, frequency + drifted);
        if (plframe_symbols(first_read) == plframe_symbols(s.pls)) s.pls = first_read;
    }
    s.u = a.u;
    s.step = (b.u - a.u) / length;
    const double limit = 60e-6; // beyond any oscillator and orbit: noise in the two instants
    s.step = std::clamp(s.step, sps * (1.0 - limit), sps * (1.0 + limit));
    s.cycles_per_sample = frequency + 0.5 * drifted;
    h.chirp = drifted * sps / length;
    s.amplitude = std::max(1e-15, 0.5 * (a.amplitude + b.amplitude));
    s.es_n0 = std::max(0.4, 0.5 * (a.es_n0 + b.es_n0));
    // Phase slope from five parts of 18 symbols, two headers: sqrt(6 / (180 Es/N0)) / (2 pi 90) and a reserve.
    s.sigma_cycles_per_symbol = 1.3 * std::sqrt(6.0 / (180.0 * s.es_n0)) / (k_two_pi * 52.0) + 1e-5;
    s.sigma_timing_symbols = std::sqrt(0.5 / (90.0 * s.es_n0 * 3.0)) + 0.02;
    s.sigma_rate = 1.5 * s.sigma_timing_symbols / length + 1e-7;
    return h;
}

bool lock_estimator::settle(front_end& front,
                            from_headers& h,
                            std::span<const std::uint8_t> scrambling,
                            bool next_is_there) noexcept
{
    auto& s = h.start;
    const std::size_t length = plframe_symbols(s.pls);
    const bool with_next = next_is_there && frequency_refiner::uses_next_frame(s.pls, h.next_pls);
    const std::size_t n = with_next ? h.two_frames() : length + k_header_symbols;
    dsp::carrier c;
    c.origin = s.u;
    c.cycles_per_sample = s.cycles_per_sample;
    const std::span<float> re(d_re.data(), n);
    const std::span<float> im(d_im.data(), n);
    front.load(s.u, s.u + s.step * static_cast<double>(n - 1), c);
    front.symbols(s.u, s.step, re, im);
    const auto e = d_refiner.run(
        re, im, s.pls, h.next_pls, scrambling, { s.sigma_cycles_per_symbol, h.chirp, s.es_n0, s.amplitude });
    double chirp_sigma = 0.0;
    if (e.sigma > 0.0) {
        s.cycles_per_sample += e.cycles_per_symbol / s.step;
        s.chirp = e.chirp / (s.step * s.step);
        s.sigma_cycles_per_symbol = std::min(e.sigma, s.sigma_cycles_per_symbol);
        chirp_sigma = e.chirp_sigma;
    } else {
        // What the headers say, as far as satellites go.
        const double likely = std::clamp(h.chirp, -d_most_drift, d_most_drift);
        s.cycles_per_sample -= 0.5 * likely * static_cast<double>(length) / s.step;
        s.chirp = likely / (s.step * s.step);
        chirp_sigma = std::min(2.0 * s.sigma_cycles_per_symbol / static_cast<double>(length), d_most_drift);
    }
    s.sigma_chirp_hz_s = chirp_sigma * d_symbol_rate_hz * d_symbol_rate_hz;
    return !e.doubtful;
}

std::uint8_t lock_estimator::read_header(front_end& front, double u, double cycles_per_sample) noexcept
{
    const double sps = front.samples_per_symbol();
    dsp::carrier c;
    c.origin = u;
    c.cycles_per_sample = cycles_per_sample;
    std::array<float, k_header_symbols> re, im;
    front.load(u, u + k_header_symbols * sps, c);
    front.symbols(u, sps, re, im);
    return decode_pl_header(re, im).pls;
}

lock_estimator::refined
lock_estimator::refine(front_end& front, double u, double cycles_per_sample, std::uint8_t pls) noexcept
{
    const double sps = front.samples_per_symbol();
    dsp::carrier c;
    c.origin = u;
    c.cycles_per_sample = cycles_per_sample;
    const auto known = pl_header_symbols(pls);
    std::array<float, k_header_symbols> re, im;
    std::array<std::complex<double>, 5> part{};
    double energy = 0.0;
    front.load(u - sps, u + (k_header_symbols + 1) * sps, c);
    const auto power = [&](double shift) {
        front.symbols(u + shift * sps, sps, re, im);
        part.fill({});
        energy = 0.0;
        for (std::size_t i = 0; i < k_header_symbols; ++i) {
            const std::complex<double> v(re[i], im[i]);
            part[i / k_part] += v * std::conj(std::complex<double>(known[i]));
            energy += std::norm(v);
        }
        double sum = 0.0;
        for (const auto& z : part) sum += std::norm(z);
        return sum;
    };
    constexpr std::array<double, 7> shifts{ -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75 };
    std::array<double, 7> powers{};
    for (std::size_t i = 0; i < shifts.size(); ++i) powers[i] = power(shifts[i]);
    std::size_t best = 1;
    for (std::size_t i = 1; i + 1 < shifts.size(); ++i) {
        if (powers[i] > powers[best]) best = i;
    }
    const double bend = powers[best - 1] - 2.0 * powers[best] + powers[best + 1];
    const double off = bend < 0.0 ? std::clamp(0.5 * (powers[best - 1] - powers[best + 1]) / bend, -0.5, 0.5) : 0.0;
    const double shift = shifts[best] + 0.25 * off;
    refined r;
    const double peak = power(shift);
    r.u = u + shift * sps;
    for (std::size_t i = 0; i + 1 < part.size(); ++i) r.slope += part[i + 1] * std::conj(part[i]);
    const double signal = peak / 5.0 / (k_part * k_part); // A^2 + N0 / 18
    const double total = energy / k_header_symbols;       // A^2 + N0
    const double noise = std::max(1e-9, (total - signal) / (1.0 - 1.0 / k_part));
    r.es_n0 = std::max(0.0, total - noise) / noise;
    r.amplitude = std::sqrt(std::max(0.0, total - noise));
    return r;
}

} // namespace spacesail::dvbs2x
