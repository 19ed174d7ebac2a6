// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/orbit/element_file.hpp>

#include <string>
#include <string_view>

/// One reader and one writer a text form (internal to the room); parse_elements() and write_elements() choose.
namespace spacesail::orbit {

void read_two_lines(std::string_view text, checksum_policy checksums, element_file& out);
void read_omm_kvn(std::string_view text, element_file& out);
void read_omm_csv(std::string_view text, element_file& out);
void read_omm_json(std::string_view text, element_file& out);
void read_omm_xml(std::string_view text, element_file& out);

/// \brief Appends one set. Errors: unsupported, out_of_range.
result<ok_t> append_two_lines(const element_set& set, element_format format, std::string& out);
void append_omm_kvn(const element_set& set, std::string& out);
std::string omm_csv(std::span<const element_set> sets);
std::string omm_json(std::span<const element_set> sets);
std::string omm_xml(std::span<const element_set> sets);

/// Splits lines off a text and counts them.
class line_reader
{
public:
    explicit line_reader(std::string_view text) noexcept : d_rest(text) {}
    /// The next line without its line end; false at the end of the text.
    bool next(std::string_view& line) noexcept;
    std::size_t line_number() const noexcept { return d_line; }

private:
    std::string_view d_rest;
    std::size_t d_line = 0;
};

} // namespace spacesail::orbit
