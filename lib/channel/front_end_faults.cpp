// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/front_end_faults.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace spacesail::channel {

front_end_faults::front_end_faults(const front_end_fault_config& config)
    : d_clip(static_cast<float>(std::min(config.clip, 1e30)))
{
    const auto check = [](bool good, const char* name, double value, const char* range) {
        if (!good)
            throw std::invalid_argument(fmt::format("front_end_faults: {} {} is outside {}", name, value, range));
    };
    check(config.dc_dbfs <= 20.0, "dc_dbfs", config.dc_dbfs, "-inf .. 20");
    check(config.image_db <= 0.0, "image_db", config.image_db, "-inf .. 0");
    check(std::isfinite(config.image_phase_deg), "image_phase_deg", config.image_phase_deg, "finite values");
    check(std::abs(config.tilt_db) <= 20.0, "tilt_db", config.tilt_db, "-20 .. 20");
    check(config.clip > 0.0, "clip", config.clip, "values above 0");
    const double ratio = std::pow(10.0, 0.05 * config.tilt_db);
    d_tilt = static_cast<float>((ratio - 1.0) / (ratio + 1.0));
    d_image =
        std::complex<float>(std::polar(std::pow(10.0, 0.05 * config.image_db), deg_to_rad(config.image_phase_deg)));
    const auto dc = static_cast<float>(std::sqrt(0.5 * db_to_linear(config.dc_dbfs)));
    d_dc = { dc, dc };
}

void front_end_faults::reset() noexcept
{
    d_before = d_last = {};
    d_clipped = 0;
}

void front_end_faults::tilt(float* re, float* im, std::size_t n) noexcept
{
    // Pieces with two samples of the past before them, so that the loop has no memory and vectorises.
    constexpr std::size_t piece = 256;
    alignas(64) std::array<float, piece + 2> x;
    alignas(64) std::array<float, piece + 2> y;
    const float half = 0.5F * d_tilt;
    for (std::size_t at = 0; at < n; at += piece) {
        const std::size_t m = std::min(piece, n - at);
        x[0] = d_before.real();
        y[0] = d_before.imag();
        x[1] = d_last.real();
        y[1] = d_last.imag();
        std::copy_n(re + at, m, x.begin() + 2);
        std::copy_n(im + at, m, y.begin() + 2);
        // -j t/2 (x[n + 1] - x[n - 1]) is t sin(2 pi f / rate).
        for (std::size_t k = 0; k < m; ++k) {
            re[at + k] = x[k + 1] + half * (y[k + 2] - y[k]);
            im[at + k] = y[k + 1] - half * (x[k + 2] - x[k]);
        }
        d_before = { x[m], y[m] };
        d_last = { x[m + 1], y[m + 1] };
    }
}

void front_end_faults::process(float* re, float* im, std::size_t n) noexcept
{
    if (d_tilt != 0.0F) tilt(re, im, n);
    if (d_image != std::complex<float>{} || d_dc != std::complex<float>{}) {
        const float a = d_image.real();
        const float b = d_image.imag();
        const float dc_re = d_dc.real();
        const float dc_im = d_dc.imag();
        for (std::size_t k = 0; k < n; ++k) {
            const float x = re[k];
            const float y = im[k];
            re[k] = x + a * x + b * y + dc_re;
            im[k] = y + b * x - a * y + dc_im;
        }
    }
    if (d_clip < 1e29F) {
        const float limit = d_clip;
        for (float* x : { re, im }) {
            for (std::size_t at = 0; at < n; at += 4096) {
                const std::size_t end = std::min(n, at + 4096);
                int beyond = 0;
                for (std::size_t k = at; k < end; ++k) {
                    const float v = x[k];
                    beyond += std::abs(v) > limit ? 1 : 0;
                    // Why not std::clamp: it returns references, which keeps gcc from vectorising. NaN passes.
                    const float low = v < -limit ? -limit : v;
                    x[k] = low > limit ? limit : low;
                }
                d_clipped += static_cast<unsigned long long>(beyond);
            }
        }
    }
}

} // namespace spacesail::channel
