// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/pcap.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace spacesail::io {
namespace {

constexpr std::uint32_t k_magic_us = 0xa1b2c3d4;
constexpr std::uint32_t k_magic_ns = 0xa1b23c4d;
constexpr std::uint32_t k_section = 0x0a0d0d0a; // the same in both byte orders
constexpr std::uint32_t k_byte_order = 0x1a2b3c4d;
constexpr std::uint32_t k_interface = 1, k_old_packet = 2, k_simple_packet = 3, k_enhanced_packet = 6;
constexpr std::size_t k_file_header_bytes = 24, k_record_header_bytes = 16;
constexpr std::size_t k_max_block_bytes = std::size_t{ 16 } << 20;

std::uint32_t swapped(std::uint32_t v) noexcept { return __builtin_bswap32(v); }

/// ticks / ticks_per_s + offset_s, in ns; nothing if it leaves the range of utc_time.
std::optional<utc_time> time_of(std::uint64_t ticks, std::uint64_t ticks_per_s, std::int64_t offset_s) noexcept
{
    const auto whole = static_cast<__int128>(ticks / ticks_per_s) + offset_s;
    const auto part = static_cast<__int128>(ticks % ticks_per_s) * 1'000'000'000 / ticks_per_s;
    const __int128 ns = whole * 1'000'000'000 + part;
    if (ns > std::numeric_limits<std::int64_t>::max() || ns < std::numeric_limits<std::int64_t>::min())
        return std::nullopt;
    return utc_time{ static_cast<std::int64_t>(ns) };
}

} // namespace

std::uint16_t pcap_reader::u16(std::size_t at) const noexcept
{
    std::uint16_t v;
    std::memcpy(&v, d_block.data() + at, sizeof v);
    return d_swapped ? __builtin_bswap16(v) : v;
}

std::uint32_t pcap_reader::u32(std::size_t at) const noexcept
{
    std::uint32_t v;
    std::memcpy(&v, d_block.data() + at, sizeof v);
    return d_swapped ? swapped(v) : v;
}

error pcap_reader::broken(error_code code, const std::string& what)
{
    d_at_end = true;
    return { code,
             d_name + ": " + what + " at byte " + std::to_string(d_offset) + ", after " +
                 std::to_string(d_nof_packets) + " packets" };
}

result<std::size_t> pcap_reader::read_bytes(std::size_t at, std::size_t n)
{
    // Why grown in steps: a length field of a short file must not allocate what the file does not have.
    std::size_t done = 0;
    while (done < n) {
        const std::size_t step = std::min<std::size_t>(n - done, std::size_t{ 64 } << 10);
        if (d_block.size() < at + done + step) d_block.resize(at + done + step);
        std::size_t got = 0;
        if (d_file.is_open()) {
            const auto r = d_file.read(std::as_writable_bytes(std::span(d_block).subspan(at + done, step)), -1, d_name);
            if (!r) {
                d_at_end = true;
                return r.error();
            }
            got = r->nof_bytes;
            if (r->status == read_status::end) break;
        } else {
            got = std::min(step, d_memory.size() - d_memory_next);
            if (got == 0) break;
            std::copy_n(d_memory.begin() + static_cast<std::ptrdiff_t>(d_memory_next),
                        got,
                        d_block.begin() + static_cast<std::ptrdiff_t>(at + done));
            d_memory_next += got;
        }
        done += got;
        d_offset += got;
    }
    return done;
}

result<pcap_reader> pcap_reader::open(const std::filesystem::path& file)
{
    auto fd = file_descriptor::open_to_read(file);
    if (!fd) return fd.error();
    pcap_reader r;
    r.d_name = file.string();
    r.d_file = std::move(*fd);
    if (auto started = r.read_start(); !started) return started.error();
    return r;
}

result<pcap_reader> pcap_reader::from_bytes(std::vector<std::uint8_t> bytes, std::string name)
{
    pcap_reader r;
    r.d_name = std::move(name);
    r.d_memory = std::move(bytes);
    if (auto started = r.read_start(); !started) return started.error();
    return r;
}

result<ok_t> pcap_reader::read_start()
{
    const auto foreign = [this] {
        return error{ error_code::parse,
                      d_name + ": is no capture file (its first bytes are not those of pcap or pcapng); write one with "
                               "tcpdump -w or tshark -w" };
    };
    auto n = read_bytes(0, 4);
    if (!n) return n.error();
    if (*n < 4) return foreign();
    const std::uint32_t magic = u32(0);
    if (magic == k_section) {
        d_is_pcapng = true;
        return read_section_order();
    }
    const std::uint32_t other = swapped(magic);
    d_swapped = other == k_magic_us || other == k_magic_ns;
    const std::uint32_t kind = d_swapped ? other : magic;
    if (kind != k_magic_us && kind != k_magic_ns) return foreign();
    n = read_bytes(4, k_file_header_bytes - 4);
    if (!n) return n.error();
    if (*n < k_file_header_bytes - 4) return broken(error_code::truncated, "the file header is cut off");
    interface i;
    i.ticks_per_s = kind == k_magic_ns ? 1'000'000'000 : 1'000'000;
    i.offset_s = static_cast<std::int32_t>(u32(8));
    // The upper bits hold the length of a frame check sequence, not the link type.
    i.link = static_cast<link_type>(u32(20) & 0x03ffffffU);
    d_interfaces.push_back(i);
    return ok;
}

result<std::optional<pcap_packet>> pcap_reader::next()
{
    if (d_at_end) return std::optional<pcap_packet>();
    return d_is_pcapng ? next_block() : next_classic();
}

result<std::optional<pcap_packet>> pcap_reader::next_classic()
{
    const auto header = read_bytes(0, k_record_header_bytes);
    if (!header) return header.error();
    if (*header == 0) {
        d_at_end = true;
        return std::optional<pcap_packet>();
    }
    if (*header < k_record_header_bytes) return broken(error_code::truncated, "a packet header is cut off");
    const std::uint64_t seconds = u32(0), part = u32(4);
    const std::uint32_t captured = u32(8), original = u32(12);
    if (captured > k_max_block_bytes) {
        return broken(error_code::parse,
                      "a packet of " + std::to_string(captured) +
                          " bytes (16 MiB is the most that is read; the file is damaged)");
    }
    const auto body = read_bytes(0, captured);
    if (!body) return body.error();
    if (*body < captured)
        return broken(error_code::truncated, "a packet of " + std::to_string(captured) + " bytes is cut off");
    const interface& i = d_interfaces.front();
    const auto t = time_of(seconds * i.ticks_per_s + part, i.ticks_per_s, i.offset_s);
    ++d_nof_packets;
    return std::optional(pcap_packet{
        t.value_or(utc_time{}), i.link, original, std::span<const std::uint8_t>(d_block).first(captured) });
}

/// Reads the rest of a section header whose first four bytes are in d_block, which says the byte order of what follows.
result<ok_t> pcap_reader::read_section_order()
{
    const auto n = read_bytes(4, 8);
    if (!n) return n.error();
    if (*n < 8) return broken(error_code::truncated, "a section header is cut off");
    d_swapped = false;
    const std::uint32_t order = u32(8);
    if (order != k_byte_order && swapped(order) != k_byte_order)
        return broken(error_code::parse, "a section without a byte order mark (the file is damaged)");
    d_swapped = order != k_byte_order;
    const std::uint32_t length = u32(4);
    if (length < 28 || length % 4 != 0 || length > k_max_block_bytes) {
        return broken(error_code::parse,
                      "a section header of " + std::to_string(length) + " bytes (the file is damaged)");
    }
    const auto rest = read_bytes(12, length - 12);
    if (!rest) return rest.error();
    if (*rest < length - 12) return broken(error_code::truncated, "a section header is cut off");
    if (u16(12) != 1)
        return broken(error_code::unsupported, "pcapng version " + std::to_string(u16(12)) + " (version 1 is read)");
    d_interfaces.clear();
    return ok;
}

result<std::optional<pcap_packet>> pcap_reader::next_block()
{
    for (;;) {
        const auto type_bytes = read_bytes(0, 4);
        if (!type_bytes) return type_bytes.error();
        if (*type_bytes == 0) {
            d_at_end = true;
            return std::optional<pcap_packet>();
        }
        if (*type_bytes < 4) return broken(error_code::truncated, "a block header is cut off");
        const std::uint32_t type = u32(0);
        if (type == k_section) {
            if (auto section = read_section_order(); !section) return section.error();
            continue;
        }
        const auto length_bytes = read_bytes(4, 4);
        if (!length_bytes) return length_bytes.error();
        if (*length_bytes < 4) return broken(error_code::truncated, "a block header is cut off");
        const std::uint32_t length = u32(4);
        if (length < 12 || length % 4 != 0 || length > k_max_block_bytes) {
            return broken(error_code::parse,
                          "a block of " + std::to_string(length) +
                              " bytes (12 bytes to 16 MiB are read; the file is damaged)");
        }
        const auto rest = read_bytes(8, length - 8);
        if (!rest) return rest.error();
        if (*rest < length - 8)
            return broken(error_code::truncated, "a block of " + std::to_string(length) + " bytes is cut off");
        if (u32(length - 4) != length)
            return broken(error_code::parse, "a block whose two lengths differ (the file is damaged)");
        const auto got = decode_block(type, length);
        if (!got) return got.error();
        if (!got->valid) continue;
        ++d_nof_packets;
        return std::optional(got->packet);
    }
}

result<pcap_reader::got_packet> pcap_reader::decode_block(std::uint32_t type, std::size_t nof_bytes)
{
    const std::size_t end = nof_bytes - 4;
    if (type == k_interface) {
        if (nof_bytes < 20) return broken(error_code::parse, "an interface block that is too short");
        interface i;
        i.link = static_cast<link_type>(u16(8));
        for (std::size_t at = 16; at + 4 <= end;) {
            const std::uint16_t code = u16(at), length = u16(at + 2);
            at += 4;
            if (code == 0 || at + length > end) break;
            if (code == 9 && length == 1) { // if_tsresol
                const unsigned power = d_block[at] & 0x7fU;
                const bool binary = (d_block[at] & 0x80U) != 0;
                if (power > (binary ? 63U : 19U))
                    return broken(error_code::unsupported,
                                  "a time resolution of 2^-" + std::to_string(power) + " s or finer than 64 bits hold");
                i.ticks_per_s = binary ? std::uint64_t{ 1 } << power : 1;
                for (unsigned k = 0; !binary && k < power; ++k) i.ticks_per_s *= 10;
            } else if (code == 14 && length == 8) { // if_tsoffset
                const std::uint64_t first = u32(at), second = u32(at + 4);
                i.offset_s = static_cast<std::int64_t>(d_swapped ? (first << 32 | second) : (second << 32 | first));
            }
            at += (length + 3U) / 4U * 4U;
        }
        d_interfaces.push_back(i);
        return got_packet{};
    }
    const bool simple = type == k_simple_packet;
    if (type != k_enhanced_packet && type != k_old_packet && !simple) return got_packet{};
    const std::size_t data_at = simple ? 12 : 28;
    if (nof_bytes < data_at + 4) return broken(error_code::parse, "a packet block that is too short");
    const std::size_t number = simple ? 0 : (type == k_old_packet ? u16(8) : u32(8));
    if (number >= d_interfaces.size())
        return broken(error_code::parse,
                      "a packet of interface " + std::to_string(number) + ", which the file does not describe");
    const interface& i = d_interfaces[number];
    got_packet out;
    out.valid = true;
    out.packet.link = i.link;
    out.packet.original_bytes = u32(simple ? 8 : 24);
    std::size_t captured = simple ? std::min<std::size_t>(out.packet.original_bytes, end - data_at) : u32(20);
    if (captured > end - data_at)
        return broken(error_code::parse, "a packet longer than its block (the file is damaged)");
    out.packet.bytes = std::span<const std::uint8_t>(d_block).subspan(data_at, captured);
    if (!simple) {
        out.packet.time =
            time_of(std::uint64_t{ u32(12) } << 32 | u32(16), i.ticks_per_s, i.offset_s).value_or(utc_time{});
    }
    return out;
}

} // namespace spacesail::io
