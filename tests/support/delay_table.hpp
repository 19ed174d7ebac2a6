// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace spacesail::test {

/// \brief Delays somebody else computed: a text of lines "begin end reference c0 .. c5", ascending and without holes,
/// as tests/support/pass_truth.py writes them from its own orbits, Earth rotation and light time.
class delay_table final : public delay_source
{
public:
    explicit delay_table(const std::string& file)
    {
        std::ifstream in(file);
        delay_polynomial p;
        while (in >> p.t_begin_s >> p.t_end_s >> p.t_ref_s) {
            for (double& c : p.c) in >> c;
            if (!in || !(p.t_end_s > p.t_begin_s) ||
                (!d_segments.empty() && p.t_begin_s != d_segments.back().t_end_s)) {
                throw std::runtime_error(file + ": segment " + std::to_string(d_segments.size()) + " is not whole");
            }
            d_segments.push_back(p);
        }
        if (d_segments.empty()) throw std::runtime_error(file + ": no segments");
    }
    const delay_polynomial* segment_at(double t_s) noexcept override
    {
        const auto after = std::upper_bound(
            d_segments.begin(), d_segments.end(), t_s, [](double t, const auto& p) { return t < p.t_end_s; });
        return after != d_segments.end() && after->covers(t_s) ? &*after : nullptr;
    }
    double begin_s() const noexcept { return d_segments.front().t_begin_s; }
    double end_s() const noexcept { return d_segments.back().t_end_s; }
    /// Shortest delay in s, looked at where segments begin.
    double least_s() const noexcept { return extreme(true); }
    double most_s() const noexcept { return extreme(false); }

private:
    double extreme(bool least) const noexcept
    {
        double v = d_segments.front().delay_s(d_segments.front().t_begin_s);
        for (const auto& p : d_segments) {
            const double here = p.delay_s(p.t_begin_s);
            v = least ? std::min(v, here) : std::max(v, here);
        }
        return v;
    }
    std::vector<delay_polynomial> d_segments;
};

} // namespace spacesail::test
