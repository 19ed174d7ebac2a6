/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dvbs2x_sync_impl.h"
#include "dict.h"
#include "frame_dict.h"
#include "iq_parameters.h"
#include "motion_options.h"
#include "rx_time.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
using core::io::sample_format;

namespace {

/// Samples given to the core at a time. Why so few: the frames that come of them fit the output buffer, and what waits
/// in the input stays in the first caches.
constexpr std::size_t k_piece = 8192;
/// A lock gives all frames of the stretch searched at once: two and a half of the longest, and what k_piece adds.
constexpr std::size_t k_kept_symbols = 4 * core::dvbs2x::k_longest_plframe_symbols;
/// Commands that wait for their sample.
constexpr std::size_t k_max_commands = 64;

template <class Value>
Value one_of(const char* name, const std::string& text, const char* first, Value a, const char* second, Value b)
{
    if (text == first) return a;
    if (text == second) return b;
    throw std::invalid_argument(std::string("dvbs2x_sync: ") + name + " = \"" + text + "\"; give " + first + " or " +
                                second);
}

core::dvbs2x::synchroniser_config
with_motion(core::dvbs2x::synchroniser_config c, bool given, core::delay_source& delays)
{
    if (given) c.delays = &delays;
    return c;
}

} // namespace

dvbs2x_sync::sptr dvbs2x_sync::make(double sample_rate_hz,
                                    double symbol_rate_hz,
                                    double rolloff,
                                    int gold_code,
                                    const std::string& input,
                                    double offset_hz,
                                    double sigma_hz,
                                    const std::string& spectrum,
                                    const std::string& equaliser,
                                    double search_share,
                                    const std::string& elements,
                                    const std::string& satellite,
                                    double latitude_deg,
                                    double longitude_deg,
                                    double height_m,
                                    double carrier_hz,
                                    const std::string& start,
                                    double in_track_bias_m)
{
    using core::dvbs2x::equaliser_mode;
    core::dvbs2x::synchroniser_config c;
    c.sample_rate_hz = sample_rate_hz;
    c.symbol_rate_hz = symbol_rate_hz;
    c.rolloff = rolloff;
    c.gold_code = static_cast<unsigned>(gold_code); // a negative one is out of the core's range too
    c.prior = core::acquisition_prior::cold(symbol_rate_hz);
    c.prior.offset_hz = offset_hz;
    if (!std::isfinite(sigma_hz) || sigma_hz < 0.0) {
        throw std::invalid_argument("dvbs2x_sync: sigma_hz = " + std::to_string(sigma_hz) + ", must be 0 or above");
    }
    if (sigma_hz > 0.0) c.prior.sigma_hz = sigma_hz;
    c.orientation =
        one_of("spectrum", spectrum, "upright", core::spectrum::upright, "inverted", core::spectrum::inverted);
    c.equaliser = one_of("equaliser", equaliser, "adaptive", equaliser_mode::adaptive, "off", equaliser_mode::off);
    c.search_share = search_share;
    c.delay_carrier_hz = finite_from("dvbs2x_sync", "carrier_hz", carrier_hz);
    if (!elements.empty() && carrier_hz <= 0.0) {
        throw std::invalid_argument("dvbs2x_sync: carrier_hz = " + std::to_string(carrier_hz) +
                                    ", must be the radio frequency at 0 Hz where elements are given");
    }
    return gnuradio::make_block_sptr<dvbs2x_sync_impl>(
        c,
        stream_format_from("dvbs2x_sync", "input", input),
        motion_parameters{ elements, satellite, latitude_deg, longitude_deg, height_m, in_track_bias_m, 0.0 },
        start_from("dvbs2x_sync", start));
}

dvbs2x_sync_impl::dvbs2x_sync_impl(const core::dvbs2x::synchroniser_config& config,
                                   sample_format input,
                                   const motion_parameters& motion,
                                   std::optional<core::utc_time> start)
    : gr::block("spacesail_dvbs2x_sync",
                gr::io_signature::make(1, 1, static_cast<int>(core::io::bytes_per_sample(input))),
                gr::io_signature::make(1, 1, sizeof(gr_complex))),
      d_motion("dvbs2x_sync", motion, core::doppler::link_direction::down, config.sample_rate_hz),
      d_sent(d_motion),
      d_config(with_motion(config, d_motion.given(), d_sent)),
      d_input(input),
      d_start(start),
      d_sync(std::in_place, d_config),
      d_outbox(k_kept_symbols),
      d_status_port(*this),
      d_es_n0_port(*this, config.sample_rate_hz)
{
    set_tag_propagation_policy(TPP_DONT);
    // Why two: one is written while the other is decoded.
    set_min_output_buffer(0, 2 * static_cast<long>(core::dvbs2x::k_longest_plframe_symbols));
    message_port_register_in(pmt::intern("cmd"));
    set_msg_handler(pmt::intern("cmd"), [this](const pmt::pmt_t& m) { on_command(m); });
    if (start) d_clock.emplace(config.sample_rate_hz, *start);
    anchor_motion(0);
}

/// Takes the motion up anew, at the input sample with this index.
void dvbs2x_sync_impl::anchor_motion(std::uint64_t index)
{
    if (!d_motion.given()) return;
    const double now_s = static_cast<double>(index) / d_config.sample_rate_hz;
    std::vector<std::string> remarks;
    if (d_clock) {
        // The core counts the delays' time from its first sample.
        remarks = d_motion.anchor(d_clock->time_of(0), now_s);
    } else {
        d_motion.forget_time();
    }
    if (remarks != d_remarks) {
        for (const auto& r : remarks) d_logger->warn("{}", r);
        d_remarks = remarks;
    }
    d_sent.renew(now_s);
    const std::lock_guard lock(d_mutex);
    d_counts.motion = !d_clock ? "no_time" : d_motion.known() ? "known" : "orbit_unknown";
}

void dvbs2x_sync_impl::change_motion(const command& c, std::uint64_t index)
{
    if (c.elements || c.satellite) {
        if (const std::string why = d_motion.change(c.elements, c.satellite); !why.empty()) return refuse(why);
    }
    if (c.in_track_bias_m) d_motion.set_in_track_bias_m(*c.in_track_bias_m);
    // What is whole goes out with the old motion; the search that follows knows what of the frequency is not motion.
    d_sync->gap(0, *this);
    anchor_motion(index);
}

void dvbs2x_sync_impl::refuse(const std::string& why)
{
    d_logger->warn("cmd: {}", why);
    const std::lock_guard lock(d_mutex);
    ++d_counts.refused_commands;
}

void dvbs2x_sync_impl::on_command(const pmt::pmt_t& message)
{
    const auto real = [&](const char* key, double otherwise) {
        return number_in(message, pmt::intern(key)).value_or(otherwise);
    };
    if (!pmt::is_dict(message)) return refuse("not a dictionary");
    command c;
    c.elements = text_in(message, pmt::intern("elements"));
    c.satellite = text_in(message, pmt::intern("satellite"));
    c.in_track_bias_m = number_in(message, pmt::intern("in_track_bias_m"));
    const bool motion = c.elements || c.satellite || c.in_track_bias_m;
    if (motion && !d_motion.given()) return refuse("this block was made without elements");
    if (c.in_track_bias_m && std::abs(*c.in_track_bias_m) > 1e6)
        return refuse("in_track_bias_m is outside -1e6 .. 1e6");
    const auto has = [&](const char* key) { return pmt::dict_has_key(message, pmt::intern(key)); };
    if (!motion || has("offset_hz") || has("sigma_hz") || has("rate_hz_s") || has("clock_ppm")) {
        c.prior = d_config.prior;
        c.prior->offset_hz = real("offset_hz", c.prior->offset_hz);
        if (const double sigma = real("sigma_hz", 0.0); sigma > 0.0) c.prior->sigma_hz = sigma;
        c.prior->rate_hz_s = real("rate_hz_s", 0.0);
        c.prior->clock_ppm = real("clock_ppm", 0.0);
    }
    const std::uint64_t now = index_of(nitems_read(0));
    c.sample = count_in(message, pmt::intern("sample")).value_or(now);
    if (d_commands.size() >= k_max_commands) return refuse("too many commands wait already");
    if (c.sample < now) {
        const std::lock_guard lock(d_mutex);
        ++d_counts.late_commands;
    }
    const auto after =
        std::find_if(d_commands.begin(), d_commands.end(), [&](const command& o) { return o.sample > c.sample; });
    d_commands.insert(after, c);
}

void dvbs2x_sync_impl::forecast(int, gr_vector_int& required)
{
    required[0] = d_outbox.empty() && !input_done(*this) ? 1 : 0;
}

void dvbs2x_sync_impl::on_frame(const core::frame_view<gr_complex>& frame) noexcept
{
    d_es_n0_port.add(frame.first_sample, frame.measured.es_n0_db);
    if (frame.payload.empty()) {
        if (core::dvbs2x::is_dummy(frame.header.pls)) ++d_dummies;
        return;
    }
    frame_extras extras;
    extras.dummies = d_dummies;
    extras.lock = d_sync->status().locks;
    if (d_clock) extras.time = d_clock->time_of(frame.first_sample);
    d_dummies = 0;
    const std::uint64_t at = d_outbox.next();
    d_outbox.tag(
        at,
        tags::ss_frame(),
        to_frame_dict(frame.index, frame.first_sample, frame.header, frame.measured, frame.payload.size(), extras));
    if (d_time_changed && extras.time) d_outbox.tag(at, tags::rx_time(), to_time_tuple(*extras.time));
    if (d_rx_freq) d_outbox.tag(at, tags::rx_freq(), d_rx_freq);
    d_time_changed = false;
    d_rx_freq.reset();
    d_outbox.put(frame.payload);
}

/// Input item in front of which something is to be done next; the largest number if there is nothing.
std::uint64_t dvbs2x_sync_impl::next_event(std::uint64_t from) const
{
    std::uint64_t next = ~std::uint64_t{ 0 };
    if (!d_commands.empty()) {
        const std::uint64_t sample = d_commands.front().sample, here = index_of(from);
        next = sample > here ? from + (sample - here) : from;
    }
    for (const gr::tag_t& t : d_tags) {
        if (t.offset >= d_tags_handled) next = std::min(next, std::max(t.offset, from));
    }
    return next;
}

/// Index of an input item as the core counts: with the samples that were lost in front of it.
std::uint64_t dvbs2x_sync_impl::index_of(std::uint64_t item) const { return item + d_counts.samples_lost; }

void dvbs2x_sync_impl::handle_tags(std::uint64_t at)
{
    std::optional<core::utc_time> time;
    std::optional<std::uint64_t> lost;
    for (const gr::tag_t& t : d_tags) {
        if (t.offset != at || t.offset < d_tags_handled) continue;
        if (t.key == tags::rx_time()) {
            time = from_time_tuple(t.value);
        } else if (t.key == tags::ss_gap()) {
            lost = count_of(t.value).value_or(0);
        } else if (t.key == tags::rx_freq()) {
            d_rx_freq = t.value;
        } else if (t.key == tags::rx_rate() && pmt::is_real(t.value) && !d_rate_warned &&
                   std::abs(pmt::to_double(t.value) / d_config.sample_rate_hz - 1.0) > 1e-6) {
            d_logger->warn(
                "the input says {} samples/s, sample_rate_hz is {}", pmt::to_double(t.value), d_config.sample_rate_hz);
            d_rate_warned = true;
        }
    }
    d_tags_handled = at + 1;
    if (time) {
        if (!d_tags_ahead_ns) {
            const double since_start = static_cast<double>(index_of(at)) / d_config.sample_rate_hz;
            d_tags_ahead_ns = d_start ? d_start->plus_seconds(since_start).ns - time->ns : 0;
        }
        time->ns += *d_tags_ahead_ns;
    }
    if (time && d_clock && !lost) {
        const double late = time->seconds_since(d_clock->time_of(index_of(at))) * d_config.sample_rate_hz;
        if (std::abs(late) < 1.0) return; // the time that was known
        lost = late > 0.0 && late < 1e18 ? static_cast<std::uint64_t>(std::llround(late)) : 0;
    }
    if (lost) {
        d_sync->gap(*lost, *this);
        d_time_changed = d_clock.has_value();
        const std::lock_guard lock(d_mutex);
        ++d_counts.gaps;
        d_counts.samples_lost += *lost;
    }
    if (time) {
        // A motion that was not known, or at another time, is no longer what the frames were found with.
        if (d_motion.given() && !lost && at > 0) d_sync->gap(0, *this);
        const bool as_it_was =
            d_clock && std::abs(time->seconds_since(d_clock->time_of(index_of(at)))) * d_config.sample_rate_hz < 1.0;
        d_clock.emplace(d_config.sample_rate_hz, *time, index_of(at));
        d_time_changed = true;
        if (!as_it_was) anchor_motion(index_of(at));
    }
}

void dvbs2x_sync_impl::handle_events(std::uint64_t at)
{
    if (std::any_of(d_tags.begin(), d_tags.end(), [&](const gr::tag_t& t) {
            return t.offset == at && t.offset >= d_tags_handled;
        })) {
        handle_tags(at);
    }
    while (!d_commands.empty() && d_commands.front().sample <= index_of(at)) {
        const command c = std::move(d_commands.front());
        d_commands.erase(d_commands.begin());
        if (c.elements || c.satellite || c.in_track_bias_m) change_motion(c, index_of(at));
        if (c.prior) d_sync->reset(*c.prior);
    }
}

/// Gives the core what lies in front of the next event, at most a piece; returns how much that was.
std::size_t dvbs2x_sync_impl::take(const void* in, std::size_t n)
{
    n = std::min(n, k_piece);
    if (d_input == sample_format::ci16) {
        d_sync->process(std::span(static_cast<const core::io::ci16_t*>(in), n), *this);
    } else {
        d_sync->process(std::span(static_cast<const gr_complex*>(in), n), *this);
    }
    return n;
}

int dvbs2x_sync_impl::general_work(int noutput_items,
                                   gr_vector_int& ninput_items,
                                   gr_vector_const_void_star& in,
                                   gr_vector_void_star& out)
{
    const auto n = static_cast<std::size_t>(ninput_items[0]);
    const std::size_t item_bytes = core::io::bytes_per_sample(d_input);
    const bool ended = n == 0 && input_ended(*this);
    d_outbox.open(*this, out[0], noutput_items);
    get_tags_in_window(d_tags, 0, 0, n);
    std::size_t done = 0;
    while (d_outbox.empty() && done < n) {
        const std::uint64_t at = nitems_read(0) + done;
        const std::uint64_t event = next_event(at);
        if (event <= at) {
            handle_events(at);
            continue;
        }
        const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(n - done, event - at));
        done += take(static_cast<const std::byte*>(in[0]) + done * item_bytes, most);
    }
    consume(0, static_cast<int>(done));
    if (ended && !d_flushed && d_outbox.empty()) {
        keep_status();
        d_sync->flush(*this);
        d_flushed = true;
    }
    keep_status();
    if (d_status_port.due()) d_status_port.publish(status());
    if (d_flushed && d_outbox.empty() && d_outbox.written() == 0) return WORK_DONE;
    return d_outbox.written();
}

void dvbs2x_sync_impl::keep_status()
{
    const auto now = d_sync->status();
    const std::lock_guard lock(d_mutex);
    const auto state_before = d_status.state;
    d_status = now;
    // The lock that the end of the input takes away is none that was lost.
    if (d_flushed) d_status.state = state_before;
}

bool dvbs2x_sync_impl::start()
{
    if (!d_restart.again(*this)) return true;
    d_sync.emplace(d_config);
    d_outbox.reset();
    d_es_n0_port.reset();
    d_tags_handled = 0;
    d_commands.clear();
    d_clock.reset();
    if (d_start) d_clock.emplace(d_config.sample_rate_hz, *d_start);
    d_tags_ahead_ns.reset();
    d_rx_freq.reset();
    d_time_changed = d_rate_warned = d_flushed = false;
    d_dummies = 0;
    {
        const std::lock_guard lock(d_mutex);
        d_status = {};
        d_counts = {};
    }
    anchor_motion(0);
    return true;
}

bool dvbs2x_sync_impl::stop()
{
    ask_for_long_buffer_again(*this);
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t dvbs2x_sync_impl::status() const
{
    core::dvbs2x::synchroniser_status s;
    counts c;
    {
        const std::lock_guard lock(d_mutex);
        s = d_status;
        c = d_counts;
    }
    dict_writer d;
    d.add("block", std::string("dvbs2x_sync"));
    d.add("state", std::string(core::dvbs2x::to_string(s.state)))
        .add("frames", s.frames)
        .add("dummy_frames", s.dummy_frames)
        .add("unsupported_frames", s.unsupported_frames)
        .add("header_misses", s.header_misses)
        .add("locks", s.locks)
        .add("losses", s.losses)
        .add("samples", s.samples_in)
        .add("samples_skipped", s.samples_skipped)
        .add("samples_non_finite", s.samples_non_finite)
        .add("samples_clipped", s.samples_clipped)
        .add("gaps", c.gaps)
        .add("samples_lost", c.samples_lost)
        .add("late_commands", c.late_commands)
        .add("refused_commands", c.refused_commands)
        .add("rolloff", s.rolloff)
        .add("header_quality", s.header_quality)
        .add("motion", std::string(c.motion));
    const bool measured = s.frames + s.dummy_frames > 0;
    // Predicted for the instant of the last measurement, so that the two compare.
    const double at = measured ? s.last.sof_sample : static_cast<double>(s.samples_in + s.samples_lost);
    d_motion.add_status(d, at / d_config.sample_rate_hz, d_config.delay_carrier_hz);
    if (!measured) return d.dict();
    d.add("es_n0_db", s.last.es_n0_db)
        .add("cfo_hz", s.last.cfo_hz)
        .add("cfo_rate_hz_s", s.last.cfo_rate_hz_s)
        .add("correction_hz", s.last.correction_hz)
        .add("residual_hz", s.last.cfo_hz - s.last.correction_hz)
        .add("clock_ppm", s.last.clock_ppm)
        .add("level_db", s.last.level_db);
    return d.dict();
}

} // namespace gr::spacesail
