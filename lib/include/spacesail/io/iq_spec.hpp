// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/io/sample_format.hpp>
#include <spacesail/io/sigmf.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spacesail::io {

/// Where IQ samples come from or go to.
enum class iq_origin {
    sigmf,    ///< a SigMF recording: data file and metadata file
    raw_file, ///< bare samples in a file, a named pipe or a device node
    stream,   ///< standard input or output
    uhd       ///< a radio through UHD
};

/// Whether a command can do without knowing the sample rate.
enum class rate_need { required, optional };

/// \brief What the user says about IQ besides its name; wins over metadata.
struct iq_options {
    std::optional<sample_format> format;
    std::optional<double> rate_hz;
    std::optional<double> frequency_hz; ///< RF that maps to 0 Hz
    std::optional<utc_time> start;      ///< UTC of the first sample
    rate_need rate = rate_need::required;
};

/// \brief A stretch of samples recorded without a break.
struct iq_capture {
    sample_index first_sample = 0;  ///< counted from the first sample of the stream
    std::uint64_t header_bytes = 0; ///< bytes to skip in the file in front of it
    std::optional<double> frequency_hz;
    std::optional<utc_time> start;
    std::int64_t time_step_ns = 1; ///< what the last written digit of the start time is worth
};

/// \brief One IQ input or output, ready to be opened.
struct iq_spec {
    iq_origin origin = iq_origin::raw_file;
    std::string text;           ///< what the user wrote
    std::filesystem::path data; ///< file with the samples; "-" for a stream
    std::filesystem::path meta; ///< .sigmf-meta, empty if there is none
    std::string uhd_args;       ///< device arguments behind "uhd:"
    sample_format format = sample_format::cf32;
    double rate_hz = 0.0;                             ///< samples per second; 0: not known
    std::vector<iq_capture> captures{ iq_capture{} }; ///< at least one; the first starts at sample 0
    sigmf_metadata metadata;                          ///< what the metadata file says (SigMF input)
    std::optional<std::uint64_t> nof_samples;         ///< length of a regular file in whole samples
    std::uint64_t odd_bytes = 0;                      ///< bytes behind the last whole sample of a regular file
    std::vector<std::string> warnings;                ///< one line each: what was found odd but could be read

    std::optional<double> frequency_hz() const { return captures.front().frequency_hz; }
    std::optional<utc_time> start() const { return captures.front().start; }
};

/// \brief Understands an IQ input: "x.sigmf-meta", "x.sigmf-data", the base name x of the two, a raw file, "-" or
/// "uhd:ARGS".
///
/// SigMF gives format, rate, frequency and times; options win over it (a start time moves every capture alike). A raw
/// file needs its rate from the options and its format from them or from its extension; "-" is cf32 unless told
/// otherwise. Errors: not_found, parse, truncated, invalid_argument, unsupported; they name the file, what is missing
/// and the option to add.
result<iq_spec> parse_iq_input(std::string_view text, const iq_options& options = {});

/// \brief Understands an IQ output: "x.sigmf-meta", "x.sigmf-data", a name without extension (SigMF), a raw file with a
/// known extension or a format, an existing pipe or device node, "-" (cf32 unless told otherwise) or "uhd:ARGS". SigMF
/// is written as ci16 unless told otherwise. Errors: as parse_iq_input; nothing is created yet.
result<iq_spec> parse_iq_output(std::string_view text, const iq_options& options = {});

/// \brief Samples lost between capture `i - 1` and capture `i` by their times: > 0 a gap, 0 none or not known.
///
/// A difference below one sample, or below the last digit the times are written with, counts as none.
std::int64_t lost_samples(const iq_spec& spec, std::size_t i) noexcept;

} // namespace spacesail::io
