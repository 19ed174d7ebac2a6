// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/frame.hpp>
#include <spacesail/base/result.hpp>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/tun.hpp>
#include <spacesail/io/udp.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spacesail::cli {

/// Where received packets go; every one may be empty.
struct packet_output_options {
    std::string ts;       ///< file, - or udp:HOST:PORT
    std::string pcap;     ///< file: IP packets
    std::string bbframes; ///< file.pcap or udp:HOST:PORT: BBFRAMEs in mode adaptation L.3
    std::string tun;      ///< interface name
    std::optional<std::uint8_t> isi;
};

/// \brief Takes BBFRAMEs, writes what is in them where the user wants it.
///
/// The first write that fails is kept in failure() and ends writing; the receiver goes on, its counters stay right.
class packet_outputs final : public frame_sink<std::uint8_t>, private encap::packet_sink
{
public:
    /// Errors: as the files and sockets; invalid_argument for a name that cannot be written to.
    static result<std::unique_ptr<packet_outputs>> open(const packet_output_options& options,
                                                        const sample_clock& clock);

    void on_frame(const frame_view<std::uint8_t>& bbframe) noexcept override;
    /// Delivers what waits and closes files. Errors: io.
    result<ok_t> close();

    const encap::bb_deframer& deframer() const noexcept { return d_deframer; }
    const std::optional<error>& failure() const noexcept { return d_failure; }
    std::uint64_t ip_packets() const noexcept { return d_ip_packets; }
    std::uint64_t ip_bytes() const noexcept { return d_ip_bytes; }
    std::uint64_t ts_packets() const noexcept { return d_ts_packets; }
    std::uint64_t other_pdus() const noexcept { return d_other_pdus; }

private:
    packet_outputs(const packet_output_options& options, const sample_clock& clock);
    void on_packet(const encap::packet_view& packet) noexcept override;
    void write_ts(std::span<const std::uint8_t> packet);
    void write_bbframe(const frame_view<std::uint8_t>& bbframe);
    void note(const result<ok_t>& r);

    sample_clock d_clock;
    encap::bb_deframer d_deframer;
    std::FILE* d_ts_file = nullptr;
    std::string d_ts_name; ///< of it, for messages
    std::optional<io::udp_sender> d_ts_udp;
    std::vector<std::uint8_t> d_ts_datagram; ///< seven packets, the custom of MPEG-TS over UDP
    std::optional<io::pcap_writer> d_pcap;
    std::optional<io::pcap_writer> d_bb_pcap;
    std::optional<io::udp_sender> d_bb_udp;
    std::optional<io::tun_device> d_tun;
    std::vector<std::uint8_t> d_datagram, d_ip;
    std::uint16_t d_ip_id = 0;
    std::optional<error> d_failure;
    std::uint64_t d_ip_packets = 0, d_ip_bytes = 0, d_ts_packets = 0, d_other_pdus = 0;
};

} // namespace spacesail::cli
