// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/orbit/element_file.hpp>

#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace spacesail::orbit {
namespace {

struct named_format {
    element_format format;
    const char* name;
};
constexpr std::array<named_format, 7> k_formats = { { { element_format::tle, "tle" },
                                                      { element_format::two_le, "2le" },
                                                      { element_format::three_le, "3le" },
                                                      { element_format::omm_xml, "omm-xml" },
                                                      { element_format::omm_kvn, "omm-kvn" },
                                                      { element_format::omm_json, "omm-json" },
                                                      { element_format::omm_csv, "omm-csv" } } };

std::string_view without_mark(std::string_view text) noexcept
{
    return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

bool looks_like_csv(std::string_view line) noexcept
{
    return line.find(',') != std::string_view::npos && line.find("EPOCH") != std::string_view::npos;
}

/// Bytes of the UTF-8 sequence at the front of `s`, 0 if it is none. Source: RFC 3629, clause 4.
std::size_t utf8_length(std::string_view s) noexcept
{
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    if (at(0) < 0x80) return 1;
    const std::size_t n = at(0) >= 0xf0 ? 4 : at(0) >= 0xe0 ? 3 : 2;
    if (at(0) < 0xc2 || at(0) > 0xf4 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i) {
        if ((at(i) & 0xc0) != 0x80) return 0;
    }
    // Overlong, surrogate or above U+10FFFF.
    const bool low = (at(0) == 0xe0 && at(1) < 0xa0) || (at(0) == 0xf0 && at(1) < 0x90);
    const bool high = (at(0) == 0xed && at(1) > 0x9f) || (at(0) == 0xf4 && at(1) > 0x8f);
    return low || high ? 0 : n;
}

/// Why: names go to terminals and into XML and JSON, where such bytes would make the file unreadable.
void replace_unprintable(std::string& s)
{
    for (std::size_t i = 0; i < s.size();) {
        const std::size_t n = utf8_length(std::string_view(s).substr(i));
        const auto first = static_cast<unsigned char>(s[i]);
        if (n == 0 || first < 0x20 || first == 0x7f) s[i] = '?';
        i += std::max<std::size_t>(n, 1);
    }
}

} // namespace

std::string display_name(const element_set& set)
{
    if (!set.name.empty()) return set.name;
    if (set.norad_id != 0) return std::to_string(set.norad_id);
    return set.object_id.empty() ? "unnamed satellite" : set.object_id;
}

const char* format_name(element_format format) noexcept
{
    for (const named_format& f : k_formats) {
        if (f.format == format) return f.name;
    }
    return "";
}

result<element_format> parse_format_name(std::string_view name)
{
    std::string known;
    for (const named_format& f : k_formats) {
        if (name == f.name) return f.format;
        known += (known.empty() ? "" : ", ") + std::string(f.name);
    }
    return result<element_format>::failure(error_code::invalid_argument,
                                           fmt::format("'{}' is no element format; use one of {}", name, known));
}

std::optional<element_format> detect_format(std::string_view text) noexcept
{
    line_reader lines(without_mark(text));
    std::string_view line;
    bool named = false;
    while (lines.next(line)) {
        line = trimmed(line);
        if (line.empty() || line.front() == '#') continue;
        if (line.front() == '<') return element_format::omm_xml;
        if (line.front() == '[' || line.front() == '{') return element_format::omm_json;
        if (line.starts_with("COMMENT ")) continue;
        if (looks_like_csv(line)) return element_format::omm_csv;
        if (line.starts_with("1 ") && line.size() >= 60) return named ? element_format::tle : element_format::two_le;
        if (line.find('=') != std::string_view::npos) return element_format::omm_kvn;
        if (line.starts_with("0 ")) return element_format::three_le;
        if (named) return std::nullopt; // two lines that are neither elements nor anything else known
        named = true;
    }
    return std::nullopt;
}

result<element_file>
parse_elements(std::string_view text, std::optional<element_format> format, checksum_policy checksums)
{
    text = without_mark(text);
    if (!format) format = detect_format(text);
    if (!format) {
        return result<element_file>::failure(
            error_code::parse,
            trimmed(text).empty()
                ? "the text is empty; give a file of element sets"
                : "line 1: this is neither TLE, 3LE nor OMM (XML, KVN, JSON, CSV); give a file of element sets");
    }
    element_file out;
    out.format = *format;
    switch (*format) {
    case element_format::tle:
    case element_format::two_le:
    case element_format::three_le:
        read_two_lines(text, checksums, out);
        break;
    case element_format::omm_kvn:
        read_omm_kvn(text, out);
        break;
    case element_format::omm_csv:
        read_omm_csv(text, out);
        break;
    case element_format::omm_json:
        read_omm_json(text, out);
        break;
    case element_format::omm_xml:
        read_omm_xml(text, out);
        break;
    }
    if (out.sets.empty()) {
        std::string why = "no element set was found; give a file of element sets";
        if (!out.problems.empty())
            why = "line " + std::to_string(out.problems.front().line) + ": " + out.problems.front().message;
        return result<element_file>::failure(error_code::parse, std::string(format_name(*format)) + ": " + why);
    }
    for (element_set& set : out.sets) {
        replace_unprintable(set.name);
        replace_unprintable(set.object_id);
        mean_elements* m = set.mean();
        if (m != nullptr && (m->classification <= ' ' || m->classification > '~')) m->classification = 'U';
    }
    return out;
}

result<element_file> load_elements(const std::string& path, checksum_policy checksums)
{
    const auto fail = [&](error_code code, const std::string& why) {
        return result<element_file>::failure(code, path + ": " + why);
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file)
        return fail(errno == ENOENT ? error_code::not_found : error_code::io,
                    std::string(std::strerror(errno)) + "; give a readable file of element sets");
    std::string text;
    std::array<char, 65536> block{};
    std::size_t n = 0;
    while ((n = std::fread(block.data(), 1, block.size(), file.get())) > 0) text.append(block.data(), n);
    if (std::ferror(file.get()) != 0)
        return fail(error_code::io, "reading failed; give a readable file of element sets");
    auto parsed = parse_elements(text, std::nullopt, checksums);
    if (!parsed) return fail(parsed.error().code, parsed.error().message);
    return parsed;
}

result<std::string> write_elements(std::span<const element_set> sets, element_format format)
{
    std::string out;
    switch (format) {
    case element_format::omm_xml:
        return omm_xml(sets);
    case element_format::omm_json:
        return omm_json(sets);
    case element_format::omm_csv:
        return omm_csv(sets);
    case element_format::omm_kvn:
        for (const element_set& set : sets) append_omm_kvn(set, out);
        return out;
    case element_format::tle:
    case element_format::two_le:
    case element_format::three_le:
        for (const element_set& set : sets) {
            if (auto done = append_two_lines(set, format, out); !done) return done.error();
        }
        return out;
    }
    return out;
}

bool fits_two_lines(const element_set& set)
{
    std::string text;
    if (!append_two_lines(set, element_format::three_le, text)) return false;
    const auto back = parse_elements(text, element_format::three_le);
    return back.has_value() && back->sets.size() == 1 && back->sets.front() == set;
}

} // namespace spacesail::orbit
