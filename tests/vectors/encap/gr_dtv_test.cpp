// SPDX-License-Identifier: GPL-3.0-or-later
// Oracle: GNU Radio 3.10 gr-dtv, block dvb_bbheader_bb, run live by gr_dtv_bbframes.py.
#include <encap_traffic.hpp>
#include <outside_tool.hpp>
#include <temp_folder.hpp>

#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace spacesail;
using namespace spacesail::encap;
using bytes = std::vector<std::uint8_t>;

struct mode {
    const char* size;
    const char* rate;
    std::uint32_t k_bch;
};

TEST(GrDtv, BbframesAreTheSame)
{
    if (test::run_tool("/usr/bin/python3 -c 'from gnuradio import dtv'").status != 0) {
        GTEST_SKIP() << "python3 gnuradio.dtv is not installed";
    }
    test::temp_folder folder;
    const bytes ts = test::random_ts(400, 1);
    test::write_file(folder / "in.ts", ts);
    constexpr mode modes[] = { { "FECFRAME_NORMAL", "C1_4", 16008 },
                               { "FECFRAME_NORMAL", "C9_10", 58192 },
                               { "FECFRAME_SHORT", "C1_4", 3072 },
                               { "FECFRAME_SHORT", "C8_9", 14232 } };
    for (const mode& m : modes) {
        const std::string script = std::string(SPACESAIL_SOURCE_DIR) + "/tests/vectors/encap/gr_dtv_bbframes.py";
        const auto run = test::run_tool("/usr/bin/python3 " + script + " " + (folder / "in.ts") + " " +
                                        folder / "out.bb" + " " + m.size + " " + m.rate);
        ASSERT_EQ(run.status, 0);
        const bytes theirs = test::read_file(folder / "out.bb");
        const std::size_t frame_bytes = m.k_bch / 8;
        const std::size_t nof_frames = theirs.size() / frame_bytes;
        ASSERT_GT(nof_frames, 5U);

        ts_framer framer;
        framer.push(ts, 0);
        framer.finish(0);
        bb_scheduler_config config;
        config.formats[16] = { m.k_bch, 1 };
        config.signalled_rolloff = rolloff::r0_20;
        const scheduled_stream stream{ 0, &framer, 16, 0 };
        bb_scheduler scheduler(config, { &stream, 1 });
        bytes buffer(k_max_bbframe_bytes);
        test::keeping_sink sink;
        bb_deframer deframer({}, sink);
        for (std::size_t i = 0; i < nof_frames; ++i) {
            const std::span<const std::uint8_t> frame(theirs.data() + i * frame_bytes, frame_bytes);
            const auto ours = scheduler.next(0, 0, buffer);
            ASSERT_EQ(ours.what, scheduled_frame::decision::bbframe);
            ASSERT_TRUE(std::ranges::equal(ours.bbframe, frame)) << m.size << " " << m.rate << " frame " << i;
            frame_view<std::uint8_t> view;
            view.index = i;
            view.header.pls = 16;
            view.payload = frame;
            deframer.on_frame(view);
        }
        deframer.flush();
        const bytes back = sink.bytes();
        ASSERT_GE(back.size(), (nof_frames - 1) * (frame_bytes - 10));
        EXPECT_TRUE(std::equal(back.begin(), back.end(), ts.begin()));
        EXPECT_EQ(deframer.ts_counters().crc_errors.value(), 0U);
    }
}

} // namespace
