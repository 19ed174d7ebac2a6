// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <string_view>

/// What the program prints for people. No command writes to standard output or standard error but through this, so that
/// one place knows whether all of it arrived.
namespace spacesail::cli {

/// \brief Fills standard descriptors that came closed with such as cannot be used. Call it before any file is opened.
///
/// Else the first file opened would be taken for standard output and the summary written into it.
void occupy_standard_descriptors() noexcept;

/// \brief Prints on standard output, through its buffer. A failure is kept for finish_standard_output().
void print_out(std::string_view text) noexcept;
/// \brief Prints on standard error. Nobody could be told of a failure.
void print_err(std::string_view text) noexcept;

/// \brief Writes what is buffered. Whoever started the program with standard output closed does not miss the text.
///
/// Errors: io, if any of what was printed is lost.
result<ok_t> finish_standard_output();

/// \brief Whether standard output is a pipe whose reader has ended.
bool reader_has_ended() noexcept;

} // namespace spacesail::cli
