// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/iq_spec.hpp>
#include <spacesail/simd/aligned.hpp>

#include <cstdint>
#include <span>

namespace spacesail::io {

/// \brief Writes samples to a file, a pipe or standard output, and the metadata of a SigMF recording at the end.
class iq_writer
{
public:
    static constexpr std::size_t k_buffer_bytes = std::size_t{ 256 } << 10;

    /// \brief Makes the file of `spec` (from parse_iq_output, not uhd). The rate of `spec` goes into the metadata.
    ///
    /// \param[in] metadata  texts, annotations and further fields of a SigMF recording; format, rate and captures are
    /// set from what is written. Errors: io, not_found; invalid_argument for a uhd spec.
    static result<iq_writer> create(const iq_spec& spec, const sigmf_metadata& metadata = {});

    iq_writer(iq_writer&&) noexcept = default;
    iq_writer& operator=(iq_writer&&) noexcept = delete;
    /// Closes as close() does; an error is lost here, so call close().
    ~iq_writer();

    /// \brief Lets a pipe hold so much of the signal only, rounded up to a page: what waits in it is delay.
    /// It is never made larger. Nothing happens where the output is no pipe.
    void limit_pipe(double seconds) noexcept;

    /// \brief Appends samples with full scale 1; those outside are saturated and counted.
    ///
    /// A file is written in large blocks; a pipe or device has all samples when this returns.
    /// Errors: io: file, cause, and how many whole samples it holds; the file ends with the last whole sample. Later
    /// calls fail alike.
    result<ok_t> write(std::span<const cf32_t> samples);
    /// \brief Appends samples with full scale 32768; the same values for a ci16 file. Errors: as above.
    result<ok_t> write(std::span<const ci16_t> samples);

    /// \brief Says that the next sample begins a new stretch: the clock or the frequency changed, or samples were lost
    /// before it.
    void begin_capture(std::optional<double> frequency_hz, std::optional<utc_time> start);
    /// \brief Sets the rate for the metadata, in samples per second, > 0; for a rate that is learned after the start.
    void set_rate_hz(double rate_hz) noexcept { d_metadata.sample_rate_hz = rate_hz; }
    /// Rate that goes into the metadata; 0: not known.
    double rate_hz() const noexcept { return d_metadata.sample_rate_hz.value_or(0.0); }
    /// \brief Adds an annotation, with sample numbers of this recording.
    void annotate(sigmf_annotation a) { d_metadata.annotations.push_back(std::move(a)); }

    /// \brief Hands everything written so far to the operating system. Errors: as write().
    result<ok_t> flush();
    /// \brief Flushes, closes and writes the metadata, also after a failed write. May be called again. Errors: io.
    result<ok_t> close();
    /// \brief After close(): goes on behind what was written. Nothing happens while the file is open.
    /// Errors: io, not_found; those of a write that failed before.
    result<ok_t> open_again();

    std::uint64_t nof_samples() const noexcept { return d_nof_samples; }
    /// Components (I or Q) that did not fit the format.
    std::uint64_t saturated() const noexcept { return d_saturated; }
    const iq_spec& spec() const noexcept { return d_spec; }

private:
    iq_writer(const iq_spec& spec, const sigmf_metadata& metadata);
    std::size_t room_samples() const noexcept { return (k_buffer_bytes - d_used) / bytes_per_sample(d_spec.format); }
    result<ok_t> fail(const error& cause, std::size_t written_of_buffer);
    result<ok_t> flush_unless_file() { return d_buffered ? result<ok_t>(ok) : flush(); }

    iq_spec d_spec;
    sigmf_metadata d_metadata;
    file_descriptor d_file;
    simd::aligned_vector<std::byte> d_buffer;
    std::size_t d_used = 0;
    bool d_buffered = true;
    std::uint64_t d_bytes_in_file = 0;
    std::uint64_t d_nof_samples = 0;
    std::uint64_t d_saturated = 0;
    std::optional<error> d_failure;
};

} // namespace spacesail::io
