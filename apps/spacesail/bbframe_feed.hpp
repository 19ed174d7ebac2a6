// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/encap/bb_scheduler.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace spacesail::cli {

/// When the packets of a capture file are sent.
enum class feed_pacing {
    fast, ///< one behind the other: the carrier is full until they end
    times ///< as far apart as in the file, dummy PLFRAMEs between them
};

/// What happens to packets of a live input while its queue is full.
enum class queue_overflow {
    wait, ///< they stay with the kernel, whose own queue drops (back-pressure)
    drop  ///< they are read and thrown away, counted
};

/// The queue between a live input and the BBFRAMEs. It is full by whichever limit comes first.
struct feed_queue {
    /// No packet is taken behind so much that it would wait longer at the MODCOD in use; a BBFRAME's worth is.
    double delay_s = 0.1;
    std::uint64_t packets = 1000;
    std::uint64_t bytes = 1'000'000;
    queue_overflow overflow = queue_overflow::wait;
};

/// What a carrier is filled with; exactly one of the first five.
struct feed_options {
    std::string ts;       ///< MPEG-TS file, or -
    std::string pcap;     ///< capture file with IP packets
    std::string tun;      ///< interface whose IP packets are sent
    std::string bbframes; ///< FILE.pcap or udp:HOST:PORT with BBFRAMEs in mode adaptation L.3
    bool random = false;  ///< transport packets of random bytes
    std::uint64_t seed = 1;
    feed_pacing pacing = feed_pacing::fast;
    feed_queue queue;
    double fill_timeout_s = 0.01; ///< packets that come by the clock wait so long for others to share their BBFRAME
    double symbol_rate_hz = 0.0;
    bool paced = false; ///< the carrier runs by the clock on the wall: a live input is not waited for
    encap::adaptation mode = encap::adaptation::ccm;
    std::optional<std::uint8_t> isi; ///< of a multiple-stream carrier; single stream if empty
    encap::rolloff signalled_rolloff = encap::rolloff::r0_20;
    std::uint8_t first_pls = 0;
    dvbs2x::bch_choice bch = dvbs2x::bch_choice::table;
};

/// What goes into the next PLFRAME.
struct feed_step {
    enum class decision { bbframe, dummy, end };
    decision what = decision::end;
    std::uint8_t pls = 0;
    std::span<const std::uint8_t> bbframe; ///< valid until the next call
};

/// \brief Where the BBFRAMEs of a carrier come from.
class bbframe_feed
{
public:
    virtual ~bbframe_feed() = default;
    /// \brief Decides on the next PLFRAME. Throws run_error where the input fails.
    /// \param[in] now  time of its first symbol, from the first sample on.
    /// \param[in] pls  MODCOD wanted now; BBFRAMEs of mode adaptation L.3 bring their own.
    virtual feed_step next(encap::stream_time_ns now, std::uint8_t pls) = 0;
    /// \brief Passes time that the carrier has to spare; a live input is read meanwhile.
    /// \param[in] wait_ms  how long; it may be less.
    virtual void gather(encap::stream_time_ns now, int wait_ms);
    /// Fields for the machine-readable summary.
    virtual nlohmann::json counters() const = 0;
    /// What was sent, for people: "1234 transport packets".
    virtual std::string summary() const = 0;
};

/// Whether the packets come as they please: --tun, --bbframes udp:.
bool is_live(const feed_options& options);

/// \brief Opens what the options name. Throws usage_error.
std::unique_ptr<bbframe_feed> open_feed(const feed_options& options);

} // namespace spacesail::cli
