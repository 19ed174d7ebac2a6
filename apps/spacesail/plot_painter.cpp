// SPDX-License-Identifier: GPL-3.0-or-later
#include "plot_painter.hpp"

#include <spacesail/base/units.hpp>

#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace spacesail::cli {
namespace {

constexpr colour k_white{ 1, 1, 1, 1 };
constexpr colour k_frame{ 0.55, 0.55, 0.55, 1 };
constexpr colour k_grid{ 0.89, 0.89, 0.89, 1 };
constexpr colour k_faint_grid{ 0.95, 0.95, 0.95, 1 };
constexpr colour k_grey_text{ 0.3, 0.3, 0.3, 1 };
constexpr double k_tick_text_px = 11.5;
constexpr double k_label_text_px = 12.5;
constexpr double k_title_text_px = 14;

/// Why a scale by hand and not a library's: dark means many on white paper, and a single point must still be seen.
colour density_colour(double part)
{
    constexpr std::array<colour, 4> k_stops{
        { { 0.75, 0.86, 0.95, 1 }, { 0.33, 0.62, 0.85, 1 }, { 0.05, 0.33, 0.62, 1 }, { 0.03, 0.10, 0.28, 1 } }
    };
    const double at = std::clamp(part, 0.0, 1.0) * (k_stops.size() - 1);
    const auto i = std::min<std::size_t>(static_cast<std::size_t>(at), k_stops.size() - 2);
    const double f = at - static_cast<double>(i);
    const colour &a = k_stops[i], &b = k_stops[i + 1];
    return { a.r + f * (b.r - a.r), a.g + f * (b.g - a.g), a.b + f * (b.b - a.b), 1 };
}

} // namespace

void canvas::drop::operator()(_cairo* c) const noexcept { cairo_destroy(c); }

canvas::canvas(int width_px, int height_px)
{
    cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_px, height_px);
    d_cairo.reset(cairo_create(surface));
    cairo_surface_destroy(surface);
    if (cairo_status(get()) != CAIRO_STATUS_SUCCESS)
        throw std::runtime_error(std::string("plot: ") + cairo_status_to_string(cairo_status(get())));
    ink(k_white);
    cairo_paint(get());
    cairo_set_line_cap(get(), CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(get(), CAIRO_LINE_JOIN_ROUND);
}

void canvas::ink(const colour& c) noexcept { cairo_set_source_rgba(get(), c.r, c.g, c.b, c.a); }

void canvas::choose_font(const text_look& look)
{
    cairo_select_font_face(
        get(), "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, look.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(get(), look.size_px);
}

double canvas::text_width(const std::string& text, const text_look& look)
{
    choose_font(look);
    cairo_text_extents_t e;
    cairo_text_extents(get(), text.c_str(), &e);
    return e.x_advance;
}

double canvas::text(double x, double y, const std::string& text, const text_look& look)
{
    const double width = text_width(text, look);
    cairo_save(get());
    cairo_translate(get(), x, y);
    cairo_rotate(get(), look.angle_rad);
    // 0.36 em is half the height of a capital: the text's middle is then at y whatever its letters.
    cairo_move_to(get(), -look.align_x * width, 0.36 * look.size_px);
    ink(look.ink);
    cairo_show_text(get(), text.c_str());
    cairo_new_path(get()); // text leaves a point from which the next arc would draw a line
    cairo_restore(get());
    return width;
}

void canvas::text_on_patch(double x, double y, const std::string& words, const text_look& look)
{
    if (words.empty()) return;
    const double width = text_width(words, look);
    ink({ 1, 1, 1, 0.8 });
    cairo_rectangle(get(), x - look.align_x * width - 2, y - 0.6 * look.size_px, width + 4, 1.2 * look.size_px);
    cairo_fill(get());
    text(x, y, words, look);
}

void canvas::hair_line(double x0, double y0, double x1, double y1, const colour& c, double width_px)
{
    ink(c);
    cairo_set_line_width(get(), width_px);
    cairo_move_to(get(), std::floor(x0) + 0.5, std::floor(y0) + 0.5);
    cairo_line_to(get(), std::floor(x1) + 0.5, std::floor(y1) + 0.5);
    cairo_stroke(get());
}

result<ok_t> canvas::save_png(const std::filesystem::path& file)
{
    const cairo_status_t status = cairo_surface_write_to_png(cairo_get_target(get()), file.c_str());
    if (status == CAIRO_STATUS_SUCCESS) return ok;
    return result<ok_t>::failure(error_code::io,
                                 file.string() + ": cannot write the picture: " + cairo_status_to_string(status) +
                                     "; check folder and disk");
}

panel_painter::limits panel_painter::limits_of(const plot_axis& axis, bool along_x) const
{
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto take = [&](double v) {
        if (!std::isfinite(v) || (axis.kind == axis_kind::logarithmic && v <= 0)) return;
        low = std::min(low, v);
        high = std::max(high, v);
    };
    for (const item& i : d_panel.d_items) {
        if (i.what == (along_x ? item_kind::level : item_kind::event)) continue;
        for (const double v : along_x ? i.xs : i.ys) take(v);
        if (!along_x && i.what == item_kind::bar) {
            take(i.ys[0] - 0.5);
            take(i.ys[0] + 0.5);
        }
    }
    if (!(low <= high)) {
        low = axis.kind == axis_kind::logarithmic ? 0.1 : 0.0;
        high = 1.0;
    }
    if (axis.kind == axis_kind::logarithmic) {
        low = std::pow(10.0, std::floor(std::log10(low) + 1e-9));
        high = std::pow(10.0, std::ceil(std::log10(high) - 1e-9));
        if (!(low < high)) high = 10.0 * low;
    } else {
        // Time and frequency fill their axis; what is measured over them gets room above and below.
        const double margin = (along_x && d_panel.kind == panel_kind::cartesian ? 0.0 : 0.06) * (high - low);
        low -= margin;
        high += margin;
        if (!(high - low > 1e-12 * std::max(std::abs(low), std::abs(high)))) {
            const double pad = std::max(1e-6, 0.05 * std::abs(low));
            low -= pad;
            high += pad;
        }
    }
    limits l{ axis.low.value_or(low), axis.high.value_or(high) };
    if (!(l.low < l.high)) l.high = l.low + (axis.kind == axis_kind::logarithmic ? 9 * l.low : 1.0);
    return l;
}

std::vector<axis_tick> panel_painter::ticks_of(const plot_axis& axis, const limits& l, int most) const
{
    switch (axis.kind) {
    case axis_kind::logarithmic:
        return logarithmic_ticks(l.low, l.high, most);
    case axis_kind::time:
        return time_ticks(l.low, l.high, most, axis.epoch);
    case axis_kind::linear:
        break;
    }
    return linear_ticks(l.low, l.high, most);
}

double panel_painter::along(const plot_axis& axis, const limits& l, double v) const
{
    if (axis.kind == axis_kind::logarithmic)
        return v > 0 ? std::log(v / l.low) / std::log(l.high / l.low) : std::nan("");
    return (v - l.low) / (l.high - l.low);
}

std::array<double, 2> panel_painter::pixel(double x, double y) const
{
    if (d_panel.kind == panel_kind::sky) {
        const double radius = 0.5 * d_plot.w * (90.0 - y) / 90.0;
        const double azimuth = deg_to_rad(x);
        return { d_plot.x + 0.5 * d_plot.w + radius * std::sin(azimuth),
                 d_plot.y + 0.5 * d_plot.h - radius * std::cos(azimuth) };
    }
    return { d_plot.x + d_plot.w * along(d_panel.x, d_x, x), d_plot.y + d_plot.h * (1 - along(d_panel.y, d_y, y)) };
}

void panel_painter::lay_out(const rectangle& area, double left_px)
{
    d_area = area;
    const double top = d_panel.title.empty() ? 8 : 26;
    if (d_panel.kind == panel_kind::sky) {
        constexpr double k_letters_px = 22;
        const double side = std::max(20.0, std::min(area.w, area.h - top) - 2 * k_letters_px);
        d_plot = { area.x + 0.5 * (area.w - side),
                   area.y + top + k_letters_px + 0.5 * (area.h - top - 2 * k_letters_px - side),
                   side,
                   side };
        return;
    }
    const double bottom = d_panel.x.label.empty() ? 22 : 40;
    d_x = limits_of(d_panel.x, true);
    d_y = limits_of(d_panel.y, false);
    d_plot = { area.x, area.y + top, area.w, std::max(20.0, area.h - top - bottom) };
    d_y_ticks = ticks_of(d_panel.y, d_y, std::max(2, static_cast<int>(d_plot.h / 38)));
    double widest = 0;
    for (const axis_tick& t : d_y_ticks)
        widest = std::max(widest, d_canvas.text_width(t.label, { .size_px = k_tick_text_px }));
    d_left_px = widest + 10 + (d_panel.y.label.empty() ? 0 : 20);
    const double left = std::max(left_px, d_left_px);
    constexpr double k_right_px = 14; // half of the last number of the x axis
    d_plot.x += left;
    d_plot.w = std::max(20.0, area.w - left - k_right_px);
    if (d_panel.kind == panel_kind::square) {
        const double scale = std::min(d_plot.w / (d_x.high - d_x.low), d_plot.h / (d_y.high - d_y.low));
        const double w = scale * (d_x.high - d_x.low), h = scale * (d_y.high - d_y.low);
        d_plot.x += 0.5 * (d_plot.w - w);
        d_plot.y += 0.5 * (d_plot.h - h);
        d_plot.w = w;
        d_plot.h = h;
    }
    const double label_px = d_panel.x.kind == axis_kind::time ? 80 : 64;
    d_x_ticks = ticks_of(d_panel.x, d_x, std::max(2, static_cast<int>(d_plot.w / label_px)));
}

void panel_painter::paint_axes()
{
    for (const axis_tick& t : d_x_ticks) {
        const double x = pixel(t.value, d_y.low)[0];
        d_canvas.hair_line(x, d_plot.y, x, d_plot.y + d_plot.h, t.label.empty() ? k_faint_grid : k_grid);
        d_canvas.text(
            x, d_plot.y + d_plot.h + 12, t.label, { .size_px = k_tick_text_px, .ink = k_grey_text, .align_x = 0.5 });
    }
    for (const axis_tick& t : d_y_ticks) {
        const double y = pixel(d_x.low, t.value)[1];
        d_canvas.hair_line(d_plot.x, y, d_plot.x + d_plot.w, y, t.label.empty() ? k_faint_grid : k_grid);
        d_canvas.text(d_plot.x - 6, y, t.label, { .size_px = k_tick_text_px, .ink = k_grey_text, .align_x = 1 });
    }
    const double middle_x = d_plot.x + 0.5 * d_plot.w, middle_y = d_plot.y + 0.5 * d_plot.h;
    d_canvas.text(middle_x, d_plot.y + d_plot.h + 30, d_panel.x.label, { .size_px = k_label_text_px, .align_x = 0.5 });
    if (!d_panel.y.label.empty()) {
        double widest = 0;
        for (const axis_tick& t : d_y_ticks)
            widest = std::max(widest, d_canvas.text_width(t.label, { .size_px = k_tick_text_px }));
        const double x = std::max(d_area.x + 8, d_plot.x - widest - 20);
        d_canvas.text(
            x, middle_y, d_panel.y.label, { .size_px = k_label_text_px, .align_x = 0.5, .angle_rad = -0.5 * k_pi });
    }
}

void panel_painter::paint_sky_axes()
{
    cairo_t* c = d_canvas.get();
    const double cx = d_plot.x + 0.5 * d_plot.w, cy = d_plot.y + 0.5 * d_plot.h, radius = 0.5 * d_plot.w;
    for (int azimuth = 0; azimuth < 180; azimuth += 30) {
        const auto a = pixel(azimuth, 0), b = pixel(azimuth + 180, 0);
        d_canvas.ink(k_grid);
        cairo_set_line_width(c, 1);
        cairo_move_to(c, a[0], a[1]);
        cairo_line_to(c, b[0], b[1]);
        cairo_stroke(c);
    }
    for (int elevation = 0; elevation < 90; elevation += 30) {
        d_canvas.ink(elevation == 0 ? k_frame : k_grid);
        cairo_set_line_width(c, 1);
        cairo_arc(c, cx, cy, radius * (90 - elevation) / 90.0, 0, k_two_pi);
        cairo_stroke(c);
        if (elevation > 0) {
            const auto at = pixel(15, elevation);
            d_canvas.text(
                at[0], at[1], std::to_string(elevation) + "°", { .size_px = 10.5, .ink = k_grey_text, .align_x = 0.5 });
        }
    }
    constexpr std::array<const char*, 4> k_names{ "N", "E", "S", "W" };
    for (std::size_t i = 0; i < k_names.size(); ++i) {
        const double azimuth = deg_to_rad(90.0 * static_cast<double>(i));
        d_canvas.text(cx + (radius + 12) * std::sin(azimuth),
                      cy - (radius + 12) * std::cos(azimuth),
                      k_names[i],
                      { .size_px = 13, .bold = true, .align_x = 0.5 });
    }
}

void panel_painter::set_dash(line_dash d, double width_px)
{
    const std::array<double, 2> dashes =
        d == line_dash::dashed ? std::array{ 5 * width_px, 3.5 * width_px } : std::array{ 0.5, 2.5 * width_px };
    cairo_set_dash(d_canvas.get(), dashes.data(), d == line_dash::solid ? 0 : 2, 0);
}

void panel_painter::paint_lines(const item& i)
{
    cairo_t* c = d_canvas.get();
    d_canvas.ink(i.ink);
    cairo_set_line_width(c, i.style.width_px);
    set_dash(i.style.dash, i.style.width_px);
    // Many points within one pixel column: their lowest and highest draw the same picture, and cairo's time grows with
    // the square of the crossings of a path.
    bool open = false;
    std::size_t drawn = 0;
    for (std::size_t k = 0; k < i.xs.size();) {
        const auto p = pixel(i.xs[k], i.ys[k]);
        if (!std::isfinite(p[0]) || !std::isfinite(p[1])) {
            open = false;
            ++k;
            continue;
        }
        double low = p[1], high = p[1], last_x = p[0], last_y = p[1];
        std::size_t n = k + 1;
        while (i.xs.size() > 4000 && d_panel.kind != panel_kind::sky && n < i.xs.size()) {
            const auto q = pixel(i.xs[n], i.ys[n]);
            if (!std::isfinite(q[0]) || !std::isfinite(q[1]) || std::floor(q[0]) != std::floor(p[0])) break;
            low = std::min(low, q[1]);
            high = std::max(high, q[1]);
            last_x = q[0];
            last_y = q[1];
            ++n;
        }
        if (open) {
            cairo_line_to(c, p[0], p[1]);
        } else {
            cairo_move_to(c, p[0], p[1]);
        }
        if (n > k + 1) {
            cairo_line_to(c, p[0], low);
            cairo_line_to(c, last_x, high);
            cairo_line_to(c, last_x, last_y);
        }
        open = true;
        k = n;
        if (++drawn % 500 == 0) {
            cairo_stroke(c);
            cairo_move_to(c, last_x, last_y);
        }
    }
    cairo_stroke(c);
    cairo_set_dash(c, nullptr, 0, 0);
}

void panel_painter::paint_mark(double x, double y, const series_style& style, const colour& ink)
{
    cairo_t* c = d_canvas.get();
    d_canvas.ink(ink);
    cairo_set_line_width(c, 1.3);
    const double r = style.radius_px;
    switch (style.shape) {
    case marker::dot:
        cairo_arc(c, x, y, r, 0, k_two_pi);
        cairo_fill(c);
        return;
    case marker::ring:
        cairo_new_sub_path(c);
        cairo_arc(c, x, y, r, 0, k_two_pi);
        cairo_stroke(c);
        return;
    case marker::cross:
        break;
    }
    cairo_move_to(c, x - r, y - r);
    cairo_line_to(c, x + r, y + r);
    cairo_move_to(c, x - r, y + r);
    cairo_line_to(c, x + r, y - r);
    cairo_stroke(c);
}

void panel_painter::paint_scatter(const item& i)
{
    for (std::size_t k = 0; k < i.xs.size(); ++k) {
        const auto p = pixel(i.xs[k], i.ys[k]);
        if (std::isfinite(p[0]) && std::isfinite(p[1])) paint_mark(p[0], p[1], i.style, i.ink);
    }
}

void panel_painter::paint_density(const item& i)
{
    // Cells of two pixels: fine enough to see a cloud's shape, coarse enough that a few thousand points make one.
    constexpr double k_cell_px = 2.0;
    const auto nx = static_cast<int>(std::ceil(d_plot.w / k_cell_px)),
               ny = static_cast<int>(std::ceil(d_plot.h / k_cell_px));
    std::vector<int> cells(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny), 0);
    int most = 0;
    for (std::size_t k = 0; k < i.xs.size(); ++k) {
        const auto p = pixel(i.xs[k], i.ys[k]);
        const double cx = std::floor((p[0] - d_plot.x) / k_cell_px), cy = std::floor((p[1] - d_plot.y) / k_cell_px);
        if (!(cx >= 0 && cy >= 0 && cx < nx && cy < ny)) continue;
        int& cell = cells[static_cast<std::size_t>(cy) * static_cast<std::size_t>(nx) + static_cast<std::size_t>(cx)];
        most = std::max(most, ++cell);
    }
    for (int y = 0; y < ny; ++y) {
        for (int x = 0; x < nx; ++x) {
            const int n =
                cells[static_cast<std::size_t>(y) * static_cast<std::size_t>(nx) + static_cast<std::size_t>(x)];
            if (n == 0) continue;
            // Logarithmic: clouds differ in density by orders of magnitude between their middles and their edges.
            d_canvas.ink(density_colour(most > 1 ? std::log(n) / std::log(most) : 0.5));
            cairo_rectangle(d_canvas.get(), d_plot.x + k_cell_px * x, d_plot.y + k_cell_px * y, k_cell_px, k_cell_px);
            cairo_fill(d_canvas.get());
        }
    }
}

void panel_painter::paint_bar(const item& i)
{
    constexpr double k_half_height = 0.36; // of one unit of y
    const auto a = pixel(i.xs[0], i.ys[0] + k_half_height), b = pixel(i.xs[1], i.ys[0] - k_half_height);
    cairo_t* c = d_canvas.get();
    colour fill = i.ink;
    fill.a = 0.8;
    d_canvas.ink(fill);
    cairo_rectangle(c, a[0], a[1], b[0] - a[0], b[1] - a[1]);
    cairo_fill(c);
    const text_look look{ .size_px = 10.5, .ink = k_white, .align_x = 0.5 };
    if (!i.text.empty() && d_canvas.text_width(i.text, look) + 6 < b[0] - a[0])
        d_canvas.text(0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), i.text, look);
}

void panel_painter::paint_level_or_event(const item& i)
{
    cairo_t* c = d_canvas.get();
    d_canvas.ink(i.ink);
    const double width_px = std::min(i.style.width_px, 1.2);
    cairo_set_line_width(c, width_px);
    set_dash(i.style.dash == line_dash::solid ? line_dash::dashed : i.style.dash, width_px);
    const text_look look{ .size_px = 11, .ink = i.ink, .align_x = 1 };
    if (i.what == item_kind::level) {
        const double y = pixel(d_x.low, i.ys[0])[1];
        cairo_move_to(c, d_plot.x, y);
        cairo_line_to(c, d_plot.x + d_plot.w, y);
        cairo_stroke(c);
        d_canvas.text_on_patch(d_plot.x + d_plot.w - 5, y - 9, i.text, look);
    } else {
        const double x = pixel(i.xs[0], d_y.low)[0];
        cairo_move_to(c, x, d_plot.y);
        cairo_line_to(c, x, d_plot.y + d_plot.h);
        cairo_stroke(c);
        const bool at_left = x - d_plot.x < d_canvas.text_width(i.text, look) + 8;
        d_canvas.text_on_patch(at_left ? x + 5 : x - 5,
                               d_plot.y + 9,
                               i.text,
                               { .size_px = 11, .ink = i.ink, .align_x = at_left ? 0.0 : 1.0 });
    }
    cairo_set_dash(c, nullptr, 0, 0);
}

void panel_painter::paint_item(const item& i)
{
    switch (i.what) {
    case item_kind::lines:
        return paint_lines(i);
    case item_kind::scatter:
        return paint_scatter(i);
    case item_kind::density:
        return paint_density(i);
    case item_kind::bar:
        return paint_bar(i);
    case item_kind::level:
    case item_kind::event:
        return paint_level_or_event(i);
    case item_kind::text:
        break;
    }
    const auto p = pixel(i.xs[0], i.ys[0]);
    d_canvas.text_on_patch(p[0] + 5, p[1] - 9, i.text, { .size_px = 11, .ink = k_grey_text });
}

int panel_painter::points_within(const rectangle& r) const
{
    int n = 0;
    for (const item& i : d_panel.d_items) {
        if (i.what != item_kind::lines && i.what != item_kind::scatter && i.what != item_kind::density) continue;
        const std::size_t stride = std::max<std::size_t>(1, i.xs.size() / 2000);
        for (std::size_t k = 0; k < i.xs.size(); k += stride) {
            const auto p = pixel(i.xs[k], i.ys[k]);
            n += p[0] >= r.x && p[0] <= r.x + r.w && p[1] >= r.y && p[1] <= r.y + r.h ? 1 : 0;
        }
    }
    return n;
}

void panel_painter::paint_legend()
{
    constexpr double k_row_px = 17, k_sample_px = 22, k_pad_px = 7, k_inset_px = 8;
    const text_look look{ .size_px = 11.5 };
    std::vector<const item*> rows;
    double widest = 0;
    for (const item& i : d_panel.d_items) {
        if (i.text.empty() ||
            (i.what != item_kind::lines && i.what != item_kind::scatter && i.what != item_kind::density))
            continue;
        rows.push_back(&i);
        widest = std::max(widest, d_canvas.text_width(i.text, look));
    }
    if (rows.empty()) return;
    rectangle box{ 0, 0, widest + k_sample_px + 3 * k_pad_px, k_row_px * static_cast<double>(rows.size()) + k_pad_px };
    // The emptiest corner; of a sky panel, whose corners are free, those of its whole area.
    const rectangle& within = d_panel.kind == panel_kind::sky ? d_area : d_plot;
    int fewest = std::numeric_limits<int>::max();
    rectangle best = box;
    for (const bool bottom : { false, true }) {
        for (const bool left : { false, true }) {
            box.x = left ? within.x + k_inset_px : within.x + within.w - box.w - k_inset_px;
            box.y = bottom ? within.y + within.h - box.h - k_inset_px : within.y + k_inset_px;
            const int n = points_within(box);
            if (n < fewest) {
                fewest = n;
                best = box;
            }
        }
    }
    cairo_t* c = d_canvas.get();
    d_canvas.ink({ 1, 1, 1, 0.85 });
    cairo_rectangle(c, best.x, best.y, best.w, best.h);
    cairo_fill_preserve(c);
    d_canvas.ink({ 0.8, 0.8, 0.8, 1 });
    cairo_set_line_width(c, 1);
    cairo_stroke(c);
    double y = best.y + 0.5 * k_pad_px + 0.5 * k_row_px;
    for (const item* i : rows) {
        const double x = best.x + k_pad_px;
        if (i->what == item_kind::lines) {
            d_canvas.ink(i->ink);
            cairo_set_line_width(c, i->style.width_px + 0.4);
            set_dash(i->style.dash, i->style.width_px);
            cairo_move_to(c, x, y);
            cairo_line_to(c, x + k_sample_px, y);
            cairo_stroke(c);
            cairo_set_dash(c, nullptr, 0, 0);
        } else {
            series_style style = i->style;
            style.radius_px = std::max(style.radius_px, 3.0);
            paint_mark(x + 0.5 * k_sample_px, y, style, i->ink);
        }
        d_canvas.text(x + k_sample_px + k_pad_px, y, i->text, look);
        y += k_row_px;
    }
}

void panel_painter::paint()
{
    cairo_t* c = d_canvas.get();
    const bool sky = d_panel.kind == panel_kind::sky;
    if (sky) {
        paint_sky_axes();
    } else {
        paint_axes();
    }
    cairo_save(c);
    if (!sky) {
        cairo_rectangle(c, d_plot.x, d_plot.y, d_plot.w, d_plot.h);
        cairo_clip(c);
    }
    for (const item& i : d_panel.d_items) paint_item(i);
    cairo_restore(c);
    if (!sky) {
        d_canvas.ink(k_frame);
        cairo_set_line_width(c, 1);
        cairo_rectangle(
            c, std::floor(d_plot.x) + 0.5, std::floor(d_plot.y) + 0.5, std::round(d_plot.w), std::round(d_plot.h));
        cairo_stroke(c);
    }
    const double title_y = sky ? d_area.y + 12 : d_plot.y - 13;
    d_canvas.text(sky ? d_plot.x + 0.5 * d_plot.w : d_plot.x,
                  title_y,
                  d_panel.title,
                  { .size_px = k_title_text_px, .bold = true, .align_x = sky ? 0.5 : 0.0 });
    paint_legend();
}

} // namespace spacesail::cli
