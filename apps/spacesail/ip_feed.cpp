// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"
#include "scheduled_feed.hpp"

#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/tun.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

/// Room for what the queue may hold and a packet that is taken while it is not full.
encap::gse_encapsulator_config queue_of(const feed_queue& q)
{
    encap::gse_encapsulator_config c;
    c.queue_bytes = q.bytes + k_enough_bytes + 2 * k_largest_packet_bytes;
    c.queue_pdus = q.packets + 1;
    return c;
}

/// IP packets in GSE.
class ip_feed : public scheduled_feed
{
public:
    ip_feed(const feed_options& o, encap::stream_time_ns fill_timeout_ns) : d_gse(queue_of(o.queue))
    {
        schedule(o, d_gse, fill_timeout_ns);
    }
    nlohmann::json counters() const override
    {
        const auto& c = d_gse.counters();
        return { { "ip",
                   { { "packets", c.pdus_in.value() },
                     { "bytes", c.pdu_bytes_in.value() },
                     { "not_ip", d_not_ip },
                     { "dropped", d_dropped } } },
                 { "gse", { { "pdus", c.pdus_in.value() }, { "fragments", c.fragments.value() } } },
                 { "padding_bytes", stream().padding_bytes.value() },
                 { "scheduling", scheduling_counters() } };
    }
    std::string summary() const override
    {
        const auto& c = d_gse.counters();
        return fmt::format("{} IP packets, {} bytes{}",
                           c.pdus_in.value(),
                           c.pdu_bytes_in.value(),
                           d_not_ip == 0 ? "" : fmt::format(" ({} packets that are not IP left out)", d_not_ip));
    }

protected:
    enum class offered { taken, refused };
    offered offer(std::span<const std::uint8_t> packet, encap::stream_time_ns now)
    {
        const unsigned version = packet.empty() ? 0U : packet[0] >> 4U;
        if (version != 4 && version != 6) {
            ++d_not_ip;
            return offered::taken;
        }
        encap::gse_pdu pdu;
        pdu.protocol_type = version == 4 ? encap::k_protocol_ipv4 : encap::k_protocol_ipv6;
        pdu.payload = packet;
        switch (d_gse.push(pdu, now)) {
        case encap::gse_encapsulator::push_status::queued:
            return offered::taken;
        case encap::gse_encapsulator::push_status::refused:
            return offered::refused;
        default:
            ++d_dropped;
            return offered::taken;
        }
    }
    /// Packets that are not yet sent to their end.
    std::uint64_t nof_waiting() const
    {
        const auto& c = d_gse.counters();
        return c.pdus_in.value() - c.complete_packets.value() - c.fragmented_pdus.value();
    }
    encap::gse_encapsulator d_gse;
    std::uint64_t d_not_ip = 0, d_dropped = 0;
};

class pcap_feed final : public ip_feed
{
public:
    explicit pcap_feed(const feed_options& o)
        : ip_feed(o, o.pacing == feed_pacing::fast ? 0 : std::llround(1e9 * o.fill_timeout_s)),
          d_pacing(o.pacing),
          d_reader(value_or_usage("--pcap", io::pcap_reader::open(o.pcap)))
    {
    }

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (d_gse.backlog_bytes() < k_enough_bytes) {
            if (!d_waits && !load()) return;
            if (d_pacing == feed_pacing::times && d_due_ns > now) return;
            const auto at = d_pacing == feed_pacing::times ? d_due_ns : now;
            if (offer(d_packet, at) == offered::refused) return;
            d_waits = false;
        }
    }
    bool ended() const override { return d_at_end && !d_waits && d_gse.backlog_bytes() == 0; }

private:
    /// Reads the next packet of the file that is IP; false at its end.
    bool load()
    {
        while (!d_at_end) {
            const auto packet = value_or_failed(d_reader.next());
            if (!packet) {
                d_at_end = true;
                break;
            }
            if (!d_first) d_first = packet->time;
            const auto ip = io::ip_datagram_of(*packet);
            if (!ip || ip->size() > k_largest_packet_bytes) {
                ++d_not_ip;
                continue;
            }
            d_packet.assign(ip->begin(), ip->end());
            // A packet older than the one before it, as captures have them, follows at once.
            d_due_ns = std::max(d_due_ns, packet->time.ns - d_first->ns);
            d_waits = true;
            return true;
        }
        return false;
    }

    feed_pacing d_pacing;
    io::pcap_reader d_reader;
    std::optional<utc_time> d_first;
    std::vector<std::uint8_t> d_packet;
    encap::stream_time_ns d_due_ns = 0;
    bool d_waits = false; ///< d_packet is still to be taken
    bool d_at_end = false;
};

/// Packets that the kernel routes to an interface; without any, dummy PLFRAMEs.
class tun_feed final : public ip_feed
{
public:
    explicit tun_feed(const feed_options& o)
        : ip_feed(o, std::llround(1e9 * o.fill_timeout_s)),
          d_queue(o.queue),
          d_wait_ms(o.paced ? 0 : k_live_wait_ms),
          d_tun(value_or_usage(io::tun_device::open(o.tun)))
    {
    }
    void gather(encap::stream_time_ns now, int wait_ms) override
    {
        if (is_full() && d_queue.overflow == queue_overflow::wait) {
            bbframe_feed::gather(now, wait_ms);
        } else {
            read(now, wait_ms);
        }
    }
    nlohmann::json counters() const override
    {
        auto j = ip_feed::counters();
        j["queue"] = { { "limit_delay_s", d_queue.delay_s },
                       { "limit_packets", d_queue.packets },
                       { "limit_bytes", d_queue.bytes },
                       { "overflow", d_queue.overflow == queue_overflow::wait ? "wait" : "drop" },
                       { "longest_packets", d_longest_packets },
                       { "longest_bytes", d_longest_bytes },
                       { "full", d_times_full },
                       { "dropped_packets", d_dropped },
                       { "dropped_bytes", d_dropped_bytes } };
        if (const auto kernel = d_tun.kernel_drops()) j["queue"]["kernel_dropped_packets"] = *kernel;
        return j;
    }
    std::string summary() const override
    {
        return ip_feed::summary() + (d_dropped == 0 ? "" : fmt::format(", {} dropped, the queue was full", d_dropped));
    }

protected:
    void refill(encap::stream_time_ns now) override { read(now, d_wait_ms); }
    bool ended() const override { return false; }

private:
    /// Why a limit to one visit: under a flood the carrier must go on.
    static constexpr unsigned k_most_at_once = 4096;

    bool is_full() const
    {
        const double waiting = static_cast<double>(d_gse.backlog_bytes());
        return nof_waiting() >= d_queue.packets || waiting >= static_cast<double>(d_queue.bytes) ||
               (waiting >= static_cast<double>(field_bytes()) && waiting >= bytes_in(d_queue.delay_s));
    }
    /// Takes packets until none is there or the queue is full.
    void read(encap::stream_time_ns now, int wait_ms)
    {
        for (unsigned i = 0; i < k_most_at_once; ++i) {
            const bool full = is_full();
            if (full && !d_was_full) ++d_times_full;
            d_was_full = full;
            if (full && d_queue.overflow == queue_overflow::wait) return;
            const auto got = value_or_failed(d_tun.read(d_packet, wait_ms));
            if (got.status != io::read_status::data) return;
            wait_ms = 0;
            if (full) {
                ++d_dropped;
                d_dropped_bytes += got.nof_bytes;
                continue;
            }
            if (offer(std::span(d_packet).first(got.nof_bytes), now) == offered::refused) {
                ++d_dropped;
                d_dropped_bytes += got.nof_bytes;
            }
            d_longest_packets = std::max(d_longest_packets, nof_waiting());
            d_longest_bytes = std::max(d_longest_bytes, d_gse.backlog_bytes());
        }
    }

    feed_queue d_queue;
    int d_wait_ms;
    io::tun_device d_tun;
    std::vector<std::uint8_t> d_packet = std::vector<std::uint8_t>(k_largest_packet_bytes);
    bool d_was_full = false;
    std::uint64_t d_times_full = 0, d_longest_packets = 0, d_dropped_bytes = 0;
    std::size_t d_longest_bytes = 0;
};

} // namespace

std::unique_ptr<bbframe_feed> open_ip_feed(const feed_options& o)
{
    if (!o.tun.empty()) return std::make_unique<tun_feed>(o);
    return std::make_unique<pcap_feed>(o);
}

} // namespace spacesail::cli
