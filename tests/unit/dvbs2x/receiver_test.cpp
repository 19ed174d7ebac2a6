// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal_source.hpp>

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/receiver.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

class counting_sink final : public frame_sink<std::uint8_t>
{
public:
    void on_frame(const frame_view<std::uint8_t>&) noexcept override { ++frames; }
    std::size_t frames = 0;
};

TEST(Receiver, CountsThePlframesBeforeTheFirstGoodOneEachWithItsLength)
{
    // Half of a QPSK frame, three dummies, then BBFRAMEs of three lengths.
    const auto pls = [](std::uint64_t n) -> std::uint8_t {
        if (n >= 1 && n <= 3) return 0;
        static const char* const names[]{ "QPSK 1/2", "8PSK 3/4", "16APSK 3/4" };
        return static_cast<std::uint8_t>((*modcod_by_name(names[n % 3], "short"))->pls + 1);
    };
    transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = 5e6, .sample_rate_hz = 10e6 };
    test::signal_source source(t, pls, 3);
    source.channel = { .es_n0_db = 16.0, .cfo_hz = 80e3 };
    source.skip(1);
    const double half = 0.5 * plframe_symbols(pls(0)) * 2.0;
    source.skip(static_cast<std::size_t>(source.sent()[0].first_sample + half) - 1);
    receiver_config c;
    c.sync.symbol_rate_hz = 5e6;
    c.sync.sample_rate_hz = 10e6;
    c.sync.prior.sigma_hz = 0.0;
    counting_sink sink;
    receiver r(c, sink);
    std::vector<cf> block(8192);
    for (int k = 0; k < 40; ++k) {
        source.read(block);
        r.process(std::span<const cf>(block));
    }
    r.flush();
    const auto s = r.status();
    ASSERT_GT(sink.frames, 5U);
    ASSERT_EQ(s.first_good_frame, 3U) << "three dummies are handed over first";
    const double dummy = plframe_symbols(0) * 2.0;
    EXPECT_NEAR(s.first_good_plframes, half / dummy + 3.0, 0.01);
    EXPECT_NEAR(s.first_good_sample, half + 3.0 * dummy, 2.0);
}

} // namespace
