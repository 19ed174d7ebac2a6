// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"
#include "orbit/omm_record.hpp"

#include <simdjson.h>

#include <algorithm>

// An array of objects, or one object, with the keywords of the OMM: CelesTrak and Space-Track (which quotes its
// numbers).
namespace spacesail::orbit {
namespace {

class json_reader
{
public:
    json_reader(std::string_view text, element_file& out) : d_padded(text), d_out(out) {}

    void read()
    {
        simdjson::ondemand::parser parser;
        simdjson::ondemand::document doc;
        if (const auto status = parser.iterate(d_padded).get(doc)) return broken(status, 0);
        simdjson::ondemand::json_type type{};
        if (const auto status = doc.type().get(type)) return broken(status, 0);
        if (type == simdjson::ondemand::json_type::object) {
            simdjson::ondemand::object object;
            if (const auto status = doc.get_object().get(object)) return broken(status, 0);
            one(object);
            return;
        }
        simdjson::ondemand::array array;
        if (const auto status = doc.get_array().get(array)) return broken(status, 0);
        for (auto element : array) {
            simdjson::ondemand::object object;
            if (const auto status = element.get_object().get(object)) return broken(status, d_offset);
            if (!one(object)) return;
        }
    }

private:
    std::size_t line_of(std::size_t offset) const
    {
        const char* begin = d_padded.data();
        return 1 + static_cast<std::size_t>(std::count(begin, begin + std::min(offset, d_padded.size()), '\n'));
    }
    void broken(simdjson::error_code status, std::size_t offset)
    {
        d_out.problems.push_back({ line_of(offset),
                                   std::string("JSON: ") + simdjson::error_message(status) +
                                       "; the file is cut off or altered, fetch it again" });
    }
    bool one(simdjson::ondemand::object object)
    {
        d_record.clear();
        std::size_t begin = d_offset;
        bool first = true;
        for (auto field : object) {
            simdjson::ondemand::raw_json_string raw;
            if (const auto status = field.key().get(raw)) return broken(status, d_offset), false;
            d_offset = static_cast<std::size_t>(raw.raw() - d_padded.data());
            if (first) begin = d_offset;
            first = false;
            std::string_view key;
            if (const auto status = field.unescaped_key().get(key)) return broken(status, d_offset), false;
            const omm_key known = find_omm_key(key);
            if (known == omm_key::count) continue;
            simdjson::ondemand::value value;
            simdjson::ondemand::json_type type{};
            if (const auto status = field.value().get(value)) return broken(status, d_offset), false;
            if (const auto status = value.type().get(type)) return broken(status, d_offset), false;
            std::string_view text;
            if (type == simdjson::ondemand::json_type::string) {
                if (const auto status = value.get_string().get(text)) return broken(status, d_offset), false;
            } else if (type == simdjson::ondemand::json_type::number) {
                text = trimmed(value.raw_json_token());
            } else {
                continue; // null and nested values say nothing here
            }
            d_record.set(known, text);
        }
        const std::size_t problems = d_out.problems.size();
        d_record.finish(0, d_out);
        if (d_out.problems.size() > problems) d_out.problems.back().line = line_of(begin);
        return true;
    }

    simdjson::padded_string d_padded;
    element_file& d_out;
    omm_record d_record;
    std::size_t d_offset = 0;
};

void append_json_string(const std::string& s, std::string& out)
{
    static constexpr char k_hex[] = "0123456789abcdef";
    out += '"';
    for (const char c : s) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += k_hex[static_cast<unsigned char>(c) >> 4];
            out += k_hex[static_cast<unsigned char>(c) & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

} // namespace

void read_omm_json(std::string_view text, element_file& out) { json_reader(text, out).read(); }

std::string omm_json(std::span<const element_set> sets)
{
    std::vector<omm_field> fields;
    std::string out = "[";
    const char* between_records = "\n";
    for (const element_set& set : sets) {
        omm_fields(set, fields);
        out += between_records;
        between_records = ",\n";
        const char* separator = "{";
        for (const omm_field& f : fields) {
            out += separator;
            separator = ",";
            out += '"';
            out += omm_key_name(f.key);
            out += "\":";
            if (f.is_number) {
                out += f.value;
            } else {
                append_json_string(f.value, out);
            }
        }
        out += '}';
    }
    return out + "\n]\n";
}

} // namespace spacesail::orbit
