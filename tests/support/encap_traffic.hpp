// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/rng.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/ts_packet.hpp>

#include <cstdint>
#include <vector>

namespace spacesail::test {

/// One packet as a sink saw it.
struct kept_packet {
    encap::packet_kind kind{};
    std::uint8_t isi = 0;
    std::uint16_t protocol_type = 0;
    std::vector<std::uint8_t> label;
    std::uint16_t extension_type = 0;
    std::vector<std::uint8_t> extensions;
    std::vector<std::uint8_t> payload;
    std::optional<encap::issy_field> issy;
    encap::frame_position position;
};

/// Keeps every packet.
class keeping_sink final : public encap::packet_sink
{
public:
    void on_packet(const encap::packet_view& p) noexcept override
    {
        packets.push_back({ p.kind,
                            p.isi,
                            p.protocol_type,
                            { p.label.begin(), p.label.end() },
                            p.extension_type,
                            { p.extensions.begin(), p.extensions.end() },
                            { p.payload.begin(), p.payload.end() },
                            p.issy,
                            p.position });
    }
    /// The payloads in a row.
    std::vector<std::uint8_t> bytes() const
    {
        std::vector<std::uint8_t> all;
        for (const auto& p : packets) all.insert(all.end(), p.payload.begin(), p.payload.end());
        return all;
    }
    std::vector<kept_packet> packets;
};

/// Counts packets and bytes.
class counting_sink final : public encap::packet_sink
{
public:
    void on_packet(const encap::packet_view& p) noexcept override
    {
        ++packets;
        bytes += p.payload.size();
    }
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

/// Transport packets with random content, a right continuity counter on three PIDs and their number in the payload.
inline std::vector<std::uint8_t> random_ts(std::size_t nof_packets, std::uint64_t seed)
{
    rng random(seed);
    std::vector<std::uint8_t> ts(nof_packets * encap::k_ts_bytes);
    unsigned counters[3] = { 0, 0, 0 };
    for (std::size_t i = 0; i < nof_packets; ++i) {
        std::uint8_t* p = ts.data() + i * encap::k_ts_bytes;
        for (std::size_t k = 0; k < encap::k_ts_bytes; ++k) p[k] = static_cast<std::uint8_t>(random());
        const auto which = static_cast<unsigned>(random.below(3));
        const unsigned pid = 0x100 + which;
        p[0] = encap::k_ts_sync;
        p[1] = static_cast<std::uint8_t>(pid >> 8);
        p[2] = static_cast<std::uint8_t>(pid);
        p[3] = static_cast<std::uint8_t>(0x10 | (counters[which]++ & 0x0fU));
        for (unsigned k = 0; k < 8; ++k) p[4 + k] = static_cast<std::uint8_t>(i >> (8 * k));
    }
    return ts;
}

} // namespace spacesail::test
