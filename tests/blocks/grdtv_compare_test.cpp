// SPDX-License-Identifier: GPL-3.0-or-later
// Our transmitter against GNU Radio's in-tree gr-dtv, stage by stage: the same BBFRAMEs into both, all 107 regular
// entries, pilots off and on, two PL scrambling codes. Bits must be equal, symbols within 1e-5.
#include "grdtv_peer.hpp"

#include <spacesail/base/bits.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/interleaver.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/plframe_builder.hpp>
#include <spacesail/modem/mapper.hpp>

#include <gnuradio/blocks/vector_sink.h>
#include <gnuradio/blocks/vector_source.h>
#include <gnuradio/dtv/dvb_bbscrambler_bb.h>
#include <gnuradio/dtv/dvb_bch_bb.h>
#include <gnuradio/dtv/dvb_ldpc_bb.h>
#include <gnuradio/dtv/dvbs2_interleaver_bb.h>
#include <gnuradio/dtv/dvbs2_modulator_bc.h>
#include <gnuradio/dtv/dvbs2_physical_cc.h>
#include <gnuradio/top_block.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::dvbs2x;
using cf = std::complex<float>;
using bytes = std::vector<std::uint8_t>;

constexpr std::size_t k_frames = 2;      // compared
constexpr std::size_t k_frames_sent = 4; // gr-dtv's framer keeps the last ones until more come
constexpr unsigned k_gold_codes[] = { 0, 10949 };
constexpr float k_tolerance = 1e-5F;

// What gr-dtv makes of the frames, at every stage.
struct grdtv_output {
    bytes scrambled, bch, ldpc, labels;
    std::vector<cf> mapped;
    std::vector<cf> plframes[2][2]; // by pilots and gold code, one symbol a value
};

grdtv_output run_grdtv(const modcod& m, const bytes& bits)
{
    const auto frame = test::framesize_of(m);
    const auto rate = *test::rate_of(m.rate);
    const auto modulation = *test::modulation_of(m.modulation);
    constexpr auto standard = gr::dtv::STANDARD_DVBS2;

    auto graph = gr::make_top_block("grdtv");
    auto source = gr::blocks::vector_source_b::make(bits);
    auto scrambler = gr::dtv::dvb_bbscrambler_bb::make(standard, frame, rate);
    auto bch = gr::dtv::dvb_bch_bb::make(standard, frame, rate);
    auto ldpc = gr::dtv::dvb_ldpc_bb::make(standard, frame, rate, modulation);
    auto interleaver = gr::dtv::dvbs2_interleaver_bb::make(frame, rate, modulation);
    auto mapper = gr::dtv::dvbs2_modulator_bc::make(frame, rate, modulation, gr::dtv::INTERPOLATION_OFF);
    gr::blocks::vector_sink_b::sptr byte_sinks[4];
    for (auto& sink : byte_sinks) {
        sink = gr::blocks::vector_sink_b::make();
    }
    auto mapped_sink = gr::blocks::vector_sink_c::make();
    graph->connect(source, 0, scrambler, 0);
    graph->connect(scrambler, 0, bch, 0);
    graph->connect(scrambler, 0, byte_sinks[0], 0);
    graph->connect(bch, 0, ldpc, 0);
    graph->connect(bch, 0, byte_sinks[1], 0);
    graph->connect(ldpc, 0, interleaver, 0);
    graph->connect(ldpc, 0, byte_sinks[2], 0);
    graph->connect(interleaver, 0, mapper, 0);
    graph->connect(interleaver, 0, byte_sinks[3], 0);
    graph->connect(mapper, 0, mapped_sink, 0);
    gr::blocks::vector_sink_c::sptr frame_sinks[2][2];
    for (int pilots = 0; pilots < 2; ++pilots) {
        for (int code = 0; code < 2; ++code) {
            auto framer = gr::dtv::dvbs2_physical_cc::make(frame,
                                                           rate,
                                                           modulation,
                                                           pilots != 0 ? gr::dtv::PILOTS_ON : gr::dtv::PILOTS_OFF,
                                                           static_cast<int>(k_gold_codes[code]));
            auto sink = gr::blocks::vector_sink_c::make();
            graph->connect(mapper, 0, framer, 0);
            graph->connect(framer, 0, sink, 0);
            frame_sinks[pilots][code] = sink;
        }
    }
    graph->run();

    grdtv_output out;
    out.scrambled = byte_sinks[0]->data();
    out.bch = byte_sinks[1]->data();
    out.ldpc = byte_sinks[2]->data();
    out.labels = byte_sinks[3]->data();
    out.mapped = mapped_sink->data();
    for (int pilots = 0; pilots < 2; ++pilots) {
        for (int code = 0; code < 2; ++code) {
            // Two samples a symbol, every second one 0.
            const auto samples = frame_sinks[pilots][code]->data();
            for (std::size_t n = 0; n + 1 < samples.size(); n += 2) {
                out.plframes[pilots][code].push_back(samples[n]);
            }
        }
    }
    return out;
}

bytes unpacked(std::span<const std::uint8_t> packed, std::size_t nof_bits)
{
    bytes bits(nof_bits);
    unpack_bits(packed, bits);
    return bits;
}

void append(bytes& to, const bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

void expect_equal(bytes theirs, const bytes& ours, const char* stage)
{
    ASSERT_GE(theirs.size(), ours.size()) << stage << ": gr-dtv gave too little";
    theirs.resize(ours.size());
    const auto differ = std::ranges::mismatch(theirs, ours);
    EXPECT_TRUE(differ.in2 == ours.end()) << stage << " differs from value " << differ.in2 - ours.begin() << " on";
}

float largest_difference(std::span<const cf> theirs, std::span<const cf> ours)
{
    float largest = 0.0F;
    for (std::size_t n = 0; n < ours.size(); ++n) {
        largest = std::max(largest, std::abs(theirs[n] - ours[n]));
    }
    return largest;
}

class GrdtvCompare : public testing::TestWithParam<const modcod*>
{
};

TEST_P(GrdtvCompare, EveryStageIsTheSame)
{
    const modcod& m = *GetParam();
    ASSERT_TRUE(test::rate_of(m.rate)) << m.rate;
    ASSERT_TRUE(test::modulation_of(m.modulation)) << m.modulation;
    const std::size_t frame_bytes = m.code->k_bch / 8;
    rng random(1000U + m.pls);
    bytes bbframes(k_frames_sent * frame_bytes);
    for (auto& b : bbframes) {
        b = static_cast<std::uint8_t>(random());
    }
    const grdtv_output theirs = run_grdtv(m, unpacked(bbframes, bbframes.size() * 8));

    // The stages one by one.
    const fec::bch_codec bch(*m.code);
    const fec::ldpc_encoder ldpc(*m.code);
    bytes scrambled, bch_words, fecframes, all_labels;
    std::vector<cf> mapped;
    for (std::size_t f = 0; f < k_frames; ++f) {
        bytes bbframe(bbframes.begin() + static_cast<std::ptrdiff_t>(f * frame_bytes),
                      bbframes.begin() + static_cast<std::ptrdiff_t>((f + 1) * frame_bytes));
        bb_scramble(bbframe);
        append(scrambled, unpacked(bbframe, m.code->k_bch));
        bytes word(bytes_for_bits(m.code->k_ldpc));
        bch.encode(bbframe, word);
        append(bch_words, unpacked(word, m.code->k_ldpc));
        bytes fecframe(bytes_for_bits(m.code->sent_bits()));
        ldpc.encode(word, fecframe);
        append(fecframes, unpacked(fecframe, m.code->sent_bits()));
        // gr-dtv appends the 6 zero bits of 128APSK here.
        fecframes.resize((fecframes.size() + m.bits_per_symbol - 1) / m.bits_per_symbol * m.bits_per_symbol);
        bytes labels(m.xfecframe_symbols());
        interleave_fecframe(m, fecframe, labels);
        append(all_labels, labels);
        mapped.resize(all_labels.size());
        modem::map_labels(*m.constellation, labels, std::span(mapped).last(labels.size()));
    }
    expect_equal(theirs.scrambled, scrambled, "BBSCRAMBLER");
    expect_equal(theirs.bch, bch_words, "BCH");
    expect_equal(theirs.ldpc, fecframes, "LDPC");
    expect_equal(theirs.labels, all_labels, "interleaver");
    ASSERT_GE(theirs.mapped.size(), mapped.size());
    EXPECT_LE(largest_difference(theirs.mapped, mapped), k_tolerance) << "mapper";

    // The whole builder.
    for (unsigned code = 0; code < 2; ++code) {
        static plframe_builder builders[2] = { plframe_builder(k_gold_codes[0]), plframe_builder(k_gold_codes[1]) };
        for (unsigned pilots = 0; pilots < 2; ++pilots) {
            const auto pls = static_cast<std::uint8_t>(m.pls + pilots);
            const std::size_t length = plframe_symbols(pls);
            std::vector<cf> ours(k_frames * length);
            for (std::size_t f = 0; f < k_frames; ++f) {
                ASSERT_EQ(builders[code].build(pls,
                                               std::span(bbframes).subspan(f * frame_bytes, frame_bytes),
                                               std::span(ours).subspan(f * length, length)),
                          length);
            }
            const auto& right = theirs.plframes[pilots][code];
            ASSERT_GE(right.size(), ours.size());
            EXPECT_LE(largest_difference(right, ours), k_tolerance) << "PLFRAME, pilots " << pilots << " code " << code;
            // Negative control: the other scrambling code must not fit.
            const auto& wrong = theirs.plframes[pilots][1 - code];
            EXPECT_GT(largest_difference(wrong, ours), 0.5F) << "the wrong scrambling code fits";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, GrdtvCompare, testing::ValuesIn(test::regular_entries()), test::name_of);

TEST(GrdtvCompareTable, HasAll107Entries) { EXPECT_EQ(test::regular_entries().size(), 107U); }

} // namespace
