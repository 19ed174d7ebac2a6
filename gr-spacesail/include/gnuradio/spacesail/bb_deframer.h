/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief BBFRAMEs to transport packets, IP packets or Ethernet frames.
///
/// Input: BBFRAMEs as bytes, each with its tag. Output: bytes in tagged packets: all transport packets that a BBFRAME
/// brought to their end (188 bytes each) as one, or one IP packet or Ethernet frame (without FCS) each.
/// Messages in: none. Messages out: pdus, every packet of the output as (dict . u8vector), a tap that drops and counts
/// where a listener is slow; status, at most ten a second and one at the end: what status() returns.
/// Tags read: ss_frame (index, dummies, lock: what was lost), packet_len. Tags written: packet_len on every packet;
/// ss_frame, that of the BBFRAME with isi and protocol added and len for the packet.
/// Delay: a transport packet waits for the CRC-8 behind it, an IP packet for its last fragment. A lost BBFRAME costs
/// the packets it cuts; none is delivered twice. At the end of the input what waits is delivered.
class SPACESAIL_API bb_deframer : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<bb_deframer>;

    /// None of these can be changed while running.
    /// \param[in] packets      "ts", "ip" (IPv4 and IPv6 in GSE) or "ethernet" (in GSE); others are counted.
    /// \param[in] isi          only this input stream, 0 to 255; -1: all (a carrier with a single one is always read).
    /// \param[in] max_streams  input streams followed at the same time, 1 to 256.
    /// \param[in] ts_errors    "mark": packets with a wrong CRC-8 have their error indicator set; "drop".
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr
    make(const std::string& packets = "ts", int isi = -1, int max_streams = 8, const std::string& ts_errors = "mark");

    /// \brief Dictionary: block (this one's name), packets, bytes, other_packets, pdus_dropped; BBFRAMEs: good,
    /// crc_errors, malformed, gaps, lost, dummy, repeated, filtered, unsupported, streams_refused; ts_errors,
    /// ts_null_packets, ts_continuity_errors, ts_partial_dropped; gse_crc_errors, gse_reassembly_timeouts,
    /// gse_fragments, gse_orphans; rolloff (0: not yet known). Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
