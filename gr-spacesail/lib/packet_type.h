/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "one_of.h"

namespace gr::spacesail {

/// What a stream of packets carries.
enum class packet_type { ts, ip, ethernet };

/// \brief "ts", "ip" or "ethernet"; std::invalid_argument with `block` otherwise.
inline packet_type packet_type_from(const char* block, const std::string& text)
{
    return one_of<packet_type>(
        block,
        "packets",
        text,
        { { "ts", packet_type::ts }, { "ip", packet_type::ip }, { "ethernet", packet_type::ethernet } });
}

} // namespace gr::spacesail
