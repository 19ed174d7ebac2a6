// SPDX-License-Identifier: GPL-3.0-or-later
#include <encap_traffic.hpp>

#include <alloc_guard.hpp>

#include <spacesail/base/crc.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using test::keeping_sink;
using test::random_ts;

using bytes = std::vector<std::uint8_t>;

struct frame {
    bbheader header;
    bytes field;
};

// Everything the framer has, in data fields of the given size.
std::vector<frame> frames_of(ts_framer& framer, std::size_t field_bytes, std::size_t most = 1000000)
{
    std::vector<frame> out;
    while (framer.oldest_ns() && out.size() < most) {
        frame f{ framer.header(), bytes(field_bytes, 0xee) };
        const data_field d = framer.fill(f.field);
        f.header.dfl_bits = d.dfl_bits;
        f.header.syncd_bits = d.syncd_bits;
        out.push_back(std::move(f));
    }
    return out;
}

void deframe(ts_deframer& d, const std::vector<frame>& frames, keeping_sink& sink)
{
    for (std::size_t i = 0; i < frames.size(); ++i) d.on_data_field(frames[i].header, frames[i].field, { i, i }, sink);
    d.flush(sink);
}

// Cuts a stream of bits by hand into data fields of any number of bits: what the framer (whole bytes) never makes.
std::vector<frame> cut_bits(const bytes& stream, std::size_t unit_bytes, std::size_t field_bits, bbheader header)
{
    std::vector<frame> out;
    for (std::size_t at = 0; at < 8 * stream.size(); at += field_bits) {
        const std::size_t n = std::min(field_bits, 8 * stream.size() - at);
        frame f{ header, bytes((n + 7) / 8) };
        for (std::size_t i = 0; i < n; ++i) {
            const unsigned bit = (stream[(at + i) / 8] >> (7 - (at + i) % 8)) & 1U;
            f.field[i / 8] = static_cast<std::uint8_t>(f.field[i / 8] | (bit << (7 - i % 8)));
        }
        const std::size_t unit_bits = 8 * unit_bytes;
        const std::size_t to_next = (unit_bits - at % unit_bits) % unit_bits;
        f.header.dfl_bits = static_cast<std::uint16_t>(n);
        f.header.syncd_bits = to_next < n ? static_cast<std::uint16_t>(to_next) : k_syncd_none;
        out.push_back(std::move(f));
    }
    return out;
}

TEST(TsFramer, FirstFieldsByHand)
{
    const bytes ts = random_ts(4, 1);
    ts_framer framer;
    ASSERT_EQ(framer.push(ts, 0), ts.size());
    framer.finish(0);
    const auto frames = frames_of(framer, 200);
    ASSERT_EQ(frames.size(), 4U);
    EXPECT_EQ(frames[0].header.syncd_bits, 0);
    EXPECT_EQ(frames[1].header.syncd_bits, (2 * 188 - 200) * 8);
    EXPECT_EQ(frames[2].header.syncd_bits, (3 * 188 - 400) * 8);
    EXPECT_EQ(frames[3].header.syncd_bits, k_syncd_none);
    EXPECT_EQ(frames[3].header.dfl_bits, (4 * 188 - 600) * 8);
    // The byte in place of the second sync byte is the CRC-8 of the 187 bytes before.
    EXPECT_EQ(frames[0].field[188], crc8_dvbs2(std::span(ts).subspan(1, 187)));
    EXPECT_TRUE(std::equal(ts.begin() + 1, ts.begin() + 188, frames[0].field.begin() + 1));
    EXPECT_EQ(frames[3].field[199], 0);
}

TEST(TsFramer, RefusesBadConfiguration)
{
    EXPECT_THROW(ts_framer({ .queue_packets = 3 }), std::invalid_argument);
    EXPECT_THROW(ts_framer({ .queue_packets = (1U << 20) + 1 }), std::invalid_argument);
}

TEST(TsRoundTrip, AnyFieldSize)
{
    const bytes ts = random_ts(60, 2);
    for (std::size_t size = 1; size < 800; size = size < 400 ? size + 1 : size + 7) {
        for (const auto padding : { ts_padding::short_field, ts_padding::whole_packets }) {
            if (padding == ts_padding::whole_packets && size < 188) continue;
            ts_framer framer({ .padding = padding });
            framer.push(ts, 0);
            framer.finish(0);
            const auto frames = frames_of(framer, size);
            ts_deframer d;
            keeping_sink sink;
            deframe(d, frames, sink);
            ASSERT_EQ(sink.bytes(), ts) << size;
            EXPECT_EQ(d.counters().crc_errors.value(), 0U);
            EXPECT_EQ(d.counters().resyncs.value(), 0U);
            EXPECT_EQ(d.counters().continuity_errors.value(), 0U);
        }
    }
}

TEST(TsRoundTrip, InputCutAnywhere)
{
    const bytes ts = random_ts(50, 3);
    rng random(4);
    for (int trial = 0; trial < 50; ++trial) {
        ts_framer framer;
        for (std::size_t at = 0; at < ts.size();) {
            const std::size_t n = std::min<std::size_t>(1 + random.below(700), ts.size() - at);
            ASSERT_EQ(framer.push(std::span(ts).subspan(at, n), 0), n);
            at += n;
        }
        framer.finish(0);
        ts_deframer d;
        keeping_sink sink;
        deframe(d, frames_of(framer, 374), sink);
        ASSERT_EQ(sink.bytes(), ts);
    }
}

TEST(TsRoundTrip, DataFieldsThatAreNoWholeBytes)
{
    // VL-SNR medium frames have k_bch = 5660 bits and alike.
    const bytes ts = random_ts(40, 5);
    ts_framer framer;
    framer.push(ts, 0);
    framer.finish(0);
    bytes units;
    for (const auto& f : frames_of(framer, 188)) units.insert(units.end(), f.field.begin(), f.field.end());
    for (const std::size_t field_bits : { 5580U, 1504U, 1500U, 333U, 7U, 20001U }) {
        ts_deframer d;
        keeping_sink sink;
        deframe(d, cut_bits(units, 188, field_bits, framer.header()), sink);
        ASSERT_EQ(sink.bytes(), ts) << field_bits;
    }
}

TEST(TsFramer, FindsPacketsInGarbage)
{
    const bytes ts = random_ts(30, 6);
    for (std::size_t garbage = 0; garbage < 1000; garbage += 13) {
        // Below a packet's length the worst garbage: sync bytes.
        bytes in(garbage, garbage < 188 ? 0x47 : 0x46);
        in.insert(in.end(), ts.begin(), ts.end());
        ts_framer framer;
        framer.push(in, 0);
        framer.finish(0);
        EXPECT_EQ(framer.counters().skipped_bytes.value(), garbage);
        EXPECT_EQ(framer.counters().packets_in.value(), 30U);
        EXPECT_EQ(framer.counters().sync_losses.value(), 0U);
    }
}

TEST(TsFramer, LosesAndFindsSync)
{
    bytes ts = random_ts(30, 7);
    ts.erase(ts.begin() + 10 * 188 + 50, ts.begin() + 10 * 188 + 60); // packet 10 lacks ten bytes
    ts_framer framer;
    framer.push(ts, 0);
    framer.finish(0);
    EXPECT_EQ(framer.counters().sync_losses.value(), 1U);
    // Packet 10 is taken with ten bytes of packet 11 at its end; 11 is skipped; the rest is found.
    EXPECT_EQ(framer.counters().packets_in.value(), 29U);
    EXPECT_EQ(framer.counters().skipped_bytes.value(), 178U);
}

TEST(TsFramer, BackPressureOrDrop)
{
    const bytes ts = random_ts(100, 8);
    ts_framer refusing({ .queue_packets = 20 });
    const std::size_t taken = refusing.push(ts, 0);
    EXPECT_LT(taken, 20U * 188);
    EXPECT_GE(taken, 17U * 188);
    EXPECT_EQ(refusing.counters().refused.value(), 1U);
    EXPECT_EQ(refusing.counters().dropped.value(), 0U);
    keeping_sink sink;
    ts_deframer d;
    std::size_t at = taken;
    std::vector<frame> frames;
    while (at < ts.size()) {
        for (auto& f : frames_of(refusing, 374, 3)) frames.push_back(std::move(f));
        at += refusing.push(std::span(ts).subspan(at), 0);
    }
    refusing.finish(0);
    for (auto& f : frames_of(refusing, 374)) frames.push_back(std::move(f));
    deframe(d, frames, sink);
    EXPECT_EQ(sink.bytes(), ts);

    ts_framer dropping({ .overflow = overflow_policy::drop, .queue_packets = 20 });
    EXPECT_EQ(dropping.push(ts, 0), ts.size());
    EXPECT_EQ(dropping.queued_packets(), 20U);
    EXPECT_EQ(dropping.counters().dropped.value(), 80U);
}

TEST(TsFramer, NullPacketsFillAConstantRate)
{
    const bytes ts = random_ts(3, 9);
    ts_framer framer({ .padding = ts_padding::null_packets });
    framer.push(ts, 0);
    framer.finish(0);
    EXPECT_EQ(framer.backlog_bytes(), data_field_source::k_unlimited);
    std::vector<frame> frames;
    for (int i = 0; i < 5; ++i) {
        frame f{ framer.header(), bytes(374) };
        const data_field field = framer.fill(f.field);
        f.header.dfl_bits = field.dfl_bits;
        f.header.syncd_bits = field.syncd_bits;
        EXPECT_EQ(field.dfl_bits, 374 * 8);
        frames.push_back(std::move(f));
    }
    ts_deframer d;
    keeping_sink sink;
    deframe(d, frames, sink);
    const bytes got = sink.bytes();
    ASSERT_EQ(got.size(), 5U * 374 / 188 * 188);
    EXPECT_TRUE(std::equal(ts.begin(), ts.end(), got.begin()));
    for (std::size_t i = 3; i < sink.packets.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(sink.packets[i].payload, k_ts_null_packet));
    }
    EXPECT_EQ(d.counters().crc_errors.value(), 0U);
}

TEST(TsNullDeletion, EveryNullComesBackInItsPlace)
{
    rng random(10);
    const bytes useful = random_ts(60, 11);
    bytes ts;
    for (std::size_t i = 0; i < 60; ++i) {
        // Runs beyond 255 too: the 256th null packet is sent as a useful one.
        const std::size_t nulls = i == 20 ? 600 : i == 40 ? 255 : random.below(4);
        for (std::size_t k = 0; k < nulls; ++k) ts.insert(ts.end(), k_ts_null_packet.begin(), k_ts_null_packet.end());
        ts.insert(ts.end(), useful.begin() + i * 188, useful.begin() + (i + 1) * 188);
    }
    ts_framer framer({ .nulls = null_packet_mode::remove, .queue_packets = 4096 });
    framer.push(ts, 0);
    framer.finish(0);
    EXPECT_EQ(framer.header().upl_bits, 189 * 8);
    EXPECT_TRUE(framer.header().npd);
    EXPECT_EQ(framer.queued_packets(), 62U);
    for (const std::size_t size : { 374U, 189U, 1000U }) {
        ts_framer again({ .nulls = null_packet_mode::remove, .queue_packets = 4096 });
        again.push(ts, 0);
        again.finish(0);
        ts_deframer d;
        keeping_sink sink;
        deframe(d, frames_of(again, size), sink);
        ASSERT_EQ(sink.bytes(), ts);
        EXPECT_EQ(d.counters().packets.value(), 62U);
        EXPECT_EQ(d.counters().null_packets.value(), again.counters().nulls_removed.value());
    }
}

// User packets with ISSY and DNP made by hand as in figures D.2 and D.3 of EN 302 307-1.
bytes hand_made_units(const bytes& ts, std::size_t issy_bytes, bool npd)
{
    bytes out;
    std::uint8_t crc = 0;
    for (std::size_t i = 0; i * 188 < ts.size(); ++i) {
        bytes unit(ts.begin() + i * 188, ts.begin() + (i + 1) * 188);
        const std::uint32_t iscr = static_cast<std::uint32_t>(1000 * i) & (issy_bytes == 2 ? 0x7fffU : 0x3fffffU);
        if (i % 7 == 3) { // BUFSTAT of 513 Kbit: 11 10 01 10 00000001
            unit.push_back(0b11100110);
            unit.push_back(0b00000001);
            if (issy_bytes == 3) unit.push_back(0);
        } else if (issy_bytes == 2) {
            unit.push_back(static_cast<std::uint8_t>(iscr >> 8));
            unit.push_back(static_cast<std::uint8_t>(iscr));
        } else {
            unit.push_back(static_cast<std::uint8_t>(0x80 | (iscr >> 16)));
            unit.push_back(static_cast<std::uint8_t>(iscr >> 8));
            unit.push_back(static_cast<std::uint8_t>(iscr));
        }
        if (npd) unit.push_back(static_cast<std::uint8_t>(i % 3));
        const std::uint8_t next = crc8_dvbs2(std::span(unit).subspan(1));
        unit[0] = crc;
        crc = next;
        out.insert(out.end(), unit.begin(), unit.end());
    }
    return out;
}

TEST(TsIssy, BothLengthsWithAndWithoutUplTellingThem)
{
    const bytes ts = random_ts(40, 12);
    for (const std::size_t issy_bytes : { 2U, 3U }) {
        for (const bool npd : { false, true }) {
            for (const bool upl_tells : { false, true }) {
                const std::size_t unit_bytes = 188 + issy_bytes + (npd ? 1 : 0);
                bbheader h;
                h.format = stream_format::transport;
                h.issyi = true;
                h.npd = npd;
                h.upl_bits = static_cast<std::uint16_t>(8 * (upl_tells ? unit_bytes : 188));
                h.sync = 0x47;
                const auto frames = cut_bits(hand_made_units(ts, issy_bytes, npd), unit_bytes, 8 * 874, h);
                ts_deframer d;
                keeping_sink sink;
                deframe(d, frames, sink);
                std::size_t i = 0;
                for (const auto& p : sink.packets) {
                    if (ts_pid(p.payload) == k_ts_null_pid) continue;
                    ASSERT_TRUE(std::equal(p.payload.begin(), p.payload.end(), ts.begin() + i * 188)) << i;
                    if (i + 1 < 40) { // the last one has no CRC behind it, but is delivered
                        ASSERT_TRUE(p.issy.has_value());
                        if (i % 7 == 3) {
                            EXPECT_EQ(p.issy->what, issy_field::meaning::bufstat);
                            EXPECT_EQ(p.issy->value, 513U * 1024);
                        } else {
                            EXPECT_EQ(p.issy->value, (1000 * i) & (issy_bytes == 2 ? 0x7fffU : 0x3fffffU));
                        }
                    }
                    ++i;
                }
                EXPECT_EQ(i, 40U);
                EXPECT_EQ(d.counters().crc_errors.value(), 0U);
                EXPECT_EQ(d.counters().null_packets.value(), npd ? 39U : 0U);
            }
        }
    }
}

TEST(TsDeframer, LostFramesCostOnlyWhatTheyTouch)
{
    const bytes ts = random_ts(400, 13);
    ts_framer framer;
    framer.push(ts, 0);
    framer.finish(0);
    const auto frames = frames_of(framer, 374);
    rng random(14);
    for (int trial = 0; trial < 30; ++trial) {
        ts_deframer d;
        keeping_sink sink;
        std::vector<bool> touched(400, false);
        std::size_t at = 0;
        bool lost_before = false;
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const std::size_t length = frames[i].header.dfl_bits / 8;
            const bool lost = random.below(5) == 0;
            if (lost) {
                for (std::size_t b = at; b < at + length; ++b) touched[b / 188] = true;
            } else {
                if (lost_before) d.on_gap(sink);
                d.on_data_field(frames[i].header, frames[i].field, { i, 0 }, sink);
            }
            lost_before = lost;
            at += length;
        }
        d.flush(sink);
        bytes expected;
        for (std::size_t i = 0; i < 400; ++i) {
            if (!touched[i]) expected.insert(expected.end(), ts.begin() + i * 188, ts.begin() + (i + 1) * 188);
        }
        ASSERT_EQ(sink.bytes(), expected);
        EXPECT_EQ(d.counters().crc_errors.value(), 0U);
        EXPECT_GT(d.counters().resyncs.value(), 0U);
        EXPECT_GT(d.counters().continuity_errors.value(), 0U);
    }
}

TEST(TsDeframer, AnUnreportedLossSplicesNothing)
{
    const bytes ts = random_ts(2000, 15);
    ts_framer framer({ .queue_packets = 4096 });
    framer.push(ts, 0);
    framer.finish(0);
    const auto frames = frames_of(framer, 374);
    rng random(16);
    ts_deframer d;
    keeping_sink sink;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (random.below(4) != 0) d.on_data_field(frames[i].header, frames[i].field, { i, 0 }, sink);
    }
    d.flush(sink);
    std::size_t next = 0;
    for (const auto& p : sink.packets) {
        if ((p.payload[1] & 0x80) != 0) continue; // marked: not claimed to be right
        std::uint64_t number = 0;
        for (unsigned k = 0; k < 8; ++k) number |= std::uint64_t{ p.payload[4 + k] } << (8 * k);
        ASSERT_LT(number, 2000U);
        ASSERT_GE(number, next);
        ASSERT_TRUE(std::equal(p.payload.begin(), p.payload.end(), ts.begin() + number * 188)) << number;
        next = number + 1;
    }
    EXPECT_GT(sink.packets.size(), 500U);
    EXPECT_GT(d.counters().partial_dropped.value(), 100U);
}

TEST(TsDeframer, WrongPacketIsMarkedOrDropped)
{
    const bytes ts = random_ts(20, 17);
    for (const auto policy : { ts_error_policy::mark, ts_error_policy::drop }) {
        ts_framer framer;
        framer.push(ts, 0);
        framer.finish(0);
        auto frames = frames_of(framer, 1880);
        frames[0].field[5 * 188 + 100] ^= 0x10;
        ts_deframer d(policy);
        keeping_sink sink;
        deframe(d, frames, sink);
        EXPECT_EQ(d.counters().crc_errors.value(), 1U);
        if (policy == ts_error_policy::mark) {
            ASSERT_EQ(sink.packets.size(), 20U);
            for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ((sink.packets[i].payload[1] & 0x80) != 0, i == 5);
        } else {
            EXPECT_EQ(sink.packets.size(), 19U);
        }
    }
}

TEST(TsContinuity, RulesOfThirteenEightEighteen)
{
    ts_continuity c;
    ts_packet p{};
    p[0] = 0x47;
    p[2] = 5;
    const auto with = [&](unsigned control, unsigned value) {
        p[3] = static_cast<std::uint8_t>((control << 4) | value);
        return p;
    };
    EXPECT_TRUE(c.follows(with(1, 7)));
    EXPECT_TRUE(c.follows(with(1, 8)));
    EXPECT_TRUE(c.follows(with(1, 8))); // one duplicate
    EXPECT_FALSE(c.follows(with(1, 8)));
    EXPECT_TRUE(c.follows(with(1, 9)));
    EXPECT_TRUE(c.follows(with(2, 9))); // adaptation field only: does not count
    EXPECT_FALSE(c.follows(with(1, 11)));
    p[4] = 1;
    p[5] = 0x80; // discontinuity indicator
    EXPECT_TRUE(c.follows(with(3, 3)));
    p[1] = 0x1f;
    p[2] = 0xff;
    EXPECT_TRUE(c.follows(with(1, 0)));
    EXPECT_TRUE(c.follows(with(1, 0)));
    EXPECT_TRUE(c.follows(with(1, 9)));
}

// ---- whole BBFRAMEs through bb_deframer

frame_view<std::uint8_t> view_of(const bytes& bbframe, std::uint64_t index, std::uint8_t pls = 16)
{
    frame_view<std::uint8_t> v;
    v.index = index;
    v.first_sample = 1000 * index;
    v.header.pls = pls;
    v.payload = bbframe;
    return v;
}

std::vector<bytes> bbframes_of(const bytes& ts, std::size_t bbframe_bytes, int isi)
{
    ts_framer framer({ .queue_packets = 4096 });
    framer.push(ts, 0);
    framer.finish(0);
    std::vector<bytes> out;
    for (auto& f : frames_of(framer, bbframe_bytes - 10)) {
        bytes b(bbframe_bytes);
        f.header.streams = isi < 0 ? input_streams::single : input_streams::multiple;
        f.header.isi = static_cast<std::uint8_t>(std::max(isi, 0));
        write_bbheader(f.header, std::span<std::uint8_t, 10>(b.data(), 10));
        std::copy(f.field.begin(), f.field.end(), b.begin() + 10);
        out.push_back(std::move(b));
    }
    return out;
}

TEST(BbDeframer, KeepsInputStreamsApart)
{
    std::vector<bytes> ts;
    std::vector<std::vector<bytes>> frames;
    for (int isi = 0; isi < 5; ++isi) {
        ts.push_back(random_ts(100, 20 + isi));
        frames.push_back(bbframes_of(ts.back(), 384, isi));
    }
    keeping_sink sink;
    bb_deframer d({}, sink);
    std::uint64_t index = 0;
    for (std::size_t k = 0; k < frames[0].size(); ++k) {
        for (const auto& stream : frames) d.on_frame(view_of(stream[k], index++));
        d.on_frame(view_of({}, index++, 0)); // a dummy PLFRAME is no gap
    }
    d.flush();
    std::vector<bytes> got(5);
    for (const auto& p : sink.packets) got[p.isi].insert(got[p.isi].end(), p.payload.begin(), p.payload.end());
    for (int isi = 0; isi < 5; ++isi) EXPECT_EQ(got[isi], ts[isi]) << isi;
    EXPECT_EQ(d.counters().good.value(), 5 * frames[0].size());
    EXPECT_EQ(d.counters().gaps.value(), 0U);
    EXPECT_EQ(d.counters().dummy.value(), frames[0].size());
    EXPECT_EQ(d.ts_counters().packets.value(), 500U);
    EXPECT_EQ(d.ts_counters().continuity_errors.value(), 0U);
    EXPECT_EQ(sink.packets.back().position.first_sample, 1000 * sink.packets.back().position.frame_index);

    // One stream asked for.
    keeping_sink one;
    bb_deframer filter({ .isi = 3 }, one);
    index = 0;
    for (std::size_t k = 0; k < frames[0].size(); ++k) {
        for (const auto& stream : frames) filter.on_frame(view_of(stream[k], index++));
    }
    filter.flush();
    EXPECT_EQ(one.bytes(), ts[3]);
    EXPECT_EQ(filter.counters().filtered.value(), 4 * frames[0].size());

    // No more streams than allowed.
    keeping_sink two;
    bb_deframer bounded({ .max_streams = 2 }, two);
    index = 0;
    for (const auto& stream : frames) bounded.on_frame(view_of(stream[0], index++));
    EXPECT_EQ(bounded.counters().streams_refused.value(), 3U);
    EXPECT_THROW(bb_deframer({ .max_streams = 0 }, two), std::invalid_argument);
}

TEST(BbDeframer, CountsEveryKindOfLoss)
{
    const bytes ts = random_ts(200, 30);
    auto frames = bbframes_of(ts, 384, -1);
    ASSERT_GT(frames.size(), 50U);
    keeping_sink sink;
    bb_deframer d({ .isi = 7 }, sink); // a single stream is read whatever ISI is asked for
    std::uint64_t index = 0;
    for (std::size_t k = 0; k < frames.size(); ++k, ++index) {
        if (k == 10) frames[k][3] ^= 1;   // header hit
        if (k == 20 || k == 21) continue; // lost, seen by their numbers
        if (k == 30) {                    // a PLFRAME that did not decode
            d.on_frame(view_of({}, index));
            continue;
        }
        if (k == 40) { // shorter than DFL says
            bytes cut(frames[k].begin(), frames[k].begin() + 100);
            d.on_frame(view_of(cut, index));
            continue;
        }
        d.on_frame(view_of(frames[k], index));
        if (k == 45) d.on_frame(view_of(frames[k], index)); // the same again
    }
    d.flush();
    EXPECT_EQ(d.counters().crc_errors.value(), 1U);
    EXPECT_EQ(d.counters().malformed.value(), 1U);
    EXPECT_EQ(d.counters().lost.value(), 3U);
    EXPECT_EQ(d.counters().gaps.value(), 4U);
    EXPECT_EQ(d.counters().repeated.value(), 1U);
    EXPECT_EQ(d.counters().good.value(), frames.size() - 5);
    EXPECT_EQ(d.ts_counters().crc_errors.value(), 0U);
    std::size_t next = 0;
    for (const auto& p : sink.packets) {
        while (next < 200 && !std::equal(p.payload.begin(), p.payload.end(), ts.begin() + next * 188)) ++next;
        ASSERT_LT(next, 200U);
        ++next;
    }
    EXPECT_GE(sink.packets.size(), 200U - 5 * 3);
}

TEST(BbDeframer, ReadsTheRolloff)
{
    const bytes ts = random_ts(40, 31);
    keeping_sink sink;
    bb_deframer d({}, sink);
    rolloff_writer ro(rolloff::r0_05);
    std::uint64_t index = 0;
    for (auto& f : bbframes_of(ts, 384, -1)) {
        auto h = *parse_bbheader(f);
        h.rolloff_code = ro.next();
        write_bbheader(h, std::span<std::uint8_t, 10>(f.data(), 10));
        d.on_frame(view_of(f, index++));
    }
    EXPECT_EQ(d.signalled_rolloff(), rolloff::r0_05);
    ASSERT_TRUE(d.last_header().has_value());
    EXPECT_EQ(d.last_header()->upl_bits, 1504);
}

TEST(BbDeframer, NothingIsAllocatedOnTheWay)
{
    const bytes ts = random_ts(1000, 32);
    const auto frames = bbframes_of(ts, 4026, 9);
    test::counting_sink sink;
    bb_deframer d({}, sink);
    ts_framer framer;
    bytes field(4016);
    const std::size_t before = test::allocations();
    for (std::size_t k = 0; k < frames.size(); ++k) d.on_frame(view_of(frames[k], k));
    framer.push(std::span(ts).first(100 * 188), 0);
    (void)framer.fill(field);
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GE(sink.packets, 999U);
}

} // namespace
