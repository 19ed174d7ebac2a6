// SPDX-License-Identifier: GPL-3.0-or-later
#include "uplink_motion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

doppler::orbit_delay_source uplink_of(const chosen_satellite& satellite, const sample_clock& stream, double bias_m)
{
    doppler::delay_engine engine = satellite.delays->engine();
    engine.set_in_track_bias_m(bias_m);
    return { std::move(engine), doppler::link_direction::up, stream };
}

} // namespace

uplink_motion::uplink_motion(
    const session& s, const satellite_options& options, const sample_clock& stream, double carrier_hz, double bias_m)
    : d_carrier_hz(carrier_hz),
      d_stream(stream),
      d_satellite(std::move(open_satellites(s, options, stream).front())),
      d_up(uplink_of(d_satellite, stream, bias_m)),
      d_reference_s(doppler::reference_delay_s(d_up, 0.0, stream.rate_hz())),
      d_core({ .sample_rate_hz = stream.rate_hz(), .carrier_hz = carrier_hz, .reference_delay_s = d_reference_s },
             d_up),
      d_room(16384)
{
}

void uplink_motion::send(std::span<const io::cf32_t> x, const taker& out)
{
    for (;;) {
        const auto p = d_core.process(x, d_room);
        x = x.subspan(p.consumed);
        d_taken += p.consumed;
        d_given += p.produced;
        if (p.produced > 0) out(std::span<const io::cf32_t>(d_room).first(p.produced));
        if (p.consumed == 0 && p.produced == 0) return;
    }
}

void uplink_motion::finish(const taker& out)
{
    d_core.end_input();
    // As far as the samples given reach; the core's blocks go on with zeros.
    const auto all =
        static_cast<std::uint64_t>(std::max(0.0, std::round(d_core.output_of(static_cast<double>(d_taken)))));
    while (d_given < all) {
        const auto p =
            d_core.process({}, std::span(d_room).first(std::min<std::uint64_t>(d_room.size(), all - d_given)));
        if (p.produced == 0) return;
        d_given += p.produced;
        out(std::span<const io::cf32_t>(d_room).first(p.produced));
    }
}

std::string uplink_motion::words(double seconds) const
{
    const auto a = d_up.engine().up(0.0);
    const auto b = d_up.engine().up(seconds);
    const std::string name = orbit::display_name(d_satellite.set);
    if (!a || !b) return fmt::format("{}: its orbit is not known to the end of the carrier", name);
    return fmt::format(
        "for {} (elements of {}): elevation {:.1f} to {:.1f} deg, Doppler {:+.1f} to {:+.1f} Hz on the way "
        "up taken back, first sample at the satellite at {}",
        name,
        format_utc(d_satellite.set.epoch, 0),
        a->look.elevation_deg,
        b->look.elevation_deg,
        a->doppler_hz(d_carrier_hz),
        b->doppler_hz(d_carrier_hz),
        format_utc(d_stream.anchor().plus_seconds(d_reference_s), 9));
}

nlohmann::json uplink_motion::json(double seconds) const
{
    nlohmann::json j = { { "id", d_satellite.set.norad_id },
                         { "name", orbit::display_name(d_satellite.set) },
                         { "epoch", format_utc(d_satellite.set.epoch, 6) },
                         { "carrier_hz", d_carrier_hz },
                         { "in_track_bias_m", d_up.engine().in_track_bias_m() },
                         { "reference_delay_s", d_reference_s },
                         { "unknown_delays", d_core.unknown_delays() } };
    const auto a = d_up.engine().up(0.0);
    const auto b = d_up.engine().up(seconds);
    if (a && b) {
        j["delay_s"] = { a->delay_s, b->delay_s };
        j["doppler_hz"] = { a->doppler_hz(d_carrier_hz), b->doppler_hz(d_carrier_hz) };
        j["el_deg"] = { a->look.elevation_deg, b->look.elevation_deg };
    }
    return j;
}

} // namespace spacesail::cli
