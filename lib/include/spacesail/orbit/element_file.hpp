// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/orbit/element_set.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spacesail::orbit {

/// The text forms of element sets. State vectors travel in the OMM forms, with the keywords of the OPM.
enum class element_format {
    tle,      ///< two lines under a name line (padded to 24 characters), as CelesTrak serves them
    two_le,   ///< two lines without a name
    three_le, ///< two lines under "0 NAME", as Space-Track serves them
    omm_xml,
    omm_kvn,
    omm_json,
    omm_csv
};

/// Name of a format as options write it: tle, 2le, 3le, omm-xml, omm-kvn, omm-json, omm-csv.
const char* format_name(element_format format) noexcept;
/// \brief The format of a name. Errors: invalid_argument, listing the names.
result<element_format> parse_format_name(std::string_view name);

/// What to do with a two-line set whose checksum does not fit.
enum class checksum_policy {
    refuse, ///< leave the set out and report it
    ignore  ///< take the set
};

/// A record of a file that could not be used, or was used with a remark.
struct element_problem {
    std::size_t line = 0; ///< counted from 1; the record's first line where the place inside is not known
    std::string message;  ///< names the field, its value and the remedy
};

/// The sets of one file in their order, and what was wrong with the others.
struct element_file {
    element_format format = element_format::tle;
    std::vector<element_set> sets;
    std::vector<element_problem> problems;
};

/// \brief Tells the format of a text by its first significant characters.
/// Returns nothing for an empty text or one of no known form.
std::optional<element_format> detect_format(std::string_view text) noexcept;

/// \brief Reads element sets: TLE, 3LE, Alpha-5, OMM as XML, KVN, JSON or CSV, and OPM state vectors.
///
/// Lenient where nothing can be misread: comments (# or COMMENT), blank lines, CR LF, a byte order mark, any order of
/// fields, numbers as JSON strings, unknown fields, missing checksums, text after column 69. A record that
/// cannot be used is left out and reported with its line and a remedy; the others are kept. In names, control
/// characters and bytes that are not UTF-8 become '?'.
/// Sources: CCSDS 502.0-B-2 and 505.0-B-2; Spacetrack Report 3; CelesTrak "A New Way to Obtain GP Data" (field names of
/// the CSV and JSON forms); Space-Track documentation of Alpha-5. \param[in] text    the whole file. \param[in] format
/// the form, or nothing to detect it. Errors: parse, when no form is recognised or not one set could be read. Cost: see
/// BM_orbit_parse.
result<element_file> parse_elements(std::string_view text,
                                    std::optional<element_format> format = std::nullopt,
                                    checksum_policy checksums = checksum_policy::refuse);

/// \brief Reads a file of element sets. Errors: not_found, io, and those of parse_elements with the path in front.
result<element_file> load_elements(const std::string& path, checksum_policy checksums = checksum_policy::refuse);

/// \brief Writes element sets.
///
/// The OMM forms give back every value exactly (shortest decimal that reads as the same double, epoch to the
/// nanosecond). The two-line forms give back exactly what fits them, see fits_two_lines().
/// Errors: unsupported, naming the set, for a state vector or a catalogue number above 339999 in a two-line form;
/// out_of_range for a value that has no place in its columns.
result<std::string> write_elements(std::span<const element_set> sets, element_format format);

/// Whether the two-line form holds every digit of a set.
bool fits_two_lines(const element_set& set);

} // namespace spacesail::orbit
