/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Packets of a file, a capture, a UDP port, a network interface or a generator.
///
/// Input: none. Output: bytes; a transport stream as it comes, or IP packets or Ethernet frames with packet_len.
/// Messages: none. Tags read: none. Tags written: packet_len on the first byte of a packet (not for transport streams).
/// At the end of a file the block is done; a read error ends the flowgraph, failure() tells it. Where nothing comes it
/// waits without holding the flowgraph up when it is stopped.
class SPACESAIL_API packet_source : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<packet_source>;

    /// None of these can be changed while running.
    /// \param[in] input        a transport-stream file or - for standard input (packets "ts"); a capture file .pcap or
    /// .pcapng ("ip", "ethernet"); udp:HOST:PORT or udp::PORT ("ts": the datagrams' bytes, "ip": one packet a
    /// datagram); tun:NAME ("ip"); random: ("ts": numbered packets of random bytes).
    /// \param[in] packets      "ts", "ip" or "ethernet".
    /// \param[in] at_end       what follows the end of a file: "stop" or "repeat".
    /// \param[in] max_packets  the end after so many packets, >= 0; 0: none.
    /// \param[in] seed         of the random packets.
    /// Throws std::invalid_argument naming what is wrong and how to put it right.
    static sptr make(const std::string& input,
                     const std::string& packets = "ts",
                     const std::string& at_end = "stop",
                     std::int64_t max_packets = 0,
                     std::int64_t seed = 1);

    virtual std::uint64_t nof_packets() const = 0;  ///< packets delivered; transport packets where a stream is one
    virtual std::uint64_t nof_bytes() const = 0;    ///< bytes delivered
    virtual std::uint64_t nof_left_out() const = 0; ///< records that hold no packet of this kind
    virtual std::string failure() const = 0;        ///< why reading ended before the end, empty if it did not
};

} // namespace gr::spacesail
