// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dsp/matched_filter.hpp>
#include <spacesail/dvbs2x/header_search.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/simd/dispatch.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dvbs2x/header_search.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace spacesail::dvbs2x::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// power[p] = |sum over the SOF of symbol * conj(sof)|^2 times 2, for symbols p .. p + 25.
/// sum = re + im and difference = im - re make every product with (+-1 +- j) an addition.
void correlate_sof(const float* HWY_RESTRICT sum,
                   const float* HWY_RESTRICT difference,
                   std::size_t count,
                   float* HWY_RESTRICT power)
{
    static constexpr char bits[] = "01100011010010111010000010";
    const hn::CappedTag<float, 16> d;
    const std::size_t n = hn::Lanes(d);
    for (std::size_t p = 0; p < count; p += n) {
        auto re = hn::Zero(d);
        auto im = hn::Zero(d);
        for (std::size_t i = 0; i < 26; i += 2) {
            const auto u = hn::LoadU(d, sum + p + i);
            const auto v = hn::LoadU(d, difference + p + i);
            if (bits[i] == '1') {
                re = hn::Sub(re, u);
                im = hn::Sub(im, v);
            } else {
                re = hn::Add(re, u);
                im = hn::Add(im, v);
            }
            const auto w = hn::LoadU(d, sum + p + i + 1);
            const auto x = hn::LoadU(d, difference + p + i + 1);
            if (bits[i + 1] == '1') {
                re = hn::Sub(re, x);
                im = hn::Add(im, w);
            } else {
                re = hn::Add(re, x);
                im = hn::Sub(im, w);
            }
        }
        hn::StoreU(hn::MulAdd(re, re, hn::Mul(im, im)), d, power + p);
    }
}

} // namespace spacesail::dvbs2x::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spacesail::dvbs2x {

HWY_EXPORT(correlate_sof);

namespace {

/// |SOF correlation|^2 over 26 times the local power: exceeded by noise with exp(-4.5) = 1 %.
constexpr float k_sof_threshold = 4.5F;
constexpr float k_header_threshold = 0.20F;
/// A header where one is expected: 9 places, 256 codes, exp(-90 * 0.15): 0.3 % false; 3 % of the slowest carriers,
/// whose drift asks for 9 frequencies.
constexpr float k_next_threshold = 0.15F;
constexpr std::size_t k_max_hits = 512;
constexpr std::size_t k_pad = 64;
constexpr std::size_t k_slack = 4; // half symbols: 30 ppm of the longest frame is one symbol

} // namespace

header_search::header_search(std::size_t max_half_symbols, double most_drift) : d_most_drift(most_drift)
{
    simd::init();
    const std::size_t n = max_half_symbols / 2 + 1 + k_pad;
    for (unsigned g = 0; g < 2; ++g) {
        d_re[g].resize(n);
        d_im[g].resize(n);
        d_rot_re[g].resize(n);
        d_rot_im[g].resize(n);
        d_local[g].resize(n);
    }
    d_sum.resize(n);
    d_difference.resize(n);
    d_power.resize(n);
    d_hits.reserve(k_max_hits);
}

void header_search::scan(unsigned parity, std::size_t symbols) noexcept
{
    const auto& re = d_rot_re[parity];
    const auto& im = d_rot_im[parity];
    for (std::size_t i = 0; i < symbols; ++i) {
        d_sum[i] = re[i] + im[i];
        d_difference[i] = im[i] - re[i];
    }
    const std::size_t places = symbols - k_header_symbols + 1;
    HWY_DYNAMIC_DISPATCH(correlate_sof)(d_sum.data(), d_difference.data(), places, d_power.data());
    float scale = 2.0F * k_sof_threshold * static_cast<float>(k_sof_symbols);
    // Noise and data pass a hundredth; a tone may pass everywhere. Past five times what noise does the bar rises, so
    // that the search keeps its pace.
    const std::size_t budget = places / 20 + 64;
    std::size_t decoded = 0;
    for (std::size_t p = 0; p < places; ++p) {
        if (!(d_power[p] > scale * d_local[parity][p])) continue;
        if (++decoded % budget == 0) scale *= 2.0F;
        const auto decision =
            decode_pl_header({ re.data() + p, k_header_symbols }, { im.data() + p, k_header_symbols });
        if (decision.quality > k_header_threshold && d_hits.size() < k_max_hits) {
            d_hits.push_back({ 2 * p + parity, decision.pls, decision.quality });
        }
    }
}

void header_search::pair_up(std::size_t half_symbols, double cycles_per_symbol, report& r) noexcept
{
    for (const hit& h : d_hits) {
        r.best_quality = std::max(r.best_quality, h.quality);
        const std::size_t length = plframe_symbols(h.pls);
        const std::size_t expected = h.at + 2 * length;
        if (expected + k_slack + 2 * k_header_symbols > half_symbols) {
            if (r.outcome == search_outcome::nothing) r.outcome = search_outcome::need_more;
            if (r.outcome == search_outcome::need_more) {
                r.needed_half_symbols =
                    std::max(r.needed_half_symbols, static_cast<double>(expected + k_slack + 2 * k_header_symbols));
            }
            continue;
        }
        const double drifted = d_most_drift * static_cast<double>(length) / k_bin_cycles_per_symbol;
        const auto next = look_around(expected, static_cast<int>(std::ceil(drifted - 0.5)));
        if (next.quality < k_next_threshold) continue;
        const float quality = h.quality + next.quality;
        const auto first = static_cast<double>(h.at);
        // The earliest pair wins, so that no frame is lost; within four symbols of it the best one.
        const bool same_place = r.outcome == search_outcome::found && std::abs(first - r.pair.first) <= 8.0;
        const bool better =
            r.outcome != search_outcome::found || (same_place ? quality > r.pair.quality : first < r.pair.first);
        if (better) {
            r.outcome = search_outcome::found;
            r.pair = { first,
                       0.5 * static_cast<double>(next.at - h.at),
                       cycles_per_symbol,
                       cycles_per_symbol + next.cycles_per_symbol,
                       h.pls,
                       next.pls,
                       quality };
        }
    }
}

header_search::sighting header_search::look_around(std::size_t expected, int bins) const noexcept
{
    sighting best;
    std::array<float, k_header_symbols> turned_re, turned_im;
    for (std::size_t at = expected - k_slack; at <= expected + k_slack; ++at) {
        const float* re = d_rot_re[at & 1].data() + at / 2;
        const float* im = d_rot_im[at & 1].data() + at / 2;
        for (int bin = -bins; bin <= bins; ++bin) {
            const double f = bin * k_bin_cycles_per_symbol;
            std::span<const float> header_re(re, k_header_symbols), header_im(im, k_header_symbols);
            if (bin != 0) {
                dsp::remove_carrier(header_re, header_im, 0.0, { .cycles_per_sample = f }, turned_re, turned_im);
                header_re = turned_re;
                header_im = turned_im;
            }
            const auto d = decode_pl_header(header_re, header_im);
            if (d.quality > best.quality) best = { at, d.pls, d.quality, f };
        }
    }
    return best;
}

header_search::report header_search::run(std::span<const float> re, std::span<const float> im, int bins) noexcept
{
    report r;
    const std::size_t symbols = std::min(re.size() / 2, d_sum.size() - k_pad);
    if (symbols < k_header_symbols + 1) return r;
    for (unsigned g = 0; g < 2; ++g) {
        double window = 0.0;
        for (std::size_t i = 0; i < symbols; ++i) {
            d_re[g][i] = re[2 * i + g];
            d_im[g][i] = im[2 * i + g];
            const auto power = [&](std::size_t k) {
                return static_cast<double>(d_re[g][k]) * d_re[g][k] + static_cast<double>(d_im[g][k]) * d_im[g][k];
            };
            window += power(i);
            if (i + 1 >= k_header_symbols) {
                d_local[g][i + 1 - k_header_symbols] = static_cast<float>(window / k_header_symbols);
                window -= power(i + 1 - k_header_symbols);
            }
        }
    }
    for (int bin = -bins; bin <= bins; ++bin) {
        const double f = bin * k_bin_cycles_per_symbol;
        d_hits.clear();
        for (unsigned g = 0; g < 2; ++g) {
            dsp::carrier c;
            c.cycles_per_sample = f;
            c.phase_cycles = 0.5 * f * g;
            dsp::remove_carrier(
                { d_re[g].data(), symbols }, { d_im[g].data(), symbols }, 0.0, c, d_rot_re[g], d_rot_im[g]);
            scan(g, symbols);
        }
        pair_up(2 * symbols, f, r);
    }
    return r;
}

} // namespace spacesail::dvbs2x
#endif
