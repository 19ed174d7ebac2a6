// SPDX-License-Identifier: GPL-3.0-or-later
#include "entries.hpp"

#include "require.hpp"

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/gse_receiver.hpp>
#include <spacesail/encap/mode_adaptation.hpp>
#include <spacesail/encap/ts_deframer.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <algorithm>
#include <vector>

namespace spacesail::fuzz {
namespace {

using namespace spacesail::encap;

/// Touches every byte a packet shows, so that a sanitizer sees a span that points nowhere.
class checking_sink final : public packet_sink
{
public:
    void on_packet(const packet_view& p) noexcept override
    {
        ++packets;
        for (const auto& part : { p.payload, p.label, p.extensions }) {
            for (const auto b : part) sum += b;
        }
        if (p.kind == packet_kind::ts) {
            require(p.payload.size() == k_ts_bytes && p.payload[0] == k_ts_sync, "a TS packet is 188 bytes with 0x47");
            return;
        }
        require(!p.payload.empty() && p.payload.size() <= k_gse_max_total_length, "a PDU has 1..65535 bytes");
        require(p.label.empty() || p.label.size() == 3 || p.label.size() == 6, "a label has 0, 3 or 6 bytes");
        std::uint16_t type = p.extension_type;
        std::span<const std::uint8_t> rest = p.extensions;
        gse_extension x;
        while (!rest.empty()) {
            require(take_extension(type, rest, x) == extension_step::taken, "the extension headers can be walked");
        }
        require(p.extensions.empty() || type == p.protocol_type, "the chain ends at the protocol type");
    }
    std::uint64_t packets = 0;
    std::uint64_t sum = 0;
};

void check_gse(const gse_receiver_counters& c, std::size_t open)
{
    require(c.first_fragments.value() == c.fragmented_pdus.value() + c.crc_errors.value() + c.length_errors.value() +
                                             c.timeouts.value() + c.replaced.value() + c.evicted.value() + open,
            "every reassembly has one end");
}

} // namespace

void bbframes(std::span<const std::uint8_t> input)
{
    checking_sink sink;
    bb_deframer d({ .max_streams = 2, .gse = { .max_reassemblies = 2, .timeout_frames = 4 } }, sink);
    frame_view<std::uint8_t> view;
    std::vector<std::uint8_t> exact;
    while (input.size() >= 2) {
        const unsigned head = read_be16(input.data());
        input = input.subspan(2);
        const std::size_t n = std::min<std::size_t>(head & 0x0fffU, input.size());
        exact.assign(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n)); // its end is seen by a sanitizer
        input = input.subspan(n);
        // Why: no fuzzer guesses a CRC-8 often enough to come behind it.
        if ((head & 0x1000U) != 0 && n >= k_bbheader_bytes) exact[9] = crc8_dvbs2(std::span(exact).first(9));
        view.index += (head & 0x8000U) != 0 ? 3 : 1;
        view.header.pls = (head & 0x4000U) != 0 ? 0 : 16;
        view.payload = exact;
        if ((head & 0x2000U) != 0) d.on_gap();
        d.on_frame(view);
    }
    d.flush();
    check_gse(d.gse_counters(), d.open_reassemblies());
    require(d.open_reassemblies() <= 4, "reassemblies are bounded");
}

void gse_fields(std::span<const std::uint8_t> input)
{
    checking_sink sink;
    gse_receiver r({ .max_reassemblies = 3, .timeout_frames = 4, .mandatory = mandatory_extensions::deliver });
    std::vector<std::uint8_t> exact;
    for (std::uint64_t i = 0; !input.empty(); ++i) {
        const std::size_t n = std::min<std::size_t>(64, input.size());
        exact.assign(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n));
        input = input.subspan(n);
        bbheader h;
        h.dfl_bits = static_cast<std::uint16_t>(8 * n);
        r.on_data_field(h, exact, { i, i }, sink);
    }
    check_gse(r.counters(), r.open_reassemblies());
    require(sink.packets == r.counters().pdus.value(), "every PDU is counted");
}

void ts_fields(std::span<const std::uint8_t> input)
{
    checking_sink sink;
    ts_deframer d;
    std::vector<std::uint8_t> exact;
    for (std::uint64_t i = 0; input.size() > 5; ++i) {
        bbheader h;
        h.format = stream_format::transport;
        h.issyi = (input[0] & 1) != 0;
        h.npd = (input[0] & 2) != 0;
        const unsigned extra = (input[0] >> 2) & 7;
        h.upl_bits = static_cast<std::uint16_t>(k_ts_upl_bits + 8 * extra);
        if ((input[0] & 0x20) != 0) d.on_gap(sink);
        h.syncd_bits = read_be16(&input[1]);
        if ((input[0] & 0x40) != 0) h.syncd_bits = static_cast<std::uint16_t>(h.syncd_bits % 2048);
        h.dfl_bits = static_cast<std::uint16_t>(read_be16(&input[3]) % 4096);
        input = input.subspan(5);
        const std::size_t n = std::min<std::size_t>((h.dfl_bits + 7U) / 8, input.size());
        exact.assign(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n));
        input = input.subspan(n);
        d.on_data_field(h, exact, { i, i }, sink);
    }
    d.flush(sink);
    require(sink.packets == d.counters().packets.value() + d.counters().null_packets.value(),
            "every packet is counted");
}

void ts_input(std::span<const std::uint8_t> input)
{
    ts_framer f({ .padding = ts_padding::short_field, .overflow = overflow_policy::refuse, .queue_packets = 8 });
    const std::size_t all = input.size();
    std::size_t step = 1;
    std::vector<std::uint8_t> field(101);
    std::size_t sent = 0;
    while (!input.empty()) {
        const std::size_t n = std::min(input.size(), step);
        const std::size_t taken = f.push(input.first(n), 0);
        require(taken <= n, "no more is taken than offered");
        input = input.subspan(taken);
        step = step * 5 % 977 + 1;
        if (taken < n) {
            for (int i = 0; i < 8; ++i) sent += f.fill(field).dfl_bits / 8U;
        }
    }
    while (f.queued_packets() > 4) sent += f.fill(field).dfl_bits / 8U;
    f.finish(0);
    while (f.oldest_ns()) sent += f.fill(field).dfl_bits / 8U;
    const auto& c = f.counters();
    require(sent == k_ts_bytes * c.packets_out.value(), "all packets are sent");
    require(all == k_ts_bytes * c.packets_in.value() + c.skipped_bytes.value(), "every byte is a packet's or skipped");
}

void l3_datagram(std::span<const std::uint8_t> input)
{
    const auto d = parse_l3_datagram(input);
    if (!d) return;
    require(d->bbframe.size() + k_l3_header_bytes == input.size(), "the BBFRAME is the rest");
    std::vector<std::uint8_t> again(input.size());
    write_l3_datagram(d->header, d->bbframe, again);
    require(std::ranges::equal(again, input), "it is written as it was read");
}

} // namespace spacesail::fuzz
