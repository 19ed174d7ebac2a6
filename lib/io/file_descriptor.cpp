// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/file_descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace spacesail::io {

error system_error(const std::string& name, const std::string& what, int code)
{
    std::string remedy;
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        remedy = "; free space or write to another disk";
        break;
    case EACCES:
    case EPERM:
        remedy = "; check the permissions";
        break;
    case EPIPE:
        remedy = "; the reader of the pipe has ended";
        break;
    case ENOENT:
        remedy = "; check the path";
        break;
    default:
        break;
    }
    return { code == ENOENT ? error_code::not_found : error_code::io,
             name + ": " + what + ": " + std::generic_category().message(code) + remedy };
}

namespace {

/// What people call the output "-".
const std::string& output_name(const std::string& name)
{
    static const std::string standard_output = "standard output";
    return name == "-" ? standard_output : name;
}

} // namespace

file_descriptor::file_descriptor(file_descriptor&& other) noexcept : d_fd(std::exchange(other.d_fd, -1)) {}

file_descriptor& file_descriptor::operator=(file_descriptor&& other) noexcept
{
    std::swap(d_fd, other.d_fd);
    return *this;
}

file_descriptor::~file_descriptor()
{
    if (d_fd >= 0) ::close(d_fd);
}

result<file_descriptor> file_descriptor::open_to_read(const std::filesystem::path& file)
{
    const int fd = file == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(file.string(), "cannot open to read", errno);
    file_descriptor out(fd);
    struct stat info = {};
    if (::fstat(fd, &info) != 0) return system_error(file.string(), "cannot look at the file", errno);
    if (S_ISDIR(info.st_mode)) {
        return result<file_descriptor>::failure(error_code::io, file.string() + ": is a folder; name a file in it");
    }
    return out;
}

result<file_descriptor> file_descriptor::open_to_write(const std::filesystem::path& file)
{
    const int fd = file == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                               : ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return system_error(output_name(file.string()), "cannot open to write", errno);
    return file_descriptor(fd);
}

result<file_descriptor> file_descriptor::open_to_append(const std::filesystem::path& file)
{
    if (file == "-") return open_to_write(file);
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return system_error(file.string(), "cannot open to write on", errno);
    return file_descriptor(fd);
}

bool file_descriptor::is_regular_file() const noexcept
{
    struct stat info = {};
    return ::fstat(d_fd, &info) == 0 && S_ISREG(info.st_mode);
}

result<ok_t> file_descriptor::close(const std::string& name)
{
    if (d_fd < 0) return ok;
    if (::close(std::exchange(d_fd, -1)) != 0 && errno != EINTR)
        return system_error(output_name(name), "cannot finish the file", errno);
    return ok;
}

result<read_outcome> file_descriptor::read(std::span<std::byte> bytes, int timeout_ms, const std::string& name)
{
    const bool regular = is_regular_file();
    std::size_t done = 0;
    while (done < bytes.size()) {
        if (!regular) {
            pollfd p{ d_fd, POLLIN, 0 };
            const int ready = ::poll(&p, 1, done > 0 ? 0 : timeout_ms);
            if (ready < 0 && errno != EINTR) return system_error(name, "cannot wait for data", errno);
            if (ready <= 0) return read_outcome{ done > 0 ? read_status::data : read_status::timeout, done };
        }
        const ssize_t n = ::read(d_fd, bytes.data() + done, bytes.size() - done);
        if (n == 0) return read_outcome{ done > 0 ? read_status::data : read_status::end, done };
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) return read_outcome{ done > 0 ? read_status::data : read_status::timeout, done };
            return system_error(name, "cannot read", errno);
        }
        done += static_cast<std::size_t>(n);
    }
    return read_outcome{ read_status::data, done };
}

result<ok_t>
file_descriptor::write_all(std::span<const std::byte> bytes, const std::string& name, std::size_t& nof_written)
{
    nof_written = 0;
    while (nof_written < bytes.size()) {
        const ssize_t n = ::write(d_fd, bytes.data() + nof_written, bytes.size() - nof_written);
        if (n > 0) {
            nof_written += static_cast<std::size_t>(n);
            continue;
        }
        const int code = n < 0 ? errno : EIO;
        if (code == EINTR) continue;
        if (code == EAGAIN) {
            pollfd p{ d_fd, POLLOUT, 0 };
            ::poll(&p, 1, -1);
            continue;
        }
        return system_error(output_name(name),
                            "cannot write (" + std::to_string(nof_written) + " of " + std::to_string(bytes.size()) +
                                " bytes written)",
                            code);
    }
    return ok;
}

} // namespace spacesail::io
