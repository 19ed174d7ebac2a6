// SPDX-License-Identifier: GPL-3.0-or-later
#include "link_reporter.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace spacesail::cli {

result<link_reporter> link_reporter::open(const std::string& to, double interval_s, double sample_rate_hz)
{
    const auto address = io::parse_udp_endpoint(to);
    if (!address) return address.error();
    auto socket = io::udp_sender::open(*address);
    if (!socket) return socket.error();
    return link_reporter(std::move(*socket), interval_s, sample_rate_hz);
}

result<ok_t> link_reporter::update(const dvbs2x::receiver_status& status)
{
    const auto& sync = status.sync;
    const std::uint64_t frames = sync.frames + sync.dummy_frames;
    if (frames != d_frames_seen && std::isfinite(sync.last.es_n0_db)) {
        d_sum_db += sync.last.es_n0_db;
        ++d_measured;
        d_frames_seen = frames;
    }
    const double now_s = static_cast<double>(sync.samples_in + sync.samples_lost) / d_sample_rate_hz;
    if (now_s < d_next_s) return ok;
    d_next_s = now_s + d_interval_s;
    nlohmann::json j = { { "time_s", now_s },        { "state", dvbs2x::to_string(sync.state) },
                         { "es_n0_db", nullptr },    { "frames", d_measured },
                         { "decoded", status.good }, { "failed", status.frames - status.good } };
    if (d_measured > 0 && sync.state == dvbs2x::sync_state::locked) j["es_n0_db"] = d_sum_db / d_measured;
    d_sum_db = 0.0;
    d_measured = 0;
    const std::string text = j.dump();
    return d_socket.send({ reinterpret_cast<const std::uint8_t*>(text.data()), text.size() });
}

} // namespace spacesail::cli
