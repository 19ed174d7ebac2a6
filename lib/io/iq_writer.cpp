// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/iq_writer.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace spacesail::io {

iq_writer::iq_writer(const iq_spec& spec, const sigmf_metadata& metadata)
    : d_spec(spec), d_metadata(metadata), d_buffer(k_buffer_bytes)
{
    d_metadata.format = spec.format;
    d_metadata.offset = 0;
    d_metadata.trailing_bytes = 0;
    d_metadata.dataset.clear();
    if (spec.rate_hz > 0) d_metadata.sample_rate_hz = spec.rate_hz;
    if (d_metadata.recorder.empty()) d_metadata.recorder = "spacesail";
    d_metadata.captures.clear();
    begin_capture(spec.frequency_hz(), spec.start());
}

iq_writer::~iq_writer()
{
    if (d_file.is_open()) static_cast<void>(close());
}

result<iq_writer> iq_writer::create(const iq_spec& spec, const sigmf_metadata& metadata)
{
    if (spec.origin == iq_origin::uhd) {
        return result<iq_writer>::failure(error_code::invalid_argument,
                                          spec.text + ": is a radio, not a file; give a file or -");
    }
    auto file = file_descriptor::open_to_write(spec.data);
    if (!file) return file.error();
    iq_writer writer(spec, metadata);
    writer.d_file = std::move(*file);
    writer.d_buffered = writer.d_file.is_regular_file();
    return writer;
}

void iq_writer::limit_pipe(double seconds) noexcept
{
    const int now = ::fcntl(d_file.get(), F_GETPIPE_SZ);
    const double wanted = seconds * rate_hz() * static_cast<double>(bytes_per_sample(d_spec.format));
    if (now > 0 && wanted < now)
        static_cast<void>(::fcntl(d_file.get(), F_SETPIPE_SZ, std::max(1, static_cast<int>(wanted))));
}

void iq_writer::begin_capture(std::optional<double> frequency_hz, std::optional<utc_time> start)
{
    sigmf_capture c;
    c.sample_start = d_nof_samples;
    c.frequency_hz = frequency_hz;
    c.datetime = start;
    if (!d_metadata.captures.empty() && d_metadata.captures.back().sample_start == d_nof_samples) {
        d_metadata.captures.back() = std::move(c);
    } else {
        d_metadata.captures.push_back(std::move(c));
    }
}

result<ok_t> iq_writer::fail(const error& cause, std::size_t written_of_buffer)
{
    const std::size_t each = bytes_per_sample(d_spec.format);
    d_bytes_in_file += written_of_buffer;
    const std::uint64_t whole = d_bytes_in_file / each;
    d_nof_samples = whole;
    d_used = 0;
    // A file keeps whole samples only; a pipe cannot take bytes back.
    if (d_bytes_in_file % each != 0 && d_file.is_regular_file() &&
        ::ftruncate(d_file.get(), static_cast<off_t>(whole * each)) == 0) {
        d_bytes_in_file = whole * each;
    }
    d_failure = error{ cause.code,
                       cause.message + "; " + std::to_string(d_bytes_in_file) + " bytes = " + std::to_string(whole) +
                           " samples were written" };
    return *d_failure;
}

result<ok_t> iq_writer::flush()
{
    if (d_failure) return *d_failure;
    std::size_t written = 0;
    const auto done = d_file.write_all(std::span(d_buffer).first(d_used), d_spec.data.string(), written);
    if (!done) return fail(done.error(), written);
    d_bytes_in_file += d_used;
    d_used = 0;
    return ok;
}

result<ok_t> iq_writer::write(std::span<const cf32_t> samples)
{
    if (d_failure) return *d_failure;
    while (!samples.empty()) {
        const std::size_t n = std::min(room_samples(), samples.size());
        const std::size_t bytes = n * bytes_per_sample(d_spec.format);
        d_saturated += from_cf32(d_spec.format, samples.first(n), std::span(d_buffer).subspan(d_used, bytes));
        d_used += bytes;
        d_nof_samples += n;
        samples = samples.subspan(n);
        if (room_samples() == 0) {
            if (auto done = flush(); !done) return done;
        }
    }
    return flush_unless_file();
}

result<ok_t> iq_writer::write(std::span<const ci16_t> samples)
{
    if (d_spec.format != sample_format::ci16) {
        std::array<cf32_t, 1024> block;
        while (!samples.empty()) {
            const std::size_t n = std::min(block.size(), samples.size());
            to_cf32(sample_format::ci16, std::as_bytes(samples.first(n)), std::span(block).first(n));
            if (auto done = write(std::span<const cf32_t>(block).first(n)); !done) return done;
            samples = samples.subspan(n);
        }
        return ok;
    }
    if (d_failure) return *d_failure;
    while (!samples.empty()) {
        const std::size_t n = std::min(room_samples(), samples.size());
        std::memcpy(d_buffer.data() + d_used, samples.data(), n * sizeof(ci16_t));
        d_used += n * sizeof(ci16_t);
        d_nof_samples += n;
        samples = samples.subspan(n);
        if (room_samples() == 0) {
            if (auto done = flush(); !done) return done;
        }
    }
    return flush_unless_file();
}

result<ok_t> iq_writer::close()
{
    if (!d_file.is_open()) {
        if (d_failure) return *d_failure;
        return ok;
    }
    auto done = flush();
    if (auto closed = d_file.close(d_spec.data.string()); done && !closed) done = fail(closed.error(), 0);
    if (d_spec.origin != iq_origin::sigmf) return done;
    while (d_metadata.captures.size() > 1 && d_metadata.captures.back().sample_start >= d_nof_samples)
        d_metadata.captures.pop_back();
    auto meta = write_sigmf(d_spec.meta, d_metadata);
    return done ? meta : done;
}

result<ok_t> iq_writer::open_again()
{
    if (d_failure) return *d_failure;
    if (d_file.is_open()) return ok;
    auto file = file_descriptor::open_to_append(d_spec.data);
    if (!file) return *(d_failure = file.error());
    d_file = std::move(*file);
    d_buffered = d_file.is_regular_file();
    return ok;
}

} // namespace spacesail::io
