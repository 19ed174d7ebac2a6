/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bb_scheduler_impl.h"
#include "scheduler_wait.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/terminal/link_tables.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace encap = core::encap;
namespace keys = tags::frame;

namespace {

constexpr const char* k_name = "bb_scheduler";
/// Longest wait for a neighbour that the scheduler would have to end.
constexpr int k_wait_ms = 100;

core::result<std::uint8_t> pls_of(const std::string& modcod, const std::string& frame, unsigned pilots)
{
    const auto m = core::dvbs2x::modcod_by_name(modcod, frame);
    if (!m) return m.error();
    return static_cast<std::uint8_t>((*m)->pls + pilots);
}

/// The entries that the controller may use.
std::vector<encap::acm_entry> acm_table_of(const std::vector<std::string>& modcods)
{
    auto table = core::terminal::acm_table();
    if (modcods.empty()) return table;
    std::array<bool, 256> wanted{};
    for (const std::string& name : modcods) {
        bool known = false;
        for (const char* frame : { "normal", "short" }) {
            const auto m = core::dvbs2x::modcod_by_name(name, frame);
            if (!m) continue;
            known = wanted[(*m)->pls] = wanted[(*m)->pls + 1U] = true;
        }
        if (!known) {
            throw std::invalid_argument("bb_scheduler: acm_modcods: " +
                                        core::dvbs2x::modcod_by_name(name, "normal").error().message);
        }
    }
    std::erase_if(table, [&](const encap::acm_entry& e) { return !wanted[e.pls]; });
    return table;
}

} // namespace

bb_scheduler::sptr bb_scheduler::make(const std::vector<std::string>& modcods,
                                      const std::string& frame,
                                      const std::string& pilots,
                                      const std::string& packets,
                                      const std::vector<int>& isis,
                                      double symbol_rate_hz,
                                      double rolloff,
                                      const std::string& adaptation,
                                      const std::string& idle,
                                      double fill_timeout_s,
                                      int queue_plframes,
                                      double acm_margin_db,
                                      double acm_hysteresis_db,
                                      double acm_loop_delay_s,
                                      const std::vector<std::string>& acm_modcods)
{
    using encap::frame_size_policy;
    using encap::pilot_policy;
    bb_scheduler_setup s;
    s.packets = packet_type_from(k_name, packets);
    s.frame = one_of<const char*>(
        k_name, "frame", frame, { { "normal", "normal" }, { "short", "short" }, { "any", "normal" } });
    s.pilots = one_of<unsigned>(k_name, "pilots", pilots, { { "on", 1U }, { "off", 0U }, { "low", 1U } });
    s.acm.frame_sizes = one_of<frame_size_policy>(k_name,
                                                  "frame",
                                                  frame,
                                                  { { "normal", frame_size_policy::normal_only },
                                                    { "short", frame_size_policy::short_only },
                                                    { "any", frame_size_policy::any } });
    s.acm.pilots = one_of<pilot_policy>(
        k_name,
        "pilots",
        pilots,
        { { "on", pilot_policy::always }, { "off", pilot_policy::never }, { "low", pilot_policy::at_low_es_n0 } });
    check(acm_margin_db >= 0.0 && acm_margin_db <= 20.0, k_name, "acm_margin_db", acm_margin_db, "0 .. 20");
    check(acm_hysteresis_db >= 0.0 && acm_hysteresis_db <= 10.0,
          k_name,
          "acm_hysteresis_db",
          acm_hysteresis_db,
          "0 .. 10");
    check(acm_loop_delay_s >= 0.02 && acm_loop_delay_s <= 10.0,
          k_name,
          "acm_loop_delay_s",
          acm_loop_delay_s,
          "0.02 .. 10");
    s.acm.margin_db = acm_margin_db;
    s.acm.hysteresis_db = acm_hysteresis_db;
    s.acm.apply_delay_ns = std::llround(1e9 * acm_loop_delay_s);
    s.acm_table = acm_table_of(acm_modcods);
    check(std::isfinite(symbol_rate_hz) && symbol_rate_hz > 0, k_name, "symbol_rate_hz", symbol_rate_hz, "> 0");
    s.symbol_rate_hz = symbol_rate_hz;
    check(std::isfinite(fill_timeout_s) && fill_timeout_s >= 0 && fill_timeout_s < 1e6,
          k_name,
          "fill_timeout_s",
          fill_timeout_s,
          "0 .. 1e6");
    check(queue_plframes >= 1 && queue_plframes <= 64, k_name, "queue_plframes", queue_plframes, "1 .. 64");
    const auto factor = encap::rolloff_of_factor(rolloff);
    check(factor.has_value(), k_name, "rolloff", rolloff, "0.35, 0.25, 0.2, 0.15, 0.1 or 0.05");
    if (modcods.empty()) throw std::invalid_argument("bb_scheduler: modcods is empty; give one an input");
    if (!isis.empty() && isis.size() != modcods.size()) {
        throw std::invalid_argument("bb_scheduler: isis has " + std::to_string(isis.size()) + " entries, modcods " +
                                    std::to_string(modcods.size()) + "; give one of both an input");
    }
    if (isis.empty() && modcods.size() > 1) {
        throw std::invalid_argument("bb_scheduler: isis is empty; several inputs need an identifier each");
    }
    s.config.formats = core::terminal::regular_formats();
    s.config.mode = one_of<encap::adaptation>(
        k_name,
        "adaptation",
        adaptation,
        { { "ccm", encap::adaptation::ccm }, { "vcm", encap::adaptation::vcm }, { "acm", encap::adaptation::acm } });
    s.config.idle = one_of<encap::idle_policy>(
        k_name, "idle", idle, { { "wait", encap::idle_policy::wait }, { "dummy", encap::idle_policy::dummy_plframe } });
    s.config.streams = isis.empty() ? encap::input_streams::single : encap::input_streams::multiple;
    s.config.signalled_rolloff = *factor;
    s.config.max_queued_plframes = static_cast<unsigned>(queue_plframes);
    for (std::size_t i = 0; i < modcods.size(); ++i) {
        encap::scheduled_stream stream;
        const auto pls = pls_of(modcods[i], s.frame, s.pilots);
        if (!pls) throw std::invalid_argument("bb_scheduler: modcods: " + pls.error().message);
        stream.pls = *pls;
        if (!isis.empty()) {
            check(isis[i] >= 0 && isis[i] <= 255, k_name, "isis", isis[i], "0 .. 255");
            stream.isi = static_cast<std::uint8_t>(isis[i]);
        }
        stream.fill_timeout_ns = std::llround(1e9 * fill_timeout_s);
        s.streams.push_back(stream);
    }
    return gnuradio::make_block_sptr<bb_scheduler_impl>(s);
}

encap::data_field_source& bb_scheduler_impl::feed::source() const
{
    if (framer) return *framer;
    return *encapsulator;
}

std::vector<bb_scheduler_impl::feed> bb_scheduler_impl::make_feeds(const bb_scheduler_setup& setup)
{
    std::vector<feed> feeds(setup.streams.size());
    for (feed& f : feeds) {
        if (setup.packets == packet_type::ts) {
            f.framer = std::make_unique<encap::ts_framer>();
        } else {
            f.encapsulator = std::make_unique<encap::gse_encapsulator>();
        }
    }
    return feeds;
}

encap::bb_scheduler bb_scheduler_impl::make_scheduler(const bb_scheduler_setup& setup, const std::vector<feed>& feeds)
{
    auto streams = setup.streams;
    for (std::size_t i = 0; i < streams.size(); ++i) streams[i].source = &feeds[i].source();
    return { setup.config, streams };
}

std::vector<bb_scheduler_impl::control> bb_scheduler_impl::make_controls(const bb_scheduler_setup& setup)
{
    std::vector<control> controls;
    if (setup.config.mode == encap::adaptation::acm) {
        for (std::size_t i = 0; i < setup.streams.size(); ++i)
            controls.push_back({ encap::acm_controller(setup.acm, setup.acm_table) });
    }
    return controls;
}

bb_scheduler_impl::bb_scheduler_impl(const bb_scheduler_setup& setup)
    : gr::block(
          "spacesail_bb_scheduler",
          gr::io_signature::make(static_cast<int>(setup.streams.size()), static_cast<int>(setup.streams.size()), 1),
          gr::io_signature::make(1, 1, 1)),
      d_setup(setup),
      d_feeds(make_feeds(setup)),
      d_scheduler(make_scheduler(setup, d_feeds)),
      d_controls(make_controls(setup)),
      d_outbox(2 * encap::k_max_bbframe_bytes),
      d_status_port(*this),
      d_buffer(encap::k_max_bbframe_bytes)
{
    set_tag_propagation_policy(TPP_DONT);
    set_min_output_buffer(0, (setup.config.max_queued_plframes + 1) * static_cast<long>(encap::k_max_bbframe_bytes));
    // Why: the scheduler makes the buffers in front of a block twice as long as this says it needs for one item; the
    // longest packet fits.
    if (setup.packets != packet_type::ts) set_relative_rate(1, 65536);
    message_port_register_in(pmt::intern("cmd"));
    set_msg_handler(pmt::intern("cmd"), [this](const pmt::pmt_t& m) { on_command(m); });
    message_port_register_in(pmt::intern("es_n0"));
    set_msg_handler(pmt::intern("es_n0"), [this](const pmt::pmt_t& m) { on_es_n0(m); });
}

void bb_scheduler_impl::on_command(const pmt::pmt_t& message)
{
    if (!pmt::is_dict(message) ||
        !(pmt::dict_has_key(message, keys::pls()) || pmt::dict_has_key(message, keys::modcod()))) {
        return; // for another block
    }
    auto pls = count_in(message, keys::pls());
    if (const auto name = text_in(message, keys::modcod())) {
        if (const auto found = pls_of(*name, d_setup.frame, d_setup.pilots)) pls = *found;
    }
    const auto isi = count_in(message, keys::isi()).value_or(d_setup.streams.front().isi);
    const auto is_controlled = [&] {
        for (std::size_t i = 0; i < d_controls.size(); ++i) {
            if (d_setup.streams[i].isi == isi && d_controls[i].active) return true;
        }
        return false;
    };
    if (!pls || *pls > 255 || isi > 255 || is_controlled() ||
        d_scheduler.set_pls(static_cast<std::uint8_t>(isi), static_cast<std::uint8_t>(*pls)) !=
            encap::bb_scheduler::pls_change::taken) {
        d_refused_commands.add();
        d_logger->warn("cmd refused: {}", pmt::write_string(message));
    }
}

void bb_scheduler_impl::on_es_n0(const pmt::pmt_t& message)
{
    if (!pmt::is_dict(message)) return;
    const auto es_n0_db = number_in(message, keys::es_n0_db());
    if (!es_n0_db) return; // nothing measured yet
    const auto isi = count_in(message, keys::isi());
    for (std::size_t i = 0; i < d_controls.size(); ++i) {
        if (isi && *isi != d_setup.streams[i].isi) continue;
        control& c = d_controls[i];
        // Several may come between two frames, at one time of the carrier.
        c.last_report = std::max(now(), c.last_report + 1);
        c.controller.on_report(c.last_report, *es_n0_db);
        c.active = true;
    }
}

/// Gives every stream the MODCOD of its controller.
void bb_scheduler_impl::follow_reports()
{
    for (std::size_t i = 0; i < d_controls.size(); ++i) {
        if (d_controls[i].active)
            d_scheduler.set_pls(d_setup.streams[i].isi, d_controls[i].controller.decide(now()).pls);
    }
}

encap::stream_time_ns bb_scheduler_impl::now() const
{
    return std::llround(1e9 * static_cast<double>(d_symbols) / d_setup.symbol_rate_hz);
}

/// No input is asked for: which of several will come is not known, so this block waits itself.
void bb_scheduler_impl::forecast(int, gr_vector_int& required) { std::fill(required.begin(), required.end(), 0); }

std::size_t bb_scheduler_impl::push_packets(std::size_t input, std::span<const std::uint8_t> bytes, bool last)
{
    get_tags_in_window(d_tags, static_cast<unsigned>(input), 0, bytes.size());
    d_finder.look(d_tags);
    const std::uint64_t start = nitems_read(static_cast<unsigned>(input));
    std::size_t used = 0;
    while (used < bytes.size()) {
        const found_frame* f = d_finder.at_or_after(start + used);
        if (f == nullptr) return bytes.size();
        used = static_cast<std::size_t>(f->offset - start);
        if (bytes.size() - used < f->nof_items) {
            const bool never =
                last || f->nof_items > static_cast<std::size_t>(largest_input(*this, static_cast<int>(input)));
            return never ? bytes.size() : used;
        }
        const auto packet = bytes.subspan(used, f->nof_items);
        encap::gse_pdu pdu;
        pdu.payload = packet;
        const bool is_ipv6 = (packet[0] >> 4) == 6;
        pdu.protocol_type = d_setup.packets == packet_type::ethernet ? encap::k_protocol_ethernet
                            : is_ipv6                                ? encap::k_protocol_ipv6
                                                                     : encap::k_protocol_ipv4;
        if (d_feeds[input].encapsulator->push(pdu, now()) == encap::gse_encapsulator::push_status::refused) break;
        used += f->nof_items;
    }
    return used;
}

/// Gives an input's bytes to its stream; returns how many it took.
std::size_t bb_scheduler_impl::push(std::size_t input, std::span<const std::uint8_t> bytes, bool last)
{
    if (bytes.empty()) return 0;
    if (d_feeds[input].framer) return d_feeds[input].framer->push(bytes, now());
    return push_packets(input, bytes, last);
}

void bb_scheduler_impl::put(const encap::scheduled_frame& frame)
{
    static constexpr std::uint8_t dummy = 0;
    const bool is_dummy = frame.what == encap::scheduled_frame::decision::dummy_plframe;
    const auto bytes = is_dummy ? std::span(&dummy, 1) : frame.bbframe;
    const auto length = pmt::from_long(static_cast<long>(bytes.size()));
    dict_writer d;
    d.add(keys::index(), d_index++)
        .add(keys::pls(), is_dummy ? 0L : static_cast<long>(frame.pls))
        .add(keys::len(), length);
    if (!is_dummy) {
        d.add(keys::modcod(), std::string(core::dvbs2x::find_modcod(frame.pls)->name));
        d.add(keys::isi(), static_cast<long>(frame.isi));
    }
    d_outbox.tag(d_outbox.next(), tags::packet_len(), length);
    d_outbox.tag(d_outbox.next(), tags::ss_frame(), d.dict());
    d_outbox.put(bytes);
    d_queue.push_back(d_outbox.next());
    d_symbols += frame.plframe_symbols;
}

/// Frames that nobody has read to their end.
unsigned bb_scheduler_impl::nof_queued()
{
    const auto buffer = detail()->output(0);
    std::uint64_t waiting = 0;
    {
        gr::thread::scoped_lock guard(*buffer->mutex());
        waiting = buffer->bufsize() - 1 - static_cast<std::uint64_t>(buffer->space_available());
    }
    const std::uint64_t read = nitems_written(0) - waiting;
    while (!d_queue.empty() && d_queue.front() <= read) d_queue.pop_front();
    return static_cast<unsigned>(d_queue.size());
}

bool bb_scheduler_impl::all_sent() const
{
    return std::all_of(d_feeds.begin(), d_feeds.end(), [](const feed& f) { return f.source().backlog_bytes() == 0; });
}

int bb_scheduler_impl::general_work(int noutput_items,
                                    gr_vector_int& ninput_items,
                                    gr_vector_const_void_star& in,
                                    gr_vector_void_star& out)
{
    d_outbox.open(*this, out[0], noutput_items);
    bool ended = true, took = false;
    for (std::size_t i = 0; i < d_feeds.size(); ++i) {
        const auto n = static_cast<std::size_t>(ninput_items[i]);
        const auto port = static_cast<int>(i);
        const bool last = input_done(*this, port) &&
                          n == static_cast<std::size_t>(detail()->input(static_cast<unsigned>(i))->items_available());
        const std::size_t used = push(i, { static_cast<const std::uint8_t*>(in[i]), n }, last);
        consume(port, static_cast<int>(used));
        ended = ended && last && used == n;
        took = took || used > 0;
    }
    if (ended && !d_ended) {
        for (feed& f : d_feeds) {
            if (f.framer) f.framer->finish(now());
        }
        d_ended = true;
    }
    if (d_status_port.due()) d_status_port.publish(status());
    if (output_closed(*this)) return WORK_DONE;
    if (d_ended && all_sent() && d_outbox.empty()) return d_outbox.written() > 0 ? d_outbox.written() : WORK_DONE;

    // Behind the end nothing fills a BBFRAME any more: every time-out has passed.
    const encap::stream_time_ns time = now() + (d_ended ? d_setup.streams.front().fill_timeout_ns : 0);
    // One BBFRAME a call: with it time has passed, and more input may have come.
    if (!d_outbox.empty()) return d_outbox.written();
    follow_reports();
    const auto frame = d_scheduler.next(time, nof_queued(), d_buffer);
    using decision = encap::scheduled_frame::decision;
    if (frame.what == decision::bbframe || frame.what == decision::dummy_plframe) {
        put(frame);
    } else if (d_outbox.written() == 0 && !took) {
        wait_for_neighbours(*this, frame.what == decision::queue_full ? wait_for::output : wait_for::input, k_wait_ms);
    }
    return d_outbox.written();
}

bool bb_scheduler_impl::start()
{
    if (!d_restart.again(*this)) return true;
    const std::lock_guard lock(d_mutex);
    auto feeds = make_feeds(d_setup);
    d_scheduler = make_scheduler(d_setup, feeds);
    d_feeds = std::move(feeds);
    d_controls = make_controls(d_setup);
    d_outbox.reset();
    d_queue.clear();
    d_index = d_symbols = 0;
    d_ended = false;
    d_refused_commands.reset();
    return true;
}

bool bb_scheduler_impl::stop()
{
    ask_for_long_buffer_again(*this);
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t bb_scheduler_impl::status() const
{
    const std::lock_guard lock(d_mutex);
    const auto& c = d_scheduler.counters();
    std::uint64_t timeouts = 0, payload = 0, padding = 0, field = 0, changes = 0, delay_ns = 0, longest_ns = 0;
    for (std::size_t i = 0; i < d_feeds.size(); ++i) {
        const auto& s = d_scheduler.stream_counters(i);
        timeouts += s.timeouts.value();
        payload += s.payload_bytes.value();
        padding += s.padding_bytes.value();
        field += s.field_bytes.value();
        changes += s.pls_changes.value();
        delay_ns += s.delay_ns.value();
        longest_ns = std::max(longest_ns, s.longest_delay_ns.value());
    }
    std::uint64_t reports = 0, acm_timeouts = 0, below_table = 0;
    for (const control& each : d_controls) {
        reports += each.controller.counters().reports.value();
        acm_timeouts += each.controller.counters().timeouts.value();
        below_table += each.controller.counters().below_table.value();
    }
    dict_writer d;
    d.add("block", std::string("bb_scheduler"));
    d.add("bbframes", c.bbframes.value())
        .add("dummies", c.dummies.value())
        .add("queue_full", c.queue_full.value())
        .add("longest_queue", c.longest_queue.value())
        .add("timeouts", timeouts)
        .add("payload_bytes", payload)
        .add("field_bytes", field)
        .add("padding_bytes", padding)
        .add("mean_delay_s",
             1e-9 * static_cast<double>(delay_ns) / static_cast<double>(std::max<std::uint64_t>(1, c.bbframes.value())))
        .add("longest_delay_s", 1e-9 * static_cast<double>(longest_ns))
        .add("pls_changes", changes)
        .add("refused_commands", d_refused_commands.value())
        .add("es_n0_reports", reports)
        .add("acm_timeouts", acm_timeouts)
        .add("acm_below_table", below_table);
    return d.dict();
}

} // namespace gr::spacesail
