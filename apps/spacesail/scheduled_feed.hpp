// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bbframe_feed.hpp"

#include <spacesail/encap/data_field_source.hpp>

#include <array>
#include <optional>

namespace spacesail::cli {

/// Two of the longest data fields: with so much waiting no BBFRAME goes out unfilled.
inline constexpr std::size_t k_enough_bytes = 2 * encap::k_max_bbframe_bytes;
inline constexpr std::size_t k_largest_packet_bytes = 65535;
/// How long a live input is waited for before a dummy PLFRAME takes its place, on a carrier without pace.
inline constexpr int k_live_wait_ms = 1;

/// Feeds in which a scheduler cuts packets into BBFRAMEs.
class scheduled_feed : public bbframe_feed
{
public:
    feed_step next(encap::stream_time_ns now, std::uint8_t pls) override;

protected:
    /// \param[in] fill_timeout_ns  how long a BBFRAME waits to be filled.
    void schedule(const feed_options& o, encap::data_field_source& source, encap::stream_time_ns fill_timeout_ns);
    /// Takes what is there into the source.
    virtual void refill(encap::stream_time_ns now) = 0;
    /// Whether nothing waits and nothing will come.
    virtual bool ended() const = 0;

    /// Bytes of data field that the MODCOD in use carries in so long a time; 0 without a symbol rate.
    double bytes_in(double seconds) const;
    /// Bytes of data field in a BBFRAME of the MODCOD in use.
    std::size_t field_bytes() const { return d_scheduler->field_bytes(d_pls); }
    const encap::scheduled_stream_counters& stream() const { return d_scheduler->stream_counters(0); }
    /// How full the BBFRAMEs were and how long their oldest bytes had waited.
    nlohmann::json scheduling_counters() const;

private:
    std::optional<encap::bb_scheduler> d_scheduler;
    encap::frame_formats d_formats{};
    double d_symbol_rate_hz = 0.0;
    std::uint8_t d_isi = 0;
    std::uint8_t d_pls = 0;
    std::array<std::uint8_t, encap::k_max_bbframe_bytes> d_bbframe{};
};

std::unique_ptr<bbframe_feed> open_ts_feed(const feed_options& o);
std::unique_ptr<bbframe_feed> open_ip_feed(const feed_options& o);
std::unique_ptr<bbframe_feed> open_l3_feed(const feed_options& o);

} // namespace spacesail::cli
