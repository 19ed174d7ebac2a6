// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/frequency_refiner.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dsp/fft.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_fft_size = 32768;
constexpr double k_chirp_hz_s = 5e3;
constexpr std::size_t k_max_parts = 128;

struct part {
    double at = 0.0; ///< centre, symbols
    std::complex<double> sum;
};

} // namespace

struct frequency_refiner::transform {
    dsp::fft plan{ k_fft_size };
};

frequency_refiner::frequency_refiner(double symbol_rate_hz)
    : d_symbol_rate_hz(symbol_rate_hz), d_transform(std::make_unique<transform>())
{
}

frequency_refiner::~frequency_refiner() = default;

frequency_refiner::estimate frequency_refiner::run(std::span<const float> re,
                                                   std::span<const float> im,
                                                   std::uint8_t pls,
                                                   std::uint8_t next_pls,
                                                   std::span<const std::uint8_t> phases,
                                                   double range) noexcept
{
    const modcod* m = find_modcod(pls);
    if (has_pilots(pls) && m != nullptr) return by_pilots(re, im, pls, next_pls, phases, range);
    if (m != nullptr && m->constellation != nullptr && m->constellation->points().size() == 4) {
        const std::size_t payload = m->xfecframe_symbols();
        return by_fourth_power(re.subspan(k_header_symbols, payload), im.subspan(k_header_symbols, payload), range);
    }
    return {};
}

frequency_refiner::estimate frequency_refiner::by_pilots(std::span<const float> re,
                                                         std::span<const float> im,
                                                         std::uint8_t pls,
                                                         std::uint8_t next_pls,
                                                         std::span<const std::uint8_t> phases,
                                                         double range) noexcept
{
    // Known symbols summed in parts of 12 (pilots) and 18 (headers): the frequency may be off by 2e-3 within them.
    std::array<part, k_max_parts> parts;
    std::size_t n = 0;
    const auto header = [&](std::size_t at, std::uint8_t code) {
        const auto known = pl_header_symbols(code);
        for (std::size_t p = 0; p < 5; ++p) {
            std::complex<double> sum;
            for (std::size_t i = 18 * p; i < 18 * (p + 1); ++i) {
                sum += std::complex<double>(re[at + i], im[at + i]) * std::conj(std::complex<double>(known[i]));
            }
            parts[n++] = { static_cast<double>(at) + 18.0 * static_cast<double>(p) + 8.5, sum };
        }
    };
    const std::size_t total = plframe_symbols(pls);
    const std::size_t slots = find_modcod(pls)->nof_slots();
    header(0, pls);
    std::size_t at = k_header_symbols;
    for (std::size_t slot = k_slots_between_pilots; slot < slots; slot += k_slots_between_pilots) {
        at += k_slots_between_pilots * k_slot_symbols;
        for (std::size_t p = 0; p < 3; ++p) {
            std::complex<double> sum;
            for (std::size_t i = at + 12 * p; i < at + 12 * (p + 1); ++i) {
                // Descrambling by j^-R and the known (1 + j) / sqrt 2 together turn by -(R + 1/2) quarter circles.
                static constexpr std::array<std::complex<double>, 4> k_turn{
                    std::complex<double>{ 1, -1 }, { -1, -1 }, { -1, 1 }, { 1, 1 }
                };
                sum += std::complex<double>(re[i], im[i]) * k_turn[phases[i - k_header_symbols]];
            }
            parts[n++] = { static_cast<double>(at) + 12.0 * static_cast<double>(p) + 5.5, sum * std::sqrt(0.5) };
        }
        at += k_pilot_symbols;
    }
    header(total, next_pls);

    // Whole blocks against the block before, parts against the part before: the score is the sum of the products turned
    // back by the frequency tried.
    struct pair {
        double distance;
        std::complex<double> product;
    };
    std::array<pair, 2 * k_max_parts> pairs;
    std::size_t nof_pairs = 0;
    std::size_t block_begin = 0;
    part previous;
    bool have_previous = false;
    for (std::size_t i = 1; i <= n; ++i) {
        if (i < n && parts[i].at - parts[i - 1].at < 20.0) {
            pairs[nof_pairs++] = { parts[i].at - parts[i - 1].at, parts[i].sum * std::conj(parts[i - 1].sum) };
            continue;
        }
        part block;
        for (std::size_t k = block_begin; k < i; ++k) {
            block.sum += parts[k].sum;
            block.at += parts[k].at / static_cast<double>(i - block_begin);
        }
        if (have_previous) pairs[nof_pairs++] = { block.at - previous.at, block.sum * std::conj(previous.sum) };
        previous = block;
        have_previous = true;
        block_begin = i;
    }
    const auto score = [&](double f) {
        double s = 0.0;
        for (std::size_t k = 0; k < nof_pairs; ++k) {
            const double a = -k_two_pi * f * pairs[k].distance;
            s += pairs[k].product.real() * std::cos(a) - pairs[k].product.imag() * std::sin(a);
        }
        return s;
    };
    constexpr double k_step = 2e-5; // 3 % of the repetition distance
    double best = -1e300;
    double best_f = 0.0;
    for (double f = -range; f <= range; f += k_step) {
        const double s = score(f);
        if (s > best) {
            best = s;
            best_f = f;
        }
    }
    const double before = score(best_f - k_step);
    const double after = score(best_f + k_step);
    const double bend = before - 2.0 * best + after;
    if (bend < 0.0) best_f += k_step * std::clamp(0.5 * (before - after) / bend, -1.0, 1.0);
    // A chirp moves the frequency within the frame; the first header sees the start of it.
    const double drift = k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz) * static_cast<double>(total);
    return { best_f, 2e-5 + 0.5 * drift };
}

frequency_refiner::estimate
frequency_refiner::by_fourth_power(std::span<const float> re, std::span<const float> im, double range) noexcept
{
    const std::size_t n = std::min(re.size(), k_fft_size);
    const double chirp = k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz);
    // The fourth power turns by 2 chirp n^2 cycles over the stretch; half a cycle of it may be left.
    const double turns = 4.0 * 0.5 * chirp * static_cast<double>(n) * static_cast<double>(n);
    const int steps = std::min(24, static_cast<int>(std::ceil(turns)));
    auto& plan = d_transform->plan;
    double best = 0.0;
    double best_bin = 0.0;
    double best_chirp = 0.0;
    double mean = 0.0;
    const auto reach = static_cast<std::ptrdiff_t>(std::ceil(4.0 * range * k_fft_size));
    for (int s = -steps; s <= steps; ++s) {
        const double c = steps == 0 ? 0.0 : chirp * s / steps;
        auto in = plan.data();
        for (std::size_t i = 0; i < n; ++i) {
            // |r|^2 exp(j 4 phi): an exponent of 2 loses least around 0 dB.
            const std::complex<double> r(re[i], im[i]);
            const double energy = std::norm(r);
            std::complex<double> v = r * r;
            v = energy > 0.0 ? v * v / energy : 0.0;
            if (steps != 0) {
                const double x = static_cast<double>(i);
                const double cycles = 2.0 * c * x * x;
                v *= std::polar(1.0, -k_two_pi * (cycles - std::floor(cycles)));
            }
            in[i] = std::complex<float>(v);
        }
        std::fill(in.begin() + static_cast<std::ptrdiff_t>(n), in.end(), std::complex<float>{});
        plan.forward();
        for (std::ptrdiff_t b = -reach; b <= reach; ++b) {
            const auto power = [&](std::ptrdiff_t k) {
                return static_cast<double>(std::norm(in[static_cast<std::size_t>(k) & (k_fft_size - 1)]));
            };
            const double p = power(b);
            mean += p / static_cast<double>((2 * reach + 1) * (2 * steps + 1));
            if (p > best) {
                best = p;
                best_chirp = c;
                const double left = power(b - 1);
                const double right = power(b + 1);
                const double bend = left - 2.0 * p + right;
                best_bin = static_cast<double>(b) + (bend < 0.0 ? 0.5 * (left - right) / bend : 0.0);
            }
        }
    }
    (void)best_chirp; // the frequency is that of the frame's start: the chirp was taken out from there
    // Noise alone: the largest of some thousand exponential values stays below 11 times their mean.
    if (best < 11.0 * mean) return {};
    return { best_bin / (4.0 * k_fft_size), 3e-6 + chirp * static_cast<double>(n) / std::max(1, 2 * steps) };
}

} // namespace spacesail::dvbs2x
