// SPDX-License-Identifier: GPL-3.0-or-later
#include "entries.hpp"

#include "require.hpp"

#include <spacesail/base/utc.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/pcap.hpp>
#include <spacesail/io/quantity.hpp>
#include <spacesail/io/sample_format.hpp>
#include <spacesail/io/sigmf.hpp>
#include <spacesail/io/udp.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace spacesail::fuzz {
namespace {

using namespace spacesail::io;

std::string_view text_of(std::span<const std::uint8_t> input)
{
    return { reinterpret_cast<const char*>(input.data()), input.size() };
}

/// Keeps the compiler from dropping reads.
volatile unsigned g_sum = 0;

void touch(std::span<const std::uint8_t> bytes)
{
    unsigned sum = 0;
    for (const auto b : bytes) sum += b;
    g_sum = g_sum + sum;
}

void look_into(const pcap_packet& p)
{
    const auto ip = ip_datagram_of(p);
    if (!ip) return;
    require(ip->data() >= p.bytes.data() && ip->data() + ip->size() <= p.bytes.data() + p.bytes.size(),
            "the datagram lies in the packet");
    touch(*ip);
    if (const auto udp = udp_datagram_of(*ip)) touch(udp->payload);
}

template <class T>
void check_told(const result<T>& r)
{
    require(r || !r.error().message.empty(), "an error says something");
}

} // namespace

void sigmf(std::span<const std::uint8_t> input)
{
    const auto m = parse_sigmf(text_of(input), "fuzz.sigmf-meta");
    if (!m) {
        require(m.error().message.find("fuzz.sigmf-meta") != std::string::npos, "an error names the file");
        return;
    }
    const std::string written = to_json(*m);
    const auto again = parse_sigmf(written, "again");
    require(static_cast<bool>(again), "what was written is read");
    require(to_json(*again) == written, "it is written as it was read");
}

void pcap(std::span<const std::uint8_t> input)
{
    auto reader = pcap_reader::from_bytes({ input.begin(), input.end() }, "fuzz.pcap");
    check_told(reader);
    if (!reader) return;
    for (;;) {
        const auto p = reader->next();
        if (!p) {
            require(p.error().message.find("fuzz.pcap") != std::string::npos, "an error names the file");
            const auto after = reader->next();
            require(after && !after->has_value(), "after an error only the end follows");
            return;
        }
        if (!p->has_value()) return;
        require((*p)->bytes.size() <= input.size(), "a packet is no longer than the file");
        touch((*p)->bytes);
        look_into(**p);
    }
}

void datagram(std::span<const std::uint8_t> input)
{
    static constexpr link_type k_links[] = { link_type::null_loopback, link_type::ethernet,  link_type::raw_ip_bsd,
                                             link_type::raw_ip,        link_type::linux_sll, link_type::ipv4,
                                             link_type::ipv6,          link_type::linux_sll2 };
    if (input.empty()) return;
    pcap_packet p;
    p.link = k_links[input[0] % std::size(k_links)];
    p.bytes = input.subspan(1);
    p.original_bytes = static_cast<std::uint32_t>(p.bytes.size());
    look_into(p);
}

void raw_samples(std::span<const std::uint8_t> input)
{
    static constexpr sample_format k_formats[] = {
        sample_format::cf32, sample_format::ci16, sample_format::ci8, sample_format::cu8
    };
    if (input.empty()) return;
    const sample_format f = k_formats[input[0] % 4];
    input = input.subspan(1);
    const std::size_t n = input.size() / bytes_per_sample(f);
    const auto in = std::as_bytes(input.first(n * bytes_per_sample(f))); // lies at an odd address
    std::vector<cf32_t> samples(n);
    to_cf32(f, in, samples);
    std::vector<std::byte> back(in.size());
    const std::uint64_t saturated = from_cf32(f, samples, back);
    if (f != sample_format::cf32) require(saturated == 0, "integers do not saturate");
    require(std::ranges::equal(back, in), "samples come back as they were");
    // Any floats into every integer format.
    if (f != sample_format::cf32) return;
    for (const auto other : { sample_format::ci16, sample_format::ci8, sample_format::cu8 }) {
        std::vector<std::byte> out(n * bytes_per_sample(other));
        require(from_cf32(other, samples, out) <= 2 * n, "at most every component saturates");
        std::vector<cf32_t> read(n);
        to_cf32(other, out, read);
        for (const auto& s : read) {
            require(std::abs(s.real()) <= 1.0F && std::abs(s.imag()) <= 1.0F, "full scale is 1");
        }
    }
}

void option_texts(std::span<const std::uint8_t> input)
{
    const std::string_view text = text_of(input);
    const auto quantity = parse_quantity(text);
    check_told(quantity);
    require(!quantity || std::isfinite(*quantity), "a quantity is finite");
    const auto count = parse_count(text);
    check_told(count);
    require(!count || *count <= std::uint64_t{ 1 } << 53, "a count is at most 2^53");
    const auto range = parse_range(text);
    check_told(range);
    if (range) {
        require(!range->empty() && range->size() <= 1'000'001, "a range has 1 to 1e6 values");
        require(std::ranges::all_of(*range, [](double v) { return std::isfinite(v); }), "its values are finite");
    }
    const auto site = parse_site(text);
    check_told(site);
    require(!site || (std::abs(site->latitude_deg) <= 90.0 && std::abs(site->longitude_deg) <= 180.0 &&
                      std::isfinite(site->height_m)),
            "a site is on the ellipsoid");
    const auto time = parse_utc(text);
    check_told(time);
    if (time) {
        const auto again = parse_utc(format_utc(*time, 9));
        require(again && *again == *time, "a time is written as it was read");
    }
    check_told(parse_sample_format(text));
    const auto endpoint = parse_udp_endpoint(text);
    check_told(endpoint);
    if (endpoint) {
        const auto again = parse_udp_endpoint("udp:" + to_string(*endpoint));
        require(again && again->host == endpoint->host && again->port == endpoint->port,
                "an address is written as it was read");
    }
}

} // namespace spacesail::fuzz
