// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plot.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string>

struct _cairo;

namespace spacesail::cli {

struct rectangle {
    double x = 0, y = 0, w = 0, h = 0;
};

struct text_look {
    double size_px = 12;
    bool bold = false;
    colour ink{ 0.12, 0.12, 0.12, 1 };
    double align_x = 0;   ///< 0: the point is at the text's left, 0.5 its middle, 1 its right
    double angle_rad = 0; ///< turned about the point
};

/// \brief A bitmap that lines, marks and text are drawn on; y grows downwards.
class canvas
{
public:
    canvas(int width_px, int height_px);
    /// Draws `text` with its vertical middle at y; the width it takes comes back.
    double text(double x, double y, const std::string& text, const text_look& look);
    /// The same on a patch of nearly opaque white, to be read above lines.
    void text_on_patch(double x, double y, const std::string& text, const text_look& look);
    double text_width(const std::string& text, const text_look& look);
    result<ok_t> save_png(const std::filesystem::path& file);
    _cairo* get() noexcept { return d_cairo.get(); }
    void ink(const colour& c) noexcept;
    /// A horizontal or vertical line on whole pixels.
    void hair_line(double x0, double y0, double x1, double y1, const colour& c, double width_px = 1);

private:
    void choose_font(const text_look& look);
    struct drop {
        void operator()(_cairo* c) const noexcept;
    };
    std::unique_ptr<_cairo, drop> d_cairo;
};

/// \brief Draws one panel into a rectangle of a canvas: lay_out(), then paint().
class panel_painter
{
public:
    panel_painter(canvas& c, const panel& p) : d_canvas(c), d_panel(p) {}
    /// Finds limits, ticks and the place of the axes; the y axis is at least `left_px` from the left of `area`.
    void lay_out(const rectangle& area, double left_px);
    /// What this panel needs to the left of its y axis.
    double left_px() const noexcept { return d_left_px; }
    void paint();

private:
    struct limits {
        double low = 0, high = 1;
    };
    using item = panel::item;
    using item_kind = panel::item_kind;

    limits limits_of(const plot_axis& axis, bool along_x) const;
    std::vector<axis_tick> ticks_of(const plot_axis& axis, const limits& l, int most) const;
    std::array<double, 2> pixel(double x, double y) const;
    double along(const plot_axis& axis, const limits& l, double v) const;
    void paint_axes();
    void paint_sky_axes();
    void paint_item(const item& i);
    void paint_lines(const item& i);
    void paint_scatter(const item& i);
    void paint_density(const item& i);
    void paint_bar(const item& i);
    void paint_level_or_event(const item& i);
    void paint_mark(double x, double y, const series_style& style, const colour& ink);
    void paint_legend();
    int points_within(const rectangle& r) const;
    void set_dash(line_dash d, double width_px);

    canvas& d_canvas;
    const panel& d_panel;
    rectangle d_area; ///< all that the panel may use
    double d_left_px = 0;
    rectangle d_plot; ///< where data is drawn
    limits d_x, d_y;
    std::vector<axis_tick> d_x_ticks, d_y_ticks;
};

} // namespace spacesail::cli
