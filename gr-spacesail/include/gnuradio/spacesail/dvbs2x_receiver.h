/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/hier_block2.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Samples to packets: dvbs2x_sync, dvbs2x_decoder and bb_deframer in a row.
///
/// Input: one stream, gr_complex with full scale 1, or 16-bit complex integers with full scale 32768. Output: bytes in
/// tagged packets, as of bb_deframer. Messages in: cmd (dvbs2x_sync). Messages out: pdus (bb_deframer); es_n0
/// (dvbs2x_sync); status, the dictionaries of the three blocks, told apart by `block`. Tags: see the three blocks.
class SPACESAIL_API dvbs2x_receiver : virtual public gr::hier_block2
{
public:
    using sptr = std::shared_ptr<dvbs2x_receiver>;

    /// None of these can be changed while running; they are those of the three blocks.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(double sample_rate_hz,
                     double symbol_rate_hz,
                     double rolloff = 0.0,
                     int gold_code = 0,
                     const std::string& input = "cf32",
                     const std::string& packets = "ts",
                     int isi = -1,
                     const std::string& spectrum = "upright",
                     int threads = 0,
                     int max_iterations = 50,
                     const std::string& policy = "fixed",
                     const std::string& elements = "",
                     const std::string& satellite = "",
                     double latitude_deg = 0.0,
                     double longitude_deg = 0.0,
                     double height_m = 0.0,
                     double carrier_hz = 0.0,
                     const std::string& start = "",
                     double in_track_bias_m = 0.0);

    /// \brief Dictionary {sync, decoder, deframer} of the dictionaries of the three blocks. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
