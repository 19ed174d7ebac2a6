// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"
#include "scheduled_feed.hpp"

#include <spacesail/encap/mode_adaptation.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/udp.hpp>
#include <spacesail/terminal/link_tables.hpp>

#include <fmt/format.h>

namespace spacesail::cli {
namespace {

/// BBFRAMEs in mode adaptation L.3, each with the PLS code it is to be sent with.
class l3_feed : public bbframe_feed
{
public:
    explicit l3_feed(dvbs2x::bch_choice bch) : d_formats(terminal::regular_formats(bch)) {}
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
        : l3_feed(o.bch), d_reader(value_or_usage("--bbframes", io::pcap_reader::open(o.bbframes)))
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
          d_wait_ms(o.paced ? 0 : k_live_wait_ms),
          d_socket(value_or_usage(
              "--bbframes", io::udp_receiver::open(value_or_usage("--bbframes", io::parse_udp_endpoint(o.bbframes)))))
    {
    }
    feed_step next(encap::stream_time_ns, std::uint8_t) override
    {
        while (true) {
            const auto got = value_or_failed(d_socket.receive(d_datagram, d_wait_ms));
            if (got.status != io::read_status::data) return { feed_step::decision::dummy, 0, {} };
            if (const auto step = step_of(std::span(d_datagram).first(got.nof_bytes))) return *step;
        }
    }

private:
    int d_wait_ms;
    io::udp_receiver d_socket;
    std::vector<std::uint8_t> d_datagram = std::vector<std::uint8_t>(k_largest_packet_bytes);
};

} // namespace

std::unique_ptr<bbframe_feed> open_l3_feed(const feed_options& o)
{
    if (o.bbframes.starts_with("udp:")) return std::make_unique<l3_udp_feed>(o);
    return std::make_unique<l3_file_feed>(o);
}

} // namespace spacesail::cli
