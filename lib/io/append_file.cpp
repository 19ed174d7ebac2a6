// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/append_file.hpp>

#include <fcntl.h>

#include <cerrno>

namespace spacesail::io {

result<file_descriptor> open_to_append(const std::filesystem::path& file)
{
    if (file == "-") return file_descriptor::open_to_write(file);
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) return system_error(file.string(), "cannot open to write on", errno);
    return file_descriptor(fd);
}

} // namespace spacesail::io
