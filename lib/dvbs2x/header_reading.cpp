// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/header_reading.hpp"

#include "dvbs2x/equaliser_trainer.hpp"

#include <spacesail/base/units.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::dvbs2x {
namespace {

constexpr double k_header_centre = 0.5 * (k_header_symbols - 1);
/// Steps of an oscillator that are looked for where a PLHEADER is weak: 50 kHz and some more.
constexpr double k_jump_hz = 55e3;

} // namespace

header_reading
read_pl_header(front_end& front, double u, double step, const dsp::carrier& carrier, double quarter) noexcept
{
    constexpr double k_reach = equaliser_trainer::k_reach_symbols;
    std::array<float, k_header_symbols> re, im;
    front.load(u - k_reach * step, u + (k_header_symbols - 1 + k_reach) * step, carrier);
    front.symbols(u, step, re, im);
    header_reading h;
    h.decision = decode_pl_header(re, im);
    const auto known = pl_header_symbols(h.decision.pls);
    known_block& b = h.symbols;
    b.n = k_header_symbols;
    std::complex<double> sum;
    for (std::size_t i = 0; i < k_header_symbols; ++i) {
        b.re[i] = re[i] * known[i].real() + im[i] * known[i].imag();
        b.im[i] = im[i] * known[i].real() - re[i] * known[i].imag();
        sum += std::complex<double>(b.re[i], b.im[i]);
    }
    const auto correlate = [&](double shift) {
        front.plain_symbols(u + shift, step, re, im);
        std::complex<double> correlation;
        for (std::size_t i = 0; i < k_header_symbols; ++i)
            correlation += std::complex<double>(re[i], im[i]) * std::conj(std::complex<double>(known[i]));
        return correlation;
    };
    h.timing.early = correlate(-quarter * step);
    h.timing.late = correlate(quarter * step);
    h.timing.on_time = front.filter().has_equaliser() ? correlate(0.0) : sum;
    return h;
}

double carrier_jump(const front_end& front, double u, double step, double symbol_rate_hz, float quality) noexcept
{
    std::array<float, k_header_symbols> re, im, turned_re, turned_im;
    front.symbols(u, step, re, im);
    // By chance a header that is not there reaches 0.25 with 14 000 exp(-90 * 0.25) = 2e-6.
    float best = std::max(0.25F, quality + 0.12F);
    double jump = 0.0;
    constexpr double k_step_cycles = 0.004; // costs 0.2 dB in the middle between two
    const int reach = std::clamp(static_cast<int>(std::ceil(k_jump_hz / symbol_rate_hz / k_step_cycles)), 1, 28);
    for (int k = -reach; k <= reach; ++k) {
        if (k == 0) continue;
        const double cycles = k * k_step_cycles;
        for (std::size_t i = 0; i < k_header_symbols; ++i) {
            const auto turn =
                std::polar(1.0F, static_cast<float>(-k_two_pi * cycles * (static_cast<double>(i) - k_header_centre)));
            const auto v = std::complex<float>(re[i], im[i]) * turn;
            turned_re[i] = v.real();
            turned_im[i] = v.imag();
        }
        const float there = decode_pl_header(turned_re, turned_im).quality;
        if (there > best) {
            best = there;
            jump = cycles;
        }
    }
    return jump;
}

} // namespace spacesail::dvbs2x
