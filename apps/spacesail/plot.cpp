// SPDX-License-Identifier: GPL-3.0-or-later
#include "plot.hpp"
#include "plot_painter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spacesail::cli {

colour series_colour(std::size_t i) noexcept
{
    static constexpr std::array<colour, 7> k_colours{ { { 0.00, 0.45, 0.70, 1 },
                                                        { 0.84, 0.37, 0.00, 1 },
                                                        { 0.00, 0.62, 0.45, 1 },
                                                        { 0.80, 0.47, 0.65, 1 },
                                                        { 0.90, 0.62, 0.00, 1 },
                                                        { 0.34, 0.71, 0.91, 1 },
                                                        { 0.25, 0.25, 0.25, 1 } } };
    return k_colours[i % k_colours.size()];
}

panel::item& panel::add(item_kind what,
                        std::span<const double> xs,
                        std::span<const double> ys,
                        const std::string& text,
                        const series_style& style)
{
    if (xs.size() != ys.size())
        throw std::invalid_argument(
            fmt::format("plot: {} x values and {} y values; give as many of each", xs.size(), ys.size()));
    item i;
    i.what = what;
    i.xs.assign(xs.begin(), xs.end());
    i.ys.assign(ys.begin(), ys.end());
    i.text = text;
    i.style = style;
    const bool takes_colour = what == item_kind::lines || what == item_kind::scatter || what == item_kind::bar;
    i.ink = style.ink ? *style.ink : takes_colour ? series_colour(d_next_colour++) : colour{ 0.35, 0.35, 0.35, 1 };
    return d_items.emplace_back(std::move(i));
}

panel& panel::add_lines(std::span<const double> xs,
                        std::span<const double> ys,
                        const std::string& legend,
                        const series_style& style)
{
    add(item_kind::lines, xs, ys, legend, style);
    return *this;
}

panel& panel::add_scatter(std::span<const double> xs,
                          std::span<const double> ys,
                          const std::string& legend,
                          const series_style& style)
{
    add(item_kind::scatter, xs, ys, legend, style);
    return *this;
}

panel& panel::add_density(std::span<const std::complex<float>> points, const std::string& legend)
{
    std::vector<double> re, im;
    re.reserve(points.size());
    im.reserve(points.size());
    for (const auto& p : points) {
        re.push_back(p.real());
        im.push_back(p.imag());
    }
    series_style style;
    style.ink = series_colour(d_next_colour++); // its legend's mark; what comes next differs from it
    add(item_kind::density, re, im, legend, style);
    return *this;
}

panel& panel::add_bar(double from, double to, double at_y, const std::string& text, const series_style& style)
{
    add(item_kind::bar, std::array{ from, to }, std::array{ at_y, at_y }, text, style);
    return *this;
}

panel& panel::add_level(double at_y, const std::string& text, const series_style& style)
{
    add(item_kind::level, std::array{ 0.0 }, std::array{ at_y }, text, style);
    return *this;
}

panel& panel::add_event(double at_x, const std::string& text, const series_style& style)
{
    add(item_kind::event, std::array{ at_x }, std::array{ 0.0 }, text, style);
    return *this;
}

panel& panel::add_text(double at_x, double at_y, const std::string& text)
{
    add(item_kind::text, std::array{ at_x }, std::array{ at_y }, text, {});
    return *this;
}

figure::figure(int width_px, int height_px) : d_width_px(width_px), d_height_px(height_px)
{
    for (const int n : { width_px, height_px }) {
        if (n < 64 || n > 16384)
            throw std::invalid_argument(
                fmt::format("plot: a figure of {} x {} pixels; give 64 to 16384", width_px, height_px));
    }
}

panel& figure::add_panel(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns)
{
    d_places.push_back({ row, column, std::max<std::size_t>(rows, 1), std::max<std::size_t>(columns, 1), {} });
    return d_places.back().content;
}

result<ok_t> figure::save_png(const std::filesystem::path& file) const
{
    constexpr double k_margin_px = 14, k_title_px = 30, k_subtitle_px = 22, k_gap_px = 14;
    canvas c(d_width_px, d_height_px);
    double top = k_margin_px;
    if (!title.empty()) {
        c.text(d_width_px / 2.0, top + 13, title, { .size_px = 19, .bold = true, .align_x = 0.5 });
        top += k_title_px;
    }
    if (!subtitle.empty()) {
        c.text(d_width_px / 2.0, top + 7, subtitle, { .size_px = 13, .ink = { 0.35, 0.35, 0.35, 1 }, .align_x = 0.5 });
        top += k_subtitle_px;
    }
    std::size_t rows = 1, columns = 1;
    for (const place& p : d_places) {
        rows = std::max(rows, p.row + p.rows);
        columns = std::max(columns, p.column + p.columns);
    }
    const double cell_w =
        (d_width_px - 2 * k_margin_px - k_gap_px * static_cast<double>(columns - 1)) / static_cast<double>(columns);
    const double cell_h =
        (d_height_px - top - k_margin_px - k_gap_px * static_cast<double>(rows - 1)) / static_cast<double>(rows);
    std::vector<panel_painter> painters;
    std::vector<rectangle> areas;
    for (const place& p : d_places) {
        areas.push_back({ k_margin_px + static_cast<double>(p.column) * (cell_w + k_gap_px),
                          top + static_cast<double>(p.row) * (cell_h + k_gap_px),
                          cell_w * static_cast<double>(p.columns) + k_gap_px * static_cast<double>(p.columns - 1),
                          cell_h * static_cast<double>(p.rows) + k_gap_px * static_cast<double>(p.rows - 1) });
        painters.emplace_back(c, p.content);
        painters.back().lay_out(areas.back(), 0);
    }
    // Panels below each other get the same left edge, so that their axes can be compared.
    for (std::size_t i = 0; i < painters.size(); ++i) {
        double left = 0;
        for (std::size_t k = 0; k < painters.size(); ++k) {
            if (d_places[k].column == d_places[i].column) left = std::max(left, painters[k].left_px());
        }
        painters[i].lay_out(areas[i], left);
        painters[i].paint();
    }
    return c.save_png(file);
}

} // namespace spacesail::cli
