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

/// The line of a power is looked for in sums over groups of symbols: its frequency is known to some 0.02 cycles a
/// symbol.
constexpr std::size_t k_group = 8;
constexpr std::size_t k_fft_size = 16384;
constexpr std::size_t k_max_parts = 128;
constexpr double k_header_centre = 0.5 * (k_header_symbols - 1);

bool has_power_line(const modcod& m) noexcept
{
    return m.constellation != nullptr && m.constellation->points().size() <= 8 &&
           m.constellation->geometry() != modem::point_geometry::any;
}

/// exp(-j 2 pi (f i + chirp i^2 / 2)) for i = 0, 1, ..: its step from one to the next turns by 2 pi chirp each.
class quadratic_phasor
{
public:
    quadratic_phasor(double f, double chirp)
        : d_step(std::polar(1.0, -k_two_pi * (f + 0.5 * chirp))), d_quicker(std::polar(1.0, -k_two_pi * chirp))
    {
    }
    std::complex<float> next() noexcept
    {
        const std::complex<float> now(d_turn);
        d_turn *= d_step;
        d_step *= d_quicker;
        return now;
    }

private:
    std::complex<double> d_turn = 1.0, d_step, d_quicker;
};

} // namespace

double most_drift(double symbol_rate_hz) noexcept { return std::min(5e3 / (symbol_rate_hz * symbol_rate_hz), 5e-7); }

struct frequency_refiner::transform {
    dsp::fft plan{ k_fft_size };
};

frequency_refiner::frequency_refiner(double symbol_rate_hz)
    : d_most_drift(most_drift(symbol_rate_hz)), d_transform(std::make_unique<transform>())
{
}

frequency_refiner::~frequency_refiner() = default;

bool frequency_refiner::uses_next_frame(std::uint8_t pls, std::uint8_t next_pls) noexcept
{
    const modcod* m = find_modcod(pls);
    const modcod* next = find_modcod(next_pls);
    return m != nullptr && next != nullptr && next->constellation == m->constellation && has_power_line(*m) &&
           !has_pilots(pls) && !has_pilots(next_pls);
}

frequency_refiner::estimate frequency_refiner::run(std::span<float> re,
                                                   std::span<float> im,
                                                   std::uint8_t pls,
                                                   std::uint8_t next_pls,
                                                   std::span<const std::uint8_t> phases,
                                                   const prior& known) noexcept
{
    const modcod* m = find_modcod(pls);
    if (m == nullptr || m->constellation == nullptr) return {};
    const std::size_t total = plframe_symbols(pls);
    const auto descramble = [&](std::size_t frame, std::size_t symbols) {
        const std::size_t at = frame + k_header_symbols;
        descramble_split(re.data() + at, im.data() + at, phases.data(), symbols - k_header_symbols);
    };
    descramble(0, total);
    if (has_pilots(pls)) return by_pilots(re, im, *m, next_pls, known);
    if (!has_power_line(*m)) return by_turns(re, im, *m, next_pls, known);

    const bool next_helps = uses_next_frame(pls, next_pls);
    std::size_t end = total;
    if (next_helps && re.size() >= total + plframe_symbols(next_pls)) {
        end += plframe_symbols(next_pls);
        descramble(total, end - total);
        std::fill_n(re.begin() + static_cast<std::ptrdiff_t>(total), k_header_symbols, 0.0F);
        std::fill_n(im.begin() + static_cast<std::ptrdiff_t>(total), k_header_symbols, 0.0F);
    }
    const std::size_t payload = end - k_header_symbols;
    auto e = by_power(re.subspan(k_header_symbols, payload), im.subspan(k_header_symbols, payload), *m, known);
    e.doubtful = e.doubtful && next_helps && end == total;
    return e;
}

frequency_refiner::chirps
frequency_refiner::chirps_for(const prior& known, double frame_symbols, double step, int most_steps) const noexcept
{
    if (d_most_drift <= 0.5 * step) return {}; // too little to be seen
    const double sigma = 2.0 * known.sigma / frame_symbols;
    const double low = std::clamp(known.chirp - 4.0 * sigma, -d_most_drift, d_most_drift);
    const double high = std::clamp(known.chirp + 4.0 * sigma, -d_most_drift, d_most_drift);
    chirps c;
    c.middle = 0.5 * (low + high);
    c.steps = std::clamp(static_cast<int>(std::ceil(0.5 * (high - low) / step - 0.5)), 1, most_steps);
    c.step = 0.5 * (high - low) / c.steps;
    return c;
}

double
frequency_refiner::chirp_score(const prior& known, const chirps& tried, double frame_symbols, double chirp) noexcept
{
    if (tried.steps == 0) return 0.0;
    const double off = (chirp - known.chirp) * frame_symbols / (2.0 * known.sigma);
    return -0.5 * off * off;
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
        double middle; ///< of both, from the frame's
    };
    std::array<pair, 2 * k_max_parts> pairs;
    std::size_t nof_pairs = 0;
    const double length = static_cast<double>(total);
    const auto add_pair = [&](const part& from, const part& to, double wander) {
        const double variance = 0.5 / known.es_n0 * (1.0 / from.symbols + 1.0 / to.symbols) + wander;
        pairs[nof_pairs++] = {
            to.at - from.at, std::arg(to.sum * std::conj(from.sum)), 1.0 / variance, 0.5 * (from.at + to.at - length)
        };
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
    // Steps of chirp that leave the phase over the outermost pairs 0.25 rad off.
    constexpr double k_repetition = k_slots_between_pilots * k_slot_symbols + k_pilot_symbols;
    const auto tried = chirps_for(known, length, 1.0 / (k_two_pi * k_repetition * length), 100);
    const auto score = [&](double f, double chirp) {
        double s = -0.5 * f * f / (known.sigma * known.sigma) + chirp_score(known, tried, length, chirp);
        for (std::size_t k = 0; k < nof_pairs; ++k) {
            const double there = f + chirp * pairs[k].middle;
            s += pairs[k].weight * std::cos(pairs[k].phase - k_two_pi * there * pairs[k].distance);
        }
        return s;
    };
    const double range = 4.0 * known.sigma;
    constexpr double k_step = 2e-5; // 3 % of the repetition distance
    double best = -1e300;
    double best_f = 0.0;
    double chirp = 0.0;
    for (int c = -tried.steps; c <= tried.steps; ++c) {
        for (double f = -range; f <= range; f += k_step) {
            const double s = score(f, tried.at(c));
            if (s > best) {
                best = s;
                best_f = f;
                chirp = tried.at(c);
            }
        }
    }
    const double before = score(best_f - k_step, chirp);
    const double after = score(best_f + k_step, chirp);
    const double bend = before - 2.0 * best + after;
    if (bend < 0.0) best_f += k_step * std::clamp(0.5 * (before - after) / bend, -1.0, 1.0);

    // Where the frame's end repeats the pilots' distance (8PSK and 32APSK, normal) the turns score alike; there the
    // data tell: with the wrong turn the symbols go round once between two pilot blocks.
    constexpr double k_turn = 1.0 / k_repetition;
    if (d_evidence.select(*m.constellation, linear_to_db(known.es_n0))) {
        double highest = -1e300;
        double chosen = best_f;
        for (int turn = -4; turn <= 4; ++turn) {
            const double f = best_f + turn * k_turn;
            if (turn != 0 && score(f, chirp) < best - 60.0) continue;
            const double total_score =
                score(f, chirp) + between_blocks(re, im, { blocks.data(), nof_blocks }, known.amplitude, f, chirp);
            if (total_score > highest) {
                highest = total_score;
                chosen = f;
            }
        }
        best_f = chosen;
    }

    // A chirp moves the frequency within the frame; the first header sees the start of it.
    const double left = tried.steps == 0 ? d_most_drift : tried.step;
    return { best_f - 0.5 * chirp * length, 2e-5 + 0.5 * left * length, chirp, left };
}

double frequency_refiner::between_blocks(std::span<const float> re,
                                         std::span<const float> im,
                                         std::span<const part> blocks,
                                         double amplitude,
                                         double cycles_per_symbol,
                                         double chirp) const noexcept
{
    double sum = 0.0;
    std::array<std::complex<float>, k_slot_symbols> turned;
    const double middle = 0.5 * (blocks.front().at + blocks.back().at) - k_header_centre;
    std::size_t at = k_header_symbols;
    for (std::size_t k = 0; k + 1 < blocks.size(); ++k) {
        const part& a = blocks[k];
        const part& b = blocks[k + 1];
        const double length = b.at - a.at;
        const double there = cycles_per_symbol + chirp * (0.5 * (a.at + b.at) - middle);
        const double expected = k_two_pi * there * length;
        const double seen = std::arg(b.sum * std::conj(a.sum));
        const double slope = (expected + std::remainder(seen - expected, k_two_pi)) / length;
        const auto end = static_cast<std::size_t>(b.at);
        for (; at + k_slot_symbols <= end; at += k_slot_symbols) {
            const double centre = static_cast<double>(at) + 0.5 * (k_slot_symbols - 1);
            const double bend = k_two_pi * 0.5 * chirp * (centre - a.at) * (centre - b.at);
            const double theta = std::arg(a.sum) + slope * (centre - a.at) + bend;
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
            const double turn = -k_two_pi * f * (static_cast<double>(i) - k_header_centre);
            sum += std::complex<double>(re[at + i], im[at + i]) * std::conj(std::complex<double>(sent[i])) *
                   std::polar(1.0, turn);
        }
        return std::arg(sum);
    };
    const auto length = static_cast<double>(total);
    // Steps of chirp that leave at most 0.02 cycles in the middle of the frame.
    const auto tried = chirps_for(known, length, 8.0 * 0.04 / (length * length), 160);
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
        return sum - 0.5 * f * f / (known.sigma * known.sigma) + chirp_score(known, tried, length, chirp);
    };
    constexpr std::size_t k_kept = 8;
    constexpr std::size_t k_spread_slots = 40;
    std::array<hypothesis, k_kept> kept{};
    const int turns = static_cast<int>(std::ceil(4.0 * known.sigma * length));
    for (int c = -tried.steps; c <= tried.steps; ++c) {
        const double end = 0.5 * tried.at(c) * length; // frequency there, from the middle's
        const double base =
            std::remainder(header(total, next_sent, end) - header(0, first_sent, -end), k_two_pi) / k_two_pi;
        for (int k = -turns; k <= turns; ++k) {
            hypothesis h;
            h.f = (base + k) / length;
            h.chirp = tried.at(c);
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
    const double left = tried.steps == 0 ? 2.0 * d_most_drift : tried.step;
    // From the middle between both headers' centres to the first symbol.
    return {
        best.f - best.chirp * (0.5 * length + k_header_centre), 5e-6 + 0.25 * left * length, best.chirp, 0.5 * left
    };
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
    double energy = 0.0;
    for (std::size_t i = 0; i < re.size(); ++i) {
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

    // The power turns by M chirp n^2 / 2 cycles over the stretch; half a cycle of it may be left.
    const auto symbols = static_cast<double>(re.size());
    const auto length = static_cast<double>(k_header_symbols + m.xfecframe_symbols());
    const auto tried = chirps_for(known, length, 2.0 / (order * symbols * symbols), 1600);
    // Frequency at the first of these symbols, from that of the frame's middle.
    const auto from_middle = [&](double chirp) { return chirp * (k_header_symbols - 0.5 * length); };
    // Groups are summed with the likeliest chirp taken out: what is left turns by less than 0.3 cycles in one.
    const std::size_t groups = std::min(re.size() / k_group, k_fft_size);
    const double taken_out = from_middle(tried.middle);
    quadratic_phasor likeliest(order * taken_out, order * tried.middle);
    for (std::size_t g = 0; g < groups; ++g) {
        std::complex<float> sum;
        for (std::size_t i = g * k_group; i < (g + 1) * k_group; ++i) {
            sum += std::complex<float>(re[i], im[i]) * likeliest.next();
        }
        re[g] = sum.real();
        im[g] = sum.imag();
    }

    auto& plan = d_transform->plan;
    const auto in = plan.data();
    const double to_bins = static_cast<double>(order * k_group * k_fft_size);
    constexpr std::ptrdiff_t k_most_reach = (k_max_bins - 1) / 2;
    const auto reach = std::min(static_cast<std::ptrdiff_t>(std::ceil(4.0 * known.sigma * to_bins)), k_most_reach);
    const auto bins = static_cast<std::size_t>(2 * reach + 1);
    std::fill_n(d_line_score.begin(), bins, -1e300);
    double highest = -1e300;
    std::size_t highest_bin = 0;
    estimate e;
    for (int c = -tried.steps; c <= tried.steps; ++c) {
        const double chirp = tried.at(c);
        const auto centre = static_cast<std::ptrdiff_t>(std::llround(from_middle(chirp - tried.middle) * to_bins));
        quadratic_phasor rest(0.0, order * (chirp - tried.middle) * k_group * k_group);
        for (std::size_t g = 0; g < groups; ++g) in[g] = std::complex<float>(re[g], im[g]) * rest.next();
        std::fill(in.begin() + static_cast<std::ptrdiff_t>(groups), in.end(), std::complex<float>{});
        plan.forward();
        const auto power = [&](std::ptrdiff_t k) {
            return static_cast<double>(std::norm(in[static_cast<std::size_t>(k) & (k_fft_size - 1)]));
        };
        for (std::size_t bin = 0; bin < bins; ++bin) {
            const auto b = static_cast<std::ptrdiff_t>(bin) - reach + centre;
            const double p = power(b);
            const double f = static_cast<double>(b - centre) / to_bins;
            const double score =
                p / energy - 0.5 * f * f / (known.sigma * known.sigma) + chirp_score(known, tried, length, chirp);
            d_line_score[bin] = std::max(d_line_score[bin], score);
            if (!(score > highest)) continue; // nor what is no number
            highest = score;
            highest_bin = bin;
            const double left = power(b - 1);
            const double right = power(b + 1);
            const double bend = left - 2.0 * p + right;
            const double off = bend < 0.0 ? 0.5 * (left - right) / bend : 0.0;
            const double unknown = tried.steps == 0 ? d_most_drift : 0.5 * tried.step;
            e.cycles_per_symbol = taken_out + (static_cast<double>(b) + off) / to_bins - chirp * k_header_symbols;
            e.sigma = 3e-6 + unknown * symbols;
            e.chirp = chirp;
            e.chirp_sigma = unknown;
        }
    }
    // The highest of noise alone is about the logarithm of the number of places. A line is doubtful where it is not far
    // above that, or above the next one away from its main lobe.
    const double places = 2.0 * static_cast<double>(reach) / to_bins * order * symbols * (2 * tried.steps + 1);
    const double noise = std::log(std::max(places, 100.0));
    const auto lobe = static_cast<std::ptrdiff_t>(2.0 * k_group * k_fft_size / symbols) + 1;
    double second = -1e300;
    for (std::size_t bin = 0; bin < bins; ++bin) {
        if (std::abs(static_cast<std::ptrdiff_t>(bin) - static_cast<std::ptrdiff_t>(highest_bin)) <= lobe) continue;
        second = std::max(second, d_line_score[bin]);
    }
    e.doubtful = highest < noise + 8.0 || highest - second < 6.0;
    // Less tells less than the headers did.
    if (highest < noise + 1.0) return { .doubtful = true };
    return e;
}

} // namespace spacesail::dvbs2x
