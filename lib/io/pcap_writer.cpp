// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/pcap.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace spacesail::io {
namespace {

constexpr std::size_t k_buffer_bytes = std::size_t{ 64 } << 10;

template <std::size_t N>
void append(std::vector<std::uint8_t>& out, const std::array<std::uint32_t, N>& words)
{
    const auto* p = reinterpret_cast<const std::uint8_t*>(words.data());
    out.insert(out.end(), p, p + sizeof words);
}

} // namespace

result<pcap_writer> pcap_writer::create(const std::filesystem::path& file, link_type link, pcap_resolution resolution)
{
    auto fd = file_descriptor::open_to_write(file);
    if (!fd) return fd.error();
    pcap_writer w;
    w.d_name = file.string();
    w.d_file = std::move(*fd);
    w.d_resolution = resolution;
    const std::uint32_t magic = resolution == pcap_resolution::nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
    const std::uint32_t version = 2U | 4U << 16; // 2.4, two 16-bit fields
    append(w.d_buffer,
           std::array<std::uint32_t, 6>{ magic, version, 0, 0, k_max_packet_bytes, static_cast<std::uint32_t>(link) });
    return w;
}

pcap_writer::~pcap_writer()
{
    if (d_file.is_open()) static_cast<void>(close());
}

result<ok_t> pcap_writer::write(utc_time time, std::span<const std::uint8_t> bytes)
{
    if (d_failure) return *d_failure;
    const std::int64_t seconds = time.ns / 1'000'000'000;
    if (time.ns < 0 || seconds > std::numeric_limits<std::uint32_t>::max()) {
        return result<ok_t>::failure(error_code::out_of_range,
                                     d_name + ": a packet of " + format_utc(time) +
                                         "; the format holds 1970-01-01 to 2106-02-07");
    }
    const std::size_t kept = std::min(bytes.size(), k_max_packet_bytes);
    const auto part =
        static_cast<std::uint32_t>(time.ns % 1'000'000'000 / (d_resolution == pcap_resolution::nanoseconds ? 1 : 1000));
    append(d_buffer,
           std::array<std::uint32_t, 4>{ static_cast<std::uint32_t>(seconds),
                                         part,
                                         static_cast<std::uint32_t>(kept),
                                         static_cast<std::uint32_t>(bytes.size()) });
    d_buffer.insert(d_buffer.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    ++d_nof_packets;
    return d_buffer.size() >= k_buffer_bytes ? flush() : result<ok_t>(ok);
}

result<ok_t> pcap_writer::flush()
{
    if (d_failure) return *d_failure;
    std::size_t written = 0;
    const auto done = d_file.write_all(std::as_bytes(std::span(d_buffer)), d_name, written);
    d_buffer.clear();
    if (!done)
        d_failure =
            error{ done.error().code,
                   done.error().message + "; up to " + std::to_string(d_nof_packets) + " packets were written" };
    if (d_failure) return *d_failure;
    return ok;
}

result<ok_t> pcap_writer::close()
{
    if (!d_file.is_open()) return ok;
    auto done = flush();
    auto closed = d_file.close(d_name);
    return done ? closed : done;
}

result<ok_t> pcap_writer::open_again()
{
    if (d_failure) return *d_failure;
    if (d_file.is_open()) return ok;
    auto file = file_descriptor::open_to_append(d_name);
    if (!file) return *(d_failure = file.error());
    d_file = std::move(*file);
    return ok;
}

} // namespace spacesail::io
