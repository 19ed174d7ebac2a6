// SPDX-License-Identifier: GPL-3.0-or-later
#include "scheduled_feed.hpp"

#include <spacesail/terminal/link_tables.hpp>

#include <algorithm>

namespace spacesail::cli {

feed_step scheduled_feed::next(encap::stream_time_ns now, std::uint8_t pls)
{
    d_pls = pls;
    d_scheduler->set_pls(d_isi, pls);
    refill(now);
    const auto frame = d_scheduler->next(now, 0, d_bbframe);
    if (frame.what == encap::scheduled_frame::decision::bbframe) {
        return { feed_step::decision::bbframe, frame.pls, frame.bbframe };
    }
    return { ended() ? feed_step::decision::end : feed_step::decision::dummy, 0, {} };
}

void scheduled_feed::schedule(const feed_options& o,
                              encap::data_field_source& source,
                              encap::stream_time_ns fill_timeout_ns)
{
    encap::bb_scheduler_config c;
    c.formats = d_formats = terminal::regular_formats(o.bch);
    c.mode = o.mode;
    c.streams = o.isi ? encap::input_streams::multiple : encap::input_streams::single;
    c.signalled_rolloff = o.signalled_rolloff;
    encap::scheduled_stream s;
    s.isi = d_isi = o.isi.value_or(0);
    s.source = &source;
    s.pls = d_pls = o.first_pls;
    s.fill_timeout_ns = fill_timeout_ns;
    d_symbol_rate_hz = o.symbol_rate_hz;
    d_scheduler.emplace(c, std::span(&s, 1));
}

double scheduled_feed::bytes_in(double seconds) const
{
    return seconds * d_symbol_rate_hz / d_formats[d_pls].plframe_symbols * static_cast<double>(field_bytes());
}

nlohmann::json scheduled_feed::scheduling_counters() const
{
    const auto& c = stream();
    const double frames = static_cast<double>(std::max<std::uint64_t>(1, c.bbframes.value()));
    const double field = static_cast<double>(std::max<std::uint64_t>(1, c.field_bytes.value()));
    return { { "timeouts", c.timeouts.value() },
             { "fill", static_cast<double>(c.payload_bytes.value()) / field },
             { "modcod_changes", c.pls_changes.value() },
             { "mean_delay_ms", 1e-6 * static_cast<double>(c.delay_ns.value()) / frames },
             { "longest_delay_ms", 1e-6 * static_cast<double>(c.longest_delay_ns.value()) } };
}

} // namespace spacesail::cli
