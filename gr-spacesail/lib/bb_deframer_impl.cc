/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bb_deframer_impl.h"
#include "frame_dict.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>

#include <algorithm>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace keys = tags::frame;

namespace {

/// Packets that one BBFRAME can bring to their end: its own bytes and one IP packet begun before.
constexpr std::size_t k_kept_bytes = core::encap::k_max_bbframe_bytes + 65535;

} // namespace

bb_deframer::sptr bb_deframer::make(const std::string& packets, int isi, int max_streams, const std::string& ts_errors)
{
    const auto refuse = [](const char* name, const std::string& value, const char* range) {
        throw std::invalid_argument(std::string("bb_deframer: ") + name + " = " + value + ", must be " + range);
    };
    const packet_type type = packet_type_from("bb_deframer", packets);
    if (isi < -1 || isi > 255) refuse("isi", std::to_string(isi), "-1 (all) or 0 .. 255");
    if (max_streams < 1 || max_streams > 256) refuse("max_streams", std::to_string(max_streams), "1 .. 256");
    core::encap::bb_deframer_config c;
    if (isi >= 0) c.isi = static_cast<std::uint8_t>(isi);
    c.max_streams = static_cast<std::size_t>(max_streams);
    if (ts_errors == "drop") {
        c.ts_errors = core::encap::ts_error_policy::drop;
    } else if (ts_errors != "mark") {
        refuse("ts_errors", '"' + ts_errors + '"', "mark or drop");
    }
    return gnuradio::make_block_sptr<bb_deframer_impl>(c, type);
}

bb_deframer_impl::bb_deframer_impl(const core::encap::bb_deframer_config& config, packet_type packets)
    : gr::block("spacesail_bb_deframer", gr::io_signature::make(1, 1, 1), gr::io_signature::make(1, 1, 1)),
      d_packets(packets),
      d_config(config),
      d_deframer(std::in_place, config, own_sink()),
      d_outbox(k_kept_bytes),
      d_status_port(*this),
      d_pdus(*this),
      d_dict(pmt::make_dict())
{
    set_tag_propagation_policy(TPP_DONT);
    // Two of the longest IP packet, so that blocks that want a whole one always get it.
    set_min_output_buffer(0, 2 * 65536);
    // Why: the scheduler makes the buffer in front of a block twice as long as this says it needs for one item.
    set_relative_rate(1, core::encap::k_max_bbframe_bytes);
    if (packets == packet_type::ts) d_group.reserve(core::encap::k_max_bbframe_bytes);
}

void bb_deframer_impl::forecast(int, gr_vector_int& required)
{
    if (!d_outbox.empty() || input_done(*this)) {
        required[0] = 0;
    } else {
        required[0] = std::min(d_current ? static_cast<int>(d_current->nof_items) : 1, largest_input(*this));
    }
}

bool bb_deframer_impl::is_wanted(const core::encap::packet_view& packet) const noexcept
{
    using namespace core::encap;
    if (packet.kind == packet_kind::ts) return d_packets == packet_type::ts;
    switch (d_packets) {
    case packet_type::ip:
        return packet.protocol_type == k_protocol_ipv4 || packet.protocol_type == k_protocol_ipv6;
    case packet_type::ethernet:
        return packet.protocol_type == k_protocol_ethernet || packet.protocol_type == k_protocol_bridged;
    case packet_type::ts:
        break;
    }
    return false;
}

void bb_deframer_impl::on_packet(const core::encap::packet_view& packet) noexcept
{
    if (!is_wanted(packet)) {
        d_other_packets.add();
        return;
    }
    d_nof_packets.add();
    d_nof_bytes.add(packet.payload.size());
    if (d_packets == packet_type::ts) {
        d_group_isi = packet.isi;
        d_outbox.put(packet.payload);
        if (d_pdus.wanted()) d_group.insert(d_group.end(), packet.payload.begin(), packet.payload.end());
        return;
    }
    const auto length = pmt::from_long(static_cast<long>(packet.payload.size()));
    dict_writer d(d_dict);
    d.add(keys::len(), length)
        .add(keys::isi(), static_cast<long>(packet.isi))
        .add(keys::protocol(), static_cast<long>(packet.protocol_type));
    d_outbox.tag(d_outbox.next(), tags::packet_len(), length);
    d_outbox.tag(d_outbox.next(), tags::ss_frame(), d.dict());
    d_outbox.put(packet.payload);
    if (d_pdus.wanted()) d_pdus.publish(d.dict(), packet.payload);
}

/// Tags the transport packets of a BBFRAME.
void bb_deframer_impl::close_group()
{
    const std::uint64_t bytes = d_outbox.next() - d_group_begin;
    if (d_packets == packet_type::ts && bytes > 0) {
        const auto length = pmt::from_long(static_cast<long>(bytes));
        dict_writer d(d_dict);
        d.add(keys::len(), length).add(keys::isi(), static_cast<long>(d_group_isi));
        d_outbox.tag(d_group_begin, tags::packet_len(), length);
        d_outbox.tag(d_group_begin, tags::ss_frame(), d.dict());
        if (!d_group.empty()) d_pdus.publish(d.dict(), d_group);
        d_group.clear();
    }
    d_group_begin = d_outbox.next();
}

void bb_deframer_impl::deframe(const found_frame& f, std::span<const std::uint8_t> bytes)
{
    auto frame = from_frame_dict(f.dict, bytes);
    const auto extras = extras_from_frame_dict(f.dict);
    const std::uint64_t next = d_last_index ? *d_last_index + 1 : 0;
    // BBFRAMEs that only packet_len tells of follow each other.
    if (!pmt::dict_has_key(f.dict, keys::index())) frame.index = next;
    if (extras.lock != d_lock && d_last_index) d_deframer->on_gap();
    d_lock = extras.lock;
    // Dummy PLFRAMEs were no loss: where in the gap they lay does not matter.
    if (d_last_index && frame.index > next) {
        core::frame_view<std::uint8_t> dummy;
        for (std::uint64_t i = 0; i < std::min(extras.dummies, frame.index - next); ++i) {
            dummy.index = next + i;
            d_deframer->on_frame(dummy);
        }
    }
    d_last_index = frame.index;
    d_dict = f.dict;
    d_group_begin = d_outbox.next();
    d_deframer->on_frame(frame);
    close_group();
}

/// Deframes the whole BBFRAMEs among n bytes while the outbox is empty; returns the bytes used.
std::size_t bb_deframer_impl::take_frames(const std::uint8_t* in, std::size_t n, bool done)
{
    get_tags_in_window(d_tags, 0, 0, n);
    d_finder.look(d_tags);
    const std::uint64_t start = nitems_read(0);
    std::size_t used = 0;
    d_current.reset();
    while (used < n && d_outbox.empty()) {
        const found_frame* f = d_finder.at_or_after(start + used);
        if (f == nullptr) return n;
        used = static_cast<std::size_t>(f->offset - start);
        if (n - used >= f->nof_items) {
            deframe(*f, { in + used, f->nof_items });
            used += f->nof_items;
        } else if (done || n - used >= static_cast<std::size_t>(largest_input(*this))) {
            return n; // cut by the end, or longer than the buffer
        } else {
            d_current = *f;
            break;
        }
    }
    return used;
}

int bb_deframer_impl::general_work(int noutput_items,
                                   gr_vector_int& ninput_items,
                                   gr_vector_const_void_star& in,
                                   gr_vector_void_star& out)
{
    const auto n = static_cast<std::size_t>(ninput_items[0]);
    // What came between the scheduler's look and now is taken in the next call.
    const bool last = input_done(*this) && n == static_cast<std::size_t>(detail()->input(0)->items_available());
    d_outbox.open(*this, out[0], noutput_items);
    const std::size_t used = take_frames(static_cast<const std::uint8_t*>(in[0]), n, last);
    consume(0, static_cast<int>(used));
    if (last && used == n && !d_flushed && d_outbox.empty()) {
        d_group_begin = d_outbox.next();
        d_deframer->flush();
        close_group();
        d_flushed = true;
    }
    if (const auto r = d_deframer->signalled_rolloff()) d_rolloff = core::encap::rolloff_factor(*r);
    if (d_status_port.due()) d_status_port.publish(status());
    if (d_flushed && d_outbox.empty() && d_outbox.written() == 0) return WORK_DONE;
    return d_outbox.written();
}

bool bb_deframer_impl::start()
{
    if (!d_restart.again(*this)) return true;
    const std::lock_guard lock(d_mutex);
    d_deframer.emplace(d_config, own_sink());
    d_outbox.reset();
    d_pdus.reset();
    d_current.reset();
    d_last_index.reset();
    d_lock = 0;
    d_dict = pmt::make_dict();
    d_group_begin = 0;
    d_group.clear();
    d_flushed = false;
    d_nof_packets.reset();
    d_nof_bytes.reset();
    d_other_packets.reset();
    d_rolloff = 0.0;
    return true;
}

bool bb_deframer_impl::stop()
{
    ask_for_long_buffer_again(*this);
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t bb_deframer_impl::status() const
{
    const std::lock_guard lock(d_mutex);
    const auto& bb = d_deframer->counters();
    const auto ts = d_deframer->ts_counters();
    const auto gse = d_deframer->gse_counters();
    dict_writer d;
    d.add("block", std::string("bb_deframer"));
    d.add("packets", d_nof_packets.value())
        .add("bytes", d_nof_bytes.value())
        .add("other_packets", d_other_packets.value())
        .add("pdus_dropped", d_pdus.dropped())
        .add("good", bb.good.value())
        .add("crc_errors", bb.crc_errors.value())
        .add("malformed", bb.malformed.value())
        .add("gaps", bb.gaps.value())
        .add("lost", bb.lost.value())
        .add("dummy", bb.dummy.value())
        .add("repeated", bb.repeated.value())
        .add("filtered", bb.filtered.value())
        .add("unsupported", bb.unsupported.value())
        .add("streams_refused", bb.streams_refused.value())
        .add("ts_errors", ts.crc_errors.value())
        .add("ts_null_packets", ts.null_packets.value())
        .add("ts_continuity_errors", ts.continuity_errors.value())
        .add("ts_partial_dropped", ts.partial_dropped.value())
        .add("gse_crc_errors", gse.crc_errors.value())
        .add("gse_reassembly_timeouts", gse.timeouts.value())
        .add("gse_fragments", gse.fragments.value())
        .add("gse_orphans", gse.orphans.value())
        .add("rolloff", d_rolloff.load());
    return d.dict();
}

} // namespace gr::spacesail
