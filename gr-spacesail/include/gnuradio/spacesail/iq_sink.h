/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/spacesail/api.h>
#include <gnuradio/sync_block.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Writes samples to a SigMF recording, a raw IQ file, a named pipe or standard output.
///
/// Input: one stream, gr_complex with full scale 1, or 16-bit complex integers with full scale 32768. Output: none.
/// Messages: none. Tags read: rx_time, rx_freq and rx_rate begin a capture of the recording (an rx_time only where it
/// is not the time that the samples before it lead to), ss_gap likewise. Tags written: none. The metadata file is
/// written when the flowgraph stops. A write error (disk full) ends the flowgraph; failure() tells it.
class SPACESAIL_API iq_sink : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<iq_sink>;

    /// \param[in] output     x.sigmf-data or a name without extension (SigMF), a raw file x.cf32, x.ci16, x.ci8, x.cu8,
    /// or -. \param[in] input      "cf32" or "ci16": the items of the input. \param[in] format     sample format of the
    /// file: cf32, ci16, ci8, cu8; empty: from the extension, ci16 for SigMF. \param[in] rate       sample rate in
    /// samples per second for the metadata; 0: from an rx_rate tag. \param[in] frequency  radio frequency in Hz that
    /// maps to 0 Hz; 0: from rx_freq tags. \param[in] start      UTC of the first sample (ISO 8601); empty: from an
    /// rx_time tag. None can be changed while running. Throws std::invalid_argument naming what is wrong and how to put
    /// it right.
    static sptr make(const std::string& output,
                     const std::string& input = "cf32",
                     const std::string& format = "",
                     double rate = 0.0,
                     double frequency = 0.0,
                     const std::string& start = "");

    virtual std::uint64_t nof_samples() const = 0; ///< samples taken
    virtual std::uint64_t saturated() const = 0;   ///< components (I or Q) that did not fit the format
    virtual std::string failure() const = 0;       ///< why writing failed, empty if it did not
};

} // namespace gr::spacesail
