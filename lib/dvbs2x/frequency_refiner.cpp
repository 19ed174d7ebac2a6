// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/frequency_refiner.hpp"

#include "dvbs2x/derotate.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dsp/fft.hpp>
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

} // namespace

struct frequency_refiner::transform {
    dsp::fft plan{ k_fft_size };
};

frequency_refiner::frequency_refiner(double symbol_rate_hz)
    : d_symbol_rate_hz(symbol_rate_hz), d_transform(std::make_unique<transform>())
{
}

frequency_refiner::~frequency_refiner() = default;

frequency_refiner::estimate frequency_refiner::run(std::span<float> re,
                                                   std::span<float> im,
                                                   std::uint8_t pls,
                                                   std::uint8_t next_pls,
                                                   std::span<const std::uint8_t> phases,
                                                   const prior& known) noexcept
{
    const modcod* m = find_modcod(pls);
    if (m == nullptr || m->constellation == nullptr) return {};
    const std::size_t behind = plframe_symbols(pls) - k_header_symbols;
    descramble_split(re.data() + k_header_symbols, im.data() + k_header_symbols, phases.data(), behind);
    if (has_pilots(pls)) return by_pilots(re, im, *m, next_pls, known);
    if (m->constellation->points().size() <= 8 && m->constellation->geometry() != modem::point_geometry::any) {
        const std::size_t payload = m->xfecframe_symbols();
        return by_power(re.subspan(k_header_symbols, payload), im.subspan(k_header_symbols, payload), *m, known);
    }
    return by_turns(re, im, *m, next_pls, known);
}

frequency_refiner::estimate frequency_refiner::by_pilots(std::span<const float> re,
                                                         std::span<const float> im,
                                                         const modcod& m,
                                                         std::uint8_t next_pls,
                                                         const prior& known) noexcept
{
    // Known symbols summed in parts of 12 (pilots) and 18 (headers): the frequency may be off by 2e-3 within them.
    std::array<part, k_max_parts> parts;
    std::size_t n = 0;
    const auto header = [&](std::size_t at, std::uint8_t code) {
        const auto sent = pl_header_symbols(code);
        for (std::size_t p = 0; p < 5; ++p) {
            std::complex<double> sum;
            for (std::size_t i = 18 * p; i < 18 * (p + 1); ++i) {
                sum += std::complex<double>(re[at + i], im[at + i]) * std::conj(std::complex<double>(sent[i]));
            }
            parts[n++] = { static_cast<double>(at) + 18.0 * static_cast<double>(p) + 8.5, 18.0, sum };
        }
    };
    const std::size_t slots = m.nof_slots();
    const std::size_t total = k_header_symbols + slots * k_slot_symbols + pilot_symbols(static_cast<unsigned>(slots));
    header(0, static_cast<std::uint8_t>(m.pls + 1));
    std::size_t at = k_header_symbols;
    for (std::size_t slot = k_slots_between_pilots; slot < slots; slot += k_slots_between_pilots) {
        at += k_slots_between_pilots * k_slot_symbols;
        for (std::size_t p = 0; p < 3; ++p) {
            std::complex<double> sum;
            for (std::size_t i = at + 12 * p; i < at + 12 * (p + 1); ++i) {
                sum += std::complex<double>(re[i], im[i]) * std::complex<double>(1.0, -1.0); // (1 + j) sent
            }
            parts[n++] = { static_cast<double>(at) + 12.0 * static_cast<double>(p) + 5.5, 12.0, sum * std::sqrt(0.5) };
        }
        at += k_pilot_symbols;
    }
    header(total, next_pls);

    // Whole blocks against the block before, parts against the part before: the score of a frequency is the
    // log-likelihood of the phase steps (von Mises), thermal noise and some of the oscillator's in their variance.
    struct pair {
        double distance, phase, weight;
    };
    std::array<pair, 2 * k_max_parts> pairs;
    std::size_t nof_pairs = 0;
    const auto add_pair = [&](const part& from, const part& to, double wander) {
        const double variance = 0.5 / known.es_n0 * (1.0 / from.symbols + 1.0 / to.symbols) + wander;
        pairs[nof_pairs++] = { to.at - from.at, std::arg(to.sum * std::conj(from.sum)), 1.0 / variance };
    };
    std::array<part, k_max_parts> blocks;
    std::size_t nof_blocks = 0;
    std::size_t block_begin = 0;
    for (std::size_t i = 1; i <= n; ++i) {
        if (i < n && parts[i].at - parts[i - 1].at < 20.0) {
            add_pair(parts[i - 1], parts[i], 0.002);
            continue;
        }
        part block;
        for (std::size_t k = block_begin; k < i; ++k) {
            block.sum += parts[k].sum;
            block.symbols += parts[k].symbols;
            block.at += parts[k].at / static_cast<double>(i - block_begin);
        }
        if (nof_blocks > 0) add_pair(blocks[nof_blocks - 1], block, 0.03);
        blocks[nof_blocks++] = block;
        block_begin = i;
    }
    const auto score = [&](double f) {
        double s = -0.5 * f * f / (known.sigma * known.sigma);
        for (std::size_t k = 0; k < nof_pairs; ++k) {
            s += pairs[k].weight * std::cos(pairs[k].phase - k_two_pi * f * pairs[k].distance);
        }
        return s;
    };
    const double range = 4.0 * known.sigma;
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

    // Where the frame's end repeats the pilots' distance (8PSK and 32APSK, normal) the turns score alike; there the
    // data tell: with the wrong turn the symbols go round once between two pilot blocks.
    constexpr double k_turn = 1.0 / (k_slots_between_pilots * k_slot_symbols + k_pilot_symbols);
    if (d_evidence.select(*m.constellation, linear_to_db(known.es_n0))) {
        double highest = -1e300;
        double chosen = best_f;
        for (int turn = -4; turn <= 4; ++turn) {
            const double f = best_f + turn * k_turn;
            if (turn != 0 && score(f) < best - 60.0) continue;
            const double total_score =
                score(f) + between_blocks(re, im, { blocks.data(), nof_blocks }, known.amplitude, f);
            if (total_score > highest) {
                highest = total_score;
                chosen = f;
            }
        }
        best_f = chosen;
    }

    // A chirp moves the frequency within the frame; the first header sees the start of it.
    const double drift = k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz) * static_cast<double>(total);
    return { best_f, 2e-5 + 0.5 * drift, 0.0, k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz) };
}

double frequency_refiner::between_blocks(std::span<const float> re,
                                         std::span<const float> im,
                                         std::span<const part> blocks,
                                         double amplitude,
                                         double cycles_per_symbol) const noexcept
{
    double sum = 0.0;
    std::array<std::complex<float>, k_slot_symbols> turned;
    std::size_t at = k_header_symbols;
    for (std::size_t k = 0; k + 1 < blocks.size(); ++k) {
        const part& a = blocks[k];
        const part& b = blocks[k + 1];
        const double length = b.at - a.at;
        const double expected = k_two_pi * cycles_per_symbol * length;
        const double seen = std::arg(b.sum * std::conj(a.sum));
        const double slope = (expected + std::remainder(seen - expected, k_two_pi)) / length;
        const auto end = static_cast<std::size_t>(b.at);
        for (; at + k_slot_symbols <= end; at += k_slot_symbols) {
            const double centre = static_cast<double>(at) + 0.5 * (k_slot_symbols - 1);
            const double theta = std::arg(a.sum) + slope * (centre - a.at);
            derotate(re.data() + at,
                     im.data() + at,
                     k_slot_symbols,
                     static_cast<float>(theta),
                     static_cast<float>(slope),
                     static_cast<float>(1.0 / amplitude),
                     turned.data());
            sum += d_evidence.of(turned);
        }
        at += k_pilot_symbols;
    }
    return sum;
}

frequency_refiner::estimate frequency_refiner::by_turns(std::span<const float> re,
                                                        std::span<const float> im,
                                                        const modcod& m,
                                                        std::uint8_t next_pls,
                                                        const prior& known) noexcept
{
    // The phase of both headers leaves one frequency for every whole turn between them, and a chirp bends the phase on
    // the way; the symbols tell. First on slots spread over the frame, then the best on all of them.
    if (!d_evidence.select(*m.constellation, linear_to_db(known.es_n0))) return {};
    const std::size_t slots = m.nof_slots();
    const std::size_t total = k_header_symbols + slots * k_slot_symbols;
    const auto first_sent = pl_header_symbols(m.pls);
    const auto next_sent = pl_header_symbols(next_pls);
    const auto header = [&](std::size_t at, const auto& sent, double f) {
        std::complex<double> sum;
        for (std::size_t i = 0; i < k_header_symbols; ++i) {
            const double turn = -k_two_pi * f * (static_cast<double>(i) - 0.5 * (k_header_symbols - 1));
            sum += std::complex<double>(re[at + i], im[at + i]) * std::conj(std::complex<double>(sent[i])) *
                   std::polar(1.0, turn);
        }
        return std::arg(sum);
    };
    const auto length = static_cast<double>(total);
    const double base = std::remainder(header(total, next_sent, 0.0) - header(0, first_sent, 0.0), k_two_pi) / k_two_pi;

    // Steps of chirp that leave at most 0.02 cycles in the middle of the frame.
    const double most_chirp = k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz);
    const int bends = std::min(40, static_cast<int>(std::ceil(most_chirp * length * length / 8.0 / 0.04 - 0.5)));
    struct hypothesis {
        double f = 0.0, chirp = 0.0, score = -1e300;
    };
    std::array<std::complex<float>, k_slot_symbols> turned;
    // f is the mean frequency, the chirp is about the frame's middle.
    const auto weigh = [&](double f, double chirp, std::size_t looked_at) {
        const double first_phase = header(0, first_sent, f - 0.5 * chirp * length);
        double sum = 0.0;
        for (std::size_t i = 0; i < looked_at; ++i) {
            const std::size_t slot = (2 * i + 1) * slots / (2 * looked_at);
            const std::size_t at = k_header_symbols + slot * k_slot_symbols;
            const double n = static_cast<double>(slot) * k_slot_symbols + k_header_symbols;
            const double slope = k_two_pi * (f + chirp * (n - 0.5 * length));
            const double theta = first_phase + k_two_pi * (f * n + 0.5 * chirp * n * (n - length));
            derotate(re.data() + at,
                     im.data() + at,
                     k_slot_symbols,
                     static_cast<float>(std::remainder(theta, k_two_pi)),
                     static_cast<float>(slope),
                     static_cast<float>(1.0 / known.amplitude),
                     turned.data());
            sum += d_evidence.of(turned);
        }
        return sum - 0.5 * f * f / (known.sigma * known.sigma);
    };
    constexpr std::size_t k_kept = 8;
    constexpr std::size_t k_spread_slots = 40;
    std::array<hypothesis, k_kept> kept{};
    const int turns = static_cast<int>(std::ceil(4.0 * known.sigma * length));
    for (int k = -turns; k <= turns; ++k) {
        for (int b = -bends; b <= bends; ++b) {
            hypothesis h;
            h.f = (base + k) / length;
            h.chirp = bends > 0 ? most_chirp * b / bends : 0.0;
            h.score = weigh(h.f, h.chirp, std::min(slots, k_spread_slots));
            const auto least = std::min_element(
                kept.begin(), kept.end(), [](const auto& x, const auto& y) { return x.score < y.score; });
            if (h.score > least->score) *least = h;
        }
    }
    hypothesis best;
    for (auto& h : kept) {
        if (h.score <= -1e299) continue;
        h.score = weigh(h.f, h.chirp, slots);
        if (h.score > best.score) best = h;
    }
    const double left = most_chirp / std::max(0.5, static_cast<double>(bends));
    return { best.f - 0.5 * best.chirp * length, 5e-6 + 0.25 * left * length, best.chirp, 0.5 * left };
}

frequency_refiner::estimate
frequency_refiner::by_power(std::span<float> re, std::span<float> im, const modcod& m, const prior& known) noexcept
{
    const auto order = static_cast<unsigned>(m.constellation->points().size());
    // Weight of a symbol of magnitude rho: I_M(x) / I_0(x), x = 2 rho A / N0, the mean of exp(j M phase) given rho; no
    // other nonlinearity leaves a stronger line.
    constexpr std::size_t k_weights = 128;
    constexpr double k_longest = 4.0; // rho / A
    std::array<float, k_weights> weight;
    for (std::size_t i = 0; i < k_weights; ++i) {
        const double rho = (static_cast<double>(i) + 0.5) * k_longest / k_weights;
        const double x = std::min(2.0 * rho * known.es_n0, 300.0);
        weight[i] = static_cast<float>(std::cyl_bessel_i(static_cast<double>(order), x) / std::cyl_bessel_i(0.0, x));
    }
    const std::size_t n = std::min(re.size(), k_fft_size);
    const double per_symbol = k_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz);
    // The power turns by M chirp n^2 / 2 cycles over the stretch; half a cycle of it may be left.
    const double turns = 0.5 * order * per_symbol * static_cast<double>(n) * static_cast<double>(n);
    const int steps = std::min(48, static_cast<int>(std::ceil(turns - 0.5)));
    auto& plan = d_transform->plan;
    const auto in = plan.data();
    const double to_bins = static_cast<double>(order) * k_fft_size;
    const auto reach = static_cast<std::ptrdiff_t>(std::ceil(4.0 * known.sigma * to_bins));
    double energy = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::complex<float> r(re[i], im[i]);
        const float rho = std::abs(r);
        const double place = rho / known.amplitude * (k_weights / k_longest);
        const float w = weight[std::min(static_cast<std::size_t>(place), k_weights - 1)];
        std::complex<float> v = rho > 0.0F ? r / rho : std::complex<float>{};
        for (unsigned k = 1; k < order; k *= 2) v *= v;
        v *= w;
        energy += std::norm(v);
        re[i] = v.real();
        im[i] = v.imag();
    }
    double highest = -1e300;
    estimate e;
    for (int s = -steps; s <= steps; ++s) {
        const double chirp = steps == 0 ? 0.0 : per_symbol * s / steps;
        // exp(-j pi M chirp i^2) from one symbol to the next: its step turns by 2 pi M chirp each.
        std::complex<double> turn = 1.0;
        std::complex<double> step = std::polar(1.0, -0.5 * k_two_pi * order * chirp);
        const std::complex<double> quicker = std::polar(1.0, -k_two_pi * order * chirp);
        for (std::size_t i = 0; i < n; ++i) {
            in[i] = std::complex<float>(re[i], im[i]) * std::complex<float>(turn);
            turn *= step;
            step *= quicker;
        }
        std::fill(in.begin() + static_cast<std::ptrdiff_t>(n), in.end(), std::complex<float>{});
        plan.forward();
        for (std::ptrdiff_t b = -reach; b <= reach; ++b) {
            const auto power = [&](std::ptrdiff_t k) {
                return static_cast<double>(std::norm(in[static_cast<std::size_t>(k) & (k_fft_size - 1)]));
            };
            const double p = power(b);
            const double f = static_cast<double>(b) / to_bins;
            const double score = p / energy - 0.5 * f * f / (known.sigma * known.sigma);
            if (score > highest) {
                highest = score;
                const double left = power(b - 1);
                const double right = power(b + 1);
                const double bend = left - 2.0 * p + right;
                const double off = bend < 0.0 ? 0.5 * (left - right) / bend : 0.0;
                e.cycles_per_symbol = (static_cast<double>(b) + off) / to_bins;
                e.sigma = 3e-6 + per_symbol * static_cast<double>(n) / std::max(1, 2 * steps);
                e.chirp = chirp;
                e.chirp_sigma = per_symbol / std::max(1, 2 * steps);
            }
        }
    }
    // Noise alone reaches 7 in a thousand places; below 6 the line tells less than the header did.
    if (highest < 6.0) return {};
    return e;
}

} // namespace spacesail::dvbs2x
