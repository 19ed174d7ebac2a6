// SPDX-License-Identifier: GPL-3.0-or-later
// What must hold for the synchroniser whatever comes in: the same output for any split of the input, 16-bit samples,
// every instruction set; no allocation; nothing crashes it; it comes back after every kind of break.
#include <alloc_guard.hpp>
#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;
using ci = std::complex<std::int16_t>;

std::uint8_t pls_of(const char* name, const char* frame, bool pilots)
{
    return static_cast<std::uint8_t>((*modcod_by_name(name, frame))->pls + (pilots ? 1 : 0));
}

struct link {
    double symbol_rate_hz = 5e6;
    double sps = 2.0;
    double rolloff = 0.2;
    unsigned gold_code = 0;
    test::signal_channel channel{ .es_n0_db = 12.0, .cfo_hz = 300e3, .cfo_rate_hz_s = 2e3, .wander_hz = 0.02 };
    double clock_ppm = 12.0;
    double level_dbfs = -12.0;
};

transmitter_configuration transmit(const link& l)
{
    transmitter_configuration t;
    t.gold_code = l.gold_code;
    t.shaping = { .symbol_rate_hz = l.symbol_rate_hz,
                  .sample_rate_hz = l.sps * l.symbol_rate_hz,
                  .rolloff = l.rolloff,
                  .level_dbfs = l.level_dbfs,
                  .clock_ppm = l.clock_ppm };
    return t;
}

synchroniser_config receive(const link& l)
{
    synchroniser_config c;
    c.symbol_rate_hz = l.symbol_rate_hz;
    c.sample_rate_hz = l.sps * l.symbol_rate_hz;
    c.gold_code = l.gold_code;
    c.prior.sigma_hz = 0.0; // cold
    return c;
}

/// Short frames of several kinds and dummies.
std::uint8_t mixed(std::uint64_t n)
{
    static const std::uint8_t kinds[]{
        pls_of("QPSK 1/2", "short", true),  pls_of("8PSK 3/4", "short", true),   0,
        pls_of("QPSK 3/4", "short", false), pls_of("16APSK 2/3", "short", true), pls_of("QPSK 11/45", "short", true),
        pls_of("8PSK 2/3", "short", false)
    };
    return kinds[n % std::size(kinds)];
}

/// Every frame with all of its numbers and symbols.
class recorder final : public frame_sink<cf>
{
public:
    struct frame {
        sample_index first_sample;
        std::uint64_t index;
        std::uint8_t pls;
        frame_measurements measured;
        std::vector<cf> payload;
    };
    void on_frame(const frame_view<cf>& f) noexcept override
    {
        frames.push_back({ f.first_sample, f.index, f.header.pls, f.measured, { f.payload.begin(), f.payload.end() } });
    }
    std::vector<frame> frames;
};

template <class T>
recorder run(const synchroniser_config& c, const std::vector<std::complex<T>>& x, const std::vector<std::size_t>& cuts)
{
    synchroniser s(c);
    recorder r;
    std::size_t at = 0;
    for (std::size_t cut = 0; at < x.size(); ++cut) {
        const std::size_t n = std::min(cuts[cut % cuts.size()], x.size() - at);
        s.process(std::span<const std::complex<T>>(x).subspan(at, n), r);
        at += n;
    }
    s.flush(r);
    return r;
}

void expect_same(const recorder& a, const recorder& b, const std::string& what)
{
    ASSERT_EQ(a.frames.size(), b.frames.size()) << what;
    for (std::size_t k = 0; k < a.frames.size(); ++k) {
        const auto& x = a.frames[k];
        const auto& y = b.frames[k];
        ASSERT_EQ(x.first_sample, y.first_sample) << what << ", frame " << k;
        ASSERT_EQ(x.index, y.index);
        ASSERT_EQ(x.pls, y.pls);
        ASSERT_EQ(x.payload.size(), y.payload.size());
        ASSERT_EQ(x.measured.cfo_hz, y.measured.cfo_hz) << what << ", frame " << k;
        ASSERT_EQ(x.measured.cfo_rate_hz_s, y.measured.cfo_rate_hz_s);
        ASSERT_EQ(x.measured.clock_ppm, y.measured.clock_ppm);
        ASSERT_EQ(x.measured.sof_sample, y.measured.sof_sample);
        ASSERT_EQ(x.measured.es_n0_db, y.measured.es_n0_db);
        ASSERT_EQ(x.measured.n0, y.measured.n0);
        ASSERT_EQ(x.measured.level_db, y.measured.level_db);
        // Bit for bit; a dummy PLFRAME has no payload.
        ASSERT_TRUE(x.payload.empty() ||
                    std::memcmp(x.payload.data(), y.payload.data(), x.payload.size() * sizeof(cf)) == 0)
            << what << ", frame " << k;
    }
}

/// A stream with everything in it: mixed frames, a break, a step in level.
std::vector<cf> eventful(const link& l, std::size_t n)
{
    test::signal_source source(transmit(l), mixed, 5);
    source.channel = l.channel;
    source.skip(5000);
    auto x = source.read(n / 2);
    source.skip(7777);
    source.channel.gain_db = -8.0;
    const auto more = source.read(n - n / 2);
    x.insert(x.end(), more.begin(), more.end());
    return x;
}

TEST(SynchroniserSplit, AnySplitGivesTheSameFramesBitForBit)
{
    const std::vector<std::vector<std::size_t>> splits{
        { 1 }, { 7 }, { 1000 }, { 1, 40'000, 13, 4096, 777, 3, 65'536, 90 }
    };
    for (const double sps : { 2.0, 2.37, 9.0 }) { // 9: decimated
        link l;
        l.sps = sps;
        const auto x = eventful(l, static_cast<std::size_t>(220'000 * sps / 2));
        const auto y = test::to_ci16(x);
        const auto c = receive(l);
        const auto whole = run<float>(c, x, { x.size() });
        const auto whole_int = run<std::int16_t>(c, y, { y.size() });
        ASSERT_GT(whole.frames.size(), 12U) << sps;
        for (const auto& cuts : splits) {
            const auto what = "sps " + std::to_string(sps) + ", first cut " + std::to_string(cuts[0]);
            expect_same(whole, run<float>(c, x, cuts), what + ", float");
            expect_same(whole_int, run<std::int16_t>(c, y, cuts), what + ", 16 bit");
            if (HasFatalFailure()) return;
        }
    }
}

/// Error of b's symbols against a's in dB, over all frames.
double difference_db(const recorder& a, const recorder& b)
{
    double error = 0.0, power = 0.0;
    for (std::size_t k = 0; k < a.frames.size(); ++k) {
        for (std::size_t i = 0; i < a.frames[k].payload.size(); ++i) {
            error += std::norm(a.frames[k].payload[i] - b.frames[k].payload[i]);
            power += std::norm(a.frames[k].payload[i]);
        }
    }
    return 10.0 * std::log10(error / power + 1e-30);
}

TEST(SynchroniserInput, SixteenBitSamplesGiveTheSameSymbols)
{
    const link l;
    const auto x = eventful(l, 200'000);
    const auto c = receive(l);
    const auto a = run<float>(c, x, { 8192 });
    const auto b = run<std::int16_t>(c, test::to_ci16(x), { 8192 });
    ASSERT_GT(a.frames.size(), 12U);
    ASSERT_EQ(a.frames.size(), b.frames.size());
    for (std::size_t k = 0; k < a.frames.size(); ++k) ASSERT_EQ(a.frames[k].pls, b.frames[k].pls);
    // -12 dBFS in 16 bits: quantisation is 80 dB down; loops that divide by noise may magnify it.
    EXPECT_LT(difference_db(a, b), -55.0);
}

TEST(SynchroniserTargets, AllInstructionSetsAgree)
{
    link l;
    const auto x = eventful(l, 160'000);
    const auto c = receive(l);
    const auto best = run<float>(c, x, { 8192 });
    ASSERT_GT(best.frames.size(), 9U);
    for (const auto target : { simd::target::scalar, simd::target::avx2 }) {
        simd::force_target(target);
        const auto other = run<float>(c, x, { 8192 });
        simd::force_target(simd::target::best);
        ASSERT_EQ(other.frames.size(), best.frames.size());
        for (std::size_t k = 0; k < best.frames.size(); ++k) {
            EXPECT_EQ(other.frames[k].pls, best.frames[k].pls);
            EXPECT_NEAR(other.frames[k].measured.sof_sample, best.frames[k].measured.sof_sample, 1e-2);
        }
        EXPECT_LT(difference_db(best, other), -60.0);
    }
}

TEST(SynchroniserMemory, NothingIsAllocatedAfterConstruction)
{
    class counting_sink final : public frame_sink<cf>
    {
    public:
        void on_frame(const frame_view<cf>&) noexcept override { ++frames; }
        std::size_t frames = 0;
    };
    for (const double rolloff : { 0.2, 0.05 }) {
        link l;
        l.rolloff = rolloff;
        const auto x = eventful(l, 300'000);
        const auto y = test::to_ci16(x);
        counting_sink sink;
        synchroniser s(receive(l));
        const auto before = test::allocations();
        std::size_t at = 0;
        for (; at < x.size() / 4; at += 5000) s.process(std::span<const cf>(x).subspan(at, 5000), sink);
        const auto locked = test::allocations();
        ASSERT_EQ(s.status().state, sync_state::locked);
        for (; at + 5000 <= x.size(); at += 5000) s.process(std::span<const ci>(y).subspan(at, 5000), sink);
        EXPECT_EQ(test::allocations(), locked) << "after lock, roll-off " << rolloff;
        EXPECT_EQ(locked, before) << "while searching, roll-off " << rolloff;
        EXPECT_GT(sink.frames, 12U);
    }
}

/// Numbers of the good frames in the order they came.
std::vector<std::uint64_t> good_numbers(const std::vector<test::received_frame>& frames)
{
    std::vector<std::uint64_t> n;
    for (const auto& f : frames) {
        if (f.number) n.push_back(*f.number);
    }
    return n;
}

void expect_rising(const std::vector<std::uint64_t>& n)
{
    for (std::size_t k = 1; k < n.size(); ++k) ASSERT_LT(n[k - 1], n[k]) << "a frame twice or out of order";
}

struct break_case {
    const char* name;
    double symbol_rate_hz;
    const char* modcod;
    const char* frame;
    double margin_db;
    bool pilots = true;
};

class SynchroniserBreak : public ::testing::TestWithParam<break_case>
{
public:
    void SetUp() override
    {
        const auto& p = GetParam();
        d_link.symbol_rate_hz = p.symbol_rate_hz;
        d_link.channel.cfo_hz = 0.03 * p.symbol_rate_hz;
        d_entry = *modcod_by_name(p.modcod, p.frame);
        d_pls = pls_of(p.modcod, p.frame, p.pilots);
        const auto* normal = *modcod_by_name(p.modcod, "normal");
        d_link.channel.es_n0_db = static_cast<double>(normal->ideal_es_n0_db) + p.margin_db;
        d_frame_samples = static_cast<std::size_t>(plframe_symbols(d_pls) * d_link.sps);
        d_source = std::make_unique<test::signal_source>(
            transmit(d_link), [this](std::uint64_t) { return d_pls; }, 7);
        d_source->channel = d_link.channel;
        d_source->skip(d_frame_samples / 3);
        d_chain = std::make_unique<test::receive_chain>(receive(d_link));
    }

    void feed(std::size_t n)
    {
        std::vector<cf> block(8192);
        while (n > 0) {
            const std::size_t m = std::min(n, block.size());
            d_source->read(std::span(block).first(m));
            d_chain->process(std::span<const cf>(block).first(m));
            n -= m;
        }
    }

    /// Locked and decoding before the break.
    void settle()
    {
        feed(6 * d_frame_samples + 50'000);
        ASSERT_EQ(d_chain->sync().status().state, sync_state::locked);
        ASSERT_GE(good_numbers(d_chain->frames).size(), 4U);
    }

    /// Behind the break: the first good frame is among the first five whole ones, and nothing comes twice.
    void expect_back()
    {
        std::uint64_t first_whole = 0;
        const auto here = static_cast<double>(d_source->samples());
        for (const auto& f : d_source->sent()) {
            if (f.first_sample < here) first_whole = f.number + 1;
        }
        feed(9 * d_frame_samples + 100'000);
        const auto n = good_numbers(d_chain->frames);
        expect_rising(n);
        const auto first = std::lower_bound(n.begin(), n.end(), first_whole);
        ASSERT_NE(first, n.end()) << "never came back: " << to_string(d_chain->sync().status().state) << ", carrier at "
                                  << d_chain->sync().status().last.cfo_hz << " Hz";
        EXPECT_LE(*first - first_whole + 1, 5U);
        // And from then on every frame.
        EXPECT_EQ(static_cast<std::uint64_t>(n.end() - first), n.back() - *first + 1)
            << "frames lost after coming back";
    }

    link d_link;
    const modcod* d_entry = nullptr;
    std::uint8_t d_pls = 0;
    std::size_t d_frame_samples = 0;
    std::unique_ptr<test::signal_source> d_source;
    std::unique_ptr<test::receive_chain> d_chain;
};

TEST_P(SynchroniserBreak, ComesBackAfterSamplesWereLostInSilence)
{
    settle();
    d_source->skip(12'345);
    expect_back();
}

TEST_P(SynchroniserBreak, ComesBackAfterAnAnnouncedGap)
{
    settle();
    d_source->skip(54'321);
    d_chain->sync().gap(54'321, d_chain->pool());
    expect_back();
    // The samples of results count what was missing.
    const auto& sent = d_source->sent();
    const auto& last = d_chain->frames.back();
    ASSERT_TRUE(last.number);
    const double lead = static_cast<double>(d_frame_samples / 3);
    EXPECT_NEAR(last.measured.sof_sample, sent[*last.number].first_sample - lead, 0.2 * d_link.sps);
}

TEST_P(SynchroniserBreak, ComesBackAfterAFrequencyStep)
{
    // 50 kHz are 0.2 % of the fast symbol rates, which a PLHEADER bears, and 10 % of the slowest.
    settle();
    d_source->channel.cfo_hz += 50e3;
    expect_back();
    d_source->channel.cfo_hz -= 50e3;
    expect_back();
}

TEST_P(SynchroniserBreak, ComesBackAfterALevelStep)
{
    settle();
    d_source->channel.gain_db = -20.0;
    expect_back();
    d_source->channel.gain_db = 0.0;
    expect_back();
}

TEST_P(SynchroniserBreak, ComesBackAfterASecondWithoutCarrier)
{
    settle();
    // The noise stays; a tenth of a second at the higher rates, where a second is a long test.
    const auto n = static_cast<std::size_t>(std::min(d_link.symbol_rate_hz, 1e6) * d_link.sps);
    rng random(99);
    const double sigma =
        std::sqrt(0.5 * db_to_linear(d_link.level_dbfs) * d_link.sps / db_to_linear(d_link.channel.es_n0_db));
    std::vector<cf> block(10'000);
    for (std::size_t k = 0; k < n; k += block.size()) {
        for (auto& v : block) v = cf(sigma * random.normal_pair());
        d_chain->process(std::span<const cf>(block));
    }
    EXPECT_NE(d_chain->sync().status().state, sync_state::locked);
    expect_back();
}

TEST_P(SynchroniserBreak, ComesBackAfterASecondOfZeros)
{
    settle();
    const auto n = static_cast<std::size_t>(std::min(d_link.symbol_rate_hz, 1e6) * d_link.sps);
    const std::vector<cf> zeros(10'000);
    for (std::size_t k = 0; k < n; k += zeros.size()) d_chain->process(std::span<const cf>(zeros));
    EXPECT_NE(d_chain->sync().status().state, sync_state::locked);
    expect_back();
}

INSTANTIATE_TEST_SUITE_P(Links,
                         SynchroniserBreak,
                         ::testing::Values(break_case{ "qpsk_short_5M", 5e6, "QPSK 1/2", "short", 1.5 },
                                           break_case{ "qpsk_normal_25M", 25e6, "QPSK 1/2", "normal", 1.0 },
                                           break_case{ "psk8_normal_25M", 25e6, "8PSK 3/4", "normal", 1.0 },
                                           break_case{ "qpsk_short_half_M", 0.5e6, "QPSK 1/2", "short", 1.5 },
                                           break_case{ "qpsk_low_bare_25M", 25e6, "QPSK 1/4", "normal", 1.0, false },
                                           break_case{ "apsk_bare_25M", 25e6, "16APSK 2/3", "normal", 1.0, false }),
                         [](const auto& i) { return std::string(i.param.name); });

/// Feeds what `make` gives, n samples, in blocks.
template <class Make>
void feed_any(test::receive_chain& chain, std::size_t n, Make make)
{
    std::vector<cf> block(4096);
    for (std::size_t k = 0; k < n; k += block.size()) {
        for (std::size_t i = 0; i < block.size(); ++i) block[i] = make(k + i);
        chain.process(std::span<const cf>(block));
    }
}

TEST(SynchroniserGarbage, NothingThatIsNoCarrierLocks)
{
    rng random(3);
    const link l;
    const auto tone = [](double f, std::size_t k) {
        return cf(0.3 * std::polar(1.0, k_two_pi * std::fmod(f * static_cast<double>(k), 1.0)));
    };
    struct input {
        const char* name;
        std::function<cf(std::size_t)> make;
    };
    const input inputs[]{
        { "zeros", [](std::size_t) { return cf(); } },
        { "noise", [&](std::size_t) { return cf(0.2 * random.normal_pair()); } },
        { "nan", [](std::size_t) { return cf(NAN, NAN); } },
        { "huge", [&](std::size_t) { return cf(1e14 * random.normal_pair()); } },
        { "tiny", [&](std::size_t) { return cf(1e-30 * random.normal_pair()); } },
        { "direct", [](std::size_t) { return cf(0.7F, -0.2F); } },
        { "tone", [&](std::size_t k) { return tone(0.0321, k); } },
        { "tone in noise", [&](std::size_t k) { return tone(0.0321, k) + cf(0.05 * random.normal_pair()); } },
        { "two tones", [&](std::size_t k) { return tone(0.0321, k) + tone(-0.07, k); } },
        { "impulses", [](std::size_t k) { return k % 5000 == 0 ? cf(1.0F, 0.0F) : cf(); } },
        { "random bits",
          [&](std::size_t) {
              // A file of anything read as float.
              float re, im;
              const auto bits = random();
              std::memcpy(&re, &bits, 4);
              std::memcpy(&im, reinterpret_cast<const char*>(&bits) + 4, 4);
              return cf(re, im);
          } },
    };
    for (const auto& in : inputs) {
        test::receive_chain chain(receive(l));
        feed_any(chain, 400'000, in.make);
        const auto s = chain.sync().status();
        EXPECT_NE(s.state, sync_state::locked) << in.name;
        EXPECT_NE(s.state, sync_state::no_samples) << in.name;
        EXPECT_EQ(s.frames, 0U) << in.name;
        chain.flush();
        EXPECT_EQ(chain.delivered, 0U) << in.name;
    }
}

TEST(SynchroniserGarbage, GarbageAfterLockIsNoFrameAndTheCarrierIsFoundAgain)
{
    const link l;
    rng random(4);
    struct input {
        const char* name;
        std::function<cf(std::size_t)> make;
    };
    const input inputs[]{
        { "nan", [](std::size_t) { return cf(NAN, 1.0F); } },
        { "random bits",
          [&](std::size_t) {
              float re, im;
              const auto bits = random();
              std::memcpy(&re, &bits, 4);
              std::memcpy(&im, reinterpret_cast<const char*>(&bits) + 4, 4);
              return cf(re, im);
          } },
        { "infinite", [](std::size_t k) { return k % 3 ? cf(INFINITY, 0.0F) : cf(0.1F, -INFINITY); } },
        { "loud noise", [&](std::size_t) { return cf(50.0 * random.normal_pair()); } },
        { "tone", [](std::size_t k) { return cf(std::polar(1.0F, 0.3F * static_cast<float>(k % 1000))); } },
    };
    for (const auto& in : inputs) {
        test::signal_source source(transmit(l), mixed, 11);
        source.channel = l.channel;
        test::receive_chain chain(receive(l));
        std::vector<cf> x = source.read(120'000);
        chain.process(std::span<const cf>(x));
        ASSERT_EQ(chain.sync().status().state, sync_state::locked);
        feed_any(chain, 200'000, in.make);
        const auto good_before = good_numbers(chain.frames).size();
        x = source.read(300'000);
        chain.process(std::span<const cf>(x));
        chain.flush();
        const auto n = good_numbers(chain.frames);
        expect_rising(n);
        EXPECT_GT(n.size(), good_before + 3) << in.name << ": " << to_string(chain.sync().status().state);
        for (const auto& f : chain.frames) EXPECT_TRUE(!f.good || f.number) << in.name << ": a wrong BBFRAME went out";
    }
}

TEST(SynchroniserGarbage, HardClippedCarrierIsStillDecoded)
{
    const link l;
    test::signal_source source(
        transmit(l), [](std::uint64_t) { return pls_of("QPSK 1/2", "short", true); }, 12);
    source.channel = l.channel;
    auto x = source.read(300'000);
    const float limit = 0.15F; // below the mean level of 0.25
    for (auto& v : x) v = { std::clamp(v.real(), -limit, limit), std::clamp(v.imag(), -limit, limit) };
    test::receive_chain chain(receive(l));
    chain.process(std::span<const cf>(x));
    EXPECT_GE(good_numbers(chain.frames).size(), 15U);
}

TEST(SynchroniserGarbage, OfTwoEqualCarriersOneIsReceived)
{
    link l;
    l.sps = 4.0;
    l.symbol_rate_hz = 1e6; // the range of +-1.35 MHz holds both
    const auto kind = [](std::uint64_t) { return pls_of("QPSK 1/2", "short", true); };
    test::signal_source one(transmit(l), kind, 13), two(transmit(l), kind, 14);
    one.channel = { .es_n0_db = 9.0, .cfo_hz = -0.63e6 };
    two.channel = { .cfo_hz = 0.63e6 };
    auto x = one.read(600'000);
    const auto y = two.read(600'000);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] += y[k];
    test::receive_chain chain(receive(l));
    chain.process(std::span<const cf>(x));
    EXPECT_EQ(chain.sync().status().state, sync_state::locked);
    EXPECT_GE(good_numbers(chain.frames).size(), 10U);
    expect_rising(good_numbers(chain.frames));
}

} // namespace
