/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <spacesail/io/iq_spec.hpp>

#include <string>

namespace gr::spacesail {

/// \brief What the parameters of iq_source and iq_sink say. Throws std::invalid_argument with `block` in front.
::spacesail::io::iq_options iq_options_from(
    const std::string& block, const std::string& format, double rate, double frequency, const std::string& start);

/// \brief "cf32" or "ci16", the items of a stream; std::invalid_argument with `block` and `parameter` otherwise.
::spacesail::io::sample_format
stream_format_from(const std::string& block, const char* parameter, const std::string& value);

} // namespace gr::spacesail
