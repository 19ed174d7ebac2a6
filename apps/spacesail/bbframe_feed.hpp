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

/// What a carrier is filled with; exactly one of the first five.
struct feed_options {
    std::string ts;       ///< MPEG-TS file, or -
    std::string pcap;     ///< capture file with IP packets
    std::string tun;      ///< interface whose IP packets are sent
    std::string bbframes; ///< FILE.pcap or udp:HOST:PORT with BBFRAMEs in mode adaptation L.3
    bool random = false;  ///< transport packets of random bytes
    std::uint64_t seed = 1;
    feed_pacing pacing = feed_pacing::fast;
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
    /// Fields for the machine-readable summary.
    virtual nlohmann::json counters() const = 0;
    /// What was sent, for people: "1234 transport packets".
    virtual std::string summary() const = 0;
};

/// \brief Opens what the options name. Throws usage_error.
std::unique_ptr<bbframe_feed> open_feed(const feed_options& options);

} // namespace spacesail::cli
