// SPDX-License-Identifier: GPL-3.0-or-later
// Our receiver on the carriers of GNU Radio's in-tree gr-dtv: all 107 regular entries, pilots off and on, cold start,
// carrier and clock off, noise k_margin_db above the ideal Es/N0. From the first good frame on every BBFRAME must come
// out, each byte as it was sent. tests/bench/sweep.py does the same at the limit with a thousand frames an entry.
#include "grdtv_peer.hpp"

#include <numbered_bbframe.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/pulse_shaper.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/receiver.hpp>

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/dtv/dvb_bbscrambler_bb.h>
#include <gnuradio/dtv/dvb_bch_bb.h>
#include <gnuradio/dtv/dvb_ldpc_bb.h>
#include <gnuradio/dtv/dvbs2_interleaver_bb.h>
#include <gnuradio/dtv/dvbs2_modulator_bc.h>
#include <gnuradio/dtv/dvbs2_physical_cc.h>
#include <gnuradio/top_block.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;

constexpr double k_symbol_rate_hz = 5e6;
constexpr double k_sample_rate_hz = 11e6;
constexpr double k_rolloff = 0.2;
constexpr double k_offset_hz = 0.03 * k_symbol_rate_hz;
constexpr double k_clock_ppm = 20.0;
// A dozen frames must all be good: FER 1e-3 is reached 0.25 to 0.8 dB above the ideal Es/N0, depending on the entry.
constexpr double k_margin_db = 1.2;
// Short codes need 0.2 to 0.3 dB more where the standard's table names the normal frame only.
constexpr double k_short_more_db = 0.3;
// Short 8PSK frames without pilots at rates near 1/2: nearer to the limit 7/15 may lock late.
constexpr double k_8psk_short_without_pilots_more_db = 1.0;
// gr-dtv's framer keeps the last frames until more come.
constexpr std::size_t k_frames_kept = 3;
constexpr unsigned k_gold_codes[2] = { 0, 10949 }; // by pilots

std::size_t frames_sent(const modcod& m) { return m.size == frame_size::normal ? 9 : 15; }

double ideal_es_n0_db(const modcod& m)
{
    if (!std::isnan(m.ideal_es_n0_db)) return m.ideal_es_n0_db;
    return (*modcod_by_name(m.name, "normal"))->ideal_es_n0_db;
}

/// PLFRAMEs of numbered BBFRAMEs, made by gr-dtv: pilots off with the first scrambling code, on with the second.
struct carrier {
    std::vector<cf> symbols[2];
};

carrier make_carrier(const modcod& m)
{
    const auto frame = test::framesize_of(m);
    const auto rate = *test::rate_of(m.rate);
    const auto modulation = *test::modulation_of(m.modulation);
    constexpr auto standard = gr::dtv::STANDARD_DVBS2;
    const std::size_t frames = frames_sent(m) + k_frames_kept;
    std::vector<std::uint8_t> bits(frames * m.code->k_bch), bbframe(m.code->k_bch / 8);
    for (std::size_t n = 0; n < frames; ++n) {
        test::fill_numbered_bbframe(n, bbframe);
        unpack_bits(bbframe, std::span(bits).subspan(n * m.code->k_bch, m.code->k_bch));
    }
    auto graph = gr::make_top_block("grdtv");
    auto source = gr::blocks::vector_source_b::make(bits);
    auto scrambler = gr::dtv::dvb_bbscrambler_bb::make(standard, frame, rate);
    auto bch = gr::dtv::dvb_bch_bb::make(standard, frame, rate);
    auto ldpc = gr::dtv::dvb_ldpc_bb::make(standard, frame, rate, modulation);
    auto interleaver = gr::dtv::dvbs2_interleaver_bb::make(frame, rate, modulation);
    auto mapper = gr::dtv::dvbs2_modulator_bc::make(frame, rate, modulation, gr::dtv::INTERPOLATION_OFF);
    graph->connect(source, 0, scrambler, 0);
    graph->connect(scrambler, 0, bch, 0);
    graph->connect(bch, 0, ldpc, 0);
    graph->connect(ldpc, 0, interleaver, 0);
    graph->connect(interleaver, 0, mapper, 0);
    gr::blocks::vector_sink_c::sptr sinks[2];
    for (int pilots = 0; pilots < 2; ++pilots) {
        auto framer = gr::dtv::dvbs2_physical_cc::make(frame,
                                                       rate,
                                                       modulation,
                                                       pilots != 0 ? gr::dtv::PILOTS_ON : gr::dtv::PILOTS_OFF,
                                                       static_cast<int>(k_gold_codes[pilots]));
        sinks[pilots] = gr::blocks::vector_sink_c::make();
        graph->connect(mapper, 0, framer, 0);
        graph->connect(framer, 0, sinks[pilots], 0);
    }
    graph->run();
    carrier out;
    for (unsigned pilots = 0; pilots < 2; ++pilots) {
        const std::size_t n = frames_sent(m) * plframe_symbols(static_cast<std::uint8_t>(m.pls + pilots));
        const auto samples = sinks[pilots]->data();
        EXPECT_GE(samples.size(), 2 * n) << "gr-dtv gave too little";
        // Two samples a symbol, every second one 0. Silence behind the last frame brings it out of the filters.
        out.symbols[pilots].resize(n + 200);
        for (std::size_t i = 0; i < n && 2 * i < samples.size(); ++i) out.symbols[pilots][i] = samples[2 * i];
    }
    return out;
}

std::vector<cf> shaped(std::span<const cf> symbols, double es_n0_db, std::uint64_t seed)
{
    dsp::pulse_shaper shaper({ .symbol_rate_hz = k_symbol_rate_hz,
                               .sample_rate_hz = k_sample_rate_hz,
                               .rolloff = k_rolloff,
                               .level_dbfs = 0.0,
                               .clock_ppm = k_clock_ppm });
    std::vector<cf> samples(
        static_cast<std::size_t>(std::ceil(static_cast<double>(symbols.size()) * shaper.samples_per_symbol())));
    samples.resize(shaper.process(symbols, samples).produced);
    const double sigma = std::sqrt(0.5 * k_sample_rate_hz / k_symbol_rate_hz / db_to_linear(es_n0_db));
    rng random(seed);
    std::complex<double> turn = std::polar(1.0, 1.0);
    const auto step = std::polar(1.0, k_two_pi * k_offset_hz / k_sample_rate_hz);
    for (auto& x : samples) {
        x = cf(std::complex<double>(x) * turn + sigma * random.normal_pair());
        turn *= step;
    }
    return samples;
}

/// Collects the numbers of BBFRAMEs whose every byte is as sent.
class number_sink final : public frame_sink<std::uint8_t>
{
public:
    void on_frame(const frame_view<std::uint8_t>& f) noexcept override
    {
        if (const auto n = test::numbered_bbframe(f.payload)) {
            numbers.push_back(*n);
        } else {
            ++wrong;
        }
    }
    std::vector<std::uint64_t> numbers;
    std::size_t wrong = 0;
};

receiver_status
receive(std::span<const cf> samples, unsigned gold_code, number_sink& sink, bch_choice bch = bch_choice::table)
{
    receiver_config config;
    config.sync.symbol_rate_hz = k_symbol_rate_hz;
    config.sync.sample_rate_hz = k_sample_rate_hz;
    config.sync.gold_code = gold_code;
    config.decode.bch = bch;
    receiver r(config, sink);
    r.process(samples);
    r.flush();
    return r.status();
}

class GrdtvReceive : public testing::TestWithParam<const modcod*>
{
};

TEST_P(GrdtvReceive, EveryBbframeComesOut)
{
    const modcod& m = *GetParam();
    const carrier c = make_carrier(m);
    const bool is_short = m.size != frame_size::normal;
    const double es_n0_db = ideal_es_n0_db(m) + k_margin_db + (is_short ? k_short_more_db : 0.0);
    for (unsigned pilots = 0; pilots < 2; ++pilots) {
        SCOPED_TRACE(pilots != 0 ? "pilots on" : "pilots off");
        const bool needs_more =
            pilots == 0 && is_short && m.modulation == "8PSK" && (m.rate == "7/15" || m.rate == "8/15");
        const double more_db = needs_more ? k_8psk_short_without_pilots_more_db : 0.0;
        const auto samples = shaped(c.symbols[pilots], es_n0_db + more_db, 100U * m.pls + pilots);
        number_sink sink;
        const auto status = receive(samples, k_gold_codes[pilots], sink);
        EXPECT_EQ(sink.wrong, 0U);
        ASSERT_FALSE(sink.numbers.empty()) << to_string(status.state);
        EXPECT_LE(sink.numbers.front(), 4U) << "the first five PLFRAMEs gave nothing";
        for (std::size_t i = 1; i < sink.numbers.size(); ++i) EXPECT_EQ(sink.numbers[i], sink.numbers[i - 1] + 1);
        EXPECT_EQ(sink.numbers.back(), frames_sent(m) - 1);
        EXPECT_EQ(status.pls, m.pls + pilots);
        EXPECT_NEAR(status.sync.last.cfo_hz, k_offset_hz, 1e-4 * k_symbol_rate_hz);
    }
    // Negative controls. One entry of each modulation with the wrong scrambling code ..
    static std::set<std::string_view> modulations;
    if (modulations.insert(m.modulation).second) {
        const auto samples = shaped(c.symbols[1], es_n0_db, 1);
        number_sink sink;
        (void)receive(samples, k_gold_codes[1] + 1, sink);
        EXPECT_EQ(sink.numbers.size() + sink.wrong, 0U) << "the wrong scrambling code gives frames";
    }
    // .. and the other BCH code for the two entries whose published sizes disagree.
    if (const auto* other = find_modcod(m.pls, bch_choice::alternative); other->code->k_bch != m.code->k_bch) {
        const auto samples = shaped(c.symbols[1], es_n0_db + 3.0, 2);
        number_sink sink;
        const auto status = receive(samples, k_gold_codes[1], sink, bch_choice::alternative);
        EXPECT_EQ(sink.numbers.size() + sink.wrong, 0U) << "the wrong BCH code gives frames";
        EXPECT_EQ(status.state, receiver_state::bb_descrambling_or_code_wrong);
    }
}

INSTANTIATE_TEST_SUITE_P(All, GrdtvReceive, testing::ValuesIn(test::regular_entries()), test::name_of);

} // namespace
