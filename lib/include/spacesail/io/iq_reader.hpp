// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/iq_spec.hpp>
#include <spacesail/simd/aligned.hpp>

#include <cstdint>
#include <span>

namespace spacesail::io {

/// \brief A run of whole samples as they lie in the file; valid until the next call of the reader.
struct iq_chunk {
    read_status status = read_status::end; ///< data, end of the input, or nothing came in time (pipes)
    std::span<const std::byte>
        bytes;                     ///< whole samples, aligned to 64 bytes at the start of a buffer, to a sample within
    sample_index first_sample = 0; ///< index of the first sample in the stream
    std::optional<std::size_t> capture; ///< index into iq_spec::captures if that capture starts with this chunk
};

/// \brief Streams the samples of a file, a pipe or standard input.
///
/// Reads 256 KiB at a time with read(2) and hands out views of that buffer; nothing is copied again.
/// Why not mmap: a file cut short while it is mapped ends the program with SIGBUS, and the mapped pages of a long
/// recording count as its memory; read(2) into a buffer that stays in the L2 cache costs 4 % of a core at 60 Msamples/s
/// of ci16.
class iq_reader
{
public:
    static constexpr std::size_t k_buffer_bytes = std::size_t{ 256 } << 10;

    /// \brief Opens the samples of `spec` (not uhd). Errors: not_found, io; invalid_argument for a uhd spec.
    static result<iq_reader> open(const iq_spec& spec);

    /// \brief The next samples, at most `max_samples` (> 0) and never across the start of a capture.
    ///
    /// \param[in] timeout_ms  longest wait on a pipe or device; -1: none.
    /// Errors: io (the file name, the byte where it happened); after one the reader is at its end. No allocation unless
    /// it fails.
    result<iq_chunk> next(std::size_t max_samples, int timeout_ms = -1);

    /// \brief The next samples as ci16 without a copy. The format of the spec must be ci16.
    static std::span<const ci16_t> as_ci16(const iq_chunk& chunk) noexcept
    {
        return { reinterpret_cast<const ci16_t*>(chunk.bytes.data()), chunk.bytes.size() / sizeof(ci16_t) };
    }
    /// \brief The next samples as cf32 without a copy. The format of the spec must be cf32.
    static std::span<const cf32_t> as_cf32(const iq_chunk& chunk) noexcept
    {
        return { reinterpret_cast<const cf32_t*>(chunk.bytes.data()), chunk.bytes.size() / sizeof(cf32_t) };
    }

    const iq_spec& spec() const noexcept { return d_spec; }
    sample_format format() const noexcept { return d_spec.format; }
    /// Samples handed out so far.
    std::uint64_t nof_samples() const noexcept { return d_next_sample; }
    /// Bytes behind the last whole sample, known at the end.
    std::uint64_t odd_bytes() const noexcept { return d_odd_bytes; }
    /// Samples that the metadata or the size at opening promised and that did not come, known at the end.
    std::uint64_t missing_samples() const noexcept { return d_missing_samples; }

private:
    explicit iq_reader(const iq_spec& spec) : d_spec(spec), d_buffer(k_buffer_bytes) {}
    result<read_status> fill(int timeout_ms);
    result<read_status> skip_header(int timeout_ms);
    void finish() noexcept;

    iq_spec d_spec;
    file_descriptor d_file;
    simd::aligned_vector<std::byte> d_buffer;
    std::size_t d_begin = 0; ///< bytes d_begin .. d_end of the buffer are still to be handed out
    std::size_t d_end = 0;
    std::uint64_t d_file_offset = 0; ///< bytes read from the file
    sample_index d_next_sample = 0;
    std::size_t d_next_capture = 0;
    std::uint64_t d_header_left = 0; ///< bytes of the current capture's header still to be skipped
    std::uint64_t d_odd_bytes = 0;
    std::uint64_t d_missing_samples = 0;
    std::optional<std::uint64_t> d_samples_left; ///< until the trailing bytes of the file
    bool d_header_entered = false;
    bool d_at_end = false;
};

} // namespace spacesail::io
