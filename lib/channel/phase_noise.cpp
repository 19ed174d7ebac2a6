// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/phase_noise.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <stdexcept>

namespace spacesail::channel {
namespace {

constexpr std::size_t k_pool = 512;

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
    : d_random(seed), d_pool_re(k_pool), d_pool_im(k_pool)
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
    for (std::size_t k = 0; k < nof; ++k) {
        auto& m = d_members[k];
        // Two-sided density of white noise is its variance over its rate.
        m.sigma = std::sqrt(power[k] * rate_hz / static_cast<double>(m.stride));
        // Settled from the first sample on: some time constants in advance.
        const auto steps = static_cast<int>(std::min(2000.0, 12.0 / m.pole)) + 2;
        for (int s = 0; s < steps; ++s) step(m);
    }
}

double phase_noise::normal() noexcept
{
    if (d_pool_left == 0) {
        d_random.fill(d_pool_re.data(), d_pool_im.data(), k_pool, 1.0F);
        d_pool_left = 2 * k_pool;
    }
    --d_pool_left;
    return d_pool_left >= k_pool ? d_pool_re[d_pool_left - k_pool] : d_pool_im[d_pool_left];
}

void phase_noise::step(member& m) noexcept
{
    m.first += m.pole * (m.sigma * normal() - m.first);
    m.second += m.pole * (m.first - m.second);
    m.from = m.to;
    m.to = m.second;
    m.at = 0;
}

void phase_noise::add(float* radians) noexcept
{
    for (member& m : d_members) {
        if (m.stride == 1) {
            for (std::size_t k = 0; k < k_block; ++k) {
                step(m);
                radians[k] += static_cast<float>(m.to);
            }
            continue;
        }
        const double inverse = 1.0 / static_cast<double>(m.stride);
        for (std::size_t k = 0; k < k_block;) {
            const std::size_t n = std::min(k_block - k, m.stride - m.at);
            const auto slope = static_cast<float>((m.to - m.from) * inverse);
            const auto start = static_cast<float>(m.from + (m.to - m.from) * inverse * static_cast<double>(m.at));
            for (std::size_t i = 0; i < n; ++i) radians[k + i] += start + slope * static_cast<float>(i);
            k += n;
            m.at += n;
            if (m.at == m.stride) step(m);
        }
    }
}

} // namespace spacesail::channel
