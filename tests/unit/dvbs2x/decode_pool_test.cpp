// SPDX-License-Identifier: GPL-3.0-or-later
#include "xfecframe.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/decode_pool.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace spacesail::dvbs2x {
namespace {

struct collector : frame_sink<std::uint8_t>, decode_observer {
    void on_frame(const frame_view<std::uint8_t>& f) noexcept override
    {
        indices.push_back(f.index);
        frames.emplace_back(f.payload.begin(), f.payload.end());
        samples.push_back(f.first_sample);
        thread = std::this_thread::get_id();
    }
    void on_outcome(const frame_view<std::uint8_t>& f, const decode_outcome& o) noexcept override
    {
        seen.push_back(f.index);
        outcomes.push_back(o);
    }
    std::vector<std::uint64_t> indices, seen;
    std::vector<sample_index> samples;
    std::vector<std::vector<std::uint8_t>> frames;
    std::vector<decode_outcome> outcomes;
    std::thread::id thread;
};

/// Frames of mixed MODCODs, so that later ones are often ready before earlier ones.
struct traffic {
    explicit traffic(std::size_t n)
    {
        rng random(9);
        const char* const names[] = { "QPSK 1/4", "8PSK 8/9", "QPSK 9/10", "16APSK 2/3", "QPSK 1/2" };
        for (std::size_t i = 0; i < n; ++i) {
            const modcod& m = **modcod_by_name(names[i % 5], i % 3 == 0 || i % 5 == 2 ? "normal" : "short");
            entries.push_back(&m);
            frames.push_back(test::make_xfecframe(m, random));
            n0.push_back(static_cast<float>(db_to_linear(-(test::ideal_es_n0_db(m) + 1.5F))));
            test::add_noise(frames.back().symbols, random, n0.back());
        }
    }
    frame_view<std::complex<float>> view(std::size_t i) const
    {
        frame_view<std::complex<float>> v;
        v.index = i;
        v.first_sample = 1000 * i;
        v.header.pls = entries[i]->pls;
        v.measured.n0 = n0[i];
        v.payload = frames[i].symbols;
        return v;
    }
    std::vector<const modcod*> entries;
    std::vector<test::xfecframe> frames;
    std::vector<float> n0;
};

class DecodePoolThreads : public testing::TestWithParam<unsigned>
{
};

TEST_P(DecodePoolThreads, DeliversEveryFrameOnceAndInOrder)
{
    const traffic t(40);
    collector out;
    decode_pool_config config;
    config.nof_threads = GetParam();
    config.queue_frames = 5;
    decode_pool pool(config, out, &out);
    for (std::size_t i = 0; i < t.frames.size(); ++i) {
        pool.on_frame(t.view(i));
        EXPECT_LE(pool.in_flight(), 5U);
    }
    pool.flush();
    EXPECT_EQ(pool.in_flight(), 0U);
    ASSERT_EQ(out.frames.size(), t.frames.size());
    for (std::size_t i = 0; i < t.frames.size(); ++i) {
        EXPECT_EQ(out.indices[i], i);
        EXPECT_EQ(out.seen[i], i);
        EXPECT_EQ(out.samples[i], 1000 * i);
        EXPECT_EQ(out.frames[i], t.frames[i].bbframe);
    }
    EXPECT_EQ(out.thread, std::this_thread::get_id());
    EXPECT_EQ(pool.counts().frames.value(), 40U);
    EXPECT_EQ(pool.counts().good.value(), 40U);
    EXPECT_EQ(pool.counts().dropped.value(), 0U);
    EXPECT_EQ(pool.counts().caps_lowered.value(), 0U);
    pool.flush();
    pool.poll();
    EXPECT_EQ(out.frames.size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(Threads, DecodePoolThreads, testing::Values(0U, 1U, 2U, 7U));

TEST(DecodePool, CountsBadFramesAndKeepsThemFromTheSink)
{
    traffic t(6);
    for (auto& s : t.frames[2].symbols) s = -s; // every bit turned over: no codeword near
    rng random(2);
    test::add_noise(t.frames[4].symbols, random, 30.0F);
    collector out;
    decode_pool_config config;
    config.nof_threads = 2;
    config.max_iterations = 30;
    decode_pool pool(config, out, &out);
    for (std::size_t i = 0; i < 6; ++i) pool.submit(*t.entries[i], t.view(i));
    pool.flush();
    EXPECT_EQ(out.indices, (std::vector<std::uint64_t>{ 0, 1, 3, 5 }));
    EXPECT_EQ(out.seen, (std::vector<std::uint64_t>{ 0, 1, 2, 3, 4, 5 }));
    EXPECT_EQ(pool.counts().good.value(), 4U);
    EXPECT_EQ(pool.counts().bch_failed.value() + pool.counts().header_crc_failed.value(), 2U);
}

TEST(DecodePool, LowersTheCapAndDropsWhereTheSourceCannotWait)
{
    // Noise only: every frame costs its whole cap, and far more is offered than one thread decodes.
    const modcod& m = **modcod_by_name("QPSK 1/2", "normal");
    rng random(3);
    std::vector<std::complex<float>> noise(m.xfecframe_symbols());
    test::add_noise(noise, random, 1.0F);
    frame_view<std::complex<float>> v;
    v.payload = noise;
    v.measured.n0 = 1.0F;
    collector out;
    decode_pool_config config;
    config.nof_threads = 1;
    config.queue_frames = 8;
    config.max_iterations = 200;
    config.min_iterations = 10;
    config.policy = decode_policy::queue_driven;
    decode_pool pool(config, out, &out);
    for (std::uint64_t i = 0; i < 100; ++i) {
        v.index = i;
        pool.submit(m, v);
    }
    pool.flush();
    const auto& c = pool.counts();
    EXPECT_GT(c.dropped.value(), 0U);
    EXPECT_EQ(c.frames.value() + c.dropped.value(), 100U);
    EXPECT_EQ(out.seen.size(), c.frames.value());
    EXPECT_TRUE(std::is_sorted(out.seen.begin(), out.seen.end()));
    std::uint64_t lowered = 0, iterations = 0;
    for (const auto& o : out.outcomes) {
        EXPECT_GE(o.iteration_cap, 10U);
        EXPECT_LE(o.iteration_cap, 200U);
        EXPECT_EQ(o.ldpc_iterations, o.iteration_cap);
        lowered += o.iteration_cap < 200;
        iterations += o.ldpc_iterations;
    }
    EXPECT_GT(lowered, 0U);
    EXPECT_EQ(lowered, c.caps_lowered.value());
    EXPECT_EQ(iterations, c.ldpc_iterations.value());
    // The queue is empty again: the full cap is back.
    pool.submit(m, v);
    pool.flush();
    EXPECT_EQ(out.outcomes.back().iteration_cap, 200U);
}

TEST(DecodePool, IgnoresWhatIsNoFrame)
{
    collector out;
    decode_pool pool({}, out, &out);
    std::vector<std::complex<float>> symbols(3240);
    frame_view<std::complex<float>> v;
    v.payload = symbols;
    v.header.pls = 0; // dummy
    pool.on_frame(v);
    v.header.pls = 4 << 2; // QPSK 1/2 normal with the wrong number of symbols
    pool.on_frame(v);
    EXPECT_EQ(pool.counts().ignored.value(), 2U);
    EXPECT_EQ(pool.counts().frames.value(), 0U);
}

TEST(DecodePool, TakesVlsnrFramesByTheirHeaderIndex)
{
    rng random(8);
    collector out;
    decode_pool_config config;
    config.nof_threads = 1;
    decode_pool pool(config, out);
    std::vector<std::vector<std::uint8_t>> sent;
    for (const modcod& m : all_modcods()) {
        if (m.vlsnr_header < 0) continue;
        const auto f = test::make_xfecframe(m, random);
        frame_view<std::complex<float>> v;
        v.payload = f.symbols;
        v.measured.n0 = 0.3F;
        v.header.pls = m.pls | 1;
        v.header.vlsnr_index = static_cast<std::uint8_t>(m.vlsnr_header);
        pool.on_frame(v);
        sent.push_back(f.bbframe);
    }
    pool.flush();
    EXPECT_EQ(sent.size(), 9U);
    EXPECT_EQ(out.frames, sent);
}

TEST(DecodePool, GivesUpFramesInWorkWhenItEnds)
{
    const traffic t(8);
    collector out;
    {
        decode_pool_config config;
        config.nof_threads = 3;
        decode_pool pool(config, out);
        for (std::size_t i = 0; i < 8; ++i) pool.on_frame(t.view(i));
    }
    EXPECT_LE(out.frames.size(), 8U);
}

TEST(DecodePool, RefusesSettingsOutsideTheirRange)
{
    collector out;
    const auto refuses = [&](auto change, const char* name) {
        decode_pool_config c;
        change(c);
        try {
            decode_pool pool(c, out);
            ADD_FAILURE() << name;
        } catch (const std::invalid_argument& e) {
            EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
        }
    };
    refuses([](auto& c) { c.nof_threads = 65; }, "nof_threads");
    refuses([](auto& c) { c.queue_frames = 0; }, "queue_frames");
    refuses([](auto& c) { c.max_iterations = 0; }, "max_iterations");
    refuses([](auto& c) { c.min_iterations = c.max_iterations + 1; }, "min_iterations");
}

} // namespace
} // namespace spacesail::dvbs2x
