// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/phase_noise.hpp>

#include "channel/channel_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <stdexcept>

namespace spacesail::channel {
namespace {

constexpr std::size_t k_pool = 4096;
/// Members that would need a stride up to this one run at the full rate, in one filter.
constexpr std::size_t k_fast_stride = 2;
constexpr std::size_t k_slow_stride = 2 * k_fast_stride;
// Seeds of the two generators are kept apart by a constant of no meaning.
constexpr std::uint64_t k_white_seed = 0x94d049bb133111ebULL;

/// Mask in dBc/Hz; flat below its first point, on with its last slope above the last.
double mask_at(const phase_noise_mask& mask, double offset_hz)
{
    const auto& p = mask.points;
    if (offset_hz <= p.front().offset_hz || p.size() == 1) return p.front().dbc_hz;
    std::size_t k = 1;
    while (k + 1 < p.size() && offset_hz > p[k].offset_hz) ++k;
    const double x = std::log(offset_hz / p[k - 1].offset_hz) / std::log(p[k].offset_hz / p[k - 1].offset_hz);
    return p[k - 1].dbc_hz + x * (p[k].dbc_hz - p[k - 1].dbc_hz);
}

/// Power response of two one-pole filters at their own rate, and of the straight lines between their values.
double response(double pole, double own_rate_hz, bool lines, double offset_hz)
{
    const std::complex<double> z = std::polar(1.0, -k_two_pi * offset_hz / own_rate_hz);
    const double one = std::norm(pole / (1.0 - (1.0 - pole) * z));
    double v = one * one;
    if (lines) {
        const double x = k_pi * offset_hz / own_rate_hz;
        const double s = x > 1e-9 ? std::sin(x) / x : 1.0;
        v *= s * s * s * s;
    }
    return v;
}

/// to += samples `at` and on of the straight line from a to b, `stride` samples long.
void line(float a, float b, std::size_t stride, std::size_t at, std::size_t n, float* to)
{
    const float slope = (b - a) / static_cast<float>(stride);
    const float start = a + slope * static_cast<float>(at);
    for (int i = 0; i < static_cast<int>(n); ++i) to[i] += start + slope * static_cast<float>(i);
}

/// The same for all values of a fast member: the stride as a constant, a loop of unknown length costs more than its
/// work.
template <int stride>
void join(const float* v, std::size_t n, float* to)
{
    for (std::size_t k = 0; k < n; ++k) {
        const float slope = (v[k + 1] - v[k]) * (1.0F / stride);
        for (int i = 0; i < stride; ++i)
            to[k * stride + static_cast<std::size_t>(i)] += v[k] + slope * static_cast<float>(i);
    }
}

} // namespace

result<phase_noise_mask> parse_phase_noise_mask(std::string_view name)
{
    constexpr std::array<double, 6> offsets{ 1e2, 1e3, 1e4, 1e5, 1e6, 1e7 };
    const auto make = [&](const std::array<double, 6>& levels) {
        phase_noise_mask m;
        m.name = name;
        for (std::size_t k = 0; k < offsets.size(); ++k) m.points.push_back({ offsets[k], levels[k] });
        return m;
    };
    if (name == "none") return phase_noise_mask{ "none", {} };
    if (name == "pll-lnb") return make({ -55, -80, -95, -105, -125, -140 });
    if (name == "dvb-typical") return make({ -25, -50, -73, -93, -103, -114 });
    return result<phase_noise_mask>::failure(
        error_code::not_found,
        fmt::format("phase-noise mask {} is not known: write none, pll-lnb or dvb-typical", name));
}

phase_noise::phase_noise(const phase_noise_mask& mask, double rate_hz, std::uint64_t seed)
    : d_rate_hz(rate_hz),
      d_random(seed),
      d_pool(k_pool),
      d_pool_at(k_pool),
      d_white(seed ^ k_white_seed),
      d_now(k_taps + k_block),
      d_next(k_taps + k_block)
{
    if (!(std::isfinite(rate_hz) && rate_hz > 0.0))
        throw std::invalid_argument(fmt::format("phase_noise: rate_hz {} is not above 0", rate_hz));
    if (mask.points.empty()) return;
    for (std::size_t k = 0; k < mask.points.size(); ++k) {
        const auto& p = mask.points[k];
        if (!(p.offset_hz > 0.0 && std::isfinite(p.dbc_hz)) || (k > 0 && p.offset_hz <= mask.points[k - 1].offset_hz)) {
            throw std::invalid_argument(
                fmt::format("phase_noise: mask {}: offsets must be above 0 and ascend", mask.name));
        }
    }
    const double lowest = mask.points.front().offset_hz;
    const double highest = std::min(mask.points.back().offset_hz * 2.0, 0.5 * rate_hz);
    for (double corner = lowest; corner < highest; corner *= std::sqrt(10.0)) {
        member m;
        while (rate_hz / (2.0 * static_cast<double>(m.stride)) >= 24.0 * corner && m.stride < (std::size_t{ 1 } << 30))
            m.stride *= 2;
        if (m.stride <= k_fast_stride) m.stride = 1;
        m.pole = 1.0 - std::exp(-k_two_pi * corner * static_cast<double>(m.stride) / rate_hz);
        d_members.push_back(m);
    }
    if (d_members.empty()) d_members.push_back({ .stride = 1, .pole = 1.0 });

    // Powers by multiplicative updates: each member is scaled by how far the sum is off the mask, weighted with its own
    // share there. They stay positive and settle in some hundred rounds.
    std::vector<double> offsets;
    const double end = std::max(0.45 * rate_hz, lowest * 1.01);
    for (double f = lowest; f <= std::min(mask.points.back().offset_hz, end); f *= 1.1) offsets.push_back(f);
    const std::size_t nof = d_members.size();
    std::vector<double> shape(nof * offsets.size());
    std::vector<double> power(nof);
    for (std::size_t k = 0; k < nof; ++k) {
        const auto& m = d_members[k];
        const double own = rate_hz / static_cast<double>(m.stride);
        for (std::size_t i = 0; i < offsets.size(); ++i)
            shape[k * offsets.size() + i] = response(m.pole, own, m.stride > 1, offsets[i]);
        const double corner = lowest * std::pow(10.0, 0.5 * static_cast<double>(k));
        power[k] = db_to_linear(mask_at(mask, corner));
    }
    for (int round = 0; round < 400; ++round) {
        std::vector<double> sum(offsets.size(), 0.0);
        for (std::size_t k = 0; k < nof; ++k)
            for (std::size_t i = 0; i < offsets.size(); ++i) sum[i] += power[k] * shape[k * offsets.size() + i];
        for (std::size_t k = 0; k < nof; ++k) {
            double off = 0.0;
            double weight = 1e-30;
            for (std::size_t i = 0; i < offsets.size(); ++i) {
                const double share = power[k] * shape[k * offsets.size() + i] / sum[i];
                off += share * std::log(db_to_linear(mask_at(mask, offsets[i])) / sum[i]);
                weight += share;
            }
            power[k] *= std::exp(off / weight);
        }
    }
    for (std::size_t k = 0; k < nof; ++k) d_members[k].power = power[k];

    // The filter of the fast members: the root of their summed density, without phase. It decays as exp(-2 pi corner n
    // / rate), corners are above rate / 96: what is cut off is below 5 % of the middle.
    constexpr std::size_t grid = 2048;
    std::vector<double> amplitude(grid / 2 + 1);
    for (std::size_t i = 0; i <= grid / 2; ++i) {
        double sum = 0.0;
        for (const member& m : d_members) {
            if (m.stride == 1)
                sum += m.power * response(m.pole, rate_hz, false, rate_hz * static_cast<double>(i) / grid);
        }
        amplitude[i] = std::sqrt(sum * rate_hz);
    }
    d_taps.assign(k_taps, 0.0F);
    const int half = static_cast<int>(k_taps / 2) - 1;
    for (int n = -half; n <= half; ++n) {
        double sum = 0.5 * (amplitude.front() + amplitude.back() * (n % 2 == 0 ? 1.0 : -1.0));
        for (std::size_t i = 1; i < grid / 2; ++i)
            sum += amplitude[i] * std::cos(k_two_pi * static_cast<double>(i) * n / grid);
        // The last quarter fades out.
        const double edge = std::max(0.0, (std::abs(n) - 0.75 * half) / (0.25 * half));
        const double taper = 0.5 + 0.5 * std::cos(k_pi * edge);
        d_taps[static_cast<std::size_t>(n + half)] = static_cast<float>(taper * sum * 2.0 / grid);
    }
    std::erase_if(d_members, [](const member& m) { return m.stride == 1; });
    for (member& m : d_members) {
        // Two-sided density of white noise is its variance over its rate.
        m.sigma = std::sqrt(m.power * rate_hz / static_cast<double>(m.stride));
        // Settled from the first sample on: some time constants in advance.
        const auto advance = static_cast<std::size_t>(std::min(2000.0, 12.0 / m.pole)) + 2;
        std::vector<float> v(advance);
        steps(m, v.data(), advance);
        m.from = v[advance - 2];
        m.to = v[advance - 1];
        if (m.stride <= k_block) m.from = m.to;
    }
    d_white.fill(d_now.data(), d_next.data(), k_taps, 1.0F);
}

double phase_noise::density(double offset_hz) const
{
    std::complex<double> fast;
    for (std::size_t k = 0; k < d_taps.size(); ++k)
        fast += static_cast<double>(d_taps[k]) *
                std::polar(1.0, -k_two_pi * offset_hz / d_rate_hz * static_cast<double>(k));
    double sum = std::norm(fast) / d_rate_hz;
    for (const member& m : d_members)
        sum += m.power * response(m.pole, d_rate_hz / static_cast<double>(m.stride), true, offset_hz);
    return sum;
}

const float* phase_noise::normals(std::size_t n) noexcept
{
    if (d_pool_at + n > d_pool.size()) {
        d_random.fill(d_pool.data(), d_pool.data() + d_pool.size() / 2, d_pool.size() / 2, 1.0F);
        d_pool_at = 0;
    }
    const float* w = d_pool.data() + d_pool_at;
    d_pool_at += n;
    return w;
}

void phase_noise::steps(member& m, float* to, std::size_t n) noexcept
{
    const float* w = normals(n);
    double first = m.first;
    double second = m.second;
    for (std::size_t k = 0; k < n; ++k) {
        first += m.pole * (m.sigma * static_cast<double>(w[k]) - first);
        second += m.pole * (first - second);
        to[k] = static_cast<float>(second);
    }
    m.first = first;
    m.second = second;
}

void phase_noise::add(float* radians) noexcept
{
    if (silent()) return;
    // White noise comes in pairs: one for this block, one for the next.
    if (!d_next_is_made) {
        std::copy_n(d_now.end() - k_taps, k_taps, d_now.begin());
        d_white.fill(d_now.data() + k_taps, d_next.data() + k_taps, k_block, 1.0F);
    } else {
        std::copy_n(d_now.end() - k_taps, k_taps, d_next.begin());
        std::swap(d_now, d_next);
    }
    d_next_is_made = !d_next_is_made;
    add_filtered(d_now.data(), d_taps.data(), k_taps, radians, k_block);

    for (member& m : d_members) {
        if (m.stride <= k_block) {
            // A whole number of its steps is a block. Its last value leads on to the first of the next ones.
            std::array<float, k_block / k_slow_stride + 1> v;
            const std::size_t n = k_block / m.stride;
            v[0] = m.from;
            steps(m, v.data() + 1, n);
            m.from = v[n];
            if (m.stride == 4)
                join<4>(v.data(), n, radians);
            else if (m.stride == 8)
                join<8>(v.data(), n, radians);
            else
                for (std::size_t k = 0; k < n; ++k) line(v[k], v[k + 1], m.stride, 0, m.stride, radians + k * m.stride);
            continue;
        }
        line(m.from, m.to, m.stride, m.at, k_block, radians);
        m.at += k_block;
        if (m.at < m.stride) continue;
        m.at = 0;
        m.from = m.to;
        steps(m, &m.to, 1);
    }
}

} // namespace spacesail::channel
