// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/io/sample_format.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Metadata of SigMF recordings. Source: SigMF 1.0 ("Signal Metadata Format Specification").
namespace spacesail::io {

/// \brief One capture segment: from here on the radio's settings and clock were these.
struct sigmf_capture {
    std::uint64_t sample_start = 0;     ///< core:sample_start, with core:offset still in it
    std::optional<double> frequency_hz; ///< core:frequency, centre of the band
    std::optional<utc_time> datetime;   ///< core:datetime, UTC of the first sample
    std::int64_t datetime_step_ns = 1;  ///< worth of the last digit that core:datetime was written with
    std::uint64_t header_bytes = 0;     ///< core:header_bytes in front of the segment in the data file
    std::string other_json = "{}";      ///< every further field, as a JSON object
};

/// \brief One annotation: what someone saw in a stretch of samples.
struct sigmf_annotation {
    std::uint64_t sample_start = 0;
    std::optional<std::uint64_t> sample_count; ///< none: to the end
    std::optional<double> freq_lower_hz;
    std::optional<double> freq_upper_hz;
    std::string label;
    std::string comment;
    std::string other_json = "{}"; ///< every further field, as a JSON object
};

/// \brief What a .sigmf-meta file says. Fields that this project has no use for live on in the *_json texts.
struct sigmf_metadata {
    sample_format format = sample_format::cf32;
    std::optional<double> sample_rate_hz;
    std::string version = "1.0.0";
    std::string description;
    std::string author;
    std::string recorder;
    std::string hardware;
    std::string dataset;              ///< core:dataset, name of a data file that does not end in .sigmf-data
    std::uint64_t offset = 0;         ///< core:offset, index of the first sample of the data file
    std::uint64_t trailing_bytes = 0; ///< core:trailing_bytes behind the last sample
    std::string other_json = "{}";    ///< every further field of "global", as a JSON object
    std::vector<sigmf_capture> captures;
    std::vector<sigmf_annotation> annotations;
    std::string further_json = "{}"; ///< top-level objects besides global, captures, annotations
};

/// \brief Reads the text of a .sigmf-meta file.
///
/// \param[in] name  what errors call the file.
/// Captures must be in order of their sample_start; a missing first capture means one that starts at the first sample.
/// Errors: parse or unsupported, naming file, field, value and remedy. Never throws, whatever the text.
result<sigmf_metadata> parse_sigmf(std::string_view json, const std::string& name);

/// \brief Reads a .sigmf-meta file of at most 256 MiB. Errors: those of parse_sigmf, not_found, io.
result<sigmf_metadata> read_sigmf(const std::filesystem::path& meta_file);

/// \brief The text of a .sigmf-meta file. Reading it back gives the same metadata.
std::string to_json(const sigmf_metadata& m);

/// \brief Writes a .sigmf-meta file: under another name first, then renamed, so that no half file stays.
/// Errors: io, not_found.
result<ok_t> write_sigmf(const std::filesystem::path& meta_file, const sigmf_metadata& m);

} // namespace spacesail::io
