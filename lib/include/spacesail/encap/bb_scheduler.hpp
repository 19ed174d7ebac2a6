// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/encap/data_field_source.hpp>
#include <spacesail/encap/rolloff.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::encap {

/// \brief Size of the frames of one PLS code. k_bch_bits 0: the code is not to be used.
struct frame_format {
    std::uint32_t k_bch_bits = 0;      ///< BBFRAME with header and padding, 88..64800
    std::uint32_t plframe_symbols = 0; ///< PLFRAME with header and pilots
};
/// One entry for every PLS code.
using frame_formats = std::array<frame_format, 256>;

/// How the MODCOD of a stream may move.
enum class adaptation : std::uint8_t {
    ccm, ///< one PLS code for all, for ever
    vcm, ///< one a stream, for ever
    acm  ///< one a stream, changed by set_pls()
};
/// What goes out when no stream has anything to send.
enum class idle_policy : std::uint8_t { dummy_plframe, wait };

/// One input stream of the scheduler.
struct scheduled_stream {
    std::uint8_t isi = 0;
    data_field_source* source = nullptr; ///< outlives the scheduler
    std::uint8_t pls = 0;
    stream_time_ns fill_timeout_ns = 10'000'000; ///< a BBFRAME waits so long to be filled, >= 0
    double weight = 1.0;                         ///< share of the carrier under overload, > 0
};

struct bb_scheduler_config {
    frame_formats formats{};
    adaptation mode = adaptation::ccm;
    input_streams streams = input_streams::single;
    rolloff signalled_rolloff = rolloff::r0_35;
    idle_policy idle = idle_policy::dummy_plframe;
    unsigned max_queued_plframes = 3; ///< 1..64
    /// Which PLS code to take in place of another where a BBFRAME that timed out fits its shorter frame; 0: none.
    std::array<std::uint8_t, 256> timeout_pls{};
};

/// What bb_scheduler::next() decided.
struct scheduled_frame {
    enum class decision : std::uint8_t {
        bbframe,       ///< send the BBFRAME
        dummy_plframe, ///< send a dummy PLFRAME
        queue_full,    ///< come again when a PLFRAME has left the queue
        nothing        ///< nothing to send (idle_policy::wait)
    };
    decision what = decision::nothing;
    std::uint8_t pls = 0;
    std::uint8_t isi = 0;
    std::span<const std::uint8_t> bbframe; ///< (k_bch + 7) / 8 bytes inside the buffer given, not scrambled
    std::uint16_t dfl_bits = 0;
    std::uint32_t plframe_symbols = 0;
};

/// Counters of one stream.
struct scheduled_stream_counters {
    counter bbframes;
    counter timeouts;         ///< BBFRAMEs sent unfilled because their oldest byte had waited long enough
    counter shortened;        ///< of these, in the shorter frame of timeout_pls
    counter field_bytes;      ///< bytes of data fields
    counter payload_bytes;    ///< bytes of user data in them
    counter padding_bytes;    ///< bytes behind DFL
    counter pls_changes;      ///< changes of the PLS code
    counter symbols;          ///< PLFRAME symbols used
    counter delay_ns;         ///< sum over the BBFRAMEs of the time their oldest byte had waited
    counter longest_delay_ns; ///< the longest of these
};

struct bb_scheduler_counters {
    counter bbframes;
    counter dummies;       ///< dummy PLFRAMEs
    counter queue_full;    ///< calls refused because the queue held max_queued_plframes
    counter longest_queue; ///< most PLFRAMEs seen waiting
    counter empty_fields;  ///< times a source said it had data and gave none
};

/// \brief Decides what the next PLFRAME carries and makes its BBFRAME.
///
/// The stream and its PLS code are chosen before encapsulation, because the size of the data field depends on them. A
/// stream is ready when its backlog fills a data field or its oldest byte has waited for its fill_timeout_ns. Among the
/// ready ones the one that has had the least of the carrier (symbols over weight) comes first; a stream that was silent
/// gathers no claim. A byte therefore waits at most fill_timeout_ns, the PLFRAMEs of the other ready streams in turn
/// and the queue. Source: EN 302 307-1, clauses 5.1.5, 5.1.6 and D.4, table D.2. One thread calls next() and set_pls().
/// Allocates in the constructor only.
class bb_scheduler
{
public:
    /// Throws std::invalid_argument: no stream, two with one ISI, several with input_streams::single, a PLS code
    /// without a format, different codes with adaptation::ccm, a weight, time-out or queue length out of range.
    bb_scheduler(const bb_scheduler_config& config, std::span<const scheduled_stream> streams);

    /// \brief Decides on the next PLFRAME.
    /// \param[in]  now            stream time.
    /// \param[in]  nof_queued     PLFRAMEs made and not yet sent.
    /// \param[out] buffer         room for the longest BBFRAME of the formats (k_max_bbframe_bytes always do).
    scheduled_frame next(stream_time_ns now, unsigned nof_queued, std::span<std::uint8_t> buffer) noexcept;

    /// What set_pls() did.
    enum class pls_change : std::uint8_t { taken, unknown_stream, unknown_pls, not_adaptive };
    /// \brief New PLS code of a stream from the next BBFRAME on (adaptation::acm only).
    pls_change set_pls(std::uint8_t isi, std::uint8_t pls) noexcept;
    /// PLS code of a stream; nothing if there is none with this ISI.
    std::optional<std::uint8_t> pls_of(std::uint8_t isi) const noexcept;

    /// Bytes of data field in a BBFRAME of this PLS code; 0 if it is not to be used.
    std::size_t field_bytes(std::uint8_t pls) const noexcept;

    const bb_scheduler_counters& counters() const noexcept { return d_counters; }
    /// Counters of a stream in the order given to the constructor.
    const scheduled_stream_counters& stream_counters(std::size_t index) const { return d_streams.at(index).counters; }

private:
    struct lane {
        scheduled_stream stream;
        bbheader header;
        double virtual_time = 0.0;
        scheduled_stream_counters counters;
    };
    lane* choose(stream_time_ns now) noexcept;

    bb_scheduler_config d_config;
    std::vector<lane> d_streams;
    double d_virtual_now = 0.0;
    rolloff_writer d_rolloff;
    bb_scheduler_counters d_counters;
};

} // namespace spacesail::encap
