// SPDX-License-Identifier: GPL-3.0-or-later
// Oracle: ffmpeg makes a transport stream, ffprobe reads what went through framer and deframer.
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

// Through BBFRAMEs of changing size; every `lose`-th is lost (0: none).
bytes through(const bytes& ts, null_packet_mode nulls, unsigned lose)
{
    ts_framer framer({ .nulls = nulls, .queue_packets = 1U << 16 });
    framer.push(ts, 0);
    framer.finish(0);
    bb_scheduler_config config;
    config.formats[16] = { 32208, 1 };
    config.formats[18] = { 7032, 1 };
    config.mode = adaptation::acm;
    const scheduled_stream stream{ 0, &framer, 16, 0 };
    bb_scheduler scheduler(config, { &stream, 1 });
    bytes buffer(k_max_bbframe_bytes);
    test::keeping_sink sink;
    bb_deframer deframer({ .ts_errors = ts_error_policy::drop }, sink);
    for (std::uint64_t i = 0; framer.oldest_ns(); ++i) {
        (void)scheduler.set_pls(0, i % 3 == 0 ? 18 : 16);
        const auto f = scheduler.next(0, 0, buffer);
        if (lose > 0 && i % lose == lose - 1) continue;
        frame_view<std::uint8_t> view;
        view.index = i;
        view.header.pls = f.pls;
        view.payload = f.bbframe;
        deframer.on_frame(view);
    }
    deframer.flush();
    return sink.bytes();
}

// Warnings of ffprobe about continuity and corruption go to stderr at level "warning" and above.
std::string probe(const std::string& path)
{
    return test::run_tool("ffprobe -v warning -count_packets -show_entries stream=codec_name,nb_read_packets -of csv " +
                          path + " 2>&1")
        .out;
}

TEST(Ffprobe, ReadsTheTransportStreamAsBefore)
{
    if (!test::has_tool("ffmpeg") || !test::has_tool("ffprobe")) GTEST_SKIP() << "ffmpeg is not installed";
    test::temp_folder folder;
    // A constant multiplex rate makes null packets.
    const auto made = test::run_tool("ffmpeg -v error -f lavfi -i testsrc=duration=2:size=320x240:rate=25 -f lavfi -i "
                                     "sine=duration=2 -c:v mpeg2video -b:v 600k -c:a mp2 -muxrate 1500k -f mpegts " +
                                     folder / "in.ts");
    ASSERT_EQ(made.status, 0);
    const bytes ts = test::read_file(folder / "in.ts");
    ASSERT_GT(ts.size(), 100000U);
    const std::string before = probe(folder / "in.ts");
    ASSERT_NE(before.find("mpeg2video"), std::string::npos) << before;

    for (const auto nulls : { null_packet_mode::keep, null_packet_mode::remove }) {
        bytes out = through(ts, nulls, 0);
        if (nulls == null_packet_mode::remove) {
            // Null packets behind the last useful one are never sent.
            bytes tail(ts.begin() + static_cast<std::ptrdiff_t>(out.size()), ts.end());
            for (std::size_t i = 0; i < tail.size(); i += 188) {
                EXPECT_EQ(ts_pid(std::span(tail).subspan(i)), k_ts_null_pid);
            }
            ASSERT_TRUE(std::equal(out.begin(), out.end(), ts.begin()));
        } else {
            ASSERT_EQ(out, ts);
        }
        test::write_file(folder / "out.ts", out);
        EXPECT_EQ(probe(folder / "out.ts"), before);
    }
    // Negative control: lost BBFRAMEs are seen.
    test::write_file(folder / "lossy.ts", through(ts, null_packet_mode::keep, 5));
    EXPECT_NE(probe(folder / "lossy.ts"), before);
}

} // namespace
