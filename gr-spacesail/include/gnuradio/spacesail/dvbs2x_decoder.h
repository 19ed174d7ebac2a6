/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief XFECFRAME symbols to BBFRAMEs: demapper, LDPC, BCH, descrambler, CRC-8 of the header.
///
/// Input: the symbols of dvbs2x_sync, gr_complex. Output: the good BBFRAMEs as bytes, k_bch bits packed MSB first; a
/// frame that cannot be decoded leaves a gap in `index`. Every MODCOD in any order.
/// Messages in: none. Messages out: pdus, every BBFRAME as (ss_frame . u8vector), a tap that drops and counts where a
/// listener is slow; status, at most ten a second and one at the end: what status() returns.
/// Tags read: ss_frame (len, pls, n0; symbols outside a frame are counted and left out). Tags written: packet_len and
/// ss_frame with iterations and bch_corrections added, len in bytes, dummies summed up, on the first byte of a BBFRAME;
/// rx_time and rx_freq are passed on to the next BBFRAME. Delay: none without threads; with them frames leave in order
/// as they are done.
class SPACESAIL_API dvbs2x_decoder : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<dvbs2x_decoder>;

    /// None of these can be changed while running.
    /// \param[in] threads         worker threads, 0 to 64; 0: decodes in the thread of the block.
    /// \param[in] max_iterations  cap of LDPC iterations, 1 to 1000.
    /// \param[in] policy          "fixed": every frame may take max_iterations and the input waits (files: results
    /// repeat); "queue_driven": the cap sinks as the queue fills and frames without room are dropped (radio: the input
    /// never waits; wants threads above 0).
    /// \param[in] min_iterations  cap with a full queue, 1 to max_iterations; queue_driven only.
    /// \param[in] queue_frames    frames inside, 1 to 1024.
    /// \param[in] bch             "table" or "alternative": BCH code of the two MODCODs whose published codes disagree.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(int threads = 0,
                     int max_iterations = 50,
                     const std::string& policy = "fixed",
                     int min_iterations = 8,
                     int queue_frames = 16,
                     const std::string& bch = "table");

    /// \brief Dictionary: block (this one's name), frames, good, ldpc_failed, bch_failed, header_crc_failed,
    /// bch_corrected_bits, mean_iterations, caps_lowered, dropped, ignored, symbols_skipped, frames_cut, pdus_dropped.
    /// Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
