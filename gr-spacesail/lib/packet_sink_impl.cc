/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet_sink_impl.h"
#include "frame_dict.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/encap/ts_packet.hpp>

#include <algorithm>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace io = core::io;

namespace {

/// Transport packets in a datagram, the custom of MPEG-TS over UDP: 1316 bytes, below the MTU of Ethernet.
constexpr std::size_t k_ts_in_datagram = 7;

template <class Opened>
core::result<packet_target> as_target(core::result<Opened> opened)
{
    if (!opened) return opened.error();
    return packet_target(std::move(*opened));
}

core::result<packet_target> open_target(const std::string& output, packet_type packets)
{
    const auto wrong = [&](const char* remedy) {
        return core::error{ core::error_code::invalid_argument,
                            "\"" + output + "\" cannot take such packets; " + remedy };
    };
    if (output.starts_with("udp:")) {
        if (packets == packet_type::ethernet) return wrong("give packets = ts or ip");
        const auto to = io::parse_udp_endpoint(output);
        if (!to) return to.error();
        return as_target(io::udp_sender::open(*to));
    }
    if (output.starts_with("tun:")) {
        if (packets != packet_type::ip) return wrong("give packets = ip");
        return as_target(io::tun_device::open(output.substr(4)));
    }
    if (packets == packet_type::ts) return as_target(io::file_descriptor::open_to_write(output));
    return as_target(
        io::pcap_writer::create(output, packets == packet_type::ip ? io::link_type::raw_ip : io::link_type::ethernet));
}

} // namespace

packet_sink::sptr packet_sink::make(const std::string& output, const std::string& packets)
{
    const auto type = packet_type_from("packet_sink", packets);
    auto target = open_target(output, type);
    if (!target) throw std::invalid_argument("packet_sink: output: " + target.error().message);
    return gnuradio::make_block_sptr<packet_sink_impl>(std::move(*target), type, output);
}

packet_sink_impl::packet_sink_impl(packet_target target, packet_type packets, std::string name)
    : gr::sync_block("spacesail_packet_sink", gr::io_signature::make(1, 1, 1), gr::io_signature::make(0, 0, 0)),
      d_target(std::move(target)),
      d_packets(packets),
      d_name(std::move(name))
{
    if (std::holds_alternative<io::udp_sender>(d_target) && packets == packet_type::ts) {
        d_datagram_bytes = k_ts_in_datagram * core::encap::k_ts_bytes;
    }
}

std::string packet_sink_impl::failure() const
{
    const std::lock_guard lock(d_mutex);
    return d_failure;
}

std::uint64_t packet_sink_impl::nof_packets() const
{
    return d_packets == packet_type::ts ? d_nof_bytes / core::encap::k_ts_bytes : d_nof_packets.load();
}

void packet_sink_impl::note(const core::result<core::ok_t>& r)
{
    if (r || d_failed.exchange(true)) return;
    d_logger->error("{}", r.error().message);
    const std::lock_guard lock(d_mutex);
    d_failure = r.error().message;
}

core::result<core::ok_t> packet_sink_impl::write(std::span<const std::uint8_t> bytes)
{
    if (auto* file = std::get_if<io::file_descriptor>(&d_target)) {
        std::size_t written = 0;
        return file->write_all(std::as_bytes(bytes), d_name, written);
    }
    if (auto* capture = std::get_if<io::pcap_writer>(&d_target)) return capture->write(d_time, bytes);
    if (auto* udp = std::get_if<io::udp_sender>(&d_target)) return udp->send(bytes);
    return std::get<io::tun_device>(d_target).write(bytes);
}

/// Writes one packet, or bytes of a stream.
void packet_sink_impl::send(std::span<const std::uint8_t> bytes)
{
    if (d_failed || bytes.empty()) return;
    const auto r = write(bytes);
    note(r);
    if (!r) return;
    ++d_nof_packets;
    d_nof_bytes += bytes.size();
}

void packet_sink_impl::take_stream(std::span<const std::uint8_t> bytes)
{
    if (d_datagram_bytes == 0) {
        send(bytes);
        return;
    }
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), d_datagram_bytes - d_partial.size());
        d_partial.insert(d_partial.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
        bytes = bytes.subspan(n);
        if (d_partial.size() < d_datagram_bytes) break;
        send(d_partial);
        d_partial.clear();
    }
}

void packet_sink_impl::take_packets(std::span<const std::uint8_t> bytes)
{
    get_tags_in_window(d_tags, 0, 0, bytes.size());
    d_finder.look(d_tags);
    const std::uint64_t start = nitems_read(0);
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (d_wanted == 0) {
            const found_frame* f = d_finder.at_or_after(start + at);
            const std::size_t begin = f != nullptr ? static_cast<std::size_t>(f->offset - start) : bytes.size();
            d_nof_left_out += begin - at;
            at = begin;
            if (f == nullptr) return;
            d_wanted = f->nof_items;
            d_time = extras_from_frame_dict(f->dict).time.value_or(core::utc_time{});
        }
        const std::size_t n = std::min(bytes.size() - at, d_wanted - d_partial.size());
        if (d_partial.empty() && n == d_wanted) {
            send(bytes.subspan(at, n)); // the common case: no copy
        } else {
            const auto part = bytes.subspan(at, n);
            d_partial.insert(d_partial.end(), part.begin(), part.end());
            if (d_partial.size() < d_wanted) return;
            send(d_partial);
            d_partial.clear();
        }
        d_wanted = 0;
        at += n;
    }
}

int packet_sink_impl::work(int noutput_items, gr_vector_const_void_star& in, gr_vector_void_star&)
{
    const std::span<const std::uint8_t> bytes(static_cast<const std::uint8_t*>(in[0]),
                                              static_cast<std::size_t>(noutput_items));
    if (d_packets == packet_type::ts) {
        take_stream(bytes);
    } else {
        take_packets(bytes);
    }
    return d_failed ? static_cast<int>(WORK_DONE) : noutput_items;
}

bool packet_sink_impl::start()
{
    // stop() has closed it.
    if (auto* capture = std::get_if<io::pcap_writer>(&d_target)) note(capture->open_again());
    if (auto* file = std::get_if<io::file_descriptor>(&d_target); file != nullptr && !file->is_open()) {
        auto again = io::file_descriptor::open_to_append(d_name);
        if (again) {
            *file = std::move(*again);
        } else {
            note(again.error());
        }
    }
    return true;
}

bool packet_sink_impl::stop()
{
    if (d_datagram_bytes > 0) {
        send(d_partial);
    } else {
        d_nof_left_out += d_partial.size();
    }
    d_partial.clear();
    d_wanted = 0;
    if (auto* file = std::get_if<io::file_descriptor>(&d_target)) note(file->close(d_name));
    if (auto* capture = std::get_if<io::pcap_writer>(&d_target)) note(capture->close());
    return true;
}

} // namespace gr::spacesail
