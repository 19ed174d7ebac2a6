// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/front_end_faults.hpp>

#include <fmt/format.h>

#include <algorithm>
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

void front_end_faults::process(float* re, float* im, std::size_t n) noexcept
{
    if (d_tilt != 0.0F) {
        for (std::size_t k = 0; k < n; ++k) {
            const std::complex<float> now(re[k], im[k]);
            // -j t/2 (x[n + 1] - x[n - 1]) is t sin(2 pi f / rate).
            const std::complex<float> slope = now - d_before;
            re[k] = d_last.real() + 0.5F * d_tilt * slope.imag();
            im[k] = d_last.imag() - 0.5F * d_tilt * slope.real();
            d_before = d_last;
            d_last = now;
        }
    }
    if (d_image != std::complex<float>{}) {
        const float a = d_image.real();
        const float b = d_image.imag();
        for (std::size_t k = 0; k < n; ++k) {
            const float x = re[k];
            const float y = im[k];
            re[k] = x + a * x + b * y;
            im[k] = y + b * x - a * y;
        }
    }
    if (d_dc != std::complex<float>{}) {
        for (std::size_t k = 0; k < n; ++k) {
            re[k] += d_dc.real();
            im[k] += d_dc.imag();
        }
    }
    if (d_clip < 1e29F) {
        for (float* x : { re, im }) {
            unsigned long long beyond = 0;
            for (std::size_t k = 0; k < n; ++k) {
                beyond += std::abs(x[k]) > d_clip ? 1 : 0;
                x[k] = std::clamp(x[k], -d_clip, d_clip);
            }
            d_clipped += beyond;
        }
    }
}

} // namespace spacesail::channel
