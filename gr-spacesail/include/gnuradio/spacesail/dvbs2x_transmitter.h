/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/hier_block2.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Packets of one input stream to samples: bb_scheduler and dvbs2x_modulator in a row.
///
/// Input: bytes; a transport stream, or packets with packet_len. Output: gr_complex. Messages in: cmd, for both blocks:
/// modcod or pls (adaptation acm), level_dbfs; es_n0 (bb_scheduler). Messages out: status, the dictionaries of the two
/// blocks, told apart by `block`. Tags: see the two blocks.
class SPACESAIL_API dvbs2x_transmitter : virtual public gr::hier_block2
{
public:
    using sptr = std::shared_ptr<dvbs2x_transmitter>;

    /// Only the level and, with adaptation acm, the MODCOD can be changed while running; the parameters are those of
    /// the two blocks. Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(double symbol_rate_hz,
                     double sample_rate_hz,
                     const std::string& modcod = "QPSK 1/2",
                     const std::string& frame = "normal",
                     const std::string& pilots = "on",
                     double rolloff = 0.2,
                     int gold_code = 0,
                     double level_dbfs = -12.0,
                     const std::string& packets = "ts",
                     const std::string& adaptation = "ccm",
                     const std::string& idle = "wait",
                     double fill_timeout_s = 0.01);

    /// \brief Output level from the next samples on, -120 to 20 dBFS. Any thread.
    virtual void set_level_dbfs(double level_dbfs) = 0;
    /// \brief Dictionary {scheduler, modulator} of the dictionaries of the two blocks. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
