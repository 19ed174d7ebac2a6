// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/io/file_descriptor.hpp>

#include <filesystem>

namespace spacesail::io {

/// \brief Opens a file that is there, to write behind what it holds; "-" is standard output, duplicated.
/// Errors: not_found, io.
result<file_descriptor> open_to_append(const std::filesystem::path& file);

} // namespace spacesail::io
