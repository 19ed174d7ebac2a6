/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_finder.h"
#include "packet_type.h"

#include <gnuradio/spacesail/packet_sink.h>
#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/tun.hpp>
#include <spacesail/io/udp.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace gr::spacesail {

/// Where packets go.
using packet_target = std::variant<::spacesail::io::file_descriptor,
                                   ::spacesail::io::pcap_writer,
                                   ::spacesail::io::udp_sender,
                                   ::spacesail::io::tun_device>;

class packet_sink_impl final : public packet_sink
{
public:
    packet_sink_impl(packet_target target, packet_type packets, std::string name);

    int work(int noutput_items, gr_vector_const_void_star& in, gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;

    std::uint64_t nof_packets() const override;
    std::uint64_t nof_bytes() const override { return d_nof_bytes; }
    std::uint64_t nof_left_out() const override { return d_nof_left_out; }
    std::string failure() const override;

private:
    void take_stream(std::span<const std::uint8_t> bytes);
    void take_packets(std::span<const std::uint8_t> bytes);
    ::spacesail::result<::spacesail::ok_t> write(std::span<const std::uint8_t> bytes);
    void send(std::span<const std::uint8_t> bytes);
    void note(const ::spacesail::result<::spacesail::ok_t>& r);

    packet_target d_target;
    const packet_type d_packets;
    const std::string d_name;
    std::size_t d_datagram_bytes = 0; ///< of a transport stream over UDP; 0: no such
    frame_finder d_finder;
    std::vector<gr::tag_t> d_tags;
    std::vector<std::uint8_t> d_partial; ///< of a packet or datagram
    std::size_t d_wanted = 0;            ///< bytes of the packet in d_partial; 0: none
    ::spacesail::utc_time d_time;
    std::atomic<std::uint64_t> d_nof_packets{ 0 }, d_nof_bytes{ 0 }, d_nof_left_out{ 0 };
    std::atomic<bool> d_failed{ false };
    mutable std::mutex d_mutex;
    std::string d_failure; ///< guarded by d_mutex
};

} // namespace gr::spacesail
