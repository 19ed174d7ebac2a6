// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

std::vector<element_set> snapshot(const char* day)
{
    auto file = load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_" + day + ".tle");
    return file ? file->sets : std::vector<element_set>{};
}

bool has(const std::vector<element_finding>& findings, element_flag flag)
{
    return std::any_of(findings.begin(), findings.end(), [&](const element_finding& f) { return f.flag == flag; });
}

TEST(ElementCheck, CountsOfTheRealConstellation)
{
    // Counted with python3-sgp4 2.15 from the same two files: |B*| > 0.01: 20, |n'/2| > 1e-3: 20, a outside
    // 7445.5..7447.7 km: 74 of 238, distance at the new epoch above 5 km + 2.5 km a day: 74.
    const auto now = snapshot("2026-08-22");
    const auto before = snapshot("2026-08-12");
    ASSERT_EQ(now.size(), 238U);
    element_limits limits;
    limits.min_semi_major_axis_km = 7445.5;
    limits.max_semi_major_axis_km = 7447.7;
    const auto findings = check_element_sets(now, limits, parse_utc("2026-08-23T00:00:00Z").value(), before);
    const auto count = [&](element_flag flag) {
        return std::count_if(findings.begin(), findings.end(), [&](const auto& f) { return has(f, flag); });
    };
    EXPECT_EQ(count(element_flag::drag), 20);
    EXPECT_EQ(count(element_flag::mean_motion_dot), 20);
    EXPECT_EQ(count(element_flag::semi_major_axis), 238 - 164);
    EXPECT_EQ(count(element_flag::disagreement), 74);
    EXPECT_EQ(count(element_flag::stale), 0);
    for (const auto& list : findings) {
        for (const element_finding& f : list) EXPECT_FALSE(f.reason.empty()) << flag_name(f.flag);
    }
    const auto late = check_element_sets(now, limits, parse_utc("2026-09-22").value(), {});
    EXPECT_TRUE(std::all_of(late.begin(), late.end(), [](const auto& f) { return has(f, element_flag::stale); }));
    const auto early = check_element_set(now[0], limits, parse_utc("2016-08-22").value(), nullptr);
    EXPECT_TRUE(has(early, element_flag::stale)) << "elements from the future";
}

TEST(ElementCheck, AgainstItselfNothingDisagrees)
{
    const auto sets = snapshot("2026-08-22");
    for (const auto& list : check_element_sets(sets, {}, std::nullopt, sets))
        EXPECT_FALSE(has(list, element_flag::disagreement));
    EXPECT_NEAR(*disagreement_km(sets[0], sets[0]), 0.0, 1e-9);
}

TEST(ElementCheck, StateVectorsAndBrokenSets)
{
    element_set set;
    set.name = "X";
    set.epoch = parse_utc("2026-08-22").value();
    set.orbit = ecef_state{ { 7446.0, 0.0, 0.0 }, { 0.0, 1.0, 7.2 }, 900.0 };
    EXPECT_TRUE(check_element_set(set, {}, set.epoch.plus_seconds(-899), nullptr).empty());
    EXPECT_TRUE(has(check_element_set(set, {}, set.epoch.plus_seconds(901), nullptr), element_flag::stale));
    mean_elements m;
    m.mean_motion_rev_day = std::nan("");
    set.orbit = m;
    const auto findings = check_element_set(set, {}, set.epoch, nullptr);
    EXPECT_TRUE(has(findings, element_flag::not_propagated));
    EXPECT_TRUE(has(findings, element_flag::semi_major_axis) || findings.size() == 1);
}

TEST(ElementCheck, FindsByNameNumberAndDesignator)
{
    auto sets = snapshot("2026-08-22");
    EXPECT_EQ(find_satellite(sets, "qianfan-1"), sets.data());
    EXPECT_EQ(find_satellite(sets, "60379"), sets.data());
    EXPECT_EQ(find_satellite(sets, "2024-140A"), sets.data());
    EXPECT_EQ(find_satellite(sets, "QIANFAN"), nullptr);
    EXPECT_EQ(find_satellite(sets, ""), nullptr);
    EXPECT_EQ(find_satellite(sets, "0"), nullptr);
    sets.push_back(sets[0]);
    sets.back().epoch.ns += 1;
    EXPECT_EQ(find_satellite(sets, "60379"), &sets.back()) << "the latest set wins";
    EXPECT_NEAR(catalogue_semi_major_axis_km(*sets[0].mean()), 7446.6, 0.1);
}

} // namespace
