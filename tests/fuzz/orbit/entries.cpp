// SPDX-License-Identifier: GPL-3.0-or-later
#include "entries.hpp"

#include "require.hpp"

#include <spacesail/orbit/element_check.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/sgp4.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace spacesail::fuzz {
namespace {

using namespace spacesail::orbit;

void propagate(const element_set& set)
{
    const auto model = sgp4::create(set);
    if (!model) {
        require(!model.error().message.empty(), "an error says something");
        return;
    }
    for (const double minutes : { 0.0, -1440.0, 43200.0 }) {
        const sgp4_result r = model->propagate(minutes);
        if (r.error != sgp4_error::none) continue;
        for (const double x : r.state.position_km)
            require(std::isfinite(x), "a position is finite or there is an error");
    }
}

} // namespace

void elements(std::span<const std::uint8_t> input)
{
    static constexpr element_format k_formats[] = { element_format::tle,      element_format::two_le,
                                                    element_format::three_le, element_format::omm_xml,
                                                    element_format::omm_kvn,  element_format::omm_json,
                                                    element_format::omm_csv };
    if (input.empty()) return;
    const unsigned select = input[0] & 7U;
    const auto format = select == 7 ? std::nullopt : std::optional(k_formats[select]);
    const auto policy = (input[0] & 8U) != 0 ? checksum_policy::ignore : checksum_policy::refuse;
    const std::string_view text(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
    const auto file = parse_elements(text, format, policy);
    if (!file) {
        require(!file.error().message.empty(), "an error says something");
        return;
    }
    require(!file->sets.empty(), "a file that was read has a set");
    for (const auto& p : file->problems) require(!p.message.empty(), "a problem says something");
    for (const element_set& s : file->sets) {
        if (const mean_elements* m = s.mean()) {
            require(m->mean_motion_rev_day > 0.0 && m->eccentricity >= 0.0 && m->eccentricity < 1.0 &&
                        std::isfinite(m->mean_anomaly_deg),
                    "mean elements are within their ranges");
        }
        propagate(s);
        (void)check_element_set(s, {}, s.epoch, nullptr);
    }
    // One form an input keeps the pace.
    const auto form = k_formats[3 + text.size() % 4];
    const auto written = write_elements(file->sets, form);
    require(static_cast<bool>(written), "every set has an OMM form");
    const auto again = parse_elements(*written, form);
    require(again && again->sets == file->sets, "sets are written as they were read");
}

} // namespace spacesail::fuzz
