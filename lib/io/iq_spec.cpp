// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/iq_spec.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_uhd = "uhd:";

result<iq_spec> fail(error_code code, std::string message)
{
    return result<iq_spec>::failure(code, std::move(message));
}

fs::path with_extension(const fs::path& base, const char* extension)
{
    fs::path p = base;
    p += extension;
    return p;
}

/// The path without .sigmf-meta, .sigmf-data or .sigmf; nothing if it has none of them.
std::optional<fs::path> sigmf_base(const fs::path& p)
{
    const std::string e = p.extension().string();
    if (e == ".sigmf-meta" || e == ".sigmf-data" || e == ".sigmf") return fs::path(p).replace_extension();
    return std::nullopt;
}

/// A pipe, a terminal, a device node: bytes come and go, a size means nothing.
bool is_node(const fs::path& p)
{
    std::error_code code;
    const auto kind = fs::status(p, code).type();
    return kind == fs::file_type::character || kind == fs::file_type::fifo || kind == fs::file_type::socket;
}

std::optional<error> check_options(const iq_options& o)
{
    if (o.rate_hz && !(*o.rate_hz > 0 && std::isfinite(*o.rate_hz))) {
        return error{ error_code::invalid_argument,
                      "--rate " + std::to_string(*o.rate_hz) + ": give a sample rate above 0, such as 10M" };
    }
    if (o.frequency_hz && !std::isfinite(*o.frequency_hz)) {
        return error{ error_code::invalid_argument, "--frequency: give a frequency in Hz, such as 12.7G" };
    }
    return std::nullopt;
}

/// Puts what the options say over what the metadata said.
void apply_options(iq_spec& s, const iq_options& o)
{
    if (o.format) s.format = *o.format;
    if (o.rate_hz) s.rate_hz = *o.rate_hz;
    if (o.frequency_hz) {
        for (iq_capture& c : s.captures) c.frequency_hz = o.frequency_hz;
    }
    if (!o.start) return;
    const std::optional<utc_time> first = s.captures.front().start;
    for (iq_capture& c : s.captures) {
        if (first && c.start) c.start = utc_time{ c.start->ns - first->ns + o.start->ns };
    }
    s.captures.front().start = o.start;
}

std::optional<error> check_rate(const iq_spec& s, const iq_options& o)
{
    if (s.rate_hz > 0 || o.rate == rate_need::optional || s.origin == iq_origin::uhd) return std::nullopt;
    const char* whose =
        s.origin == iq_origin::sigmf ? "the metadata has no core:sample_rate" : "bare samples carry no sample rate";
    return error{ error_code::invalid_argument, s.text + ": " + whose + "; add --rate HZ (such as --rate 10M)" };
}

/// Turns SigMF's captures into stretches of the data file and checks them against its size.
std::optional<error> lay_out(iq_spec& s)
{
    const sigmf_metadata& m = s.metadata;
    const std::uint64_t bytes_each = bytes_per_sample(s.format);
    std::uint64_t headers = 0;
    s.captures.clear();
    for (const sigmf_capture& c : m.captures) {
        const iq_capture next{
            c.sample_start - m.offset, c.header_bytes, c.frequency_hz, c.datetime, c.datetime_step_ns
        };
        headers += c.header_bytes;
        if (headers > std::uint64_t{ 1 } << 62)
            return error{ error_code::parse,
                          s.meta.string() + ": core:header_bytes add up to more than a file can hold" };
        // Two captures at one sample: the later one says how things stand; an empty stretch has no samples to speak
        // for.
        if (!s.captures.empty() && s.captures.back().first_sample == next.first_sample) {
            const std::uint64_t before = s.captures.back().header_bytes;
            s.captures.back() = next;
            s.captures.back().header_bytes += before;
            continue;
        }
        s.captures.push_back(next);
    }
    if (s.captures.front().first_sample != 0) s.captures.insert(s.captures.begin(), iq_capture{});

    std::error_code code;
    if (!fs::is_regular_file(s.data, code)) return std::nullopt;
    const std::uint64_t size = fs::file_size(s.data, code);
    if (code) return error{ error_code::io, s.data.string() + ": " + code.message() };
    if (size < headers + m.trailing_bytes) {
        return error{ error_code::truncated,
                      s.data.string() + ": has " + std::to_string(size) + " bytes, less than the " +
                          std::to_string(headers + m.trailing_bytes) +
                          " header and trailing bytes of its metadata; copy the file again" };
    }
    const std::uint64_t sample_bytes = size - headers - m.trailing_bytes;
    s.nof_samples = sample_bytes / bytes_each;
    s.odd_bytes = sample_bytes % bytes_each;
    if (s.odd_bytes != 0) {
        s.warnings.push_back(s.data.string() + ": " + std::to_string(s.odd_bytes) + " bytes behind the last whole " +
                             std::string(name_of(s.format)) +
                             " sample are left out; check --format, or the recording was cut");
    }
    if (s.captures.back().first_sample >= *s.nof_samples && s.captures.back().first_sample > 0) {
        s.warnings.push_back(s.data.string() + ": ends at sample " + std::to_string(*s.nof_samples) +
                             ", before the capture at sample " + std::to_string(s.captures.back().first_sample) +
                             "; the recording was cut");
        while (s.captures.size() > 1 && s.captures.back().first_sample >= *s.nof_samples) s.captures.pop_back();
    }
    return std::nullopt;
}

result<iq_spec> sigmf_input(iq_spec s, const fs::path& base, const iq_options& options)
{
    s.origin = iq_origin::sigmf;
    s.meta = with_extension(base, ".sigmf-meta");
    s.data = with_extension(base, ".sigmf-data");
    std::error_code code;
    if (!fs::exists(s.meta, code)) {
        return fail(error_code::not_found,
                    s.text + ": no file " + s.meta.string() +
                        "; a SigMF recording needs it, or give the samples as a raw file with --format and --rate");
    }
    auto m = read_sigmf(s.meta);
    if (!m) return m.error();
    s.metadata = std::move(*m);
    if (!s.metadata.dataset.empty()) {
        const fs::path name(s.metadata.dataset);
        if (name.has_parent_path()) {
            return fail(error_code::parse,
                        s.meta.string() + ": field core:dataset is \"" + s.metadata.dataset +
                            "\"; name a file in the same folder");
        }
        s.data = s.meta.parent_path() / name;
    }
    if (!fs::exists(s.data, code)) {
        return fail(error_code::not_found,
                    s.text + ": no data file " + s.data.string() + " beside " + s.meta.filename().string() +
                        "; copy it there");
    }
    s.format = options.format.value_or(s.metadata.format);
    s.rate_hz = s.metadata.sample_rate_hz.value_or(0.0);
    if (auto e = lay_out(s)) return *e;
    apply_options(s, options);
    if (auto e = check_rate(s, options)) return *e;
    return s;
}

result<iq_spec> raw_input(iq_spec s, const iq_options& options)
{
    std::error_code code;
    if (!fs::exists(s.data, code)) {
        return fail(error_code::not_found,
                    s.text + ": no such file; give a SigMF recording, a raw IQ file, or - for a pipe");
    }
    if (fs::is_directory(s.data, code))
        return fail(error_code::invalid_argument, s.text + ": is a folder; name a file in it");
    const auto by_name = format_of_extension(s.data);
    if (!options.format && !by_name && !is_node(s.data)) {
        return fail(error_code::invalid_argument,
                    s.text + ": the extension names no sample format; add --format cf32, ci16, ci8 or cu8");
    }
    s.format = options.format.value_or(by_name.value_or(sample_format::cf32));
    s.metadata.captures = { sigmf_capture{} };
    if (auto e = lay_out(s)) return *e;
    apply_options(s, options);
    if (auto e = check_rate(s, options)) return *e;
    return s;
}

result<iq_spec> uhd_or_stream(iq_spec s, const iq_options& options)
{
    if (s.text.starts_with(k_uhd)) {
        s.origin = iq_origin::uhd;
        s.uhd_args = s.text.substr(k_uhd.size());
        s.format = options.format.value_or(sample_format::ci16);
    } else {
        s.origin = iq_origin::stream;
        s.data = "-";
        s.format = options.format.value_or(sample_format::cf32);
    }
    apply_options(s, options);
    if (auto e = check_rate(s, options)) return *e;
    return s;
}

} // namespace

result<iq_spec> parse_iq_input(std::string_view text, const iq_options& options)
{
    if (auto e = check_options(options)) return *e;
    iq_spec s;
    s.text = std::string(text);
    if (text.empty())
        return fail(error_code::invalid_argument,
                    "no IQ input named; give a SigMF recording, a raw IQ file, or - for a pipe");
    if (text.find('\0') != std::string_view::npos)
        return fail(error_code::invalid_argument, "the IQ input's name has a zero byte in it; correct the name");
    if (text == "-" || text.starts_with(k_uhd)) return uhd_or_stream(std::move(s), options);
    const fs::path path(text);
    std::error_code code;
    if (const auto base = sigmf_base(path)) return sigmf_input(std::move(s), *base, options);
    if (!fs::is_regular_file(path, code) && fs::exists(with_extension(path, ".sigmf-meta"), code))
        return sigmf_input(std::move(s), path, options);
    s.origin = iq_origin::raw_file;
    s.data = path;
    return raw_input(std::move(s), options);
}

result<iq_spec> parse_iq_output(std::string_view text, const iq_options& options)
{
    if (auto e = check_options(options)) return *e;
    iq_spec s;
    s.text = std::string(text);
    if (text.empty())
        return fail(error_code::invalid_argument,
                    "no IQ output named; give a SigMF recording, a raw IQ file, or - for a pipe");
    if (text.find('\0') != std::string_view::npos)
        return fail(error_code::invalid_argument, "the IQ output's name has a zero byte in it; correct the name");
    if (text == "-" || text.starts_with(k_uhd)) {
        iq_options relaxed = options;
        relaxed.rate = rate_need::optional;
        return uhd_or_stream(std::move(s), relaxed);
    }
    const fs::path path(text);
    std::error_code code;
    if (fs::is_directory(path, code) || !path.has_filename())
        return fail(error_code::invalid_argument, s.text + ": is a folder; name a file in it");
    if (path.has_parent_path() && !fs::is_directory(path.parent_path(), code)) {
        return fail(error_code::not_found, s.text + ": no folder " + path.parent_path().string() + "; make it first");
    }
    const auto by_name = format_of_extension(path);
    const auto base = sigmf_base(path);
    if (base || (!by_name && !path.has_extension() && !is_node(path))) {
        s.origin = iq_origin::sigmf;
        s.meta = with_extension(base.value_or(path), ".sigmf-meta");
        s.data = with_extension(base.value_or(path), ".sigmf-data");
        s.format = sample_format::ci16;
    } else {
        s.origin = iq_origin::raw_file;
        s.data = path;
        if (!by_name && !options.format && !is_node(path)) {
            return fail(error_code::invalid_argument,
                        s.text + ": the extension names no sample format; add --format, or end the name in "
                                 ".sigmf-data, .cf32 or .ci16");
        }
        s.format = by_name.value_or(sample_format::cf32);
    }
    apply_options(s, options);
    return s;
}

std::int64_t lost_samples(const iq_spec& spec, std::size_t i) noexcept
{
    if (i == 0 || i >= spec.captures.size() || !(spec.rate_hz > 0)) return 0;
    const iq_capture& a = spec.captures[i - 1];
    const iq_capture& b = spec.captures[i];
    if (!a.start || !b.start) return 0;
    const double expected = b.start->seconds_since(*a.start) * spec.rate_hz;
    const double lost = expected - static_cast<double>(b.first_sample - a.first_sample);
    const double step = 1e-9 * static_cast<double>(std::max(a.time_step_ns, b.time_step_ns)) * spec.rate_hz;
    // Why the upper bound: times years apart at a high rate would leave the integer's range.
    return lost < std::max(1.0, step) || lost > 9e15 ? 0 : std::llround(lost);
}

} // namespace spacesail::io
