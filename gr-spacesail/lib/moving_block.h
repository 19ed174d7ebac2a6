/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dict.h"
#include "message_ports.h"
#include "restart.h"
#include "rx_time.h"
#include "satellite_motion.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/doppler/corrector.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace gr::spacesail {

/// \brief doppler_corrector and doppler_precompensator: stretches of samples between two anchors, each of them one core
/// object, and tags in their right places.
///
/// `Direction` tells what the two do not share: interface, core_object, k_name, k_direction, time_key(). A stretch ends
/// where time jumps, a burst ends, or a command names another satellite or carrier; its last samples are those that its
/// input reaches to.
template <class Direction>
class moving_block final : public Direction::interface
{
    static constexpr bool k_up = Direction::k_direction == ::spacesail::doppler::link_direction::up;
    /// Commands that wait for their sample.
    static constexpr std::size_t k_max_commands = 64;
    static constexpr std::uint64_t k_never = std::numeric_limits<std::uint64_t>::max();

public:
    moving_block(const ::spacesail::doppler::motion_config& config,
                 const motion_parameters& motion,
                 std::optional<::spacesail::utc_time> start)
        : gr::block(std::string("spacesail_") + Direction::k_name,
                    gr::io_signature::make(1, 1, sizeof(gr_complex)),
                    gr::io_signature::make(1, 1, sizeof(gr_complex))),
          d_config(config),
          d_start(start),
          d_motion(Direction::k_name, motion, Direction::k_direction, config.sample_rate_hz),
          d_status_port(*this)
    {
        this->set_tag_propagation_policy(gr::block::TPP_DONT);
        this->message_port_register_in(pmt::intern("cmd"));
        this->set_msg_handler(pmt::intern("cmd"), [this](const pmt::pmt_t& m) { on_command(m); });
        begin_stream();
    }

    void forecast(int, gr_vector_int& required) override
    {
        required[0] = d_full || d_ending || input_done(*this) ? 0 : 1;
    }

    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input,
                     gr_vector_void_star& output) override
    {
        const std::span in(static_cast<const gr_complex*>(input[0]), static_cast<std::size_t>(ninput_items[0]));
        const std::span out(static_cast<gr_complex*>(output[0]), static_cast<std::size_t>(noutput_items));
        const bool ended = in.empty() && input_ended(*this);
        this->get_tags_in_window(d_tags, 0, 0, in.size());
        d_made = 0;
        std::size_t done = 0;
        for (;;) {
            if (d_ending) finish(out);
            if (d_ending || d_finished) break;
            const std::uint64_t at = this->nitems_read(0) + done;
            const std::uint64_t event = next_event(at);
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(in.size() - done, event - at));
            done += take(in.subspan(done, most), at, out);
            if (d_full) break;
            // All that can come of the input in front of the event has come.
            if (event <= this->nitems_read(0) + done) {
                handle_event(event);
            } else if (ended) {
                end_stretch({});
                d_end_of_input = true;
            } else if (done == in.size()) {
                break;
            }
        }
        this->consume(0, static_cast<int>(done));
        keep_status();
        if (d_status_port.due()) d_status_port.publish(status());
        return d_finished && d_made == 0 ? gr::block::WORK_DONE : static_cast<int>(d_made);
    }

    bool start() override
    {
        if (!d_restart.again(*this)) return true;
        d_tags_ahead_ns.reset();
        d_commands.clear();
        d_tags_handled = 0;
        d_burst_end = k_never;
        d_stretch_in = d_stretch_out = 0;
        d_limit = 0;
        d_ending = d_end_of_input = d_finished = d_full = false;
        d_made = d_taken = 0;
        d_counts = {};
        begin_stream();
        return true;
    }

    bool stop() override
    {
        d_status_port.publish(status());
        return true;
    }

    pmt::pmt_t status() const override
    {
        counts c;
        {
            const std::lock_guard lock(d_mutex);
            c = d_kept;
        }
        dict_writer d;
        d.add("block", std::string(Direction::k_name))
            .add("motion", std::string(c.motion))
            .add("samples", c.samples)
            .add("gaps", c.gaps)
            .add("samples_lost", c.samples_lost)
            .add("anchors", c.anchors)
            .add("unknown_delays", c.unknown_delays)
            .add("late_commands", c.late_commands)
            .add("refused_commands", c.refused_commands)
            .add("carrier_hz", c.carrier_hz)
            .add("reference_delay_s", c.reference_delay_s);
        d_motion.add_status(d, c.now_s, c.carrier_hz);
        return d.dict();
    }

private:
    struct command {
        std::uint64_t sample = 0;
        std::optional<double> in_track_bias_m, carrier_hz;
        std::optional<std::string> elements, satellite;
    };
    /// What the next stretch begins with.
    struct beginning {
        std::optional<::spacesail::utc_time> time; ///< of its first sample; nothing: not known
        std::optional<std::uint64_t> lost;         ///< samples in front of it; nothing: no gap
        bool same_satellite = true;
    };
    struct counts {
        std::uint64_t samples = 0, gaps = 0, samples_lost = 0, anchors = 0, unknown_delays = 0;
        std::uint64_t late_commands = 0, refused_commands = 0;
        const char* motion = "";
        double carrier_hz = 0.0, reference_delay_s = 0.0, now_s = 0.0;
    };

    /// Index of an input item, samples lost in front of it counted.
    std::uint64_t index_of(std::uint64_t item) const { return item + d_counts.samples_lost; }

    void on_command(const pmt::pmt_t& message)
    {
        const auto refuse = [this](const std::string& why) {
            this->d_logger->warn("cmd: {}", why);
            ++d_counts.refused_commands;
        };
        if (!pmt::is_dict(message)) return refuse("not a dictionary");
        command c;
        c.in_track_bias_m = number_in(message, pmt::intern("in_track_bias_m"));
        c.carrier_hz = number_in(message, pmt::intern("carrier_hz"));
        c.elements = text_in(message, pmt::intern("elements"));
        c.satellite = text_in(message, pmt::intern("satellite"));
        if (!c.in_track_bias_m && !c.carrier_hz && !c.elements && !c.satellite)
            return refuse("none of in_track_bias_m, carrier_hz, elements, satellite in it");
        if (c.in_track_bias_m && std::abs(*c.in_track_bias_m) > 1e6)
            return refuse("in_track_bias_m is outside -1e6 .. 1e6");
        if (d_commands.size() >= k_max_commands) return refuse("too many commands wait already");
        const std::uint64_t now = index_of(this->nitems_read(0));
        c.sample = count_in(message, pmt::intern("sample")).value_or(now);
        if (const auto t = from_time_tuple(pmt::dict_ref(message, pmt::intern("time"), pmt::PMT_NIL))) {
            if (!d_clock) return refuse("it is bound to a time, but no time is known yet");
            c.sample = d_clock->index_of(::spacesail::utc_time{ t->ns + d_tags_ahead_ns.value_or(0) });
        }
        if (c.sample < now) ++d_counts.late_commands;
        const auto after =
            std::find_if(d_commands.begin(), d_commands.end(), [&](const command& o) { return o.sample > c.sample; });
        d_commands.insert(after, std::move(c));
    }

    /// Input item in front of which something is to be done next.
    std::uint64_t next_event(std::uint64_t from) const
    {
        std::uint64_t next = d_burst_end;
        if (!d_commands.empty()) {
            const std::uint64_t sample = d_commands.front().sample, here = index_of(from);
            next = std::min(next, sample > here ? from + (sample - here) : from);
        }
        for (const gr::tag_t& t : d_tags) {
            if (t.offset >= d_tags_handled && is_anchor(t)) next = std::min(next, std::max(t.offset, from));
            if (k_up && t.offset >= from && t.key == tags::tx_eob()) next = std::min(next, t.offset + 1);
        }
        return next;
    }
    static bool is_anchor(const gr::tag_t& t)
    {
        return t.key == Direction::time_key() || (!k_up && t.key == tags::ss_gap());
    }

    void handle_event(std::uint64_t at)
    {
        if (d_burst_end <= at) {
            // What follows a burst has no time until it is told.
            d_burst_end = k_never;
            d_clock.reset();
            end_stretch({});
            return;
        }
        if (std::any_of(d_tags.begin(), d_tags.end(), [&](const gr::tag_t& t) {
                return t.offset == at && t.offset >= d_tags_handled && is_anchor(t);
            })) {
            handle_tags(at);
            return;
        }
        while (!d_ending && !d_commands.empty() && d_commands.front().sample <= index_of(at)) {
            const command c = std::move(d_commands.front());
            d_commands.erase(d_commands.begin());
            run(c, at);
        }
    }

    void run(const command& c, std::uint64_t at)
    {
        bool anew = false;
        if (c.elements || c.satellite) {
            if (const std::string why = d_motion.change(c.elements, c.satellite); !why.empty()) {
                this->d_logger->warn("cmd: {}", why);
                ++d_counts.refused_commands;
                return;
            }
            anew = true;
        }
        if (c.in_track_bias_m) {
            d_motion.set_in_track_bias_m(*c.in_track_bias_m);
            d_core->refresh();
        }
        if (c.carrier_hz && *c.carrier_hz != d_config.carrier_hz) {
            d_config.carrier_hz = *c.carrier_hz;
            anew = true;
        }
        if (!anew) return;
        beginning b;
        if (d_clock) b.time = d_clock->time_of(index_of(at));
        b.lost = 0;
        b.same_satellite = !c.elements && !c.satellite;
        end_stretch(b);
    }

    void handle_tags(std::uint64_t at)
    {
        beginning b;
        for (const gr::tag_t& t : d_tags) {
            if (t.offset != at || t.offset < d_tags_handled) continue;
            if (t.key == Direction::time_key()) {
                b.time = from_time_tuple(t.value);
            } else if (!k_up && t.key == tags::ss_gap()) {
                b.lost = count_of(t.value).value_or(0);
            }
        }
        d_tags_handled = at + 1;
        if (b.time) {
            if (!d_tags_ahead_ns) {
                const double since_start = static_cast<double>(index_of(at)) / d_config.sample_rate_hz;
                d_tags_ahead_ns = d_start ? d_start->plus_seconds(since_start).ns - b.time->ns : 0;
            }
            b.time->ns += *d_tags_ahead_ns;
        }
        if (b.time && d_clock && !b.lost) {
            const double late = b.time->seconds_since(d_clock->time_of(index_of(at))) * d_config.sample_rate_hz;
            // The time that was known. At the very start it may be told in another clock.
            if (std::abs(late) < 1.0 && at > 0) return;
            if (at > 0) b.lost = late > 0.0 && late < 1e18 ? static_cast<std::uint64_t>(std::llround(late)) : 0;
        }
        if (b.lost) {
            ++d_counts.gaps;
            if (!k_up) d_counts.samples_lost += *b.lost;
        }
        if (b.time) {
            d_clock.emplace(d_config.sample_rate_hz, *b.time, index_of(at));
        } else if (d_clock) {
            b.time = d_clock->time_of(index_of(at));
        }
        if (b.time || b.lost) end_stretch(b);
    }

    /// The stretch ends here, and the next one begins so.
    void end_stretch(const beginning& b)
    {
        d_next = b;
        d_limit = std::max<std::int64_t>(0, std::llround(d_core->output_of(static_cast<double>(d_stretch_in))));
        d_core->end_input();
        d_ending = true;
    }

    /// The first stretch.
    void begin_stream()
    {
        d_clock.reset();
        if (d_start) d_clock.emplace(d_config.sample_rate_hz, *d_start);
        d_next = {};
        d_next.time = d_start;
        begin();
        keep_status();
    }

    void begin()
    {
        const std::int64_t shift = static_cast<std::int64_t>(d_stretch_in) - static_cast<std::int64_t>(d_stretch_out);
        const double reference_before = d_reference_s;
        d_counts.unknown_delays += unknown_delays();
        d_begun = d_next;
        std::vector<std::string> remarks;
        if (d_begun.time) {
            remarks = d_motion.anchor(*d_begun.time);
        } else {
            d_motion.forget_time();
        }
        if (remarks != d_remarks) {
            for (const auto& r : remarks) this->d_logger->warn("{}", r);
            d_remarks = remarks;
        }
        d_reference_s = d_motion.reference_delay_s();
        d_config.reference_delay_s = d_reference_s;
        d_core.emplace(d_config, d_motion);
        d_first_item = this->nitems_read(0) + d_taken;
        d_stretch_in = d_stretch_out = 0;
        d_waiting.clear();
        if (d_begun.time) wait(0, Direction::time_key(), to_time_tuple(time_for_tags(*d_begun.time)));
        if (d_begun.lost && !k_up) {
            // On the satellite's clock: the delay grew between the two ends of the gap.
            const std::int64_t moved = std::llround((d_reference_s - reference_before) * d_config.sample_rate_hz);
            const std::int64_t lost =
                d_begun.same_satellite ? static_cast<std::int64_t>(*d_begun.lost) - moved + shift : 0;
            wait(0, tags::ss_gap(), pmt::from_uint64(static_cast<std::uint64_t>(std::max<std::int64_t>(0, lost))));
        }
    }

    /// Of the stretch; one that took nothing has asked ahead only.
    std::uint64_t unknown_delays() const { return d_stretch_in > 0 ? d_core->unknown_delays() : 0; }

    ::spacesail::utc_time time_for_tags(::spacesail::utc_time t) const
    {
        return { t.ns - d_tags_ahead_ns.value_or(0) };
    }

    /// Feeds the core what lies in front of the next event; returns how much it took.
    std::size_t take(std::span<const gr_complex> in, std::uint64_t at, std::span<gr_complex> out)
    {
        const auto room = out.subspan(d_made);
        const std::uint64_t before = d_stretch_out;
        const auto p = d_core->process(in, room);
        for (const gr::tag_t& t : d_tags) {
            if (t.offset >= at && t.offset < at + p.consumed) move(t, before);
        }
        if (d_stretch_in == 0 && p.consumed > 0 && d_begun.time) ++d_counts.anchors;
        d_stretch_in += p.consumed;
        d_counts.samples += p.consumed;
        d_taken += p.consumed;
        hand_over(p.produced);
        d_full = p.produced == room.size();
        return p.consumed;
    }

    void finish(std::span<gr_complex> out)
    {
        const std::uint64_t left = static_cast<std::uint64_t>(d_limit) > d_stretch_out ? d_limit - d_stretch_out : 0;
        const auto room = out.subspan(d_made, std::min<std::uint64_t>(out.size() - d_made, left));
        const auto p = d_core->process({}, room);
        hand_over(p.produced);
        d_full = p.produced == out.size() - (d_made - p.produced);
        if (p.produced < room.size() || d_stretch_out >= static_cast<std::uint64_t>(d_limit)) {
            // Tags of the very last samples: on the last one there is.
            for (const auto& t : d_waiting) {
                if (d_stretch_out > 0) emit(t, d_stretch_out - 1);
            }
            d_waiting.clear();
            d_ending = false;
            d_full = false;
            if (d_end_of_input) {
                d_finished = true;
            } else {
                begin();
            }
        }
    }

    struct waiting_tag {
        std::uint64_t place; ///< output sample of the stretch
        pmt::pmt_t key, value;
    };
    void wait(std::uint64_t place, const pmt::pmt_t& key, const pmt::pmt_t& value)
    {
        d_waiting.push_back({ place, key, value });
    }
    /// A tag of the input takes its place in the output.
    void move(const gr::tag_t& t, std::uint64_t least)
    {
        const double place = d_core->output_of(static_cast<double>(t.offset - d_first_item));
        const std::uint64_t n = std::max<std::uint64_t>(least, place > 0.0 ? std::llround(place) : 0);
        if (k_up && t.key == tags::tx_eob()) d_burst_end = t.offset + 1;
        if (is_anchor(t)) {
            // Those that began the stretch are there; others said what was known: said again on the output's clock.
            if (k_up || t.offset == d_first_item || t.key != Direction::time_key() || !d_begun.time) return;
            const double since = static_cast<double>(n) / d_config.sample_rate_hz;
            wait(n, t.key, to_time_tuple(time_for_tags(d_begun.time->plus_seconds(since))));
            return;
        }
        wait(n, t.key, t.value);
    }
    void emit(const waiting_tag& t, std::uint64_t place)
    {
        // d_made counts the items of this stretch already: its sample d_stretch_out comes next.
        const std::uint64_t next = this->nitems_written(0) + d_made;
        this->add_item_tag(0, next + place - d_stretch_out, t.key, t.value, this->alias_pmt());
    }
    void hand_over(std::size_t produced)
    {
        d_made += produced;
        d_stretch_out += produced;
        std::erase_if(d_waiting, [&](const waiting_tag& t) {
            if (t.place >= d_stretch_out) return false;
            emit(t, t.place);
            return true;
        });
    }

    void keep_status()
    {
        d_taken = 0;
        counts c = d_counts;
        c.unknown_delays += unknown_delays();
        c.carrier_hz = d_config.carrier_hz;
        c.reference_delay_s = d_reference_s;
        c.now_s = static_cast<double>(k_up ? d_stretch_out : d_stretch_in) / d_config.sample_rate_hz;
        c.motion = !d_motion.given()  ? "no_elements"
                   : !d_begun.time    ? "no_time"
                   : d_motion.known() ? "known"
                                      : "orbit_unknown";
        const std::lock_guard lock(d_mutex);
        d_kept = c;
    }

    ::spacesail::doppler::motion_config d_config;
    const std::optional<::spacesail::utc_time> d_start;
    satellite_motion d_motion;
    std::optional<typename Direction::core_object> d_core;
    status_port d_status_port;
    restart d_restart;

    std::optional<::spacesail::sample_clock> d_clock; ///< times of the input's samples
    std::optional<std::int64_t> d_tags_ahead_ns;      ///< true time less that of the tags, where start is given
    std::vector<command> d_commands;                  ///< by sample
    std::vector<gr::tag_t> d_tags;                    ///< of the input at hand
    std::uint64_t d_tags_handled = 0;                 ///< items in front of which all anchors were looked at
    std::uint64_t d_burst_end = k_never;
    std::vector<std::string> d_remarks;

    // The stretch.
    beginning d_begun, d_next; ///< of this stretch, and while it ends of the one that follows
    double d_reference_s = 0.0;
    std::uint64_t d_first_item = 0;                    ///< input item that it began with
    std::uint64_t d_stretch_in = 0, d_stretch_out = 0; ///< samples taken and given
    std::int64_t d_limit = 0;                          ///< samples it will have given at its end
    std::deque<waiting_tag> d_waiting;
    bool d_ending = false, d_end_of_input = false, d_finished = false;

    // The call of work().
    std::size_t d_made = 0, d_taken = 0;
    bool d_full = false; ///< more could have been given, had there been room

    counts d_counts;
    mutable std::mutex d_mutex; ///< guards d_kept
    counts d_kept;
};

} // namespace gr::spacesail
