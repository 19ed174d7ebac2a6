/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief BBFRAMEs to samples: FEC, mapping, PLFRAMEs, pulse shaping at any sample rate.
///
/// Input: BBFRAMEs as bytes (bb_scheduler), not scrambled. Output: gr_complex.
/// Messages in: cmd, a dictionary; level_dbfs (double) changes the output level. Messages out: status, at most ten a
/// second and one at the end: what status() returns.
/// Tags read: ss_frame (pls, len) or packet_len with the parameter pls; tx_time. Tags written: ss_frame on the sample
/// where a PLFRAME begins to leave, tx_time likewise. Delay: the pulse, 32 symbols from roll-off 0.1 on, 64 below: its
/// first symbol is centred so much behind the tag. At the end of the input the last symbol is
/// brought out, and silence of a pulse more for the filters behind.
class SPACESAIL_API dvbs2x_modulator : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<dvbs2x_modulator>;

    /// Only the level can be changed while running.
    /// \param[in] symbol_rate_hz  > 0.
    /// \param[in] sample_rate_hz  (1 + rolloff) to 1024 times the symbol rate.
    /// \param[in] rolloff         0.05 to 1.
    /// \param[in] gold_code       PL scrambling code number, 0 to 262142.
    /// \param[in] level_dbfs      mean power of the samples, full scale 1; -120 to 20.
    /// \param[in] clock_ppm       > 0: symbols come faster than symbol_rate_hz; -1000 to 1000.
    /// \param[in] pls             PLS code of BBFRAMEs without ss_frame, 0 to 255; 0: they are refused.
    /// \param[in] bch             "table" or "alternative": BCH code of the two MODCODs whose published codes disagree.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(double symbol_rate_hz,
                     double sample_rate_hz,
                     double rolloff = 0.2,
                     int gold_code = 0,
                     double level_dbfs = -12.0,
                     double clock_ppm = 0.0,
                     int pls = 0,
                     const std::string& bch = "table");

    /// \brief Output level from the next samples on, -120 to 20 dBFS. Any thread.
    virtual void set_level_dbfs(double level_dbfs) = 0;
    /// \brief Dictionary: block (this one's name), plframes, dummies, refused, bytes_skipped, samples, level_dbfs. Any
    /// thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
