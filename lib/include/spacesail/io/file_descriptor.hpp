// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace spacesail::io {

/// Whether data is there to be read, the stream has ended, or nothing came within the time allowed.
enum class read_status { data, end, timeout };

/// What one read gave: how many bytes, and why not more.
struct read_outcome {
    read_status status = read_status::end;
    std::size_t nof_bytes = 0;
};

/// \brief Owns a file descriptor of the operating system and closes it; moves, does not copy.
class file_descriptor
{
public:
    file_descriptor() = default;
    explicit file_descriptor(int fd) noexcept : d_fd(fd) {}
    file_descriptor(file_descriptor&& other) noexcept;
    file_descriptor& operator=(file_descriptor&& other) noexcept;
    file_descriptor(const file_descriptor&) = delete;
    file_descriptor& operator=(const file_descriptor&) = delete;
    ~file_descriptor();

    /// \brief Opens a file to read; "-" is standard input, duplicated. Errors: not_found, io.
    static result<file_descriptor> open_to_read(const std::filesystem::path& file);
    /// \brief Makes or empties a file to write; "-" is standard output, duplicated. Errors: io, not_found.
    static result<file_descriptor> open_to_write(const std::filesystem::path& file);
    /// \brief Opens a file that is there, to write behind what it holds; "-" as with open_to_write().
    /// Errors: not_found, io.
    static result<file_descriptor> open_to_append(const std::filesystem::path& file);

    int get() const noexcept { return d_fd; }
    bool is_open() const noexcept { return d_fd >= 0; }
    /// \brief Whether it is a regular file, whose size is known and whose reads never wait.
    bool is_regular_file() const noexcept;
    /// \brief Closes; what the operating system answers to a late write error comes back here. Errors: io.
    result<ok_t> close(const std::string& name);

    /// \brief Reads until `bytes` is full, the stream ends or, for pipes and devices, nothing came for `timeout_ms`.
    ///
    /// \param[in] timeout_ms  longest wait for the first byte; -1: no limit. Once bytes are there it returns with what
    /// it has. Errors: io with `name` and the cause. No allocation unless it fails.
    result<read_outcome> read(std::span<std::byte> bytes, int timeout_ms, const std::string& name);
    /// \brief Writes all of `bytes`. Errors: io with `name`, the cause and the bytes that were written of this call.
    /// \param[out] nof_written  bytes that reached the file, also on failure.
    result<ok_t> write_all(std::span<const std::byte> bytes, const std::string& name, std::size_t& nof_written);

private:
    int d_fd = -1;
};

/// \brief "name: what: No space left on device" for the errno value `code`.
error system_error(const std::string& name, const std::string& what, int code);

} // namespace spacesail::io
