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
/// es_n0, a dictionary with es_n0_db as measured by the receiver (the ports es_n0 and status of dvbs2x_sync give such;
/// others are passed over), for the stream isi or, without, for all; adaptation acm only. From its first report on a
/// stream has the MODCOD of the ACM controller: the fastest whose requirement lies acm_margin_db below the forecast, up
/// only past acm_hysteresis_db more, the most robust one after 2 s without reports; cmd is then refused for it.
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
    /// \param[in] frame           "normal" or "short"; "any": either, as the ACM controller has it (normal until then).
    /// \param[in] pilots          "on" or "off"; "low": as the ACM controller has it, on below 10 dB (on until then).
    /// \param[in] packets         "ts", "ip" or "ethernet" (in GSE).
    /// \param[in] isis            input stream identifiers, 0 to 255, one an input; empty: a single input stream.
    /// \param[in] symbol_rate_hz  symbol rate of the carrier, > 0: the clock of the time-outs.
    /// \param[in] rolloff         signalled roll-off: 0.35, 0.25, 0.2, 0.15, 0.1 or 0.05.
    /// \param[in] adaptation      "ccm", "vcm" or "acm".
    /// \param[in] idle            "wait": waits for input (files: results repeat); "dummy": dummy PLFRAMEs keep the
    /// carrier up.
    /// \param[in] fill_timeout_s  a BBFRAME waits so long to be filled, >= 0.
    /// \param[in] queue_plframes  BBFRAMEs waiting behind this block, 1 to 64.
    /// \param[in] acm_margin_db      kept above what a MODCOD needs, 0 to 20.
    /// \param[in] acm_hysteresis_db  more than that to go up, 0 to 10.
    /// \param[in] acm_loop_delay_s   from a measurement to the arrival of a frame made with it, 0.02 to 10.
    /// \param[in] acm_modcods        names of the MODCODs the controller may use; empty: all.
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
                     int queue_plframes = 3,
                     double acm_margin_db = 0.5,
                     double acm_hysteresis_db = 0.3,
                     double acm_loop_delay_s = 0.1,
                     const std::vector<std::string>& acm_modcods = {});

    /// \brief Dictionary: block (this one's name), bbframes, dummies, queue_full, longest_queue, timeouts,
    /// payload_bytes, field_bytes (their share is how full the BBFRAMEs are), padding_bytes, mean_delay_s and
    /// longest_delay_s (of a BBFRAME's oldest byte up to here), pls_changes, refused_commands, es_n0_reports,
    /// acm_timeouts, acm_below_table. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
