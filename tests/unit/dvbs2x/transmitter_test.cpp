// SPDX-License-Identifier: GPL-3.0-or-later
#include <alloc_guard.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;
using cd = std::complex<double>;

const transmitter_configuration k_configuration{
    .shaping = { .symbol_rate_hz = 5e6, .sample_rate_hz = 11e6, .rolloff = 0.2, .level_dbfs = -6.0 }, .gold_code = 5
};

std::vector<std::uint8_t> frame_bytes(const transmitter& tx, std::uint8_t pls)
{
    rng random(pls);
    std::vector<std::uint8_t> b(tx.bbframe_bytes(pls));
    for (auto& v : b) {
        v = static_cast<std::uint8_t>(random());
    }
    return b;
}

// ACM: three frames of different kinds, a dummy among them, then silence; read in pieces of `piece` samples.
std::vector<cf> send_all(transmitter& tx, std::size_t piece)
{
    std::vector<cf> out;
    std::vector<cf> room(piece);
    const auto drain = [&] {
        do {
            const std::size_t n = tx.read(room);
            out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(n));
            if (n < room.size()) break;
        } while (true);
        EXPECT_TRUE(tx.ready());
    };
    EXPECT_EQ(tx.push(19, frame_bytes(tx, 19)), transmitter::push_result::taken);
    drain();
    EXPECT_EQ(tx.push_dummy(), transmitter::push_result::taken);
    drain();
    EXPECT_EQ(tx.push(75, frame_bytes(tx, 75)), transmitter::push_result::taken);
    drain();
    EXPECT_EQ(tx.push_silence(), transmitter::push_result::taken);
    drain();
    return out;
}

TEST(Transmitter, SamplesDoNotDependOnHowTheyAreRead)
{
    transmitter a(k_configuration);
    transmitter b(k_configuration);
    const auto whole = send_all(a, 100000);
    EXPECT_EQ(send_all(b, 777), whole);
    a.reset();
    EXPECT_EQ(send_all(a, 4096), whole);
}

// A matched filter at the right instants gives the frames' symbols back, header, payload and pilots in order.
TEST(Transmitter, CarriesItsFrames)
{
    transmitter tx(k_configuration);
    const auto samples = send_all(tx, 5000);
    plframe_builder builder(5);
    std::vector<cf> symbols(2 * k_longest_plframe_symbols);
    std::size_t n = builder.build(19, frame_bytes(tx, 19), symbols);
    n += builder.build_dummy(std::span(symbols).subspan(n));
    n += builder.build(75, frame_bytes(tx, 75), std::span(symbols).subspan(n));
    EXPECT_EQ(n, std::size_t{ plframe_symbols(19) + 3330 + plframe_symbols(75) });

    const double sps = 2.2;
    const double gain = std::sqrt(db_to_linear(-6.0));
    double error = 0.0;
    std::size_t count = 0;
    for (std::size_t k = 0; k < n; k += 37) {
        const double centre = static_cast<double>(k + tx.delay_symbols()) * sps;
        cd sum = 0.0;
        for (auto i = static_cast<std::ptrdiff_t>(centre) - 300; i < static_cast<std::ptrdiff_t>(centre) + 300; ++i) {
            if (i < 0 || i >= static_cast<std::ptrdiff_t>(samples.size())) continue;
            sum += cd(samples[static_cast<std::size_t>(i)]) *
                   dsp::root_raised_cosine((static_cast<double>(i) - centre) / sps, 0.2);
        }
        error += std::norm(sum / (sps * gain) - cd(symbols[k]));
        ++count;
    }
    EXPECT_LT(linear_to_db(error / static_cast<double>(count)), -50.0);
}

TEST(Transmitter, SaysWhyItDoesNotTakeAFrame)
{
    transmitter tx(k_configuration);
    const auto bytes = frame_bytes(tx, 16);
    EXPECT_EQ(tx.push(129, bytes), transmitter::push_result::refused);
    EXPECT_EQ(tx.push(18, bytes), transmitter::push_result::refused);
    EXPECT_TRUE(tx.ready());
    EXPECT_EQ(tx.push(16, bytes), transmitter::push_result::taken);
    EXPECT_FALSE(tx.ready());
    EXPECT_EQ(tx.push(16, bytes), transmitter::push_result::not_ready);
    EXPECT_EQ(tx.push_dummy(), transmitter::push_result::not_ready);
    EXPECT_THROW(transmitter({ .gold_code = k_max_gold_code + 1 }), std::invalid_argument);
}

TEST(Transmitter, DoesNotAllocate)
{
    transmitter tx(k_configuration);
    const auto bytes = frame_bytes(tx, 16);
    std::vector<cf> samples(100000);
    tx.read(samples);
    const auto before = test::allocations();
    tx.push(16, bytes);
    tx.read(samples);
    tx.push_dummy();
    tx.read(samples);
    EXPECT_EQ(test::allocations(), before);
}

} // namespace
