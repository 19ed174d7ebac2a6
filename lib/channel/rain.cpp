// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/units.hpp>
#include <spacesail/channel/rain.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>

namespace spacesail::channel {
namespace {

constexpr double k_most_mm_h = 500.0;

/// a exp(-((log10 f - b) / c)^2)
struct bell {
    double a, b, c;
};
// P.838-3, Tables 1 to 4: the bells, then m and c of the straight part.
constexpr bell k_kh[] = { { -5.33980, -0.10008, 1.13098 },
                          { -0.35351, 1.26970, 0.45400 },
                          { -0.23789, 0.86036, 0.15354 },
                          { -0.94158, 0.64552, 0.16817 } };
constexpr bell k_kv[] = { { -3.80595, 0.56934, 0.81061 },
                          { -3.44965, -0.22911, 0.51059 },
                          { -0.39902, 0.73042, 0.11899 },
                          { 0.50167, 1.07319, 0.27195 } };
constexpr bell k_ah[] = { { -0.14318, 1.82442, -0.55187 },
                          { 0.29591, 0.77564, 0.19822 },
                          { 0.32177, 0.63773, 0.13164 },
                          { -5.37610, -0.96230, 1.47828 },
                          { 16.1721, -3.29980, 3.43990 } };
constexpr bell k_av[] = { { -0.07771, 2.33840, -0.76284 },
                          { 0.56727, 0.95545, 0.54039 },
                          { -0.20238, 1.14520, 0.26809 },
                          { -48.2991, 0.791669, 0.116226 },
                          { 48.5833, 0.791459, 0.116479 } };

double fit(std::span<const bell> bells, double m, double c, double x)
{
    double sum = m * x + c;
    for (const bell& b : bells) sum += b.a * std::exp(-((x - b.b) / b.c) * ((x - b.b) / b.c));
    return sum;
}

} // namespace

rain_coefficients rain_specific_attenuation(double frequency_hz, double elevation_deg, double tilt_deg) noexcept
{
    const double x = std::log10(1e-9 * frequency_hz);
    const double kh = std::pow(10.0, fit(k_kh, -0.18961, 0.71147, x));
    const double kv = std::pow(10.0, fit(k_kv, -0.16398, 0.63297, x));
    const double ah = fit(k_ah, 0.67849, -1.95537, x);
    const double av = fit(k_av, -0.053739, 0.83433, x);
    const double c = std::cos(deg_to_rad(elevation_deg));
    const double w = c * c * std::cos(2.0 * deg_to_rad(tilt_deg));
    rain_coefficients r;
    r.k = 0.5 * (kh + kv + (kh - kv) * w);
    r.alpha = 0.5 * (kh * ah + kv * av + (kh * ah - kv * av) * w) / r.k;
    return r;
}

double rain_height_km(double latitude_deg) noexcept
{
    if (latitude_deg > 23.0) return 5.0 - 0.075 * (latitude_deg - 23.0);
    if (latitude_deg >= -21.0) return 5.0;
    return std::max(0.0, 5.0 + 0.1 * (latitude_deg + 21.0));
}

double rain_attenuation_db(const rain_path& p, double mm_h) noexcept
{
    const double height = p.rain_height_km - p.station_km;
    if (!(height > 0.0) || !(mm_h > 0.0) || !(p.elevation_deg >= 0.0)) return 0.0;
    constexpr double earth_km = 8500.0; // effective radius
    const double f = 1e-9 * p.frequency_hz;
    const double e = std::min(p.elevation_deg, 90.0);
    const double s = std::sin(deg_to_rad(e));
    const double c = std::max(std::cos(deg_to_rad(e)), 1e-9);
    const double slant = e >= 5.0 ? height / s : 2.0 * height / (std::sqrt(s * s + 2.0 * height / earth_km) + s);
    const double ground = slant * c; // L_G
    const auto [k, alpha] = rain_specific_attenuation(p.frequency_hz, e, p.tilt_deg);
    const double gamma = k * std::pow(mm_h, alpha);
    const double r = 1.0 / (1.0 + 0.78 * std::sqrt(ground * gamma / f) - 0.38 * (1.0 - std::exp(-2.0 * ground)));
    const double zeta_deg = rad_to_deg(std::atan2(height, ground * r));
    const double length = zeta_deg > e ? ground * r / c : slant; // L_R
    const double chi = std::max(0.0, 36.0 - std::abs(p.latitude_deg));
    const double v =
        1.0 /
        (1.0 + std::sqrt(s) * (31.0 * (1.0 - std::exp(-e / (1.0 + chi))) * std::sqrt(length * gamma) / (f * f) - 0.45));
    return gamma * length * v;
}

rain_profile::rain_profile(std::span<const rain_point> points) : d_points(points.begin(), points.end())
{
    for (std::size_t k = 0; k < d_points.size(); ++k) {
        const rain_point& p = d_points[k];
        if (!(p.mm_h >= 0.0 && p.mm_h <= k_most_mm_h))
            throw std::invalid_argument(fmt::format("rain: {} mm/h is outside 0 .. {}", p.mm_h, k_most_mm_h));
        if (!std::isfinite(p.t_s) || (k > 0 && p.t_s <= d_points[k - 1].t_s))
            throw std::invalid_argument(fmt::format("rain: the times must ascend, {} s does not", p.t_s));
    }
}

double rain_profile::mm_h(double t_s) const noexcept
{
    if (d_points.empty()) return 0.0;
    if (t_s <= d_points.front().t_s) return d_points.front().mm_h;
    for (std::size_t k = 1; k < d_points.size(); ++k) {
        const rain_point& a = d_points[k - 1];
        const rain_point& b = d_points[k];
        if (t_s < b.t_s) return a.mm_h + (b.mm_h - a.mm_h) * (t_s - a.t_s) / (b.t_s - a.t_s);
    }
    return d_points.back().mm_h;
}

bool rain_profile::dry() const noexcept
{
    return std::none_of(d_points.begin(), d_points.end(), [](const rain_point& p) { return p.mm_h > 0.0; });
}

result<rain_profile> parse_rain_profile(std::string_view text)
{
    const auto failed = [&](error_code code, const std::string& why) {
        return result<rain_profile>::failure(code, fmt::format("rain {}: {}", text, why));
    };
    const auto number = [](std::string_view part, double& to) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), to);
        return error == std::errc() && end == part.data() + part.size();
    };
    std::vector<rain_point> points;
    std::string_view rest = text;
    for (;;) {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        const std::size_t colon = part.find(':');
        rain_point p;
        const bool timed = colon != std::string_view::npos;
        if (!number(timed ? part.substr(colon + 1) : part, p.mm_h) ||
            (timed && !number(part.substr(0, colon), p.t_s)) ||
            (!timed && (comma != std::string_view::npos || !points.empty()))) {
            return failed(error_code::parse, "write a rate in mm/h or SECONDS:MM_H,SECONDS:MM_H,...");
        }
        points.push_back(p);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    try {
        return rain_profile(points);
    } catch (const std::invalid_argument& e) {
        return failed(error_code::invalid_argument, e.what());
    }
}

} // namespace spacesail::channel
