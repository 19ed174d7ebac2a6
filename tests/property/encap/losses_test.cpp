// SPDX-License-Identifier: GPL-3.0-or-later
// Packets of random sizes through encapsulation, BBFRAMEs of random sizes, losses and reassembly: what arrives is what
// was sent, once; what does not arrive lay in a lost BBFRAME; every loss the receiver could see is counted.
// 2e4 packets; SPACESAIL_LONG=1: 1e6.
#include <spacesail/base/rng.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <set>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

std::size_t nof_packets() { return std::getenv("SPACESAIL_LONG") != nullptr ? 1'000'000 : 20'000; }

// The content of a packet follows from its number, so that nothing need be kept.
void make_packet(std::uint64_t number, bytes& out)
{
    rng random(number + 77);
    const std::uint64_t kind = random.below(100);
    const std::size_t size = kind < 50   ? 8 + random.below(120)
                             : kind < 95 ? 8 + random.below(1500)
                             : kind < 99 ? 8 + random.below(9000)
                                         : 8 + random.below(65500);
    out.resize(size);
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        const std::uint64_t v = i == 0 ? number : random();
        std::memcpy(out.data() + i, &v, 8);
    }
    for (; i < size; ++i) out[i] = static_cast<std::uint8_t>(random());
}

std::uint64_t number_of(std::span<const std::uint8_t> payload)
{
    std::uint64_t v = 0;
    std::memcpy(&v, payload.data(), 8);
    return v;
}

class judge final : public packet_sink
{
public:
    explicit judge(std::size_t n) : seen(n, 0) {}
    void on_packet(const packet_view& p) noexcept override
    {
        const std::uint64_t number = p.payload.size() < 8 ? seen.size() : number_of(p.payload);
        if (number >= seen.size()) {
            ++wrong;
            return;
        }
        make_packet(number, expected);
        if (!std::ranges::equal(p.payload, expected) || p.isi != 20 + number % 2) ++wrong;
        if (seen[number]++ != 0) ++twice;
        ++delivered;
    }
    std::vector<std::uint8_t> seen;
    bytes expected;
    std::uint64_t delivered = 0;
    std::uint64_t wrong = 0;
    std::uint64_t twice = 0;
};

// Walks the GSE packets of each BBFRAME sent and keeps which PDU had a piece in a lost one.
class ledger
{
public:
    explicit ledger(std::size_t n) : touched(n, false), start_arrived(n, false) {}
    void on_frame(int isi, std::span<const std::uint8_t> field, bool lost)
    {
        gse_packet p;
        while (read_gse_packet(field, p) == gse_status::good) {
            field = field.subspan(p.packet_bytes);
            std::uint64_t number = 0;
            if (p.start) {
                number = number_of(p.data);
                if (!p.end) d_open[{ isi, p.frag_id }] = number;
                if (!p.end) start_arrived[number] = !lost;
            } else {
                number = d_open.at({ isi, p.frag_id });
            }
            if (lost) touched[number] = true;
        }
    }
    std::vector<bool> touched;
    std::vector<bool> start_arrived;

private:
    std::map<std::pair<int, int>, std::uint64_t> d_open;
};

void check(double loss, unsigned burst, std::uint64_t seed)
{
    const std::size_t n = nof_packets();
    gse_encapsulator a({ .nof_priorities = 4, .reuse = label_reuse::all });
    gse_encapsulator b({ .nof_priorities = 4, .reuse = label_reuse::complete_packets });
    gse_encapsulator* const sources[] = { &a, &b };
    bb_scheduler_config config;
    constexpr std::uint32_t sizes[] = { 3072, 5232, 7032, 14232, 16008, 32208, 48408, 58192 };
    for (std::uint8_t i = 0; i < 8; ++i) config.formats[i + 4U] = { sizes[i], 1 };
    config.mode = adaptation::acm;
    config.streams = input_streams::multiple;
    const scheduled_stream streams[] = { { 20, &a, 4, 0 }, { 21, &b, 4, 0 } };
    bb_scheduler scheduler(config, streams);

    judge sink(n);
    bb_deframer deframer({ .gse = { .max_reassemblies = 64 } }, sink);
    ledger truth(n);
    rng random(seed);
    bytes packet;
    bytes buffer(k_max_bbframe_bytes);
    bool waiting = false;
    std::uint64_t next = 0;
    std::uint64_t frames = 0;
    unsigned still_losing = 0;
    std::uint64_t lost_at_the_end = 0; // no frame comes behind these to tell
    for (;;) {
        while (next < n) {
            if (!waiting) make_packet(next, packet);
            const bytes label(next % 3 == 0 ? 0 : next % 3 == 1 ? 3 : 6, static_cast<std::uint8_t>(1 + next % 5));
            const gse_pdu p{ k_protocol_ipv4, packet, label, {}, static_cast<unsigned>(next % 7 % 4) };
            waiting = sources[next % 2]->push(p, 0) == gse_encapsulator::push_status::refused;
            if (waiting) break;
            ++next;
            if (random.below(8) == 0) break;
        }
        (void)scheduler.set_pls(static_cast<std::uint8_t>(20 + random.below(2)),
                                static_cast<std::uint8_t>(4 + random.below(8)));
        const auto f = scheduler.next(0, 0, buffer);
        if (f.what != scheduled_frame::decision::bbframe) {
            if (next == n) break;
            continue;
        }
        if (still_losing == 0 && random.uniform() < loss / burst) still_losing = 1 + random.below(2 * burst - 1);
        const bool lost = still_losing > 0;
        if (lost) --still_losing;
        lost_at_the_end = lost ? lost_at_the_end + 1 : 0;
        truth.on_frame(f.isi, f.bbframe.subspan(k_bbheader_bytes), lost);
        if (!lost) {
            frame_view<std::uint8_t> view;
            view.index = frames;
            view.header.pls = f.pls;
            view.payload = f.bbframe;
            deframer.on_frame(view);
        }
        ++frames;
    }
    EXPECT_EQ(sink.wrong, 0U);
    EXPECT_EQ(sink.twice, 0U);
    std::uint64_t lost_pdus = 0;
    std::uint64_t begun_and_lost = 0;
    for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(sink.seen[i] == 0, truth.touched[i]) << "packet " << i;
        lost_pdus += truth.touched[i] ? 1 : 0;
        begun_and_lost += truth.touched[i] && truth.start_arrived[i] ? 1 : 0;
    }
    EXPECT_EQ(sink.delivered + lost_pdus, n);
    const auto c = deframer.gse_counters();
    EXPECT_EQ(c.pdus.value(), sink.delivered);
    EXPECT_EQ(c.crc_errors.value() + c.length_errors.value() + c.timeouts.value() + c.replaced.value() +
                  c.evicted.value() + deframer.open_reassemblies(),
              begun_and_lost);
    EXPECT_EQ(c.malformed.value() + c.truncated.value() + c.label_errors.value(), 0U);
    EXPECT_EQ(deframer.counters().good.value() + deframer.counters().lost.value() + still_losing,
              frames + still_losing);
    std::cout << "packets " << n << " frames " << frames << " delivered " << sink.delivered << " lost " << lost_pdus
              << " of these begun " << begun_and_lost << "\n";
    if (loss > 0) EXPECT_GT(lost_pdus, n / 1000);
}

TEST(Losses, None) { check(0.0, 1, 1); }
TEST(Losses, OneInFifty) { check(0.02, 1, 2); }
TEST(Losses, BurstsOfTen) { check(0.05, 10, 3); }

} // namespace
