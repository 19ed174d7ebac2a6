// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"
#include "orbit/omm_record.hpp"

#include <bitset>
#include <deque>

// One record a line under a line of keywords, as CelesTrak and Space-Track serve them; quotes as in RFC 4180.
namespace spacesail::orbit {
namespace {

/// Splits one line at its commas; cells with doubled quotes are unescaped into `store`.
void split(std::string_view line, std::vector<std::string_view>& cells, std::deque<std::string>& store)
{
    cells.clear();
    store.clear();
    std::size_t at = 0;
    while (at <= line.size()) {
        if (at < line.size() && line[at] == '"') {
            std::string cell;
            for (++at; at < line.size(); ++at) {
                if (line[at] != '"') {
                    cell += line[at];
                } else if (at + 1 < line.size() && line[at + 1] == '"') {
                    cell += '"';
                    ++at;
                } else {
                    ++at;
                    break;
                }
            }
            store.push_back(std::move(cell));
            cells.push_back(store.back());
            const std::size_t comma = line.find(',', at);
            at = comma == std::string_view::npos ? line.size() + 1 : comma + 1;
        } else {
            const std::size_t comma = line.find(',', at);
            const std::size_t end = comma == std::string_view::npos ? line.size() : comma;
            cells.push_back(trimmed(line.substr(at, end - at)));
            at = end + 1;
        }
    }
}

std::string quoted(const std::string& s)
{
    if (s.find_first_of(",\"") == std::string::npos) return s;
    std::string out = "\"";
    for (const char c : s) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

} // namespace

void read_omm_csv(std::string_view text, element_file& out)
{
    line_reader lines(text);
    std::vector<std::string_view> cells;
    std::deque<std::string> store;
    std::vector<omm_key> columns;
    omm_record record;
    std::string_view line;
    while (lines.next(line)) {
        const std::string_view content = trimmed(line);
        if (content.empty() || content.front() == '#') continue;
        split(line, cells, store);
        if (columns.empty()) {
            for (const std::string_view cell : cells) columns.push_back(find_omm_key(cell));
            continue;
        }
        if (cells.size() != columns.size()) {
            out.problems.push_back({ lines.line_number(),
                                     std::to_string(cells.size()) + " cells where the heading has " +
                                         std::to_string(columns.size()) + "; fetch the file again" });
            continue;
        }
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (columns[i] != omm_key::count) record.set(columns[i], cells[i]);
        }
        record.finish(lines.line_number(), out);
    }
}

std::string omm_csv(std::span<const element_set> sets)
{
    std::vector<omm_field> fields;
    std::bitset<k_omm_keys> used;
    for (const element_set& set : sets) {
        omm_fields(set, fields);
        for (const omm_field& f : fields) used.set(static_cast<std::size_t>(f.key));
    }
    std::string out;
    const char* separator = "";
    for (std::size_t i = 0; i < k_omm_keys; ++i) {
        if (!used[i]) continue;
        out += separator;
        out += omm_key_name(static_cast<omm_key>(i));
        separator = ",";
    }
    out += '\n';
    for (const element_set& set : sets) {
        omm_fields(set, fields);
        separator = "";
        for (std::size_t i = 0; i < k_omm_keys; ++i) {
            if (!used[i]) continue;
            out += separator;
            separator = ",";
            for (const omm_field& f : fields) {
                if (static_cast<std::size_t>(f.key) == i) out += quoted(f.value);
            }
        }
        out += '\n';
    }
    return out;
}

} // namespace spacesail::orbit
