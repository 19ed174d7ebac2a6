// SPDX-License-Identifier: GPL-3.0-or-later
#include "acm_loop.hpp"

#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/terminal/link_tables.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

/// Datagrams taken in one visit. Why a limit: under a flood the carrier must go on.
constexpr unsigned k_most_at_once = 256;

encap::acm_config config_of(const acm_loop_options& o, std::uint8_t first_pls)
{
    encap::acm_config c;
    c.margin_db = o.margin_db;
    c.hysteresis_db = o.hysteresis_db;
    c.apply_delay_ns = std::llround(1e9 * o.loop_delay_s);
    c.report_timeout_ns = std::llround(1e9 * o.report_timeout_s);
    const auto* m = dvbs2x::find_modcod(first_pls);
    c.frame_sizes = m != nullptr && m->size == dvbs2x::frame_size::short_frame ? encap::frame_size_policy::short_only
                                                                               : encap::frame_size_policy::normal_only;
    c.pilots = dvbs2x::has_pilots(first_pls) ? encap::pilot_policy::always : encap::pilot_policy::never;
    return c;
}

} // namespace

acm_loop::acm_loop(io::udp_receiver socket,
                   const encap::acm_config& config,
                   const acm_loop_options& o,
                   std::uint8_t first_pls)
    : d_socket(std::move(socket)), d_controller(config, terminal::acm_table(o.bch)), d_first_pls(first_pls)
{
}

result<acm_loop> acm_loop::open(const acm_loop_options& options, std::uint8_t first_pls)
{
    const auto at = io::parse_udp_endpoint(options.reports);
    if (!at) return at.error();
    auto socket = io::udp_receiver::open(*at);
    if (!socket) return socket.error();
    return acm_loop(std::move(*socket), config_of(options, first_pls), options, first_pls);
}

void acm_loop::take(std::span<const std::uint8_t> datagram, encap::stream_time_ns now)
{
    const auto j = nlohmann::json::parse(datagram.begin(), datagram.end(), nullptr, false);
    const auto es_n0 = j.is_object() ? j.find("es_n0_db") : j.end();
    if (!j.is_object() || es_n0 == j.end() || !(es_n0->is_number() || es_n0->is_null())) {
        ++d_bad;
        return;
    }
    if (es_n0->is_null()) {
        ++d_unlocked;
        return;
    }
    // Several may have come since the last frame.
    d_last_report = d_last_report ? std::max(now, *d_last_report + 1) : now;
    d_last_es_n0_db = es_n0->get<double>();
    d_controller.on_report(*d_last_report, *d_last_es_n0_db);
}

result<std::uint8_t> acm_loop::pls_at(double time_s)
{
    const encap::stream_time_ns now = std::llround(1e9 * time_s);
    for (unsigned i = 0; i < k_most_at_once; ++i) {
        const auto got = d_socket.receive(d_datagram, 0);
        if (!got) return got.error();
        if (got->status != io::read_status::data) break;
        take(std::span(d_datagram).first(got->nof_bytes), now);
    }
    if (!d_last_report) return d_first_pls;
    d_decision = d_controller.decide(now);
    return d_decision.pls;
}

nlohmann::json acm_loop::counters() const
{
    const auto& c = d_controller.counters();
    nlohmann::json j = { { "reports", c.reports.value() },
                         { "reports_without_lock", d_unlocked },
                         { "reports_unreadable", d_bad },
                         { "steps_up", c.steps_up.value() },
                         { "steps_down", c.steps_down.value() },
                         { "timeouts", c.timeouts.value() },
                         { "below_table", c.below_table.value() },
                         { "guard_db", d_decision.guard_db },
                         { "es_n0_db", nullptr },
                         { "forecast_es_n0_db", nullptr } };
    if (d_last_es_n0_db) j["es_n0_db"] = *d_last_es_n0_db;
    if (d_decision.forecast_es_n0_db) j["forecast_es_n0_db"] = *d_decision.forecast_es_n0_db;
    return j;
}

} // namespace spacesail::cli
