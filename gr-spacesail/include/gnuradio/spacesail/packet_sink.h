/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/spacesail/api.h>
#include <gnuradio/sync_block.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Packets to a file, a capture, a UDP address or a network interface.
///
/// Input: bytes; a transport stream, or packets with packet_len. Output: none. Messages: none.
/// Tags read: packet_len; the time of ss_frame becomes the time of a packet in a capture (1970 where there is none).
/// Tags written: none. Over UDP a transport stream goes in datagrams of seven packets, another packet in one each.
/// A write error ends the flowgraph, failure() tells it.
class SPACESAIL_API packet_sink : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<packet_sink>;

    /// None of these can be changed while running.
    /// \param[in] output   a file or - for standard output (packets "ts"); a capture file ("ip", "ethernet");
    /// udp:HOST:PORT ("ts", "ip"); tun:NAME ("ip").
    /// \param[in] packets  "ts", "ip" or "ethernet".
    /// Throws std::invalid_argument naming what is wrong and how to put it right.
    static sptr make(const std::string& output, const std::string& packets = "ts");

    virtual std::uint64_t nof_packets() const = 0;  ///< packets written; transport packets where a stream is one
    virtual std::uint64_t nof_bytes() const = 0;    ///< bytes written
    virtual std::uint64_t nof_left_out() const = 0; ///< bytes that belong to no whole packet
    virtual std::string failure() const = 0;        ///< why writing ended, empty if it did not
};

} // namespace gr::spacesail
