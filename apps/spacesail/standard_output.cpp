// SPDX-License-Identifier: GPL-3.0-or-later
#include "standard_output.hpp"

#include <spacesail/io/file_descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace spacesail::cli {
namespace {

bool g_came_closed = false;
int g_first_failure = 0; // errno of it

} // namespace

void occupy_standard_descriptors() noexcept
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        if (fd == STDOUT_FILENO) g_came_closed = true;
        // The lowest free number is fd. Reading from it, writing to it fails as it did before.
        if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
    }
}

void print_out(std::string_view text) noexcept
{
    errno = EIO;
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && g_first_failure == 0)
        g_first_failure = errno;
}

void print_err(std::string_view text) noexcept { std::fwrite(text.data(), 1, text.size(), stderr); }

result<ok_t> finish_standard_output()
{
    errno = EIO;
    if (std::fflush(stdout) != 0 && g_first_failure == 0) g_first_failure = errno;
    if (g_first_failure == 0 || g_came_closed) return ok;
    return io::system_error("standard output", "cannot write", g_first_failure);
}

bool reader_has_ended() noexcept
{
    pollfd out{ STDOUT_FILENO, POLLOUT, 0 };
    return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

} // namespace spacesail::cli
