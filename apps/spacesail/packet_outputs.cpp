// SPDX-License-Identifier: GPL-3.0-or-later
#include "packet_outputs.hpp"

#include <spacesail/encap/mode_adaptation.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace spacesail::cli {
namespace {

bool is_udp(const std::string& name) { return name.rfind("udp:", 0) == 0; }

constexpr std::size_t k_ts_datagram_bytes = 7 * 188;
/// The error with the option it is about in front.
error about(const char* option, error e)
{
    if (!e.message.starts_with("--")) e.message = std::string(option) + " " + e.message;
    return e;
}
/// Port that Wireshark users of L.3 captures see; any does.
constexpr std::uint16_t k_bbframe_port = 2000;

} // namespace

packet_outputs::packet_outputs(const packet_output_options& options, const sample_clock& clock)
    : d_clock(clock),
      d_deframer(
          [&] {
              encap::bb_deframer_config c;
              c.isi = options.isi;
              return c;
          }(),
          *this),
      d_datagram(encap::k_l3_max_datagram_bytes)
{
    d_ts_datagram.reserve(k_ts_datagram_bytes);
}

result<std::unique_ptr<packet_outputs>> packet_outputs::open(const packet_output_options& options,
                                                             const sample_clock& clock)
{
    std::unique_ptr<packet_outputs> p(new packet_outputs(options, clock));
    if (is_udp(options.ts)) {
        auto to = io::parse_udp_endpoint(options.ts);
        if (!to) return about("--ts", to.error());
        auto sender = io::udp_sender::open(*to);
        if (!sender) return about("--ts", sender.error());
        p->d_ts_udp.emplace(std::move(*sender));
    } else if (!options.ts.empty()) {
        p->d_ts_name = options.ts == "-" ? "--ts -: standard output" : "--ts " + options.ts;
        p->d_ts_file = options.ts == "-" ? ::fdopen(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "wb")
                                         : std::fopen(options.ts.c_str(), "wb");
        if (p->d_ts_file == nullptr) return io::system_error(p->d_ts_name, "cannot open to write", errno);
    }
    if (!options.pcap.empty()) {
        auto w = io::pcap_writer::create(options.pcap);
        if (!w) return about("--pcap", w.error());
        p->d_pcap.emplace(std::move(*w));
    }
    if (is_udp(options.bbframes)) {
        auto to = io::parse_udp_endpoint(options.bbframes);
        if (!to) return about("--bbframes", to.error());
        auto sender = io::udp_sender::open(*to);
        if (!sender) return about("--bbframes", sender.error());
        p->d_bb_udp.emplace(std::move(*sender));
    } else if (!options.bbframes.empty()) {
        auto w = io::pcap_writer::create(options.bbframes);
        if (!w) return about("--bbframes", w.error());
        p->d_bb_pcap.emplace(std::move(*w));
    }
    if (!options.tun.empty()) {
        auto t = io::tun_device::open(options.tun);
        if (!t) return about("--tun", t.error());
        p->d_tun.emplace(std::move(*t));
    }
    return p;
}

void packet_outputs::note(const result<ok_t>& r)
{
    if (!r && !d_failure) d_failure = r.error();
}

void packet_outputs::on_frame(const frame_view<std::uint8_t>& bbframe) noexcept
{
    if (d_bb_pcap || d_bb_udp) write_bbframe(bbframe);
    d_deframer.on_frame(bbframe);
}

void packet_outputs::write_bbframe(const frame_view<std::uint8_t>& bbframe)
{
    if (d_failure) return;
    encap::l3_header h;
    h.pls = bbframe.header.pls;
    h.es_n0_db = bbframe.measured.es_n0_db;
    h.frame_number = static_cast<std::uint8_t>(bbframe.index);
    const auto datagram = encap::write_l3_datagram(h, bbframe.payload, d_datagram);
    if (d_bb_udp) note(d_bb_udp->send(datagram));
    if (d_bb_pcap) {
        io::udp_ipv4_flow flow;
        flow.source_port = flow.destination_port = k_bbframe_port;
        io::make_udp_ipv4(flow, d_ip_id++, datagram, d_ip);
        note(d_bb_pcap->write(d_clock.time_of(bbframe.first_sample), d_ip));
    }
}

void packet_outputs::write_ts(std::span<const std::uint8_t> packet)
{
    if (d_ts_file != nullptr) {
        if (std::fwrite(packet.data(), 1, packet.size(), d_ts_file) != packet.size()) {
            note(io::system_error(d_ts_name, "cannot write", errno));
        }
    }
    if (d_ts_udp) {
        d_ts_datagram.insert(d_ts_datagram.end(), packet.begin(), packet.end());
        if (d_ts_datagram.size() >= k_ts_datagram_bytes) {
            note(d_ts_udp->send(d_ts_datagram));
            d_ts_datagram.clear();
        }
    }
}

void packet_outputs::on_packet(const encap::packet_view& packet) noexcept
{
    if (packet.kind == encap::packet_kind::ts) {
        ++d_ts_packets;
        if (!d_failure) write_ts(packet.payload);
        return;
    }
    if (packet.protocol_type != encap::k_protocol_ipv4 && packet.protocol_type != encap::k_protocol_ipv6) {
        ++d_other_pdus;
        return;
    }
    ++d_ip_packets;
    d_ip_bytes += packet.payload.size();
    if (d_failure) return;
    if (d_pcap) note(d_pcap->write(d_clock.time_of(packet.position.first_sample), packet.payload));
    if (d_tun) note(d_tun->write(packet.payload));
}

result<ok_t> packet_outputs::close()
{
    d_deframer.flush();
    if (d_ts_udp && !d_ts_datagram.empty()) note(d_ts_udp->send(d_ts_datagram));
    if (d_ts_file != nullptr) {
        if (std::fclose(d_ts_file) != 0) note(io::system_error(d_ts_name, "cannot write", errno));
        d_ts_file = nullptr;
    }
    if (d_pcap) note(d_pcap->close());
    if (d_bb_pcap) note(d_bb_pcap->close());
    if (d_failure) return *d_failure;
    return ok;
}

} // namespace spacesail::cli
