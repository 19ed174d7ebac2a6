// SPDX-License-Identifier: GPL-3.0-or-later
#include "../options.hpp"
#include "../progress.hpp"

#include <spacesail/io/iq_reader.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <fmt/format.h>

#include <array>
#include <memory>

namespace spacesail::cli {
namespace {

struct record_options {
    std::string output;
    std::string input;
    std::string format;
    std::string input_format;
    std::optional<std::string> description;
    std::optional<double> seconds;
    io::iq_options iq;
};

/// What came of a recording, for people and for --json.
struct record_summary {
    std::uint64_t samples = 0, lost = 0, odd_bytes = 0, missing = 0, saturated = 0;
    std::size_t captures = 0;
    double rate_hz = 0;
};

/// Copies samples from a file or a pipe; every capture of the input becomes one of the output.
record_summary copy_samples(session& s, io::iq_reader& reader, io::iq_writer& writer, std::optional<std::uint64_t> most)
{
    record_summary out;
    const io::iq_spec& spec = reader.spec();
    out.rate_hz = spec.rate_hz;
    std::optional<std::uint64_t> total = spec.nof_samples;
    if (most) total = std::min(*most, total.value_or(*most));
    progress bar(s, total, "samples");
    std::vector<io::cf32_t> converted(65536);
    while (!session::interrupted()) {
        std::size_t ask = converted.size();
        if (most) ask = static_cast<std::size_t>(std::min<std::uint64_t>(ask, *most - out.samples));
        if (ask == 0) break;
        const auto chunk = value_or_failed(reader.next(ask, 200));
        if (chunk.status == io::read_status::end) break;
        if (chunk.status == io::read_status::timeout) continue;
        if (chunk.capture) {
            const io::iq_capture& c = spec.captures[*chunk.capture];
            writer.begin_capture(c.frequency_hz, c.start);
            out.lost += static_cast<std::uint64_t>(std::max<std::int64_t>(0, io::lost_samples(spec, *chunk.capture)));
            ++out.captures;
        }
        const std::size_t n = chunk.bytes.size() / io::bytes_per_sample(spec.format);
        if (spec.format == io::sample_format::ci16) {
            value_or_failed(writer.write(io::iq_reader::as_ci16(chunk)));
        } else {
            io::to_cf32(spec.format, chunk.bytes, std::span(converted).first(n));
            value_or_failed(writer.write(std::span<const io::cf32_t>(converted).first(n)));
        }
        out.samples += n;
        bar.update(out.samples);
    }
    value_or_failed(writer.close());
    out.odd_bytes = reader.odd_bytes();
    out.missing = reader.missing_samples();
    out.saturated = writer.saturated();
    return out;
}

void report(session& s, const record_options& o, const io::iq_spec& to, const record_summary& r)
{
    if (r.odd_bytes > 0)
        s.warn(fmt::format("{}: {} bytes behind the last whole sample were left out", o.input, r.odd_bytes));
    if (r.missing > 0) s.warn(fmt::format("{}: {} samples are missing at its end", o.input, r.missing));
    if (r.saturated > 0) {
        s.warn(fmt::format(
            "{} components did not fit {} and were saturated; use --format cf32", r.saturated, io::name_of(to.format)));
    }
    s.say(fmt::format("{}: {} samples as {}, {}{} capture{}, {} samples lost",
                      to.data.string(),
                      r.samples,
                      io::name_of(to.format),
                      r.rate_hz > 0 ? fmt::format("{:.6g} s, ", static_cast<double>(r.samples) / r.rate_hz) : "",
                      r.captures,
                      r.captures == 1 ? "" : "s",
                      r.lost));
    s.write_json({ { "output", to.data.string() },
                   { "format", io::name_of(to.format) },
                   { "rate_hz", r.rate_hz },
                   { "captures", r.captures },
                   { "samples",
                     { { "in", r.samples },
                       { "lost", r.lost },
                       { "missing", r.missing },
                       { "odd_bytes", r.odd_bytes },
                       { "saturated", r.saturated } } },
                   { "interrupted", session::interrupted() } });
}

/// Whether a file's name or metadata tells its format.
bool names_its_format(const std::filesystem::path& input)
{
    std::error_code code;
    return io::format_of_extension(input).has_value() || input.extension().string().starts_with(".sigmf") ||
           std::filesystem::exists(input.string() + ".sigmf-meta", code);
}

exit_code run_record(session& s, const record_options& o)
{
    io::iq_options in_options = o.iq;
    if (!o.input_format.empty()) {
        in_options.format = value_or_usage(io::parse_sample_format(o.input_format));
    } else if (!o.format.empty() && (o.input == "-" || !names_its_format(o.input))) {
        in_options.format = value_or_usage(io::parse_sample_format(o.format));
    }
    const io::iq_spec from = value_or_usage(io::parse_iq_input(o.input, in_options));
    if (from.origin == io::iq_origin::uhd) {
        throw usage_error{ "--input " + o.input +
                           " this build records from files and pipes; let the radio write into one: mkfifo iq; "
                           "rx_samples_to_file --file iq ... & spacesail record OUT --input iq --format ci16 --rate HZ" };
    }
    for (const std::string& warning : from.warnings) s.warn(warning);
    io::iq_options out_options;
    out_options.rate_hz = from.rate_hz;
    if (!o.format.empty()) {
        out_options.format = value_or_usage(io::parse_sample_format(o.format));
    } else if (o.output == "-") {
        out_options.format = from.format;
    }
    const io::iq_spec to = value_or_usage(io::parse_iq_output(o.output, out_options));
    std::error_code code;
    if (std::filesystem::equivalent(from.data, to.data, code)) {
        throw usage_error{ to.data.string() + ": is the input itself; give another output" };
    }
    if (to.origin == io::iq_origin::stream) s.claim_stdout("OUTPUT");

    auto reader = value_or_usage(io::iq_reader::open(from));
    io::sigmf_metadata metadata = from.metadata;
    if (o.description) metadata.description = *o.description;
    // Annotations keep their sample numbers, which counted from core:offset.
    for (auto& a : metadata.annotations) a.sample_start -= std::min(a.sample_start, from.metadata.offset);
    auto writer = value_or_usage(io::iq_writer::create(to, metadata));
    std::optional<std::uint64_t> most;
    if (o.seconds) most = static_cast<std::uint64_t>(std::llround(*o.seconds * from.rate_hz));
    const record_summary r = copy_samples(s, reader, writer, most);
    report(s, o, to, r);
    if (r.samples == 0) throw run_error{ "--input " + o.input + ": no sample came in" };
    return exit_code::done;
}

command_run declare_record(CLI::App& app)
{
    auto o = std::make_shared<record_options>();
    app.add_option("output", o->output, "SigMF recording (a name without extension) or raw file")
        ->required()
        ->type_name("OUT");
    app.add_option("--input", o->input, "SigMF recording, raw file, or - for standard input")
        ->required()
        ->type_name("INPUT");
    add_quantity(app, "--seconds", o->seconds, "S", "Longest duration; everything if left out", k_positive);
    app.add_option("--format",
                   o->format,
                   "Sample format of the output (ci16 for SigMF if left out), and of an input whose name does not tell")
        ->type_name("cf32|ci16|ci8|cu8");
    app.add_option("--input-format", o->input_format, "Sample format of a raw input or of standard input")
        ->type_name("cf32|ci16|ci8|cu8");
    app.add_option("--description", o->description, "Text for the recording's metadata")->type_name("TEXT");
    add_iq_place_options(app, o->iq);
    return [o](session& s) { return run_record(s, *o); };
}

const command_registration
    k_record({ 110,
               "record",
               "Write a SigMF recording from a file or a pipe, nothing lost silently",
               "spacesail record pass --input capture.cs16 --rate 50M --frequency 12.7G --start 2026-08-22T06:00:00Z",
               declare_record });

} // namespace
} // namespace spacesail::cli
