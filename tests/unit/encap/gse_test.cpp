// SPDX-License-Identifier: GPL-3.0-or-later
#include <encap_traffic.hpp>

#include <alloc_guard.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/gse_receiver.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;
using status = gse_encapsulator::push_status;
using test::keeping_sink;

const bytes k_label6 = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
const bytes k_label3 = { 0xaa, 0xbb, 0xcc };

bytes pdu_of(std::size_t n, std::uint64_t seed)
{
    rng random(seed);
    bytes b(n);
    for (auto& x : b) x = static_cast<std::uint8_t>(random());
    b[0] = 0x45;
    return b;
}

gse_pdu pdu(const bytes& payload, const bytes& label = {}, unsigned priority = 0)
{
    gse_pdu p;
    p.protocol_type = k_protocol_ipv4;
    p.payload = payload;
    p.label = label;
    p.priority = priority;
    return p;
}

// CRC-32 of TS 102 606-1 bit by bit: an independent form of the table.
std::uint32_t crc32_by_division(const bytes& b)
{
    std::uint32_t r = 0xffffffffU;
    for (const auto x : b) {
        for (int i = 7; i >= 0; --i) {
            const std::uint32_t in = (r >> 31) ^ ((x >> i) & 1U);
            r <<= 1;
            if (in != 0) r ^= 0x04c11db7U;
        }
    }
    return r;
}

bbheader gse_header(std::size_t field_bytes)
{
    bbheader h;
    h.dfl_bits = static_cast<std::uint16_t>(8 * field_bytes);
    return h;
}

void receive(gse_receiver& r, const bytes& field, std::uint64_t index, packet_sink& sink)
{
    r.on_data_field(gse_header(field.size()), field, { index, 100 * index }, sink);
}

bytes filled(gse_encapsulator& e, std::size_t size)
{
    bytes field(size, 0xee);
    const data_field d = e.fill(field);
    EXPECT_TRUE(d.dfl_bits == 8 * size || d.dfl_bits == 0 || d.dfl_bits < 8 * size);
    return field;
}

TEST(GseEncapsulator, CompletePacketsByHand)
{
    gse_encapsulator e({ .reuse = label_reuse::complete_packets });
    const bytes p = { 0x45, 1, 2, 3, 4 };
    ASSERT_EQ(e.push(pdu(p, k_label6), 0), status::queued);
    ASSERT_EQ(e.push(pdu(p, k_label6), 0), status::queued);
    ASSERT_EQ(e.push(pdu(p, k_label3), 0), status::queued);
    ASSERT_EQ(e.push(pdu(p), 0), status::queued);
    ASSERT_EQ(e.push(pdu(p, k_label3), 0), status::queued);
    const bytes expected = {
        0xc0, 13, 0x08, 0x00, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x45, 1, 2, 3, 4, // 6-byte label
        0xf0, 7,  0x08, 0x00, 0x45, 1,    2,    3,    4,                            // the same label
        0xd0, 10, 0x08, 0x00, 0xaa, 0xbb, 0xcc, 0x45, 1,    2,    3,    4,          // 3-byte label
        0xe0, 7,  0x08, 0x00, 0x45, 1,    2,    3,    4,                            // broadcast
        0xd0, 10, 0x08, 0x00, 0xaa, 0xbb, 0xcc, 0x45, 1,    2,    3,    4,          // no re-use across a broadcast
        0,    0,  0                                                                 // padding
    };
    EXPECT_EQ(e.backlog_bytes(), expected.size() - 3 + 6);
    EXPECT_EQ(filled(e, expected.size()), expected);
    EXPECT_EQ(e.backlog_bytes(), 0U);
    EXPECT_EQ(e.counters().labels_reused.value(), 1U);

    gse_receiver r;
    keeping_sink sink;
    receive(r, expected, 0, sink);
    ASSERT_EQ(sink.packets.size(), 5U);
    for (const auto& got : sink.packets) {
        EXPECT_EQ(got.payload, p);
        EXPECT_EQ(got.protocol_type, 0x0800);
        EXPECT_EQ(got.kind, packet_kind::gse_pdu);
    }
    EXPECT_EQ(sink.packets[0].label, k_label6);
    EXPECT_EQ(sink.packets[1].label, k_label6);
    EXPECT_EQ(sink.packets[2].label, k_label3);
    EXPECT_TRUE(sink.packets[3].label.empty());
}

TEST(GseEncapsulator, FragmentsByHand)
{
    gse_encapsulator e;
    const bytes p = pdu_of(30, 1);
    ASSERT_EQ(e.push(pdu(p, k_label3), 0), status::queued);
    // 24 bytes: header 2, FragID 1, total length 2, protocol type 2, label 3, 14 bytes of PDU.
    bytes first = { 0x90, 22, 0, 0, 35, 0x08, 0x00, 0xaa, 0xbb, 0xcc };
    first.insert(first.end(), p.begin(), p.begin() + 14);
    gse_encapsulator small({ .least_fragment_bytes = 14 });
    small.push(pdu(p, k_label3), 0);
    EXPECT_EQ(filled(small, 24), first);
    // 10 bytes: header 2, FragID 1, 7 of the PDU. 16 of 16 bytes: header 2, FragID 1, 9 of the PDU, CRC-32.
    bytes middle = { 0x30, 8, 0 };
    middle.insert(middle.end(), p.begin() + 14, p.begin() + 21);
    EXPECT_EQ(filled(small, 10), middle);
    bytes counted = { 0, 35, 0x08, 0x00, 0xaa, 0xbb, 0xcc };
    counted.insert(counted.end(), p.begin(), p.end());
    bytes last = { 0x70, 14, 0 };
    last.insert(last.end(), p.begin() + 21, p.end());
    last.resize(16);
    write_be32(last.data() + 12, crc32_by_division(counted));
    EXPECT_EQ(filled(small, 16), last);

    gse_receiver r;
    keeping_sink sink;
    receive(r, first, 0, sink);
    EXPECT_EQ(r.open_reassemblies(), 1U);
    receive(r, middle, 1, sink);
    receive(r, last, 2, sink);
    ASSERT_EQ(sink.packets.size(), 1U);
    EXPECT_EQ(sink.packets[0].payload, p);
    EXPECT_EQ(sink.packets[0].label, k_label3);
    EXPECT_EQ(sink.packets[0].position.frame_index, 2U);
    EXPECT_EQ(r.open_reassemblies(), 0U);
}

TEST(GseEncapsulator, RefusesWhatGseCannotCarry)
{
    gse_encapsulator e({ .nof_priorities = 2 });
    const bytes p = pdu_of(65533, 2);
    EXPECT_EQ(e.push(pdu(p), 0), status::queued); // total length 65535
    EXPECT_EQ(e.push(pdu(pdu_of(65534, 3)), 0), status::invalid);
    EXPECT_EQ(e.push(pdu(p, k_label3), 0), status::invalid);
    EXPECT_EQ(e.push(pdu({}), 0), status::invalid);
    const bytes ten = pdu_of(10, 4);
    EXPECT_EQ(e.push(pdu(ten, bytes(6, 0)), 0), status::invalid);
    EXPECT_EQ(e.push(pdu(ten, bytes(4, 1)), 0), status::invalid);
    EXPECT_EQ(e.push(pdu(ten, {}, 2), 0), status::invalid);
    gse_pdu bad = pdu(ten);
    bad.protocol_type = 0x0300; // would be read as an extension header
    EXPECT_EQ(e.push(bad, 0), status::invalid);
    const bytes three(3, 7);
    const gse_extension wrong{ 0x0200, three };
    bad = pdu(ten);
    bad.extensions = { &wrong, 1 };
    EXPECT_EQ(e.push(bad, 0), status::invalid);
    EXPECT_EQ(e.counters().invalid.value(), 8U);
    EXPECT_THROW(gse_encapsulator({ .queue_bytes = 65536 }), std::invalid_argument);
    EXPECT_THROW(gse_encapsulator({ .queue_pdus = 0 }), std::invalid_argument);
    EXPECT_THROW(gse_encapsulator({ .nof_priorities = 9 }), std::invalid_argument);
    EXPECT_THROW(gse_encapsulator({ .least_fragment_bytes = 0 }), std::invalid_argument);
    EXPECT_THROW(gse_receiver({ .max_reassemblies = 0 }), std::invalid_argument);
    EXPECT_THROW(gse_receiver({ .timeout_frames = 0 }), std::invalid_argument);
}

TEST(GseRoundTrip, AnyPduInAnyFields)
{
    for (const std::size_t size : { 30U, 304U, 374U, 4016U, 7264U, 8090U }) {
        for (const auto reuse : { label_reuse::never, label_reuse::complete_packets, label_reuse::all }) {
            for (const auto padding : { gse_padding::in_field, gse_padding::short_field }) {
                gse_encapsulator e({ .queue_bytes = 1U << 20, .reuse = reuse, .padding = padding });
                gse_receiver r;
                keeping_sink sink;
                rng random(size);
                std::vector<bytes> sent;
                std::vector<bytes> labels;
                for (int i = 0; i < 60; ++i) {
                    const std::size_t most = i % 20 == 0 && size > 300 ? 65000 : 2000;
                    const std::size_t longest = std::min<std::size_t>(most, 200 * (size - 15));
                    sent.push_back(pdu_of(1 + random.below(longest), i));
                    labels.push_back(random.below(3) == 0 ? bytes{} : random.below(2) == 0 ? k_label3 : k_label6);
                    ASSERT_EQ(e.push(pdu(sent.back(), labels.back()), i), status::queued);
                }
                std::uint64_t index = 0;
                while (e.backlog_bytes() > 0) {
                    EXPECT_TRUE(e.oldest_ns().has_value());
                    bytes field(size, 0xee);
                    const data_field d = e.fill(field);
                    ASSERT_GT(d.dfl_bits, 0U);
                    field.resize(d.dfl_bits / 8U);
                    receive(r, field, index++, sink);
                }
                EXPECT_FALSE(e.oldest_ns().has_value());
                ASSERT_EQ(sink.packets.size(), sent.size());
                for (std::size_t i = 0; i < sent.size(); ++i) {
                    ASSERT_EQ(sink.packets[i].payload, sent[i]);
                    ASSERT_EQ(sink.packets[i].label, labels[i]);
                }
                EXPECT_EQ(r.counters().crc_errors.value(), 0U);
                EXPECT_EQ(r.counters().orphans.value(), 0U);
                EXPECT_EQ(r.open_reassemblies(), 0U);
            }
        }
    }
}

TEST(GseRoundTrip, ExtensionHeadersAreSkippedAndPassedOn)
{
    gse_encapsulator e;
    const bytes p = pdu_of(100, 5);
    const bytes two = { 1, 2 };
    const bytes eight = { 9, 8, 7, 6, 5, 4, 3, 2 };
    // H-LEN 1: no data; H-LEN 2: two bytes; H-LEN 5: eight bytes.
    const gse_extension chain[] = { { 0x0101, {} }, { 0x0242, two }, { 0x05ff, eight } };
    gse_pdu with = pdu(p, k_label6);
    with.extensions = chain;
    with.protocol_type = k_protocol_ipv6;
    ASSERT_EQ(e.push(with, 0), status::queued);
    ASSERT_EQ(e.push(with, 0), status::queued);
    gse_receiver r;
    keeping_sink sink;
    receive(r, filled(e, 150), 0, sink);
    receive(r, filled(e, 150), 1, sink); // the second one arrives in fragments
    ASSERT_EQ(sink.packets.size(), 2U);
    for (const auto& got : sink.packets) {
        EXPECT_EQ(got.payload, p);
        EXPECT_EQ(got.protocol_type, k_protocol_ipv6);
        std::uint16_t type = got.extension_type;
        std::span<const std::uint8_t> rest = got.extensions;
        gse_extension x;
        for (const auto& expected : chain) {
            ASSERT_EQ(take_extension(type, rest, x), extension_step::taken);
            EXPECT_EQ(x.type, expected.type);
            EXPECT_TRUE(std::ranges::equal(x.data, expected.data));
        }
        EXPECT_EQ(take_extension(type, rest, x), extension_step::end_of_chain);
        EXPECT_EQ(type, k_protocol_ipv6);
        EXPECT_TRUE(rest.empty());
    }
}

TEST(GseReceiver, MandatoryExtensionHeaders)
{
    // Bridged-SNDU (0001) is Ethernet and delivered; PDU-Concat (0003) is unknown here; 0000 is a test PDU.
    const bytes field = { 0xe0, 4, 0x00, 0x01, 7, 7, 0xe0, 4, 0x00, 0x03, 8, 8, 0xe0, 4, 0x00, 0x00, 9, 9 };
    gse_receiver r;
    keeping_sink sink;
    receive(r, field, 0, sink);
    ASSERT_EQ(sink.packets.size(), 1U);
    EXPECT_EQ(sink.packets[0].protocol_type, k_protocol_bridged);
    EXPECT_EQ(r.counters().unknown_extensions.value(), 2U);
    gse_receiver all({ .mandatory = mandatory_extensions::deliver });
    keeping_sink three;
    receive(all, field, 0, three);
    EXPECT_EQ(three.packets.size(), 3U);
    // A chain that runs past the end of its PDU.
    receive(r, { 0xe0, 4, 0x03, 0x00, 1, 1 }, 1, sink);
    EXPECT_EQ(r.counters().extension_errors.value(), 1U);
    EXPECT_EQ(sink.packets.size(), 1U);
}

TEST(GseReceiver, LabelReuseRules)
{
    const bytes reuse = { 0xf0, 4, 0x08, 0x00, 0x45, 1 };
    const bytes labelled = { 0xd0, 7, 0x08, 0x00, 0xaa, 0xbb, 0xcc, 0x45, 2 };
    const bytes broadcast = { 0xe0, 4, 0x08, 0x00, 0x45, 3 };
    const auto row = [](const std::vector<bytes>& parts) {
        bytes all;
        for (const auto& p : parts) std::ranges::copy(p, std::back_inserter(all));
        return all;
    };
    gse_receiver r;
    keeping_sink sink;
    receive(r, row({ labelled, reuse, reuse }), 0, sink);
    ASSERT_EQ(sink.packets.size(), 3U);
    EXPECT_EQ(sink.packets[2].label, k_label3);
    receive(r, row({ reuse, labelled }), 1, sink); // never first in a BBFRAME
    EXPECT_EQ(r.counters().label_errors.value(), 1U);
    receive(r, row({ labelled, broadcast, reuse }), 2, sink); // nothing to re-use behind a broadcast
    EXPECT_EQ(r.counters().label_errors.value(), 2U);
    EXPECT_EQ(sink.packets.size(), 6U);
}

TEST(GseReceiver, AReusedLabelOfAFragmentMayCountOrNot)
{
    const bytes labelled = { 0xd0, 7, 0x08, 0x00, 0xaa, 0xbb, 0xcc, 0x45, 2 };
    // A PDU of four bytes in two fragments, the label left out: TotalLength and CRC-32 with it or without.
    const auto field = [&](bool counted) {
        bytes covered = { 0, static_cast<std::uint8_t>(counted ? 9 : 6), 0x08, 0x00 };
        if (counted) covered.insert(covered.end(), k_label3.begin(), k_label3.end());
        covered.insert(covered.end(), { 0x45, 6, 7, 8 });
        const std::uint32_t crc = crc32_by_division(covered);
        bytes all = labelled;
        all.insert(all.end(), { 0xb0, 7, 5, 0, covered[1], 0x08, 0x00, 0x45, 6, 0x70, 7, 5, 7, 8 });
        for (int shift = 24; shift >= 0; shift -= 8) all.push_back(static_cast<std::uint8_t>(crc >> shift));
        return all;
    };
    for (const bool counted : { false, true }) {
        gse_receiver r;
        keeping_sink sink;
        receive(r, field(counted), 0, sink);
        ASSERT_EQ(sink.packets.size(), 2U) << counted;
        EXPECT_EQ(sink.packets[1].label, k_label3);
        EXPECT_EQ(sink.packets[1].payload, (bytes{ 0x45, 6, 7, 8 }));
        bytes bad = field(counted);
        bad[bad.size() - 5] ^= 1U;
        receive(r, bad, 1, sink);
        EXPECT_EQ(r.counters().crc_errors.value(), 1U);
        bad = field(counted);
        ++bad[labelled.size() + 4]; // another TotalLength
        receive(r, bad, 2, sink);
        EXPECT_EQ(r.counters().length_errors.value(), 1U);
    }
}

TEST(GseEncapsulator, AHigherPriorityInterleaves)
{
    gse_encapsulator e({ .nof_priorities = 3 });
    const bytes low = pdu_of(3000, 6);
    const bytes mid = pdu_of(2000, 7);
    const bytes high = pdu_of(900, 8);
    gse_receiver r;
    keeping_sink sink;
    std::set<unsigned> ids;
    std::size_t most_open = 0;
    e.push(pdu(low, {}, 2), 0);
    std::uint64_t index = 0;
    const auto step = [&] {
        const bytes field = filled(e, 374);
        gse_packet p;
        if (read_gse_packet(field, p) == gse_status::good && !(p.start && p.end)) ids.insert(p.frag_id);
        receive(r, field, index++, sink);
        most_open = std::max(most_open, r.open_reassemblies());
    };
    step();
    e.push(pdu(mid, {}, 1), 0);
    step();
    e.push(pdu(high, {}, 0), 0);
    while (e.backlog_bytes() > 0) step();
    ASSERT_EQ(sink.packets.size(), 3U);
    EXPECT_EQ(sink.packets[0].payload, high);
    EXPECT_EQ(sink.packets[1].payload, mid);
    EXPECT_EQ(sink.packets[2].payload, low);
    EXPECT_EQ(most_open, 3U);
    EXPECT_EQ(ids.size(), 3U);
}

TEST(GseEncapsulator, AFragmentedPduMeetsIts256Frames)
{
    gse_encapsulator e({ .nof_priorities = 2 });
    gse_receiver r;
    keeping_sink sink;
    const bytes low = pdu_of(5000, 9);
    const bytes high = pdu_of(365, 10); // a data field each
    e.push(pdu(low, {}, 1), 0);
    std::uint64_t index = 0;
    receive(r, filled(e, 374), index++, sink);
    std::uint64_t delivered_at = 0;
    while (delivered_at == 0 && index < 400) {
        e.push(pdu(high, {}, 0), 0);
        receive(r, filled(e, 374), index, sink);
        if (sink.packets.back().payload == low) delivered_at = index;
        ++index;
    }
    EXPECT_GT(delivered_at, 200U);
    EXPECT_LT(delivered_at, 256U);
    EXPECT_GT(e.counters().urgent.value(), 0U);
    EXPECT_EQ(r.counters().timeouts.value(), 0U);
}

TEST(GseEncapsulator, BoundedQueue)
{
    const bytes p = pdu_of(1000, 11);
    gse_encapsulator refusing({ .queue_bytes = 70000 });
    int taken = 0;
    while (refusing.push(pdu(p), 0) == status::queued) ++taken;
    EXPECT_EQ(taken, 69);
    EXPECT_EQ(refusing.counters().refused.value(), 1U);
    // The ring keeps working around its end.
    gse_receiver r;
    keeping_sink sink;
    std::uint64_t index = 0;
    for (int i = 0; i < 1000; ++i) {
        receive(r, filled(refusing, 4016), index++, sink);
        while (refusing.push(pdu(p), 0) == status::queued) {
        }
    }
    EXPECT_GT(sink.packets.size(), 3900U);
    for (const auto& got : sink.packets) ASSERT_EQ(got.payload, p);
    EXPECT_EQ(r.counters().pdus.value(), sink.packets.size());

    gse_encapsulator dropping({ .queue_pdus = 5, .overflow = overflow_policy::drop });
    for (int i = 0; i < 8; ++i) dropping.push(pdu(p), 0);
    EXPECT_EQ(dropping.counters().dropped.value(), 3U);
    EXPECT_EQ(dropping.counters().pdus_in.value(), 5U);
}

// ---- losses

struct fragments {
    bytes first, middle, last;
};

// A PDU of 30 bytes in three pieces with any FragID.
bytes joined(bytes head, std::span<const std::uint8_t> tail)
{
    std::ranges::copy(tail, std::back_inserter(head));
    return head;
}

fragments three_pieces(std::uint8_t id, const bytes& p)
{
    const bytes body = joined(bytes{ 0, static_cast<std::uint8_t>(2 + p.size()), 0x08, 0x00 }, p);
    const std::span<const std::uint8_t> all(body);
    fragments f;
    f.first = joined(bytes{ 0xa0, 15, id }, all.first(14));
    f.middle = joined(bytes{ 0x30, 11, id }, all.subspan(14, 10));
    f.last = joined(bytes{ 0x70, static_cast<std::uint8_t>(5 + body.size() - 24), id }, all.subspan(24));
    f.last.resize(f.last.size() + 4);
    write_be32(f.last.data() + f.last.size() - 4, crc32_by_division(body));
    return f;
}

TEST(GseReceiver, EveryLossHasItsCounter)
{
    const bytes a = pdu_of(30, 12);
    const bytes b = pdu_of(30, 13);
    const fragments fa = three_pieces(5, a);
    const fragments fb = three_pieces(5, b);
    gse_receiver r;
    keeping_sink sink;
    std::uint64_t i = 0;
    for (const auto* f : { &fa.first, &fa.middle, &fa.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(sink.packets.size(), 1U);
    // The middle one lost: the length does not add up.
    for (const auto* f : { &fa.first, &fa.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(r.counters().length_errors.value(), 1U);
    // The end of one and the start of the next lost: same FragID, same length; the CRC-32 tells.
    for (const auto* f : { &fa.first, &fb.middle, &fb.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(r.counters().crc_errors.value(), 1U);
    // The start lost.
    for (const auto* f : { &fa.middle, &fa.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(r.counters().orphans.value(), 2U);
    // The end lost, another PDU takes the FragID.
    for (const auto* f : { &fa.first, &fa.middle, &fb.first, &fb.middle, &fb.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(r.counters().replaced.value(), 1U);
    EXPECT_EQ(sink.packets.size(), 2U);
    EXPECT_EQ(sink.packets.back().payload, b);
    // The end lost, nothing more.
    receive(r, fa.first, i++, sink);
    for (int k = 0; k < 256; ++k) receive(r, bytes(10, 0), i++, sink);
    EXPECT_EQ(r.open_reassemblies(), 1U);
    receive(r, bytes(10, 0), i++, sink);
    EXPECT_EQ(r.open_reassemblies(), 0U);
    EXPECT_EQ(r.counters().timeouts.value(), 1U);
    // A repeated end is an orphan, not a second delivery.
    for (const auto* f : { &fa.first, &fa.middle, &fa.last, &fa.last }) receive(r, *f, i++, sink);
    EXPECT_EQ(sink.packets.size(), 3U);
    EXPECT_EQ(r.counters().orphans.value(), 3U);
    const auto& c = r.counters();
    EXPECT_EQ(c.first_fragments.value(),
              c.fragmented_pdus.value() + c.crc_errors.value() + c.length_errors.value() + c.timeouts.value() +
                  c.replaced.value() + c.evicted.value());
}

TEST(GseReceiver, TimeoutInSamples)
{
    const fragments f = three_pieces(1, pdu_of(30, 14));
    gse_receiver r({ .timeout_samples = 1000 });
    keeping_sink sink;
    receive(r, f.first, 0, sink); // 100 samples a frame
    receive(r, f.middle, 10, sink);
    EXPECT_EQ(r.open_reassemblies(), 1U);
    receive(r, f.last, 11, sink);
    EXPECT_EQ(r.counters().timeouts.value(), 1U);
    EXPECT_TRUE(sink.packets.empty());
}

TEST(GseReceiver, HostileStartsStayInBounds)
{
    gse_receiver r({ .max_reassemblies = 4 });
    keeping_sink sink;
    bytes start = { 0xa0, 7, 0, 0xff, 0xff, 0x08, 0x00, 1, 2 };
    const std::size_t before = test::allocations();
    for (unsigned id = 0; id < 256; ++id) {
        start[2] = static_cast<std::uint8_t>(id);
        r.on_data_field(gse_header(start.size()), start, { id, id }, sink);
    }
    EXPECT_EQ(test::allocations(), before);
    EXPECT_EQ(r.open_reassemblies(), 4U);
    EXPECT_EQ(r.counters().evicted.value(), 252U);
    // A PDU that arrives whole after the flood is still delivered.
    const bytes p = pdu_of(30, 15);
    const fragments f = three_pieces(7, p);
    std::uint64_t i = 300;
    for (const auto* x : { &f.first, &f.middle, &f.last }) receive(r, *x, i++, sink);
    ASSERT_EQ(sink.packets.size(), 1U);
    EXPECT_EQ(sink.packets[0].payload, p);
}

TEST(GseReceiver, ImpossibleFields)
{
    gse_receiver r;
    keeping_sink sink;
    receive(r, { 0xe0, 1, 0x08 }, 0, sink);                      // no room for a protocol type
    receive(r, { 0xc0, 5, 0x08, 0, 1, 2, 3 }, 1, sink);          // nor for its label
    receive(r, { 0xa0, 0 }, 2, sink);                            // first fragment without FragID
    receive(r, { 0x70, 3, 1, 2, 3 }, 3, sink);                   // last fragment without room for a CRC-32
    receive(r, { 0x40, 6, 1, 2, 3, 4, 5, 6 }, 4, sink);          // last fragment with a label type
    receive(r, { 0xa0, 9, 1, 0, 3, 8, 0, 1, 2, 3, 4 }, 5, sink); // more bytes than the total length
    receive(r, { 0xe0, 2, 0x08, 0x00 }, 6, sink);                // an empty PDU
    EXPECT_EQ(r.counters().malformed.value(), 7U);
    receive(r, { 0xef, 0xff, 0x08, 0x00, 1 }, 7, sink); // longer than the data field
    EXPECT_EQ(r.counters().truncated.value(), 1U);
    receive(r, { 0xe0 }, 8, sink); // one byte left: padding
    EXPECT_TRUE(sink.packets.empty());
    EXPECT_EQ(r.open_reassemblies(), 0U);
    // A bad packet costs itself only.
    receive(r, { 0xe0, 1, 0x08, 0xe0, 4, 0x08, 0x00, 0x45, 9 }, 9, sink);
    EXPECT_EQ(sink.packets.size(), 1U);
}

TEST(Gse, IpVersionTellsTheProtocolType)
{
    EXPECT_EQ(ip_protocol_type(bytes{ 0x45 }), k_protocol_ipv4);
    EXPECT_EQ(ip_protocol_type(bytes{ 0x60 }), k_protocol_ipv6);
    EXPECT_FALSE(ip_protocol_type(bytes{ 0x10 }).has_value());
    EXPECT_FALSE(ip_protocol_type({}).has_value());
}

} // namespace
