// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"
#include "orbit/omm_record.hpp"

#include <fmt/format.h>

// KEYWORD = value lines: CCSDS 502.0-B-2, clause 7.
namespace spacesail::orbit {
namespace {

/// Removes a unit in brackets at the end: "7446.6 [km]".
std::string_view without_unit(std::string_view value) noexcept
{
    if (value.empty() || value.back() != ']') return value;
    const std::size_t bracket = value.rfind('[');
    return bracket == std::string_view::npos ? value : trimmed(value.substr(0, bracket));
}

bool starts_a_record(std::string_view key) noexcept { return key == "CCSDS_OMM_VERS" || key == "CCSDS_OPM_VERS"; }

} // namespace

void read_omm_kvn(std::string_view text, element_file& out)
{
    line_reader lines(text);
    omm_record record;
    std::string_view line;
    std::size_t first_line = 0;
    const auto finish = [&] {
        if (!record.empty()) record.finish(first_line, out);
        first_line = lines.line_number();
    };
    while (lines.next(line)) {
        line = trimmed(line);
        if (line.empty() || line.front() == '#' || line.starts_with("COMMENT")) continue;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            out.problems.push_back(
                { lines.line_number(),
                  fmt::format("'{}' is no KEYWORD = value line; mark it as COMMENT", line.substr(0, 40)) });
            continue;
        }
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string_view value = without_unit(trimmed(line.substr(equals + 1)));
        if (starts_a_record(name)) {
            finish();
            continue;
        }
        const omm_key key = find_omm_key(name);
        if (key == omm_key::count) continue;
        // Why: files of several records without version lines repeat a keyword where the next one starts.
        if (record.has(key)) finish();
        if (record.empty() && first_line == 0) first_line = lines.line_number();
        record.set(key, value);
    }
    finish();
}

void append_omm_kvn(const element_set& set, std::string& out)
{
    std::vector<omm_field> fields;
    omm_fields(set, fields);
    out += set.mean() != nullptr ? "CCSDS_OMM_VERS = 2.0\n" : "CCSDS_OPM_VERS = 2.0\n";
    out += "CREATION_DATE = " + omm_epoch(set.epoch) + "\nORIGINATOR = SPACESAIL\n";
    for (const omm_field& f : fields) {
        out += omm_key_name(f.key);
        out += " = " + f.value + '\n';
    }
    out += '\n';
}

} // namespace spacesail::orbit
