// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plot_axis.hpp"

#include <spacesail/base/result.hpp>

#include <complex>
#include <deque>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Pictures of results: a figure of panels, saved as PNG.
namespace spacesail::cli {

/// Red, green, blue, opacity, each 0 .. 1.
struct colour {
    double r = 0, g = 0, b = 0, a = 1;
};

/// \brief Colour number `i` of a sequence that people with any colour vision can tell apart; repeats after seven.
/// Source: M. Okabe, K. Ito, "Color Universal Design", 2008.
colour series_colour(std::size_t i) noexcept;

enum class marker { dot, ring, cross };
enum class line_dash { solid, dashed, dotted };

/// How a line or a set of points looks. Without a colour the panel takes the next of the sequence.
struct series_style {
    std::optional<colour> ink;
    double width_px = 1.6;  ///< of lines
    double radius_px = 2.0; ///< of markers
    marker shape = marker::dot;
    line_dash dash = line_dash::solid;
};

/// How the coordinates of a panel are drawn.
enum class panel_kind {
    cartesian,
    square, ///< cartesian, one unit of x as long as one of y (constellations)
    sky     ///< x is azimuth, y elevation, both in degrees; the zenith in the middle, north up, east to the right
};

/// One axis of a panel. Limits that are not given come from the data with a margin.
struct plot_axis {
    std::string label;
    std::optional<double> low;
    std::optional<double> high;
    axis_kind kind = axis_kind::linear;
    utc_time epoch; ///< of a time axis
};

/// \brief One coordinate system with what is drawn in it, in the order it was added. Values that are not finite leave a
/// gap.
class panel
{
public:
    std::string title;
    panel_kind kind = panel_kind::cartesian;
    plot_axis x;
    plot_axis y;

    /// \brief A line through points. x.size() == y.size() (std::invalid_argument otherwise, as below). `legend` may be
    /// empty.
    panel& add_lines(std::span<const double> xs,
                     std::span<const double> ys,
                     const std::string& legend = {},
                     const series_style& style = {});
    /// \brief A mark at each point.
    panel& add_scatter(std::span<const double> xs,
                       std::span<const double> ys,
                       const std::string& legend = {},
                       const series_style& style = {});
    /// \brief Complex points as a density: the more in a place, the darker. For thousands of constellation points and
    /// more.
    panel& add_density(std::span<const std::complex<float>> points, const std::string& legend = {});
    /// \brief A bar from `from` to `to` on the x axis at height y, with a text in it: a plan over time.
    panel& add_bar(double from, double to, double at_y, const std::string& text = {}, const series_style& style = {});
    /// \brief A horizontal line across the panel, with a text at its right end.
    panel& add_level(double at_y, const std::string& text = {}, const series_style& style = {});
    /// \brief A vertical line across the panel, with a text at its top.
    panel& add_event(double at_x, const std::string& text = {}, const series_style& style = {});
    /// \brief A short text at a point.
    panel& add_text(double at_x, double at_y, const std::string& text);

private:
    friend class panel_painter;
    enum class item_kind { lines, scatter, density, bar, level, event, text };
    struct item {
        item_kind what = item_kind::lines;
        std::vector<double> xs, ys;
        std::string text;
        series_style style;
        colour ink;
    };
    item& add(item_kind what,
              std::span<const double> xs,
              std::span<const double> ys,
              const std::string& text,
              const series_style& style);
    std::deque<item> d_items;
    std::size_t d_next_colour = 0;
};

/// \brief A picture of panels on a grid of rows and columns.
class figure
{
public:
    /// \param[in] width_px, height_px  64 .. 16384 (std::invalid_argument otherwise).
    figure(int width_px, int height_px);

    std::string title;
    std::string subtitle; ///< a smaller line below the title: the figures that matter

    /// \brief A new panel at a place of the grid, counted from 0; it lives as long as the figure.
    panel& add_panel(std::size_t row, std::size_t column, std::size_t rows = 1, std::size_t columns = 1);

    /// \brief Draws and writes the picture. Errors: io, naming file and cause.
    result<ok_t> save_png(const std::filesystem::path& file) const;

private:
    struct place {
        std::size_t row, column, rows, columns;
        panel content;
    };
    int d_width_px;
    int d_height_px;
    std::deque<place> d_places;
};

} // namespace spacesail::cli
