/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packet_source_impl.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/encap/ts_packet.hpp>

#include <algorithm>
#include <limits>

namespace gr::spacesail {

namespace core = ::spacesail;
using core::io::read_status;

packet_source::sptr packet_source::make(const std::string& input,
                                        const std::string& packets,
                                        const std::string& at_end,
                                        std::int64_t max_packets,
                                        std::int64_t seed)
{
    constexpr const char* name = "packet_source";
    const auto type = packet_type_from(name, packets);
    const auto end = one_of<end_of_file>(
        name, "at_end", at_end, { { "stop", end_of_file::stop }, { "repeat", end_of_file::repeat } });
    check(max_packets >= 0, name, "max_packets", max_packets, "0 (no end) or above");
    auto origin = open_packet_origin(input, type, static_cast<std::uint64_t>(seed));
    if (!origin) throw std::invalid_argument("packet_source: input: " + origin.error().message);
    return gnuradio::make_block_sptr<packet_source_impl>(
        std::move(*origin), type, end, static_cast<std::uint64_t>(max_packets));
}

packet_source_impl::packet_source_impl(std::unique_ptr<packet_origin> origin,
                                       packet_type packets,
                                       end_of_file at_end,
                                       std::uint64_t max_packets)
    : gr::block("spacesail_packet_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(1, 1, 1)),
      d_origin(std::move(origin)),
      d_packets(packets),
      d_at_end(at_end),
      d_most_bytes(max_packets > 0 && packets == packet_type::ts ? max_packets * core::encap::k_ts_bytes
                                                                 : std::numeric_limits<std::uint64_t>::max()),
      d_most_packets(max_packets > 0 ? max_packets : std::numeric_limits<std::uint64_t>::max()),
      d_outbox(k_longest_packet)
{
    // Two of the longest packet, so that blocks that want a whole one always get it.
    set_min_output_buffer(0, 2 * 65536);
}

bool packet_source_impl::start()
{
    if (!d_restart.again(*this)) return true;
    d_outbox.reset();
    d_ended = d_gave = false;
    d_nof_packets = d_nof_bytes = d_nof_left_out = 0;
    {
        const std::lock_guard lock(d_mutex);
        d_failure.clear();
    }
    if (const auto r = d_origin->rewind(); !r) fail(r.error());
    return true;
}

bool packet_source_impl::stop()
{
    ask_for_long_buffer_again(*this);
    return true;
}

std::string packet_source_impl::failure() const
{
    const std::lock_guard lock(d_mutex);
    return d_failure;
}

std::uint64_t packet_source_impl::nof_packets() const
{
    return d_packets == packet_type::ts ? d_nof_bytes / core::encap::k_ts_bytes : d_nof_packets.load();
}

bool packet_source_impl::fail(const core::error& e)
{
    d_logger->error("{}", e.message);
    const std::lock_guard lock(d_mutex);
    d_failure = e.message;
    d_ended = true;
    return false;
}

void packet_source_impl::put(std::span<const std::uint8_t> bytes)
{
    if (bytes.empty()) {
        ++d_nof_left_out;
        return;
    }
    if (d_packets == packet_type::ts) {
        bytes =
            bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), d_most_bytes - d_nof_bytes)));
    } else {
        d_outbox.tag(d_outbox.next(), tags::packet_len(), pmt::from_long(static_cast<long>(bytes.size())));
    }
    d_outbox.put(bytes);
    d_nof_bytes += bytes.size();
    ++d_nof_packets;
    d_gave = true;
    d_ended = d_packets == packet_type::ts ? d_nof_bytes >= d_most_bytes : d_nof_packets >= d_most_packets;
}

/// Reads once; whether there may be more at once.
bool packet_source_impl::read(std::size_t room)
{
    const auto t = d_origin->next(room);
    if (!t) return fail(t.error());
    if (t->status == read_status::data) {
        put(t->bytes);
        return true;
    }
    if (t->status == read_status::timeout) return false;
    d_ended = true;
    if (d_at_end == end_of_file::repeat && d_gave) {
        const auto again = d_origin->rewind();
        if (!again) return fail(again.error());
        d_ended = !*again;
        d_gave = false;
    }
    return false;
}

int packet_source_impl::general_work(int noutput_items,
                                     gr_vector_int&,
                                     gr_vector_const_void_star&,
                                     gr_vector_void_star& out)
{
    if (output_closed(*this)) return WORK_DONE;
    d_outbox.open(*this, out[0], noutput_items);
    const auto room = [&] { return static_cast<std::size_t>(noutput_items - d_outbox.written()); };
    // Why not on with a packet less than full: a live packet must not wait for the next one.
    while (d_outbox.empty() && !d_ended && room() > 0 && read(room())) {
        if (d_packets != packet_type::ts) break;
    }
    if (d_outbox.written() == 0 && d_ended && d_outbox.empty()) return WORK_DONE;
    return d_outbox.written();
}

} // namespace gr::spacesail
