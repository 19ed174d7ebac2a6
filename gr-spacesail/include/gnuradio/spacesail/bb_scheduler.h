/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>
#include <vector>

namespace gr::spacesail {

/// \brief Transport streams, IP packets or Ethernet frames to BBFRAMEs: decides stream, MODCOD and dummy PLFRAMEs.
///
/// Inputs: one a MODCOD given, bytes; a transport stream cut anywhere, or packets with packet_len. Output: BBFRAMEs as
/// bytes, not scrambled; a dummy PLFRAME is one byte 0 with pls 0.
/// Messages in: cmd, a dictionary; modcod (symbol, with the frame size and pilots of the parameters) or pls (long)
/// changes the MODCOD of the stream isi (long, default: the first) from the next BBFRAME on; adaptation acm only.
/// Messages out: status, at most ten a second and one at the end: what status() returns.
/// Tags read: packet_len. Tags written: packet_len and ss_frame {index, pls, modcod, isi, len} on the first byte of a
/// BBFRAME.
/// Delay: at most queue_plframes BBFRAMEs wait behind this block. Time is that of the carrier, counted in symbols. At
/// the end of all inputs what waits is sent in padded BBFRAMEs.
class SPACESAIL_API bb_scheduler : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<bb_scheduler>;

    /// None of these can be changed while running, except the MODCOD by cmd.
    /// \param[in] modcods         names of the MODCODs, e.g. {"QPSK 1/2"}: one an input.
    /// \param[in] frame           "normal" or "short".
    /// \param[in] pilots          "on" or "off".
    /// \param[in] packets         "ts", "ip" or "ethernet" (in GSE).
    /// \param[in] isis            input stream identifiers, 0 to 255, one an input; empty: a single input stream.
    /// \param[in] symbol_rate_hz  symbol rate of the carrier, > 0: the clock of the time-outs.
    /// \param[in] rolloff         signalled roll-off: 0.35, 0.25, 0.2, 0.15, 0.1 or 0.05.
    /// \param[in] adaptation      "ccm", "vcm" or "acm".
    /// \param[in] idle            "wait": waits for input (files: results repeat); "dummy": dummy PLFRAMEs keep the
    /// carrier up.
    /// \param[in] fill_timeout_s  a BBFRAME waits so long to be filled, >= 0.
    /// \param[in] queue_plframes  BBFRAMEs waiting behind this block, 1 to 64.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(const std::vector<std::string>& modcods,
                     const std::string& frame = "normal",
                     const std::string& pilots = "on",
                     const std::string& packets = "ts",
                     const std::vector<int>& isis = {},
                     double symbol_rate_hz = 1e6,
                     double rolloff = 0.2,
                     const std::string& adaptation = "ccm",
                     const std::string& idle = "wait",
                     double fill_timeout_s = 0.01,
                     int queue_plframes = 3);

    /// \brief Dictionary: block (this one's name), bbframes, dummies, queue_full, longest_queue, timeouts,
    /// payload_bytes, padding_bytes, refused_commands. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
