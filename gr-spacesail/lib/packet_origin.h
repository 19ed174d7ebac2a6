/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "packet_type.h"

#include <spacesail/base/result.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gr::spacesail {

/// Longest packet an origin gives.
inline constexpr std::size_t k_longest_packet = 65535;

/// \brief Where packets come from.
class packet_origin
{
public:
    virtual ~packet_origin() = default;
    /// \brief The next bytes of a stream or the next packet, which stay valid until the next call.
    /// \param[in] most  bytes wanted of a stream; a packet comes whole.
    struct taken {
        ::spacesail::io::read_status status = ::spacesail::io::read_status::end;
        std::span<const std::uint8_t> bytes; ///< empty: a record without such a packet
    };
    virtual ::spacesail::result<taken> next(std::size_t most) = 0;
    /// \brief Back to the start; false where there is no going back.
    virtual ::spacesail::result<bool> rewind() = 0;
};

/// \brief The origin that `input` names. Errors: as files and sockets; invalid_argument for a kind of packets it cannot
/// give.
::spacesail::result<std::unique_ptr<packet_origin>>
open_packet_origin(const std::string& input, packet_type packets, std::uint64_t seed);

} // namespace gr::spacesail
