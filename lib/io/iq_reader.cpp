// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/iq_reader.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace spacesail::io {

result<iq_reader> iq_reader::open(const iq_spec& spec)
{
    if (spec.origin == iq_origin::uhd) {
        return result<iq_reader>::failure(error_code::invalid_argument,
                                          spec.text + ": is a radio, not a file; give a file or -");
    }
    auto file = file_descriptor::open_to_read(spec.data);
    if (!file) return file.error();
    iq_reader reader(spec);
    reader.d_file = std::move(*file);
    // The samples of a regular file end where its trailing bytes begin; a pipe ends when it ends.
    if (reader.d_file.is_regular_file()) {
        reader.d_samples_left = spec.nof_samples;
        ::posix_fadvise(reader.d_file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return reader;
}

result<read_status> iq_reader::fill(int timeout_ms)
{
    if (d_begin > 0) {
        std::memmove(d_buffer.data(), d_buffer.data() + d_begin, d_end - d_begin);
        d_end -= d_begin;
        d_begin = 0;
    }
    auto got = d_file.read(std::span(d_buffer).subspan(d_end), timeout_ms, d_spec.data.string());
    if (!got) {
        finish();
        return error{ got.error().code, got.error().message + " at byte " + std::to_string(d_file_offset) };
    }
    d_end += got->nof_bytes;
    d_file_offset += got->nof_bytes;
    return got->status;
}

result<read_status> iq_reader::skip_header(int timeout_ms)
{
    if (!d_header_entered) {
        d_header_left = d_spec.captures[d_next_capture].header_bytes;
        d_header_entered = true;
    }
    while (d_header_left > 0) {
        if (d_begin == d_end) {
            const auto status = fill(timeout_ms);
            if (!status || *status != read_status::data) return status;
        }
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(d_header_left, d_end - d_begin));
        d_begin += step;
        d_header_left -= step;
    }
    return read_status::data;
}

void iq_reader::finish() noexcept
{
    if (d_at_end) return;
    d_at_end = true;
    d_missing_samples = d_samples_left.value_or(0);
    // Why two sources: bytes that the reader itself was left with (pipes, files that grew or shrank), or what the size
    // said at opening.
    d_odd_bytes = d_samples_left && d_missing_samples == 0 ? d_spec.odd_bytes : d_end - d_begin;
}

result<iq_chunk> iq_reader::next(std::size_t max_samples, int timeout_ms)
{
    assert(max_samples > 0);
    iq_chunk chunk;
    chunk.first_sample = d_next_sample;
    if (d_at_end) return chunk;
    const std::size_t each = bytes_per_sample(d_spec.format);

    const bool capture_starts =
        d_next_capture < d_spec.captures.size() && d_spec.captures[d_next_capture].first_sample == d_next_sample;
    if (d_samples_left && *d_samples_left == 0) {
        finish();
        return chunk;
    }
    if (capture_starts) {
        const auto status = skip_header(timeout_ms);
        if (!status) return status.error();
        if (*status != read_status::data) {
            chunk.status = *status;
            if (*status == read_status::end) finish();
            return chunk;
        }
        // Why: a header of odd length leaves the samples off their alignment; the next fill moves them to the buffer's
        // start.
        if (d_begin % each != 0 && d_end > d_begin) {
            std::memmove(d_buffer.data(), d_buffer.data() + d_begin, d_end - d_begin);
            d_end -= d_begin;
            d_begin = 0;
        }
    }
    while (d_end - d_begin < each) {
        const auto status = fill(timeout_ms);
        if (!status) return status.error();
        if (*status == read_status::data) continue;
        chunk.status = *status;
        if (*status == read_status::end) finish();
        return chunk;
    }
    std::uint64_t n = std::min<std::uint64_t>((d_end - d_begin) / each, max_samples);
    if (d_samples_left) n = std::min(n, *d_samples_left);
    if (capture_starts) {
        chunk.capture = d_next_capture++;
        d_header_entered = false;
    }
    if (d_next_capture < d_spec.captures.size())
        n = std::min(n, d_spec.captures[d_next_capture].first_sample - d_next_sample);
    chunk.status = read_status::data;
    chunk.bytes = std::span<const std::byte>(d_buffer).subspan(d_begin, static_cast<std::size_t>(n) * each);
    d_begin += chunk.bytes.size();
    d_next_sample += n;
    if (d_samples_left) *d_samples_left -= n;
    return chunk;
}

} // namespace spacesail::io
