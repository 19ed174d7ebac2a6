// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/lock_watch.hpp"

#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::dvbs2x {
namespace {

/// By chance 13 nats come together once in 1.6 million frames that show 8 nats for the right phase, in 3 million that
/// show 15 (QPSK 11/45, short, at its threshold) or 28; modelled with normal densities.
constexpr double k_verdict_nats = 13.0;
/// A part of a long frame is enough as long as it speaks for the lock.
constexpr std::size_t k_slots_when_sure = 60;
/// A phase that slips with the turning symbols from point to point leaves evidence about 0, not below it: a frame is
/// asked for half of what it would show with the right phase, up to 28 nats. Only where noise is the larger part by
/// far: phase noise costs a dense constellation most of its evidence, and says nothing of a wrong turn.
constexpr double k_most_expected_nats = 28.0;
constexpr double k_most_slipping_es_n0_db = 3.0;
/// The slope looked for, in deviations of a single header's; Page's sums do best at that one and nearly so above it.
constexpr double k_slope_deviations = 2.0;
/// No single header decides: an oscillator that has just begun to wander is not a wrong turn.
constexpr double k_most_deviations = 3.5;
/// What intersymbol interference of a bad front end may turn within a header: 3e-4 cycles a symbol.
constexpr double k_least_slope = 2e-3;

} // namespace

void lock_watch::begin() noexcept
{
    d_rising = d_falling = 0.0;
    d_frames = 0;
}

lock_watch::header_slope lock_watch::slope_of(std::span<const float> re,
                                              std::span<const float> im,
                                              double es_n0,
                                              double tracked,
                                              double tracked_variance,
                                              double wander) noexcept
{
    // First moment against the sum: the maximum-likelihood slope as long as it is small. Its variance for n symbols is
    // 6 / (Es/N0 n^3) (Rife, Boorstyn, IEEE Trans. IT-20, 1974); a random walk adds 6 / 5 of itself over n.
    const double n = static_cast<double>(re.size());
    const double centre = 0.5 * (n - 1.0);
    std::complex<double> sum, moment;
    for (std::size_t i = 0; i < re.size(); ++i) {
        const std::complex<double> z(re[i], im[i]);
        sum += z;
        moment += (static_cast<double>(i) - centre) * z;
    }
    header_slope s;
    if (!(std::norm(sum) > 0.0)) return s;
    const double spread = (n * n - 1.0) / 12.0;
    s.radians_per_symbol = (std::conj(sum) * moment).imag() / (std::norm(sum) * spread) - tracked;
    const double noise = 0.5 / (std::max(es_n0, 1e-3) * n * spread);
    s.sigma = std::sqrt(noise + 1.2 * wander / n + std::max(tracked_variance, 0.0) + k_least_slope * k_least_slope);
    return s;
}

double lock_watch::payload_nats(std::span<const std::complex<float>> payload,
                                std::size_t slots,
                                double es_n0_db) const noexcept
{
    const std::size_t all = payload.size() / k_slot_symbols;
    double sum = 0.0;
    for (std::size_t i = 0; i < slots; ++i) {
        const std::size_t slot = (2 * i + 1) * all / (2 * slots);
        sum += d_evidence.of(payload.subspan(slot * k_slot_symbols, k_slot_symbols));
    }
    if (!(es_n0_db <= k_most_slipping_es_n0_db)) return -sum;
    // The second hypothesis has the same spread about 0: the ratio of two normal densities whose variance is twice the
    // distance of their means.
    const double expected =
        std::min(d_evidence.expected() * static_cast<double>(slots * k_slot_symbols), k_most_expected_nats);
    return std::max(-sum, 0.5 * (0.5 * expected - sum));
}

bool lock_watch::frame(const modem::constellation& c,
                       double es_n0_db,
                       std::span<const std::complex<float>> payload,
                       const header_slope& slope) noexcept
{
    if (!d_evidence.select(c, es_n0_db)) return false;
    const std::size_t slots = payload.size() / k_slot_symbols;
    const bool sure = std::max(d_rising, d_falling) <= 0.0 && d_frames >= 3 && slots > k_slots_when_sure;
    double against = sure ? payload_nats(payload, k_slots_when_sure, es_n0_db) : 0.0;
    if (!(against < 0.0)) against = payload_nats(payload, slots, es_n0_db);
    double rising = 0.0, falling = 0.0;
    if (slope.sigma > 0.0 && std::isfinite(slope.radians_per_symbol)) {
        const double z = std::clamp(slope.radians_per_symbol / slope.sigma, -k_most_deviations, k_most_deviations);
        rising = k_slope_deviations * (z - 0.5 * k_slope_deviations);
        falling = k_slope_deviations * (-z - 0.5 * k_slope_deviations);
    }
    d_frames = std::min(d_frames + 1, 1000U);
    d_rising = std::max(0.0, d_rising + against + rising);
    d_falling = std::max(0.0, d_falling + against + falling);
    return std::max(d_rising, d_falling) > k_verdict_nats;
}

} // namespace spacesail::dvbs2x
