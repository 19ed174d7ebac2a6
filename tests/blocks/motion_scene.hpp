// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/base/rng.hpp>
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

/// What the tests of the blocks that move samples share: a real pass, tags, what came out.
namespace motion_scene {

using namespace spacesail;
using cf = std::complex<float>;

constexpr double k_rate_hz = 1e6;
constexpr double k_down_hz = 12.7e9;
constexpr double k_up_hz = 14.25e9;
constexpr double k_lat = 31.2, k_lon = 121.5, k_height = 20.0;
inline const std::string k_elements = std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle";
inline const orbit::site k_shanghai(orbit::geodetic{ k_lat, k_lon, k_height });

inline const std::vector<orbit::element_set>& sets()
{
    static const auto all = orbit::load_elements(k_elements)->sets;
    return all;
}

/// A whole second early in the first satellite's best pass: 17 ppm and more.
inline utc_time early_in_the_pass()
{
    static const utc_time t = [] {
        orbit::pass_query query;
        query.start = sets()[0].epoch;
        const auto found = orbit::find_passes(std::span(sets()).first(1), k_shanghai, query).passes;
        const auto best = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.at_culmination.elevation_deg < b.at_culmination.elevation_deg;
        });
        const auto at = best->aos.plus_seconds(0.02 * best->duration_s());
        return utc_time{ at.ns / 1'000'000'000 * 1'000'000'000 };
    }();
    return t;
}

/// The delays of a satellite with stream time 0 at an instant.
inline doppler::orbit_delay_source delays(doppler::link_direction direction, utc_time anchor, std::size_t satellite = 0)
{
    return { *doppler::delay_engine::create(sets()[satellite], k_shanghai, anchor),
             direction,
             sample_clock(k_rate_hz, anchor) };
}

inline std::vector<cf> noise(std::size_t n, std::uint64_t seed = 4)
{
    rng r(seed);
    std::vector<cf> x(n);
    for (auto& v : x) v = cf(r.normal_pair());
    return x;
}

inline gr::tag_t tag(std::uint64_t offset, const pmt::pmt_t& key, const pmt::pmt_t& value)
{
    gr::tag_t t;
    t.offset = offset;
    t.key = key;
    t.value = value;
    return t;
}
inline gr::tag_t time_tag(std::uint64_t offset, utc_time t, const pmt::pmt_t& key = gr::spacesail::tags::rx_time())
{
    return tag(offset,
               key,
               pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(t.ns / 1'000'000'000)),
                               pmt::from_double(1e-9 * static_cast<double>(t.ns % 1'000'000'000))));
}
/// From an instant to the one in a time tag.
inline double seconds_since(const pmt::pmt_t& tuple, utc_time t)
{
    return static_cast<double>(static_cast<std::int64_t>(pmt::to_uint64(pmt::tuple_ref(tuple, 0))) -
                               t.ns / 1'000'000'000) +
           (pmt::to_double(pmt::tuple_ref(tuple, 1)) - 1e-9 * static_cast<double>(t.ns % 1'000'000'000));
}
inline pmt::pmt_t command(const std::vector<std::pair<const char*, pmt::pmt_t>>& entries)
{
    pmt::pmt_t d = pmt::make_dict();
    for (const auto& [key, value] : entries) d = pmt::dict_add(d, pmt::intern(key), value);
    return d;
}
/// A tag of nobody.
inline const pmt::pmt_t& mark()
{
    static const pmt::pmt_t key = pmt::intern("mark");
    return key;
}

struct outcome {
    std::vector<cf> samples;
    std::vector<gr::tag_t> tags;
    pmt::pmt_t status;

    std::vector<gr::tag_t> with_key(const pmt::pmt_t& key) const
    {
        auto found = tags;
        std::erase_if(found, [&](const gr::tag_t& t) { return t.key != key; });
        std::sort(found.begin(), found.end(), gr::tag_t::offset_compare);
        return found;
    }
    std::uint64_t count(const char* key) const
    {
        return pmt::to_uint64(pmt::dict_ref(status, pmt::intern(key), pmt::from_uint64(~0ULL)));
    }
    double real(const char* key) const
    {
        return pmt::to_double(pmt::dict_ref(status, pmt::intern(key), pmt::from_double(std::nan(""))));
    }
    std::string text(const char* key) const
    {
        return pmt::symbol_to_string(pmt::dict_ref(status, pmt::intern(key), pmt::intern("none")));
    }
};

} // namespace motion_scene
