// SPDX-License-Identifier: GPL-3.0-or-later
#include "near_names.hpp"

#include <algorithm>
#include <cctype>

namespace spacesail::cli {
namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

std::size_t distance(const std::string& a, const std::string& b)
{
    // Rows of the table: two back, one back, this one.
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({ last[j] + 1, row[j - 1] + 1, last[j - 1] + change });
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

} // namespace

std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& names, std::size_t most)
{
    const std::string key = lower(wanted);
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const auto& name : names) {
        const std::size_t d = distance(key, lower(name));
        if (3 * d <= std::max(key.size(), name.size())) near.emplace_back(d, name);
    }
    std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> out;
    for (std::size_t i = 0; i < near.size() && i < most; ++i) out.push_back(near[i].second);
    return out;
}

} // namespace spacesail::cli
