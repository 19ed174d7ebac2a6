// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/frame.hpp>
#include <spacesail/encap/bbheader.hpp>
#include <spacesail/encap/gse_receiver.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/rolloff.hpp>
#include <spacesail/encap/ts_deframer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::encap {

struct bb_deframer_config {
    std::optional<std::uint8_t> isi; ///< only this input stream; a carrier with a single stream is always read
    std::size_t max_streams = 8;     ///< input streams followed at the same time, 1..256
    ts_error_policy ts_errors = ts_error_policy::mark;
    gse_receiver_config gse; ///< for each stream
};

struct bb_deframer_counters {
    counter good;            ///< BBFRAMEs with a good header, given to a stream
    counter crc_errors;      ///< BBHEADERs whose CRC-8 failed
    counter malformed;       ///< BBFRAMEs shorter than their header, or DFL longer than the BBFRAME
    counter gaps;            ///< runs of lost BBFRAMEs
    counter lost;            ///< BBFRAMEs in them, as far as frame numbers tell
    counter dummy;           ///< dummy PLFRAMEs
    counter repeated;        ///< frames with a number that had been before: ignored
    counter filtered;        ///< BBFRAMEs of other input streams than the one asked for
    counter unsupported;     ///< BBFRAMEs of a format that is not decoded (generic packetized, GSE-HEM, UPL in GSE)
    counter streams_refused; ///< BBFRAMEs of input streams beyond max_streams
};

/// \brief BBFRAMEs of one carrier -> packets of its input streams.
///
/// Splits the BBFRAMEs by ISI and type of stream, finds gaps by frame_view::index and keeps one deframer a stream.
///
/// The payload of a frame is the descrambled BBFRAME, (k_bch + 7) / 8 bytes. frame_view::index must grow by one a
/// PLFRAME, whether or not it was decoded: a jump is a gap. A frame with an empty payload is a dummy PLFRAME if its
/// PLS code says so (0..3), else a PLFRAME that could not be decoded. Where frames were lost without being numbered
/// (loss of lock), call on_gap(). Allocates in the constructor only.
class bb_deframer final : public frame_sink<std::uint8_t>
{
public:
    /// Throws std::invalid_argument for max_streams or values of gse out of range. Memory: at most
    /// max_streams * gse.max_reassemblies * 64 KiB, touched only as far as it is used.
    bb_deframer(const bb_deframer_config& config, packet_sink& sink);
    ~bb_deframer() override;

    void on_frame(const frame_view<std::uint8_t>& frame) noexcept override;
    /// \brief An unknown number of BBFRAMEs was lost before the next one.
    void on_gap() noexcept;
    /// \brief End of input: delivers what waits.
    void flush() noexcept;
    /// \brief Forgets all streams and frame numbers (counters stay).
    void reset() noexcept;

    const bb_deframer_counters& counters() const noexcept { return d_counters; }
    /// Sum over all streams.
    ts_deframer_counters ts_counters() const noexcept;
    gse_receiver_counters gse_counters() const noexcept;
    /// PDUs in pieces in all streams.
    std::size_t open_reassemblies() const noexcept;
    /// Roll-off signalled in the BBHEADERs; nothing until known.
    std::optional<rolloff> signalled_rolloff() const noexcept { return d_rolloff.value(); }
    /// Header of the last good BBFRAME; nothing before the first.
    std::optional<bbheader> last_header() const noexcept { return d_last_header; }

private:
    struct stream;
    stream* stream_of(const bbheader& header) noexcept;

    bb_deframer_config d_config;
    packet_sink& d_sink;
    std::vector<stream> d_streams;
    std::uint64_t d_frames = 0; ///< BBFRAMEs so far, the clock of the streams' age
    std::optional<std::uint64_t> d_last_index;
    rolloff_reader d_rolloff;
    std::optional<bbheader> d_last_header;
    bb_deframer_counters d_counters;
};

} // namespace spacesail::encap
