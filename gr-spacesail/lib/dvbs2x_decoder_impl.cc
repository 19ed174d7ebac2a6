/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dvbs2x_decoder_impl.h"
#include "frame_dict.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/dvbs2x/frame_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace keys = tags::frame;

namespace {

const pmt::pmt_t& wake_port()
{
    static const pmt::pmt_t name = pmt::intern("wake");
    return name;
}

} // namespace

dvbs2x_decoder::sptr dvbs2x_decoder::make(int threads,
                                          int max_iterations,
                                          const std::string& policy,
                                          int min_iterations,
                                          int queue_frames,
                                          const std::string& bch)
{
    const auto refuse = [](const char* name, const std::string& value, const char* range) {
        throw std::invalid_argument(std::string("dvbs2x_decoder: ") + name + " = " + value + ", must be " + range);
    };
    core::dvbs2x::decode_pool_config c;
    if (threads < 0 || threads > 64) refuse("threads", std::to_string(threads), "0 .. 64");
    if (max_iterations < 1 || max_iterations > 1000) {
        refuse("max_iterations", std::to_string(max_iterations), "1 .. 1000");
    }
    if (queue_frames < 1 || queue_frames > 1024) refuse("queue_frames", std::to_string(queue_frames), "1 .. 1024");
    if (policy == "queue_driven") {
        c.policy = core::dvbs2x::decode_policy::queue_driven;
        if (threads == 0) refuse("threads", "0", "1 .. 64 with the policy queue_driven");
        if (min_iterations < 1 || min_iterations > max_iterations) {
            refuse("min_iterations", std::to_string(min_iterations), "1 .. max_iterations");
        }
        c.min_iterations = static_cast<unsigned>(min_iterations);
    } else if (policy == "fixed") {
        c.min_iterations = static_cast<unsigned>(max_iterations);
    } else {
        refuse("policy", '"' + policy + '"', "fixed or queue_driven");
    }
    if (bch == "alternative") {
        c.bch = core::dvbs2x::bch_choice::alternative;
    } else if (bch != "table") {
        refuse("bch", '"' + bch + '"', "table or alternative");
    }
    c.nof_threads = static_cast<unsigned>(threads);
    c.max_iterations = static_cast<unsigned>(max_iterations);
    c.queue_frames = static_cast<unsigned>(queue_frames);
    return gnuradio::make_block_sptr<dvbs2x_decoder_impl>(c);
}

dvbs2x_decoder_impl::dvbs2x_decoder_impl(const core::dvbs2x::decode_pool_config& config)
    : gr::block("spacesail_dvbs2x_decoder",
                gr::io_signature::make(1, 1, sizeof(gr_complex)),
                gr::io_signature::make(1, 1, 1)),
      d_outbox(config.queue_frames * core::dvbs2x::frame_decoder::k_max_bbframe_bytes),
      d_status_port(*this),
      d_pdus(*this),
      d_config(config),
      d_pool(std::in_place, config, own_sink(), own_observer())
{
    set_tag_propagation_policy(TPP_DONT);
    set_min_output_buffer(0, 4 * static_cast<long>(core::dvbs2x::frame_decoder::k_max_bbframe_bytes));
    // Why: the scheduler makes the buffer in front of a block twice as long as this says it needs for one item.
    set_relative_rate(1, core::dvbs2x::k_longest_plframe_symbols);
    message_port_register_in(wake_port());
    set_msg_handler(wake_port(), [](const pmt::pmt_t&) {}); // its arrival lets the scheduler look again
}

void dvbs2x_decoder_impl::forecast(int, gr_vector_int& required)
{
    if (!d_outbox.empty() || d_ready.load(std::memory_order_acquire) || input_done(*this)) {
        required[0] = 0;
    } else {
        const int wanted = d_current ? static_cast<int>(d_current->nof_items) : 1;
        required[0] = std::min(wanted, largest_input(*this));
    }
}

void dvbs2x_decoder_impl::on_ready() noexcept
{
    if (!d_ready.exchange(true, std::memory_order_acq_rel)) _post(wake_port(), pmt::PMT_T);
}

void dvbs2x_decoder_impl::forget_first() noexcept
{
    d_dummies += extras_from_frame_dict(d_pending.front().dict).dummies;
    d_pending.pop_front();
}

void dvbs2x_decoder_impl::on_outcome(const core::frame_view<std::uint8_t>& frame,
                                     const core::dvbs2x::decode_outcome& outcome) noexcept
{
    while (d_pending.front().ticket != frame.index) forget_first(); // dropped
    dict_writer d(d_pending.front().dict);
    forget_first();
    if (!outcome.good()) return;
    d.add(keys::len(), static_cast<long>(frame.payload.size()))
        .add(keys::dummies(), static_cast<long>(d_dummies))
        .add(keys::iterations(), static_cast<long>(outcome.ldpc_iterations))
        .add(keys::bch_corrections(), static_cast<long>(outcome.bch_corrections));
    d_dict = d.dict();
    d_dummies = 0;
}

void dvbs2x_decoder_impl::on_frame(const core::frame_view<std::uint8_t>& frame) noexcept
{
    const std::uint64_t at = d_outbox.next();
    d_outbox.tag(at, tags::ss_frame(), d_dict);
    d_outbox.tag(at, tags::packet_len(), pmt::from_long(static_cast<long>(frame.payload.size())));
    if (d_rx_time) d_outbox.tag(at, tags::rx_time(), d_rx_time);
    if (d_rx_freq) d_outbox.tag(at, tags::rx_freq(), d_rx_freq);
    d_rx_time.reset();
    d_rx_freq.reset();
    d_outbox.put(frame.payload);
    if (d_pdus.wanted()) d_pdus.publish(d_dict, frame.payload);
}

void dvbs2x_decoder_impl::submit(const found_frame& f, std::span<const gr_complex> symbols)
{
    auto frame = from_frame_dict(f.dict, symbols);
    frame.index = d_tickets++;
    d_pending.push_back({ frame.index, f.dict });
    d_pool->on_frame(frame);
    // Frames that the pool ignored or dropped are not told of; what they said of dummies counts for the next one.
    while (d_pool->in_flight() == 0 && !d_pending.empty()) forget_first();
}

/// Submits the whole frames among n items while the outbox is empty; returns the items used.
std::size_t dvbs2x_decoder_impl::take_frames(const gr_complex* in, std::size_t n, bool done)
{
    get_tags_in_window(d_tags, 0, 0, n);
    d_finder.look(d_tags);
    const std::uint64_t start = nitems_read(0);
    std::size_t used = 0;
    d_current.reset();
    while (used < n && d_outbox.empty()) {
        const found_frame* f = d_finder.at_or_after(start + used);
        const std::size_t begin = f != nullptr ? static_cast<std::size_t>(f->offset - start) : n;
        d_symbols_skipped.add(begin - used);
        used = begin;
        if (f == nullptr) break;
        const found_frame* next = d_finder.at_or_after(f->offset + 1);
        const std::size_t until = next != nullptr ? static_cast<std::size_t>(next->offset - start) : n;
        if (until - begin >= f->nof_items) {
            submit(*f, { in + begin, f->nof_items });
            used = begin + f->nof_items;
        } else if (next != nullptr || done || n - begin >= static_cast<std::size_t>(largest_input(*this))) {
            // Cut by the next frame, by the end, or longer than the buffer.
            d_frames_cut.add();
            used = until;
        } else {
            d_current = *f;
            break;
        }
    }
    for (const gr::tag_t& t : d_tags) {
        if (t.offset < d_passed_on || t.offset >= start + used) continue;
        if (t.key == tags::rx_time()) d_rx_time = t.value;
        if (t.key == tags::rx_freq()) d_rx_freq = t.value;
    }
    d_passed_on = start + used;
    return used;
}

int dvbs2x_decoder_impl::general_work(int noutput_items,
                                      gr_vector_int& ninput_items,
                                      gr_vector_const_void_star& in,
                                      gr_vector_void_star& out)
{
    const auto n = static_cast<std::size_t>(ninput_items[0]);
    const bool done = input_done(*this);
    // What came between the scheduler's look and now is taken in the next call.
    const bool last = done && n == static_cast<std::size_t>(detail()->input(0)->items_available());
    d_outbox.open(*this, out[0], noutput_items);
    if (d_outbox.empty() && d_ready.exchange(false, std::memory_order_acq_rel)) d_pool->poll();
    const std::size_t used = take_frames(static_cast<const gr_complex*>(in[0]), n, last);
    consume(0, static_cast<int>(used));
    if (last && used == n && !d_flushed && d_outbox.empty()) {
        d_pool->flush();
        d_flushed = true;
    }
    if (d_status_port.due()) d_status_port.publish(status());
    if (d_flushed && d_outbox.empty() && d_outbox.written() == 0) return WORK_DONE;
    return d_outbox.written();
}

bool dvbs2x_decoder_impl::start()
{
    if (!d_restart.again(*this)) return true;
    const std::lock_guard lock(d_mutex);
    // Frames of the run before are lost with their threads, which call on_ready().
    d_pool.reset();
    d_ready = false;
    d_outbox.reset();
    d_pdus.reset();
    d_current.reset();
    d_pending.clear();
    d_tickets = d_dummies = d_passed_on = 0;
    d_rx_time.reset();
    d_rx_freq.reset();
    d_dict.reset();
    d_flushed = false;
    d_symbols_skipped.reset();
    d_frames_cut.reset();
    d_pool.emplace(d_config, own_sink(), own_observer());
    return true;
}

bool dvbs2x_decoder_impl::stop()
{
    ask_for_long_buffer_again(*this);
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t dvbs2x_decoder_impl::status() const
{
    const std::lock_guard lock(d_mutex);
    const auto& c = d_pool->counts();
    const std::uint64_t frames = c.frames.value();
    const double mean = frames > 0 ? static_cast<double>(c.ldpc_iterations.value()) / static_cast<double>(frames) : 0.0;
    dict_writer d;
    d.add("block", std::string("dvbs2x_decoder"));
    d.add("frames", frames)
        .add("good", c.good.value())
        .add("ldpc_failed", c.ldpc_failed.value())
        .add("bch_failed", c.bch_failed.value())
        .add("header_crc_failed", c.header_crc_failed.value())
        .add("bch_corrected_bits", c.bch_corrected_bits.value())
        .add("mean_iterations", mean)
        .add("caps_lowered", c.caps_lowered.value())
        .add("dropped", c.dropped.value())
        .add("ignored", c.ignored.value())
        .add("symbols_skipped", d_symbols_skipped.value())
        .add("frames_cut", d_frames_cut.value())
        .add("pdus_dropped", d_pdus.dropped());
    return d.dict();
}

} // namespace gr::spacesail
