// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/passes.hpp>

#include <spacesail/base/units.hpp>
#include <spacesail/orbit/leap_seconds.hpp>
#include <spacesail/orbit/sgp4_batch.hpp>
#include <spacesail/orbit/trajectory.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace spacesail::orbit {
namespace {

constexpr double k_below = -2.0; // "sine" of the elevation where the orbit is not known
constexpr double k_grid_s = 30.0;
constexpr double k_low_grid_s = 10.0; // below 300 km a pass above 10 degrees may be over in two minutes
constexpr double k_low_axis_km = 6678.0;
constexpr double k_time_tolerance_s = 1e-3;
constexpr double k_golden = 0.6180339887498949;
constexpr double k_longest_s = 366.0 * 86400.0;

/// UTC of an instant `seconds` of elapsed time after `origin`.
utc_time utc_after(utc_time origin, double seconds) noexcept
{
    const utc_time t = origin.plus_seconds(seconds);
    return t.plus_seconds(-(tai_minus_utc_s(t) - tai_minus_utc_s(origin)));
}

/// One satellite as seen from the site; times are elapsed seconds after the start of the query.
class view
{
public:
    view(const trajectory& path, const site& where) : d_path(path), d_site(where), d_fixed_frame(where.place({}, 0.0))
    {
    }

    /// Direction for reception at t; nothing where the orbit is not known.
    std::optional<look_angle> look(double t) const noexcept
    {
        const auto delta = delta_ecef_m(t);
        return delta ? std::optional<look_angle>(frame_at(t).look(*delta)) : std::nullopt;
    }
    double sine_elevation(double t) const noexcept
    {
        const auto delta = delta_ecef_m(t);
        return delta ? frame_at(t).sine_elevation(*delta) : k_below;
    }
    /// Closing speed is negative, receding positive, in m/s.
    double range_rate(double t) const noexcept
    {
        constexpr double k_h = 0.05;
        const auto a = delta_ecef_m(t - k_h);
        const auto b = delta_ecef_m(t + k_h);
        return a && b ? (norm(*b) - norm(*a)) / (2.0 * k_h) : 0.0;
    }
    /// The same as sine_elevation() for a TEME position of the grid (without light time, good enough to bracket).
    double grid_sine(const vec3& teme_m, double t) const noexcept
    {
        const vec3 ecef = d_path.frame().to_ecef(teme_m, t);
        return frame_at(t).sine_elevation(minus(ecef, d_site.ecef_m(d_path.frame().origin(), t)));
    }

private:
    std::optional<vec3> delta_ecef_m(double t) const noexcept
    {
        const earth_frame& frame = d_path.frame();
        const vec3 here = frame.to_teme(d_site.ecef_m(frame.origin(), t), t);
        double tau = 0.0;
        vec3 delta{};
        for (int k = 0; k < 2; ++k) {
            const auto m = d_path.at(t - tau);
            if (!m) return std::nullopt;
            delta = minus(m->position_m, here);
            tau = norm(delta) / k_speed_of_light_m_s;
        }
        return frame.to_ecef(delta, t);
    }
    local_frame frame_at(double t) const noexcept
    {
        return d_site.is_fixed() ? d_fixed_frame : local_frame(d_site.place(d_path.frame().origin(), t));
    }

    const trajectory& d_path;
    const site& d_site;
    local_frame d_fixed_frame;
};

/// Sine of the elevation on a grid over the span.
struct elevation_grid {
    double step_s;
    std::vector<double> sine;
    double time(std::size_t i) const noexcept { return static_cast<double>(i) * step_s; }
};

class pass_finder
{
public:
    pass_finder(const view& v, const pass_query& query, utc_time origin, elevation_grid grid)
        : d_view(v),
          d_origin(origin),
          d_duration_s(query.duration_s),
          d_threshold(std::sin(deg_to_rad(query.min_elevation_deg))),
          d_grid(std::move(grid))
    {
    }

    void find(const pass& model, std::vector<pass>& out)
    {
        const std::size_t n = d_grid.sine.size();
        double done_until = -1.0;
        for (std::size_t i = 0; i < n; ++i) {
            const double here = d_grid.sine[i];
            const bool left = i == 0 || here >= d_grid.sine[i - 1];
            const bool right = i + 1 == n || here >= d_grid.sine[i + 1];
            if (!left || !right || here == k_below || d_grid.time(i) < done_until) continue;
            const double a = i == 0 ? 0.0 : d_grid.time(i - 1);
            const double b = i + 1 == n ? d_duration_s : std::min(d_grid.time(i + 1), d_duration_s);
            const double top = highest(a, b);
            if (d_view.sine_elevation(top) < d_threshold) continue;
            pass p = model;
            const double begin = edge(top, i, -1, p.begins);
            const double end = edge(top, i, +1, p.ends);
            fill(p, begin, end);
            done_until = end;
            out.push_back(std::move(p));
        }
    }

private:
    /// Time of the highest elevation in [a, b] by golden section.
    double highest(double a, double b) const noexcept
    {
        double x = b - k_golden * (b - a);
        double y = a + k_golden * (b - a);
        double fx = d_view.sine_elevation(x);
        double fy = d_view.sine_elevation(y);
        while (b - a > k_time_tolerance_s) {
            if (fx >= fy) {
                b = y;
                y = x;
                fy = fx;
                x = b - k_golden * (b - a);
                fx = d_view.sine_elevation(x);
            } else {
                a = x;
                x = y;
                fx = fy;
                y = a + k_golden * (b - a);
                fy = d_view.sine_elevation(y);
            }
        }
        // Why the ends too: at the edge of the span the highest point may be the edge itself.
        double best = 0.5 * (a + b);
        for (const double t : { a, b }) {
            if (d_view.sine_elevation(t) > d_view.sine_elevation(best)) best = t;
        }
        return best;
    }
    /// Where the elevation crosses the threshold on one side of `inside`, which is above it.
    double edge(double inside, std::size_t index, int direction, pass_end& why) const noexcept
    {
        const auto n = static_cast<std::ptrdiff_t>(d_grid.sine.size());
        auto i = static_cast<std::ptrdiff_t>(index);
        // The grid has no light time: go on until the exact elevation is below.
        double outside = 0.0;
        while (true) {
            i += direction;
            outside = std::clamp(static_cast<double>(i) * d_grid.step_s, 0.0, d_duration_s);
            const bool at_end = i <= 0 || i >= n - 1;
            const bool beyond = direction > 0 ? outside > inside : outside < inside;
            if (beyond) {
                const double s = d_view.sine_elevation(outside);
                if (s < d_threshold) break;
                inside = outside;
            }
            if (at_end && (outside == 0.0 || outside == d_duration_s)) {
                why = pass_end::span;
                return outside;
            }
        }
        while (std::fabs(outside - inside) > k_time_tolerance_s) {
            const double middle = 0.5 * (outside + inside);
            (d_view.sine_elevation(middle) < d_threshold ? outside : inside) = middle;
        }
        why = d_view.sine_elevation(outside) == k_below ? pass_end::orbit_unknown : pass_end::horizon;
        return inside;
    }
    /// Root of the range rate in [a, b]; the nearer end if it has no sign change.
    double closest(double a, double b) const noexcept
    {
        if (d_view.range_rate(a) >= 0.0) return a;
        if (d_view.range_rate(b) <= 0.0) return b;
        while (b - a > k_time_tolerance_s) {
            const double middle = 0.5 * (a + b);
            (d_view.range_rate(middle) < 0.0 ? a : b) = middle;
        }
        return 0.5 * (a + b);
    }
    void fill(pass& p, double begin, double end) const
    {
        // The highest point of the whole pass: long passes have several local ones.
        double top = begin;
        double best = d_view.sine_elevation(begin);
        for (double t = begin + d_grid.step_s; t < end; t += d_grid.step_s) {
            const double s = d_view.sine_elevation(t);
            if (s > best) {
                best = s;
                top = t;
            }
        }
        top = highest(std::max(begin, top - d_grid.step_s), std::min(end, top + d_grid.step_s));
        const double nearest = closest(begin, end);
        p.aos = utc_after(d_origin, begin);
        p.culmination = utc_after(d_origin, top);
        p.tca = utc_after(d_origin, nearest);
        p.los = utc_after(d_origin, end);
        p.at_aos = d_view.look(begin).value_or(look_angle{});
        p.at_culmination = d_view.look(top).value_or(look_angle{});
        p.at_tca = d_view.look(nearest).value_or(look_angle{});
        p.at_los = d_view.look(end).value_or(look_angle{});
    }

    const view& d_view;
    utc_time d_origin;
    double d_duration_s;
    double d_threshold;
    elevation_grid d_grid;
};

void require(const pass_query& q)
{
    if (!(q.duration_s > 0.0 && q.duration_s <= k_longest_s)) {
        throw std::invalid_argument(
            fmt::format("find_passes: duration_s {} is outside 0 to {}", q.duration_s, k_longest_s));
    }
    if (!(q.min_elevation_deg >= -5.0 && q.min_elevation_deg < 90.0)) {
        throw std::invalid_argument(
            fmt::format("find_passes: min_elevation_deg {} is outside -5 to 90", q.min_elevation_deg));
    }
}

std::vector<element_flag> flags_of(const element_set& set, const pass_query& q)
{
    std::vector<element_flag> flags;
    for (const element_finding& f : check_element_set(set, q.limits, q.start, nullptr)) {
        if (std::find(flags.begin(), flags.end(), f.flag) == flags.end()) flags.push_back(f.flag);
    }
    return flags;
}

const char* end_name(pass_end e) noexcept
{
    switch (e) {
    case pass_end::horizon:
        return "horizon";
    case pass_end::span:
        return "span";
    case pass_end::orbit_unknown:
        return "orbit-unknown";
    }
    return "";
}

/// Grid of one satellite: mean elements through the batch, state vectors one by one.
elevation_grid grid_of(const element_set& set, const trajectory& path, const view& v, const pass_query& q)
{
    elevation_grid grid{ k_grid_s, {} };
    if (const sgp4* model = path.model(); model != nullptr && model->semi_major_axis_km() < k_low_axis_km)
        grid.step_s = k_low_grid_s;
    const auto n = static_cast<std::size_t>(std::ceil(q.duration_s / grid.step_s)) + 1;
    grid.sine.assign(n, k_below);
    if (path.model() == nullptr) {
        for (std::size_t i = 0; i < n; ++i) grid.sine[i] = v.sine_elevation(grid.time(i));
        return grid;
    }
    const sgp4_batch batch(std::span(&set, 1));
    state_buffer states(n);
    std::vector<double> minutes(n);
    const double start_s = elapsed_s(set.epoch, q.start);
    for (std::size_t i = 0; i < n; ++i) minutes[i] = (start_s + grid.time(i)) / 60.0;
    const state_arrays s = states.arrays();
    batch.propagate_times(0, minutes, s);
    for (std::size_t i = 0; i < n; ++i) {
        // Why the rest stays below: what an orbit says after an error (decay) means nothing.
        if (s.error[i] != sgp4_error::none) break;
        grid.sine[i] = v.grid_sine({ 1e3 * s.x_km[i], 1e3 * s.y_km[i], 1e3 * s.z_km[i] }, grid.time(i));
    }
    return grid;
}

} // namespace

pass_list find_passes(std::span<const element_set> sets, const site& where, const pass_query& query)
{
    require(query);
    const earth_frame frame(query.start, query.orientation);
    pass_list out;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto path = trajectory::create(sets[i], frame);
        if (!path) {
            out.skipped.push_back({ i, display_name(sets[i]), path.error().message });
            continue;
        }
        const view v(*path, where);
        elevation_grid grid = grid_of(sets[i], *path, v, query);
        if (std::all_of(grid.sine.begin(), grid.sine.end(), [](double s) { return s == k_below; })) {
            out.skipped.push_back({ i, display_name(sets[i]), path->why_not(0.0) });
            continue;
        }
        pass model;
        model.satellite = i;
        model.name = display_name(sets[i]);
        model.norad_id = sets[i].norad_id;
        model.flags = flags_of(sets[i], query);
        pass_finder(v, query, query.start, std::move(grid)).find(model, out.passes);
    }
    std::sort(out.passes.begin(), out.passes.end(), [](const pass& a, const pass& b) {
        return a.aos != b.aos ? a.aos < b.aos : a.satellite < b.satellite;
    });
    return out;
}

std::string pass_csv_header()
{
    return "name,norad_id,aos_utc,culmination_utc,tca_utc,los_utc,duration_s,max_elevation_deg,aos_azimuth_deg,"
           "culmination_azimuth_deg,los_azimuth_deg,"
           "min_range_km,begins,ends,flags";
}

std::string pass_csv_row(const pass& p)
{
    std::string flags;
    for (const element_flag f : p.flags) {
        if (!flags.empty()) flags += ' ';
        flags += flag_name(f);
    }
    return fmt::format("{},{},{},{},{},{},{:.3f},{:.4f},{:.4f},{:.4f},{:.4f},{:.3f},{},{},{}",
                       p.name,
                       p.norad_id,
                       format_utc(p.aos),
                       format_utc(p.culmination),
                       format_utc(p.tca),
                       format_utc(p.los),
                       p.duration_s(),
                       p.at_culmination.elevation_deg,
                       p.at_aos.azimuth_deg,
                       p.at_culmination.azimuth_deg,
                       p.at_los.azimuth_deg,
                       p.at_tca.range_m / 1e3,
                       end_name(p.begins),
                       end_name(p.ends),
                       flags);
}

} // namespace spacesail::orbit
