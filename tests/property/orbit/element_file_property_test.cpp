// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/sgp4_batch.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace {

using namespace spacesail;
using namespace spacesail::orbit;

constexpr element_format k_formats[] = { element_format::tle,     element_format::two_le,  element_format::three_le,
                                         element_format::omm_xml, element_format::omm_kvn, element_format::omm_json,
                                         element_format::omm_csv };

int rounds(int usual) { return std::getenv("SPACESAIL_LONG") != nullptr ? 100 * usual : usual; }

double pick(rng& random, double low, double high) { return low + (high - low) * random.uniform(); }

element_set random_set(rng& random)
{
    element_set set;
    set.name = "SAT " + std::to_string(random.below(100000));
    set.object_id = "2024-" + std::to_string(100 + random.below(899)) + "A";
    set.norad_id = static_cast<std::uint32_t>(1 + random.below(999'999'998));
    set.epoch.ns = static_cast<std::int64_t>(random.below(4'000'000'000'000'000'000ULL)) - 1'000'000'000'000'000'000LL;
    if (random.below(4) == 0) {
        ecef_state s;
        for (std::size_t i = 0; i < 3; ++i) {
            s.position_km[i] = pick(random, -1e4, 1e4);
            s.velocity_km_s[i] = pick(random, -8, 8);
        }
        s.validity_s = pick(random, 1, 1e4);
        set.orbit = s;
        return set;
    }
    mean_elements m;
    m.mean_motion_rev_day = pick(random, 0.01, 17);
    m.eccentricity = random.uniform();
    m.inclination_deg = pick(random, 0, 180);
    m.raan_deg = pick(random, 0, 360);
    m.arg_perigee_deg = pick(random, 0, 360);
    m.mean_anomaly_deg = pick(random, 0, 360);
    m.bstar_per_earth_radius = std::ldexp(pick(random, -1, 1), -static_cast<int>(random.below(40)));
    m.half_ndot_rev_day2 = std::ldexp(pick(random, -1, 1), -static_cast<int>(random.below(40)));
    m.sixth_nddot_rev_day3 = std::ldexp(pick(random, -1, 1), -static_cast<int>(random.below(60)));
    m.element_set_no = static_cast<int>(random.below(10000));
    m.rev_at_epoch = static_cast<int>(random.below(100000));
    set.orbit = m;
    return set;
}

TEST(ElementFileProperty, OmmFormsGiveEveryRandomSetBackExactly)
{
    rng random(20260822);
    for (int round = 0; round < rounds(20); ++round) {
        std::vector<element_set> sets;
        for (int k = 0; k < 50; ++k) sets.push_back(random_set(random));
        for (const element_format format :
             { element_format::omm_xml, element_format::omm_kvn, element_format::omm_json, element_format::omm_csv }) {
            const auto back = parse_elements(*write_elements(sets, format));
            ASSERT_TRUE(back) << back.error().message;
            ASSERT_EQ(back->sets, sets) << format_name(format);
        }
    }
}

TEST(ElementFileProperty, TwoLinesAreStableOnceWritten)
{
    rng random(7);
    for (int round = 0; round < rounds(2000); ++round) {
        element_set set = random_set(random);
        if (set.mean() == nullptr) continue;
        set.norad_id %= 340'000;
        const auto text = write_elements(std::span(&set, 1), element_format::tle);
        if (!text) continue; // an epoch before 1957, say
        const auto once = parse_elements(*text);
        ASSERT_TRUE(once) << once.error().message << "\n" << *text;
        EXPECT_EQ(*write_elements(once->sets, element_format::tle), *text);
        EXPECT_TRUE(fits_two_lines(once->sets.at(0)));
    }
}

TEST(ElementFileProperty, AlteredAndCutTextsNeverCrashAndNeverGiveNonsense)
{
    rng random(99);
    std::vector<element_set> sets;
    for (int k = 0; k < 6; ++k) sets.push_back(random_set(random));
    for (element_set& s : sets) {
        s.norad_id %= 340'000;
        s.epoch.ns = 1'787'378'191'000'000'000;
        if (s.mean() == nullptr) s.orbit = mean_elements{ .mean_motion_rev_day = 13.5 };
    }
    for (const element_format format : k_formats) {
        const std::string whole = *write_elements(sets, format);
        for (int round = 0; round < rounds(400); ++round) {
            std::string text = whole;
            for (std::uint64_t k = random.below(6); k-- > 0;)
                text[random.below(text.size())] = static_cast<char>(random.below(256));
            if (random.below(3) == 0) text.resize(random.below(text.size() + 1));
            const auto policy = random.below(2) == 0 ? checksum_policy::refuse : checksum_policy::ignore;
            const auto detected = parse_elements(text, std::nullopt, policy);
            const auto forced = parse_elements(text, format, policy);
            for (const auto* file : { &detected, &forced }) {
                if (!*file) {
                    EXPECT_FALSE(file->error().message.empty());
                    continue;
                }
                for (const element_set& s : (*file)->sets) {
                    const mean_elements* m = s.mean();
                    if (m == nullptr) continue;
                    EXPECT_TRUE(m->mean_motion_rev_day > 0.0 && m->eccentricity >= 0.0 && m->eccentricity < 1.0 &&
                                std::isfinite(m->mean_anomaly_deg));
                }
            }
        }
    }
}

TEST(Sgp4Property, BatchAndScalarAgreeOnRandomOrbits)
{
    rng random(3);
    std::vector<element_set> sets;
    while (sets.size() < 200) {
        element_set s = random_set(random);
        mean_elements* m = s.mean();
        if (m == nullptr) continue;
        m->eccentricity *= 0.3;
        m->mean_motion_rev_day = pick(random, 1.0, 15.0);
        m->bstar_per_earth_radius *= 1e-3;
        sets.push_back(s);
    }
    const sgp4_batch batch(sets);
    std::vector<double> minutes;
    for (int k = 0; k < 37; ++k) minutes.push_back(pick(random, -2880, 2880));
    state_buffer states(minutes.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        batch.propagate_times(i, minutes, states.arrays());
        for (std::size_t k = 0; k < minutes.size(); ++k) {
            const sgp4_result scalar = batch.model(i).propagate(minutes[k]);
            ASSERT_EQ(states.at(k).error, scalar.error) << i << " at " << minutes[k];
            if (scalar.error != sgp4_error::none) continue;
            for (std::size_t j = 0; j < 3; ++j) {
                EXPECT_NEAR(states.at(k).state.position_km[j], scalar.state.position_km[j], 1e-7);
                EXPECT_NEAR(states.at(k).state.velocity_km_s[j], scalar.state.velocity_km_s[j], 1e-10);
            }
        }
    }
}

} // namespace
