// SPDX-License-Identifier: GPL-3.0-or-later
#include "bbframe_feed.hpp"

#include "command.hpp"
#include "scheduled_feed.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

namespace spacesail::cli {

void bbframe_feed::gather(encap::stream_time_ns, int wait_ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
}

bool is_live(const feed_options& o) { return !o.tun.empty() || o.bbframes.starts_with("udp:"); }

std::unique_ptr<bbframe_feed> open_feed(const feed_options& o)
{
    const int given =
        int(!o.ts.empty()) + int(!o.pcap.empty()) + int(!o.tun.empty()) + int(!o.bbframes.empty()) + int(o.random);
    if (given != 1) {
        throw usage_error{ fmt::format("{} of --ts, --pcap, --tun, --bbframes and --random given; give one of them",
                                       given == 0 ? "none" : "more than one") };
    }
    if (!o.ts.empty() || o.random) return open_ts_feed(o);
    if (!o.bbframes.empty()) return open_l3_feed(o);
    return open_ip_feed(o);
}

} // namespace spacesail::cli
