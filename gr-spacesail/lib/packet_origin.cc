/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet_origin.h"

#include <spacesail/encap/ts_generator.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/tun.hpp>
#include <spacesail/io/udp.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace io = core::io;

namespace {

/// Longest wait before the scheduler may look whether the flowgraph was stopped.
constexpr int k_wait_ms = 50;

class file_origin final : public packet_origin
{
public:
    file_origin(io::file_descriptor file, std::string name)
        : d_file(std::move(file)), d_name(std::move(name)), d_buffer(1U << 16)
    {
    }
    core::result<taken> next(std::size_t most) override
    {
        const auto room = std::as_writable_bytes(std::span(d_buffer).first(std::min(most, d_buffer.size())));
        const auto r = d_file.read(room, k_wait_ms, d_name);
        if (!r) return r.error();
        return taken{ r->status, std::span(d_buffer).first(r->nof_bytes) };
    }
    core::result<bool> rewind() override
    {
        if (!d_file.is_regular_file()) return false;
        auto again = io::file_descriptor::open_to_read(d_name);
        if (!again) return again.error();
        d_file = std::move(*again);
        return true;
    }

private:
    io::file_descriptor d_file;
    std::string d_name;
    std::vector<std::uint8_t> d_buffer;
};

class capture_origin final : public packet_origin
{
public:
    capture_origin(io::pcap_reader reader, std::string name, packet_type packets)
        : d_reader(std::move(reader)), d_name(std::move(name)), d_packets(packets)
    {
    }
    core::result<taken> next(std::size_t) override
    {
        const auto p = d_reader->next();
        if (!p) return p.error();
        if (!*p) return taken{};
        taken t{ io::read_status::data, {} };
        if (d_packets == packet_type::ip) {
            if (const auto ip = io::ip_datagram_of(**p)) t.bytes = *ip;
        } else if ((*p)->link == io::link_type::ethernet && (*p)->original_bytes == (*p)->bytes.size()) {
            t.bytes = (*p)->bytes;
        }
        if (t.bytes.size() > k_longest_packet) t.bytes = {};
        return t;
    }
    core::result<bool> rewind() override
    {
        if (d_name == "-") return false;
        auto again = io::pcap_reader::open(d_name);
        if (!again) return again.error();
        d_reader.emplace(std::move(*again));
        return true;
    }

private:
    std::optional<io::pcap_reader> d_reader;
    std::string d_name;
    packet_type d_packets;
};

class udp_origin final : public packet_origin
{
public:
    explicit udp_origin(io::udp_receiver receiver) : d_receiver(std::move(receiver)), d_buffer(k_longest_packet) {}
    core::result<taken> next(std::size_t) override
    {
        const auto r = d_receiver.receive(d_buffer, k_wait_ms);
        if (!r) return r.error();
        return taken{ r->status, std::span(d_buffer).first(r->nof_bytes) };
    }
    core::result<bool> rewind() override { return false; }

private:
    io::udp_receiver d_receiver;
    std::vector<std::uint8_t> d_buffer;
};

class tun_origin final : public packet_origin
{
public:
    explicit tun_origin(io::tun_device device) : d_device(std::move(device)), d_buffer(k_longest_packet) {}
    core::result<taken> next(std::size_t) override
    {
        const auto r = d_device.read(d_buffer, k_wait_ms);
        if (!r) return r.error();
        return taken{ r->status, std::span(d_buffer).first(r->nof_bytes) };
    }
    core::result<bool> rewind() override { return false; }

private:
    io::tun_device d_device;
    std::vector<std::uint8_t> d_buffer;
};

class random_origin final : public packet_origin
{
public:
    explicit random_origin(std::uint64_t seed) : d_generator(seed), d_buffer(64 * core::encap::k_ts_bytes) {}
    core::result<taken> next(std::size_t most) override
    {
        const std::size_t n = std::min(most, d_buffer.size()) / core::encap::k_ts_bytes * core::encap::k_ts_bytes;
        const auto packets = std::span(d_buffer).first(std::max(n, core::encap::k_ts_bytes));
        d_generator.read(packets);
        return taken{ io::read_status::data, packets };
    }
    core::result<bool> rewind() override { return false; }

private:
    core::encap::ts_generator d_generator;
    std::vector<std::uint8_t> d_buffer;
};

core::error wrong_kind(const std::string& input, const char* remedy)
{
    return { core::error_code::invalid_argument, "\"" + input + "\" cannot give such packets; " + remedy };
}

template <class Origin, class Opened, class... More>
core::result<std::unique_ptr<packet_origin>> wrapped(core::result<Opened> opened, More... more)
{
    if (!opened) return opened.error();
    return std::unique_ptr<packet_origin>(std::make_unique<Origin>(std::move(*opened), std::move(more)...));
}

} // namespace

core::result<std::unique_ptr<packet_origin>>
open_packet_origin(const std::string& input, packet_type packets, std::uint64_t seed)
{
    if (input.starts_with("udp:")) {
        if (packets == packet_type::ethernet) return wrong_kind(input, "give packets = ts or ip");
        const auto at = io::parse_udp_endpoint(input);
        if (!at) return at.error();
        return wrapped<udp_origin>(io::udp_receiver::open(*at));
    }
    if (input.starts_with("tun:")) {
        if (packets != packet_type::ip) return wrong_kind(input, "give packets = ip");
        return wrapped<tun_origin>(io::tun_device::open(input.substr(4)));
    }
    if (input == "random:") {
        if (packets != packet_type::ts) return wrong_kind(input, "give packets = ts");
        return std::unique_ptr<packet_origin>(std::make_unique<random_origin>(seed));
    }
    if (packets == packet_type::ts) return wrapped<file_origin>(io::file_descriptor::open_to_read(input), input);
    return wrapped<capture_origin>(io::pcap_reader::open(input), input, packets);
}

} // namespace gr::spacesail
