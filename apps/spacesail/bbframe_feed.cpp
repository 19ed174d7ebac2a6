// SPDX-License-Identifier: GPL-3.0-or-later
#include "bbframe_feed.hpp"

#include "options.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/mode_adaptation.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/ts_framer.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/tun.hpp>
#include <spacesail/io/udp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spacesail::cli {
namespace {

/// Two of the longest data fields: with so much waiting no BBFRAME goes out unfilled.
constexpr std::size_t k_enough_bytes = 2 * encap::k_max_bbframe_bytes;
/// Longest time that packets which come by the clock wait for others to share their BBFRAME.
constexpr encap::stream_time_ns k_fill_timeout_ns = 10'000'000;
constexpr std::size_t k_largest_packet_bytes = 65535;
/// How long a live input is waited for before a dummy PLFRAME takes its place.
constexpr int k_live_wait_ms = 1;

encap::frame_formats formats_of(dvbs2x::bch_choice bch)
{
    encap::frame_formats formats{};
    for (unsigned pls = 0; pls < formats.size(); ++pls) {
        const auto code = static_cast<std::uint8_t>(pls);
        const dvbs2x::modcod* m = dvbs2x::find_modcod(code, bch);
        if (m == nullptr) continue;
        formats[pls].k_bch_bits = static_cast<std::uint32_t>(m->code->k_bch);
        formats[pls].plframe_symbols = dvbs2x::plframe_symbols(code);
    }
    return formats;
}

/// Feeds in which a scheduler cuts packets into BBFRAMEs.
class scheduled_feed : public bbframe_feed
{
public:
    feed_step next(encap::stream_time_ns now, std::uint8_t pls) override
    {
        refill(now);
        d_scheduler->set_pls(d_isi, pls);
        const auto frame = d_scheduler->next(now, 0, d_bbframe);
        if (frame.what == encap::scheduled_frame::decision::bbframe) {
            return { feed_step::decision::bbframe, frame.pls, frame.bbframe };
        }
        return { ended() ? feed_step::decision::end : feed_step::decision::dummy, 0, {} };
    }

protected:
    void schedule(const feed_options& o, encap::data_field_source& source, encap::stream_time_ns fill_timeout_ns)
    {
        encap::bb_scheduler_config c;
        c.formats = formats_of(o.bch);
        c.mode = o.mode;
        c.streams = o.isi ? encap::input_streams::multiple : encap::input_streams::single;
        c.signalled_rolloff = o.signalled_rolloff;
        encap::scheduled_stream s;
        s.isi = d_isi = o.isi.value_or(0);
        s.source = &source;
        s.pls = o.first_pls;
        s.fill_timeout_ns = fill_timeout_ns;
        d_scheduler.emplace(c, std::span(&s, 1));
    }
    /// Takes what is there into the source.
    virtual void refill(encap::stream_time_ns now) = 0;
    /// Whether nothing waits and nothing will come.
    virtual bool ended() const = 0;

    const encap::scheduled_stream_counters& stream() const { return d_scheduler->stream_counters(0); }

private:
    std::optional<encap::bb_scheduler> d_scheduler;
    std::uint8_t d_isi = 0;
    std::array<std::uint8_t, encap::k_max_bbframe_bytes> d_bbframe{};
};

/// Transport packets from a file or a generator.
class ts_feed : public scheduled_feed
{
public:
    explicit ts_feed(const feed_options& o) { schedule(o, d_framer, 0); }
    nlohmann::json counters() const override
    {
        const auto& c = d_framer.counters();
        return { { "ts",
                   { { "packets", c.packets_out.value() },
                     { "sync_losses", c.sync_losses.value() },
                     { "skipped_bytes", c.skipped_bytes.value() } } },
                 { "padding_bytes", stream().padding_bytes.value() } };
    }
    std::string summary() const override
    {
        const auto& c = d_framer.counters();
        return fmt::format("{} transport packets{}",
                           c.packets_out.value(),
                           c.skipped_bytes.value() == 0
                               ? ""
                               : fmt::format(" ({} bytes of the input belong to no packet)", c.skipped_bytes.value()));
    }

protected:
    encap::ts_framer d_framer;
};

class ts_file_feed final : public ts_feed
{
public:
    explicit ts_file_feed(const feed_options& o)
        : ts_feed(o), d_name(o.ts), d_file(value_or_usage(io::file_descriptor::open_to_read(o.ts)))
    {
    }

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (!d_at_end && d_framer.backlog_bytes() < k_enough_bytes) {
            if (d_next == d_filled) {
                const auto got = value_or_failed(d_file.read(d_block, 200, d_name));
                if (got.status == io::read_status::timeout) {
                    if (session::interrupted()) d_at_end = true;
                    continue;
                }
                if (got.nof_bytes == 0) {
                    d_framer.finish(now);
                    d_at_end = true;
                    return;
                }
                d_next = 0;
                d_filled = got.nof_bytes;
            }
            const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(d_block.data()) + d_next,
                                                      d_filled - d_next);
            const std::size_t taken = d_framer.push(bytes, now);
            d_next += taken;
            if (taken == 0) break;
        }
    }
    bool ended() const override { return d_at_end && d_framer.backlog_bytes() == 0; }

private:
    std::string d_name;
    io::file_descriptor d_file;
    std::array<std::byte, 188 * 256> d_block;
    std::size_t d_next = 0, d_filled = 0;
    bool d_at_end = false;
};

/// Transport packets of PID 256: continuity counter, number of the packet in 8 bytes, random bytes.
class random_feed final : public ts_feed
{
public:
    explicit random_feed(const feed_options& o) : ts_feed(o), d_random(o.seed) {}

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (d_framer.backlog_bytes() < k_enough_bytes) {
            d_packet[0] = encap::k_ts_sync;
            d_packet[1] = 0x01;
            d_packet[2] = 0x00;
            d_packet[3] = static_cast<std::uint8_t>(0x10U | (d_number & 0x0fU));
            for (unsigned k = 0; k < 8; ++k) d_packet[4 + k] = static_cast<std::uint8_t>(d_number >> (56 - 8 * k));
            for (std::size_t k = 12; k < d_packet.size(); k += 8) {
                const std::uint64_t word = d_random();
                for (unsigned b = 0; b < 8; ++b) d_packet[k + b] = static_cast<std::uint8_t>(word >> (8 * b));
            }
            ++d_number;
            d_framer.push(d_packet, now);
        }
    }
    bool ended() const override { return false; }

private:
    static_assert((encap::k_ts_bytes - 12) % 8 == 0);
    rng d_random;
    std::uint64_t d_number = 0;
    encap::ts_packet d_packet{};
};

/// IP packets in GSE.
class ip_feed : public scheduled_feed
{
public:
    ip_feed(const feed_options& o, encap::stream_time_ns fill_timeout_ns) { schedule(o, d_gse, fill_timeout_ns); }
    nlohmann::json counters() const override
    {
        const auto& c = d_gse.counters();
        return { { "ip",
                   { { "packets", c.pdus_in.value() },
                     { "bytes", c.pdu_bytes_in.value() },
                     { "not_ip", d_not_ip },
                     { "dropped", d_dropped } } },
                 { "gse", { { "pdus", c.pdus_in.value() }, { "fragments", c.fragments.value() } } },
                 { "padding_bytes", stream().padding_bytes.value() } };
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
    encap::gse_encapsulator d_gse;
    std::uint64_t d_not_ip = 0, d_dropped = 0;
};

class pcap_feed final : public ip_feed
{
public:
    explicit pcap_feed(const feed_options& o)
        : ip_feed(o, o.pacing == feed_pacing::fast ? 0 : k_fill_timeout_ns),
          d_pacing(o.pacing),
          d_reader(value_or_usage(io::pcap_reader::open(o.pcap)))
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
        : ip_feed(o, k_fill_timeout_ns), d_tun(value_or_usage(io::tun_device::open(o.tun)))
    {
    }

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (d_gse.backlog_bytes() < k_enough_bytes) {
            if (d_length == 0) {
                const auto got = value_or_failed(d_tun.read(d_packet, k_live_wait_ms));
                if (got.status != io::read_status::data) return;
                d_length = got.nof_bytes;
            }
            if (offer(std::span(d_packet).first(d_length), now) == offered::refused) return;
            d_length = 0;
        }
    }
    bool ended() const override { return false; }

private:
    io::tun_device d_tun;
    std::vector<std::uint8_t> d_packet = std::vector<std::uint8_t>(k_largest_packet_bytes);
    std::size_t d_length = 0;
};

/// BBFRAMEs in mode adaptation L.3, each with the PLS code it is to be sent with.
class l3_feed : public bbframe_feed
{
public:
    explicit l3_feed(dvbs2x::bch_choice bch) : d_formats(formats_of(bch)) {}
    nlohmann::json counters() const override
    {
        return { { "bbframes_in", { { "taken", d_taken }, { "refused", d_refused }, { "missing", d_missing } } } };
    }
    std::string summary() const override
    {
        return fmt::format("{} BBFRAMEs{}{}",
                           d_taken,
                           d_refused == 0 ? "" : fmt::format(", {} datagrams that are no L.3 BBFRAME", d_refused),
                           d_missing == 0 ? "" : fmt::format(", {} missing by their numbers", d_missing));
    }

protected:
    /// The step for a datagram; nothing if it is not to be sent.
    std::optional<feed_step> step_of(std::span<const std::uint8_t> datagram)
    {
        const auto l3 = encap::parse_l3_datagram(datagram);
        const std::uint32_t bits = l3 ? d_formats[l3->header.pls].k_bch_bits : 0;
        if (bits == 0 || l3->bbframe.size() != bits / 8) {
            ++d_refused;
            return std::nullopt;
        }
        d_missing += d_sequence.missing_before(l3->header.frame_number);
        ++d_taken;
        return feed_step{ feed_step::decision::bbframe, l3->header.pls, l3->bbframe };
    }

private:
    encap::frame_formats d_formats;
    encap::l3_sequence d_sequence;
    std::uint64_t d_taken = 0, d_refused = 0, d_missing = 0;
};

class l3_file_feed final : public l3_feed
{
public:
    explicit l3_file_feed(const feed_options& o)
        : l3_feed(o.bch), d_reader(value_or_usage(io::pcap_reader::open(o.bbframes)))
    {
    }
    feed_step next(encap::stream_time_ns, std::uint8_t) override
    {
        while (const auto packet = value_or_failed(d_reader.next())) {
            const auto ip = io::ip_datagram_of(*packet);
            const auto udp = ip ? io::udp_datagram_of(*ip) : std::nullopt;
            if (const auto step = step_of(udp ? udp->payload : std::span<const std::uint8_t>{})) return *step;
        }
        return {};
    }

private:
    io::pcap_reader d_reader;
};

class l3_udp_feed final : public l3_feed
{
public:
    explicit l3_udp_feed(const feed_options& o)
        : l3_feed(o.bch),
          d_socket(value_or_usage(io::udp_receiver::open(value_or_usage(io::parse_udp_endpoint(o.bbframes)))))
    {
    }
    feed_step next(encap::stream_time_ns, std::uint8_t) override
    {
        while (true) {
            const auto got = value_or_failed(d_socket.receive(d_datagram, k_live_wait_ms));
            if (got.status != io::read_status::data) return { feed_step::decision::dummy, 0, {} };
            if (const auto step = step_of(std::span(d_datagram).first(got.nof_bytes))) return *step;
        }
    }

private:
    io::udp_receiver d_socket;
    std::vector<std::uint8_t> d_datagram = std::vector<std::uint8_t>(k_largest_packet_bytes);
};

} // namespace

std::unique_ptr<bbframe_feed> open_feed(const feed_options& o)
{
    const int given =
        int(!o.ts.empty()) + int(!o.pcap.empty()) + int(!o.tun.empty()) + int(!o.bbframes.empty()) + int(o.random);
    if (given != 1) {
        throw usage_error{ fmt::format("{} of --ts, --pcap, --tun, --bbframes and --random given; give one of them",
                                       given == 0 ? "none" : "more than one") };
    }
    if (!o.ts.empty()) return std::make_unique<ts_file_feed>(o);
    if (!o.pcap.empty()) return std::make_unique<pcap_feed>(o);
    if (!o.tun.empty()) return std::make_unique<tun_feed>(o);
    if (o.random) return std::make_unique<random_feed>(o);
    if (o.bbframes.starts_with("udp:")) return std::make_unique<l3_udp_feed>(o);
    return std::make_unique<l3_file_feed>(o);
}

} // namespace spacesail::cli
