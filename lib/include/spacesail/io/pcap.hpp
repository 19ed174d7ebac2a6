// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Capture files. Source: draft-ietf-opsawg-pcap (classic format), draft-ietf-opsawg-pcapng.
namespace spacesail::io {

/// \brief What a captured packet begins with; the numbers of the LINKTYPE registry.
enum class link_type : std::uint32_t {
    null_loopback = 0,
    ethernet = 1,
    raw_ip_bsd = 12, ///< raw IP as some systems number it
    raw_ip = 101,    ///< IPv4 or IPv6, told apart by the first four bits
    linux_sll = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_sll2 = 276
};

/// Unit of the times in a classic capture file.
enum class pcap_resolution { microseconds, nanoseconds };

/// \brief One captured packet; bytes are valid until the next call of the reader.
struct pcap_packet {
    utc_time time;
    link_type link = link_type::raw_ip;
    std::uint32_t original_bytes = 0; ///< length on the wire; more than bytes.size() if the capture cut it
    std::span<const std::uint8_t> bytes;
};

/// \brief Reads classic pcap files (either byte order, microseconds or nanoseconds) and pcapng.
///
/// Memory: one block of the file, at most 16 MiB. Blocks of pcapng that carry no packet are skipped.
class pcap_reader
{
public:
    /// \brief Opens a file; "-" is standard input. Errors: not_found, io; parse if it is no capture file.
    static result<pcap_reader> open(const std::filesystem::path& file);
    /// \brief Takes a capture file that is in memory. Errors: as open().
    static result<pcap_reader> from_bytes(std::vector<std::uint8_t> bytes, std::string name);

    /// \brief The next packet; nothing at the end of the file.
    ///
    /// Errors: truncated, parse, io, with the file, the byte offset and the number of packets read before. After one
    /// only the end follows.
    result<std::optional<pcap_packet>> next();

    std::uint64_t nof_packets() const noexcept { return d_nof_packets; }

private:
    struct interface {
        link_type link = link_type::raw_ip;
        std::uint64_t ticks_per_s = 1'000'000;
        std::int64_t offset_s = 0;
    };
    struct got_packet {
        bool valid = false;
        pcap_packet packet;
    };
    pcap_reader() = default;
    result<ok_t> read_start();
    /// Reads n bytes into d_block at `at`; the number that came, less at the end of the file.
    result<std::size_t> read_bytes(std::size_t at, std::size_t n);
    result<std::optional<pcap_packet>> next_classic();
    result<std::optional<pcap_packet>> next_block();
    result<got_packet> decode_block(std::uint32_t type, std::size_t nof_bytes);
    result<ok_t> read_section_order();
    error broken(error_code code, const std::string& what);
    std::uint16_t u16(std::size_t at) const noexcept;
    std::uint32_t u32(std::size_t at) const noexcept;

    std::string d_name;
    file_descriptor d_file; ///< closed when the bytes are in memory
    std::vector<std::uint8_t> d_memory;
    std::size_t d_memory_next = 0;
    std::vector<std::uint8_t> d_block;
    std::vector<interface> d_interfaces;
    std::uint64_t d_offset = 0; ///< bytes of the file read
    std::uint64_t d_nof_packets = 0;
    bool d_is_pcapng = false;
    bool d_swapped = false; ///< the file's byte order is not this machine's
    bool d_at_end = false;
};

/// \brief Writes a classic capture file.
class pcap_writer
{
public:
    /// Most bytes of one packet that readers accept.
    static constexpr std::size_t k_max_packet_bytes = 262144;

    /// \brief Makes the file; "-" is standard output. Errors: io, not_found.
    static result<pcap_writer> create(const std::filesystem::path& file,
                                      link_type link = link_type::raw_ip,
                                      pcap_resolution resolution = pcap_resolution::nanoseconds);

    pcap_writer(pcap_writer&&) noexcept = default;
    pcap_writer& operator=(pcap_writer&&) noexcept = delete;
    /// Flushes; an error is lost here, so call close().
    ~pcap_writer();

    /// \brief Appends a packet; buffered. A packet above k_max_packet_bytes is cut, its true length kept.
    /// \param[in] time  1970-01-01 to 2106-02-07, what the format can hold.
    /// Errors: io with the packets written; out_of_range for a time outside.
    result<ok_t> write(utc_time time, std::span<const std::uint8_t> bytes);
    /// \brief Hands what is buffered to the operating system (for readers of a pipe). Errors: io.
    result<ok_t> flush();
    /// \brief Flushes and closes. Errors: io.
    result<ok_t> close();
    /// \brief After close(): goes on behind what was written. Nothing happens while the file is open.
    /// Errors: io, not_found; those of a write that failed before.
    result<ok_t> open_again();

    std::uint64_t nof_packets() const noexcept { return d_nof_packets; }

private:
    pcap_writer() = default;
    std::string d_name;
    file_descriptor d_file;
    std::vector<std::uint8_t> d_buffer;
    pcap_resolution d_resolution = pcap_resolution::nanoseconds;
    std::uint64_t d_nof_packets = 0;
    std::optional<error> d_failure;
};

} // namespace spacesail::io
