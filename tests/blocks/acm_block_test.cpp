// SPDX-License-Identifier: GPL-3.0-or-later
// The whole ACM loop in one flowgraph: bb_scheduler -> modulator -> a carrier that fades -> receiver, whose es_n0 port
// goes back to the scheduler. Time is that of the samples.
#include <spacesail/base/rng.hpp>
#include <spacesail/encap/acm_controller.hpp>
#include <spacesail/encap/ts_generator.hpp>
#include <spacesail/terminal/link_tables.hpp>

#include <gnuradio/blocks/null_sink.h>
#include <gnuradio/spacesail/bb_scheduler.h>
#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <gnuradio/spacesail/dvbs2x_receiver.h>
#include <gnuradio/spacesail/packet_source.h>
#include <gnuradio/spacesail/tags.h>
#include <gnuradio/sync_block.h>
#include <gnuradio/top_block.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <iostream>
#include <vector>

namespace {

using namespace spacesail;
namespace tags = gr::spacesail::tags;
namespace keys = gr::spacesail::tags::frame;

constexpr double k_symbol_rate_hz = 1e6, k_sample_rate_hz = 1.5e6;
constexpr double k_level_dbfs = -12.0;
constexpr double k_clear_db = 15.0, k_depth_db = 10.0, k_slope_db_s = 0.5;
constexpr double k_begin_s = 3.0, k_bottom_s = 3.0;
constexpr double k_margin_db = 1.0;
constexpr std::uint64_t k_seed = 31;

/// Es/N0 of the carrier: clear sky, down 10 dB at 0.5 dB/s, up again.
double es_n0_db(double time_s)
{
    const double down_s = k_depth_db / k_slope_db_s;
    const double down = std::clamp(time_s - k_begin_s, 0.0, down_s);
    const double up = std::clamp(time_s - k_begin_s - down_s - k_bottom_s, 0.0, down_s);
    return k_clear_db - k_slope_db_s * (down - up);
}
constexpr double k_whole_s = k_begin_s + 2 * k_depth_db / k_slope_db_s + k_bottom_s + 2.0;

/// Attenuates like rain, adds constant noise, ends at a time.
class fading_carrier final : public gr::sync_block
{
public:
    explicit fading_carrier(double seconds)
        : gr::sync_block("fading_carrier",
                         gr::io_signature::make(1, 1, sizeof(gr_complex)),
                         gr::io_signature::make(1, 1, sizeof(gr_complex))),
          d_end(static_cast<std::uint64_t>(seconds * k_sample_rate_hz))
    {
        const double noise = std::pow(10.0, 0.1 * (k_level_dbfs - k_clear_db)) * k_sample_rate_hz / k_symbol_rate_hz;
        // Why a table: 70 million normal numbers would cost more than the receiver.
        rng random(5);
        for (auto& n : d_noise) n = gr_complex(std::sqrt(0.5 * noise) * random.normal_pair());
    }
    int work(int n, gr_vector_const_void_star& in, gr_vector_void_star& out) override
    {
        const auto* x = static_cast<const gr_complex*>(in[0]);
        auto* y = static_cast<gr_complex*>(out[0]);
        for (int i = 0; i < n; ++i, ++d_at) {
            if (d_at >= d_end) return i > 0 ? i : WORK_DONE;
            if (d_at % 1024 == 0) {
                const double fade_db = k_clear_db - es_n0_db(static_cast<double>(d_at) / k_sample_rate_hz);
                d_gain = static_cast<float>(std::pow(10.0, -0.05 * fade_db));
                d_place = d_place_of.below(d_noise.size() - 1024);
            }
            y[i] = d_gain * x[i] + d_noise[d_place + d_at % 1024];
        }
        return n;
    }

private:
    std::uint64_t d_end, d_at = 0;
    std::vector<gr_complex> d_noise = std::vector<gr_complex>(1 << 20);
    rng d_place_of{ 6 };
    std::size_t d_place = 0;
    float d_gain = 1.0F;
};

/// What was sent: PLS codes in turn, from ss_frame.
class frame_log final : public gr::sync_block
{
public:
    frame_log() : gr::sync_block("frame_log", gr::io_signature::make(1, 1, 1), gr::io_signature::make(0, 0, 0)) {}
    int work(int n, gr_vector_const_void_star&, gr_vector_void_star&) override
    {
        std::vector<gr::tag_t> found;
        get_tags_in_window(found, 0, 0, static_cast<std::uint64_t>(n), tags::ss_frame());
        std::sort(found.begin(), found.end(), gr::tag_t::offset_compare);
        for (const auto& t : found) {
            if (pls.empty() && on_first) on_first();
            pls.push_back(
                static_cast<std::uint8_t>(pmt::to_long(pmt::dict_ref(t.value, keys::pls(), pmt::from_long(0)))));
        }
        return n;
    }
    std::vector<std::uint8_t> pls;
    std::function<void()> on_first;
};

/// Numbered transport packets: how many came, how many of them right and in their turn.
class packet_check final : public gr::sync_block
{
public:
    packet_check() : gr::sync_block("packet_check", gr::io_signature::make(1, 1, 1), gr::io_signature::make(0, 0, 0))
    {
        set_output_multiple(encap::k_ts_bytes);
    }
    int work(int n, gr_vector_const_void_star& in, gr_vector_void_star&) override
    {
        const auto* p = static_cast<const std::uint8_t*>(in[0]);
        const int whole = n / static_cast<int>(encap::k_ts_bytes);
        for (int i = 0; i < whole; ++i, p += encap::k_ts_bytes) {
            std::uint64_t number = 0;
            for (unsigned b = 0; b < 8; ++b) number |= std::uint64_t{ p[4 + b] } << (8 * b);
            while (d_generator.nof_packets() < number && number < d_generator.nof_packets() + 100'000) {
                d_generator.read(d_expected); // missing
            }
            d_generator.read(d_expected);
            ++packets;
            if (std::equal(d_expected.begin(), d_expected.end(), p)) ++right;
        }
        return whole * static_cast<int>(encap::k_ts_bytes);
    }
    /// Packets missing or wrong up to the last one that came.
    std::uint64_t lost() const { return d_generator.nof_packets() - right; }
    std::uint64_t packets = 0, right = 0;

private:
    encap::ts_generator d_generator{ k_seed };
    encap::ts_packet d_expected{};
};

enum class loop { closed, open };

struct outcome {
    std::uint64_t packets = 0, lost = 0;
    double efficiency = 0.0; ///< bits a symbol sent against the genie's
    double seconds = 0.0;
    std::size_t frames = 0;
    unsigned nof_pls = 0;
    std::uint64_t reports = 0, changes = 0;
    double longest_delay_s = 0.0;
};

std::uint64_t count(const pmt::pmt_t& dict, const char* key)
{
    return pmt::to_uint64(pmt::dict_ref(dict, pmt::intern(key), pmt::from_uint64(~0ULL)));
}

outcome run(loop control, double seconds)
{
    auto tb = gr::make_top_block("acm");
    auto source = gr::spacesail::packet_source::make("random:", "ts", "stop", 0, k_seed);
    auto scheduler = gr::spacesail::bb_scheduler::make({ "16APSK 3/4" },
                                                       "normal",
                                                       "on",
                                                       "ts",
                                                       {},
                                                       k_symbol_rate_hz,
                                                       0.2,
                                                       "acm",
                                                       "dummy",
                                                       0.01,
                                                       3,
                                                       k_margin_db,
                                                       0.3,
                                                       0.2);
    auto modulator = gr::spacesail::dvbs2x_modulator::make(k_symbol_rate_hz, k_sample_rate_hz, 0.2, 0, k_level_dbfs);
    auto carrier = gnuradio::make_block_sptr<fading_carrier>(seconds);
    auto receiver = gr::spacesail::dvbs2x_receiver::make(k_sample_rate_hz, k_symbol_rate_hz, 0.2);
    auto check = gnuradio::make_block_sptr<packet_check>();
    auto log = gnuradio::make_block_sptr<frame_log>();
    tb->connect(source, 0, scheduler, 0);
    tb->connect(scheduler, 0, modulator, 0);
    tb->connect(scheduler, 0, log, 0);
    tb->connect(modulator, 0, carrier, 0);
    tb->connect(carrier, 0, receiver, 0);
    tb->connect(receiver, 0, check, 0);
    if (control == loop::closed) tb->msg_connect(receiver, "es_n0", scheduler, "es_n0");
    tb->run();

    outcome out;
    out.packets = check->packets;
    out.lost = check->lost();
    const auto status = scheduler->status();
    out.reports = count(status, "es_n0_reports");
    out.changes = count(status, "pls_changes");
    out.longest_delay_s = pmt::to_double(pmt::dict_ref(status, pmt::intern("longest_delay_s"), pmt::PMT_NIL));

    const auto formats = terminal::regular_formats();
    const encap::acm_controller genie({ .margin_db = k_margin_db,
                                        .frame_sizes = encap::frame_size_policy::normal_only,
                                        .pilots = encap::pilot_policy::always },
                                      terminal::acm_table());
    std::array<bool, 256> used{};
    double sent = 0.0, best = 0.0;
    for (const std::uint8_t pls : log->pls) {
        // From the first second on: before, there are no reports.
        if (out.seconds > 1.0 && out.seconds < seconds && pls != 0) {
            sent += formats[pls].k_bch_bits - 80.0;
            double highest = 0.0;
            for (const auto& e : genie.ladder()) {
                if (e.required_es_n0_db + k_margin_db <= es_n0_db(out.seconds)) highest = e.efficiency;
            }
            best += highest * formats[pls].plframe_symbols;
        }
        used[pls] = true;
        out.seconds += (pls != 0 ? formats[pls].plframe_symbols : 3330.0) / k_symbol_rate_hz;
    }
    out.frames = log->pls.size();
    out.nof_pls = static_cast<unsigned>(std::count(used.begin(), used.end(), true));
    out.efficiency = sent / best;
    return out;
}

TEST(AcmBlocks, ARainFadeLosesNoPacketAndKeepsTheEfficiency)
{
    const outcome r = run(loop::closed, k_whole_s);
    std::cout << r.seconds << " s, " << r.frames << " PLFRAMEs, " << r.packets << " packets, " << r.reports
              << " reports, " << r.changes << " changes between " << r.nof_pls << " MODCODs, efficiency "
              << r.efficiency << " of the genie's, longest delay " << r.longest_delay_s << " s\n";
    EXPECT_EQ(r.lost, 0U);
    EXPECT_GT(r.packets, 40'000U);
    EXPECT_GE(r.efficiency, 0.95);
    EXPECT_GT(r.nof_pls, 15U);
    EXPECT_GT(r.reports, 500U);
}

/// PLS codes of a scheduler that has got reports of one Es/N0 before its first frame.
std::vector<std::uint8_t> pls_at(double reported_db, std::uint64_t& refused)
{
    auto tb = gr::make_top_block("acm");
    auto source = gr::spacesail::packet_source::make("random:", "ts", "stop", 500, 1);
    auto scheduler = gr::spacesail::bb_scheduler::make({ "QPSK 1/4" },
                                                       "any",
                                                       "low",
                                                       "ts",
                                                       {},
                                                       k_symbol_rate_hz,
                                                       0.2,
                                                       "acm",
                                                       "wait",
                                                       0.01,
                                                       3,
                                                       0.5,
                                                       0.3,
                                                       0.02,
                                                       { "QPSK 1/2", "8PSK 3/4", "16APSK 5/6" });
    auto log = gnuradio::make_block_sptr<frame_log>();
    tb->connect(source, 0, scheduler, 0);
    tb->connect(scheduler, 0, log, 0);
    const auto post = [&](const char* port, const pmt::pmt_t& key, const pmt::pmt_t& value) {
        scheduler->_post(pmt::intern(port), pmt::dict_add(pmt::make_dict(), key, value));
    };
    post("es_n0", keys::modcod(), pmt::intern("no measurement")); // passed over
    for (int i = 0; i < 100; ++i) post("es_n0", keys::es_n0_db(), pmt::from_double(reported_db));
    log->on_first = [&] { post("cmd", keys::modcod(), pmt::intern("QPSK 1/4")); };
    tb->run();
    refused = count(scheduler->status(), "refused_commands");
    EXPECT_EQ(count(scheduler->status(), "es_n0_reports"), 100U);
    return log->pls;
}

TEST(AcmBlocks, TheSetAndThePoliciesHold)
{
    std::uint64_t refused = 0;
    for (const auto pls : pls_at(20.0, refused)) EXPECT_EQ(pls, 21U << 2) << "16APSK 5/6 normal, no pilots above 10 dB";
    EXPECT_EQ(refused, 1U) << "the controller has the stream";
    for (const auto pls : pls_at(5.0, refused)) EXPECT_EQ(pls, (4U << 2) | 1U) << "QPSK 1/2 normal, pilots";
    // Below all of the set: the most robust of it, be it a short frame.
    for (const auto pls : pls_at(-10.0, refused)) EXPECT_EQ(pls & ~2U, (4U << 2) | 1U);
}

TEST(AcmBlocks, WithoutTheLoopTheFadeCostsPackets)
{
    const outcome r = run(loop::open, k_begin_s + 13.0); // 6.5 dB down
    EXPECT_EQ(r.reports, 0U);
    EXPECT_EQ(r.changes, 0U);
    EXPECT_GT(r.packets, 10'000U) << "it did work before";
    // The packets behind the last one that came are not known of: compare with what was sent.
    EXPECT_LT(static_cast<double>(r.packets), 0.9 * static_cast<double>(r.frames) * (48408.0 - 80) / 1504);
}

} // namespace
