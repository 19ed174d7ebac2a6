// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/carrier_spectrum.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace spacesail::dsp {
namespace {

constexpr std::array<double, 6> k_rolloffs{ 0.05, 0.10, 0.15, 0.20, 0.25, 0.35 };
constexpr double k_guard_symbol_rates = 0.1;

std::size_t size_for(double samples_per_symbol)
{
    if (!(samples_per_symbol >= 1.04 && samples_per_symbol <= 64.1)) {
        throw std::invalid_argument("carrier_spectrum: samples_per_symbol = " + std::to_string(samples_per_symbol) +
                                    ", must be 1.04 .. 64");
    }
    std::size_t size = 1024;
    while (size < 4096 && static_cast<double>(size) < 64.0 * samples_per_symbol) size *= 2;
    return size;
}

} // namespace

carrier_spectrum::carrier_spectrum(double samples_per_symbol)
    : d_sps(samples_per_symbol),
      d_size(size_for(samples_per_symbol)),
      d_fft(d_size),
      d_window(d_size),
      d_power(d_size),
      d_clean(d_size)
{
    const auto size = static_cast<double>(d_size);
    for (std::size_t i = 0; i < d_size; ++i) {
        d_window[i] = static_cast<float>(0.5 - 0.5 * std::cos(k_two_pi * (static_cast<double>(i) + 0.5) / size));
    }
    const double bins_per_rate = size / samples_per_symbol;
    const auto nyquist = static_cast<std::ptrdiff_t>(d_size / 2 - 1);
    const double widest = 0.5 * (1.0 + k_rolloffs.back()) + k_guard_symbol_rates;
    d_common_half = std::min(nyquist, static_cast<std::ptrdiff_t>(widest * bins_per_rate));
    for (std::size_t s = 0; s < k_shapes; ++s) {
        auto& w = d_shapes[s];
        w.rolloff = k_rolloffs[s];
        const double edge = 0.5 * (1.0 + w.rolloff) + k_guard_symbol_rates;
        w.half = std::min(nyquist, static_cast<std::ptrdiff_t>(edge * bins_per_rate));
        double inside = 0.0;
        double outside = 0.0;
        for (std::ptrdiff_t b = -w.half; b <= w.half; ++b) {
            const double v = raised_cosine_spectrum(static_cast<double>(b) / bins_per_rate, w.rolloff);
            (v >= 0.5 ? inside : outside) += std::abs(v - 0.5);
        }
        outside = std::max(outside, 1e-9);
        double energy = 0.0;
        for (std::ptrdiff_t b = -w.half; b <= w.half; ++b) {
            const double v = raised_cosine_spectrum(static_cast<double>(b) / bins_per_rate, w.rolloff) - 0.5;
            const double weight = v >= 0.0 ? v / inside : v / outside;
            w.weight.push_back(static_cast<float>(weight));
            energy += weight * weight;
        }
        // Neighbouring bins of a Hann window are correlated: 1.5 bins of noise bandwidth.
        w.deviation = std::sqrt(1.5 * energy);
        for (std::ptrdiff_t b = -d_common_half; b <= d_common_half; ++b) {
            w.spectrum.push_back(
                static_cast<float>(raised_cosine_spectrum(static_cast<double>(b) / bins_per_rate, w.rolloff)));
        }
    }
}

void carrier_spectrum::average(std::span<const float> re, std::span<const float> im) noexcept
{
    const auto bins = d_fft.data();
    std::fill(d_power.begin(), d_power.end(), 0.0F);
    d_blocks = 0;
    // Half overlapping, and further apart where there are more than tell a carrier at -3 dB: a search of noise has to
    // keep up with its input.
    constexpr std::size_t k_most_blocks = 96;
    const std::size_t hop = std::max(d_size / 2, re.size() / k_most_blocks);
    for (std::size_t at = 0; at + d_size <= re.size(); at += hop) {
        for (std::size_t i = 0; i < d_size; ++i) {
            bins[i] = { re[at + i] * d_window[i], im[at + i] * d_window[i] };
        }
        d_fft.forward();
        for (std::size_t i = 0; i < d_size; ++i) {
            d_power[i] += std::norm(bins[i]);
        }
        ++d_blocks;
    }
    float sum = 0.0F;
    for (const float p : d_power) sum += p;
    if (sum > 0.0F) {
        const float scale = static_cast<float>(d_size) / sum;
        for (float& p : d_power) p *= scale;
    }
}

void carrier_spectrum::cut_lines() noexcept
{
    // A line is what stands above four times the median of the 16 bins 3 .. 10 away on both sides.
    for (std::size_t k = 0; k < d_size; ++k) {
        std::array<float, 16> around{};
        for (std::ptrdiff_t i = 0; i < 8; ++i) {
            const auto at = static_cast<std::ptrdiff_t>(k);
            around[static_cast<std::size_t>(i)] = d_power[wrap(at + 3 + i)];
            around[static_cast<std::size_t>(i + 8)] = d_power[wrap(at - 3 - i)];
        }
        std::nth_element(around.begin(), around.begin() + 8, around.end());
        const float median = around[8];
        d_clean[k] = d_power[k] > 4.0F * median ? median : d_power[k];
    }
}

double carrier_spectrum::contrast(std::size_t shape, std::ptrdiff_t shift) const noexcept
{
    const auto& w = d_shapes[shape];
    float sum = 0.0F;
    for (std::ptrdiff_t b = -w.half; b <= w.half; ++b) {
        sum += w.weight[static_cast<std::size_t>(b + w.half)] * d_clean[wrap(b + shift)];
    }
    return sum;
}

double carrier_spectrum::residual(std::size_t shape, std::ptrdiff_t shift) const noexcept
{
    // Least squares of power = a * raised cosine + b over the common window, residual energy.
    const auto& t = d_shapes[shape].spectrum;
    double n = 0.0, st = 0.0, sp = 0.0, stt = 0.0, stp = 0.0, spp = 0.0;
    for (std::ptrdiff_t b = -d_common_half; b <= d_common_half; ++b) {
        const double tv = t[static_cast<std::size_t>(b + d_common_half)];
        const double pv = d_clean[wrap(b + shift)];
        n += 1.0;
        st += tv;
        sp += pv;
        stt += tv * tv;
        stp += tv * pv;
        spp += pv * pv;
    }
    const double vt = stt - st * st / n;
    const double c = stp - st * sp / n;
    return spp - sp * sp / n - (vt > 0.0 ? c * c / vt : 0.0);
}

double carrier_spectrum::quietest_beside(double centre) const noexcept
{
    // Bands begin where a roll-off ends and are as wide as the gap to a carrier 5 % further away than touching; two
    // bins at both ends belong to the window's main lobe.
    const double bins_per_rate = static_cast<double>(d_size) / d_sps;
    const auto place = static_cast<std::ptrdiff_t>(std::llround(centre));
    double least = 1e300;
    for (const auto& w : d_shapes) {
        const double edge = 0.5 * (1.0 + w.rolloff) * bins_per_rate;
        const auto from = static_cast<std::ptrdiff_t>(std::ceil(edge)) + 2;
        const auto to = std::max(from, static_cast<std::ptrdiff_t>(std::floor(1.1 * edge)) - 2);
        if (to > d_common_half) break;
        double sum = 0.0;
        for (std::ptrdiff_t b = from; b <= to; ++b) sum += d_clean[wrap(place + b)] + d_clean[wrap(place - b)];
        least = std::min(least, 0.5 * sum / static_cast<double>(to - from + 1));
    }
    return least;
}

carrier_spectrum::place_fit carrier_spectrum::likeliest(std::size_t shape, std::ptrdiff_t place) const noexcept
{
    // Whittle likelihood of the periodogram, model a S(f - f0) + b: every bin counts by the slope of the edge over the
    // square of its own level, which contrast alone does not do. a and b from the least-squares fit around `place`.
    const auto& t = d_shapes[shape].spectrum;
    double n = 0.0, st = 0.0, sp = 0.0, stt = 0.0, stp = 0.0;
    for (std::ptrdiff_t b = -d_common_half; b <= d_common_half; ++b) {
        const double tv = t[static_cast<std::size_t>(b + d_common_half)];
        const double pv = d_clean[wrap(b + place)];
        n += 1.0;
        st += tv;
        sp += pv;
        stt += tv * tv;
        stp += tv * pv;
    }
    const double vt = stt - st * st / n;
    if (!(vt > 0.0)) return { static_cast<double>(place), 0.0 };
    const double signal = std::max((stp - st * sp / n) / vt, 1e-3 * sp / n);
    const double noise = std::max(sp / n - signal * st / n, 0.02 * signal);
    const double rolloff = d_shapes[shape].rolloff;
    const double bins_per_rate = static_cast<double>(d_size) / d_sps;
    const auto cost = [&](double centre) {
        double sum = 0.0;
        for (std::ptrdiff_t b = -d_common_half; b <= d_common_half; ++b) {
            const double f = (static_cast<double>(place + b) - centre) / bins_per_rate;
            const double model = signal * raised_cosine_spectrum(f, rolloff) + noise;
            sum += std::log(model) + static_cast<double>(d_clean[wrap(b + place)]) / model;
        }
        return sum;
    };
    // The contrast may be off by some percent of the symbol rate.
    const double reach = std::max(2.0, 0.03 * bins_per_rate);
    const double step = std::max(0.5, 0.002 * bins_per_rate);
    double best = 1e300;
    double best_at = static_cast<double>(place);
    for (double at = static_cast<double>(place) - reach; at <= static_cast<double>(place) + reach; at += step) {
        const double c = cost(at);
        if (c < best) {
            best = c;
            best_at = at;
        }
    }
    const double before = cost(best_at - step);
    const double after = cost(best_at + step);
    const double bend = before - 2.0 * best + after;
    if (bend > 0.0) best_at += step * std::clamp(0.5 * (before - after) / bend, -1.0, 1.0);
    // Where other carriers are near, b is theirs: its whole level over what is between them then.
    const double quiet = std::max(quietest_beside(best_at), 1e-3 * sp / n);
    if (noise > 1.3 * quiet) return { best_at, (signal + noise - quiet) / quiet };
    return { best_at, signal / noise };
}

std::size_t carrier_spectrum::find(std::span<const float> re,
                                   std::span<const float> im,
                                   double centre,
                                   double half_range,
                                   double fixed_rolloff,
                                   std::array<spectral_carrier, k_max_carriers>& out) noexcept
{
    average(re, im);
    if (d_blocks == 0) return 0;
    cut_lines();
    const auto size = static_cast<double>(d_size);
    const auto low = static_cast<std::ptrdiff_t>(std::floor((centre - half_range) * size));
    const auto high = static_cast<std::ptrdiff_t>(std::ceil((centre + half_range) * size));
    // The middle shape finds the place; all shapes agree on it, the guard is outside each of them.
    std::size_t shape = 3;
    if (fixed_rolloff > 0.0) {
        shape = 0;
        for (std::size_t s = 1; s < k_shapes; ++s) {
            if (std::abs(k_rolloffs[s] - fixed_rolloff) < std::abs(k_rolloffs[shape] - fixed_rolloff)) shape = s;
        }
    }
    const auto apart = static_cast<std::ptrdiff_t>(0.5 * size / d_sps);
    std::size_t found = 0;
    std::array<std::ptrdiff_t, k_max_carriers> places{};
    for (std::size_t c = 0; c < k_max_carriers; ++c) {
        double best = 0.0;
        std::ptrdiff_t place = 0;
        for (std::ptrdiff_t s = low; s <= high; ++s) {
            bool taken = false;
            for (std::size_t i = 0; i < found; ++i) taken = taken || std::abs(s - places[i]) < apart;
            if (taken) continue;
            const double v = contrast(shape, s);
            if (v > best) {
                best = v;
                place = s;
            }
        }
        if (best <= 0.0) break;
        // A bin averaged over d_blocks half-overlapping segments varies by sqrt(1.06 / (blocks / 1.06)) of its mean.
        const double bin_deviation = std::sqrt(1.9 / static_cast<double>(d_blocks + 1));
        const auto level_of = [&](const shape_weights& w) {
            double level = 0.0;
            for (std::ptrdiff_t b = -w.half; b <= w.half; ++b) level += d_clean[wrap(b + place)];
            return level / static_cast<double>(2 * w.half + 1);
        };
        // Not worth the fit: the best shape gains little over the middle one.
        const auto& middle = d_shapes[shape];
        if (best < 2.0 * middle.deviation * bin_deviation * level_of(middle)) break;
        places[found] = place;
        std::size_t fit = shape;
        if (fixed_rolloff <= 0.0) {
            for (std::size_t s = 0; s < k_shapes; ++s) {
                if (residual(s, place) < residual(fit, place)) fit = s;
            }
        }
        const auto at = likeliest(fit, place);
        const auto& w = d_shapes[fit];
        const double level = level_of(w);
        out[found] = { at.centre / size,
                       k_rolloffs[fit],
                       at.es_n0,
                       level > 0.0 ? contrast(fit, place) / (w.deviation * bin_deviation * level) : 0.0 };
        ++found;
    }
    return found;
}

} // namespace spacesail::dsp
