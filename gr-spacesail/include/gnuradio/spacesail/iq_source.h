/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/spacesail/api.h>
#include <gnuradio/sync_block.h>

#include <cstdint>
#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Samples of a SigMF recording, a raw IQ file, a named pipe or standard input.
///
/// Input: none. Output: one stream, gr_complex with full scale 1, or 16-bit complex integers with full scale 32768.
/// Messages: none.
/// Tags written, at the first sample and at every capture of a recording: rx_rate; rx_freq and rx_time where known;
/// ss_gap where the times of two captures say that samples were lost between them. Tags read: none. Delay: none. At the
/// end of the input the block is done; on a pipe it waits without holding the flowgraph up when it is stopped. Bytes
/// that are no whole sample and samples that a cut file lacks are counted and logged as a warning.
class SPACESAIL_API iq_source : virtual public gr::sync_block
{
public:
    using sptr = std::shared_ptr<iq_source>;

    /// \param[in] input      x.sigmf-meta, x.sigmf-data, the base name of the two, a raw file, or -.
    /// \param[in] output     "cf32" or "ci16": the items of the output.
    /// \param[in] format     sample format of a raw file: cf32, ci16, ci8, cu8; empty: from the extension or the
    /// metadata. \param[in] rate       sample rate in samples per second; 0: from the metadata. \param[in] frequency
    /// radio frequency in Hz that maps to 0 Hz; 0: from the metadata. \param[in] start      UTC of the first sample
    /// (ISO 8601); empty: from the metadata. None can be changed while running. Throws std::invalid_argument naming
    /// what is wrong and how to put it right.
    static sptr make(const std::string& input,
                     const std::string& output = "cf32",
                     const std::string& format = "",
                     double rate = 0.0,
                     double frequency = 0.0,
                     const std::string& start = "");

    virtual double rate() const = 0;                   ///< samples per second, 0 if not known
    virtual double frequency() const = 0;              ///< Hz, of the first capture, 0 if not known
    virtual std::uint64_t nof_samples() const = 0;     ///< samples delivered
    virtual std::uint64_t odd_bytes() const = 0;       ///< bytes behind the last whole sample
    virtual std::uint64_t missing_samples() const = 0; ///< samples that the file lacks
    virtual std::string failure() const = 0;           ///< why reading ended before the end, empty if it did not
};

} // namespace gr::spacesail
