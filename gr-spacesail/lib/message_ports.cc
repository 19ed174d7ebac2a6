/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message_ports.h"

#include <gnuradio/block_registry.h>

namespace gr::spacesail {

namespace {

const pmt::pmt_t& status_name()
{
    static const pmt::pmt_t name = pmt::intern("status");
    return name;
}
const pmt::pmt_t& pdus_name()
{
    static const pmt::pmt_t name = pmt::intern("pdus");
    return name;
}

constexpr std::chrono::milliseconds k_status_interval{ 100 };
constexpr std::size_t k_waiting_messages = 256;

} // namespace

bool listeners_keep_up(gr::block& owner, const pmt::pmt_t& port)
{
    for (pmt::pmt_t s = owner.message_subscribers(port); pmt::is_pair(s); s = pmt::cdr(s)) {
        const pmt::pmt_t target = pmt::car(s);
        const basic_block_sptr block = global_block_registry.block_lookup(pmt::car(target));
        if (block && block->nmsgs(pmt::cdr(target)) >= k_waiting_messages) return false;
    }
    return true;
}

status_port::status_port(gr::block& owner) : d_owner(owner) { owner.message_port_register_out(status_name()); }

bool status_port::due()
{
    const auto now = std::chrono::steady_clock::now();
    if (now < d_next) return false;
    d_next = now + k_status_interval;
    return pmt::is_pair(d_owner.message_subscribers(status_name()));
}

void status_port::publish(const pmt::pmt_t& dict) { d_owner.message_port_pub(status_name(), dict); }

pdu_tap::pdu_tap(gr::block& owner) : d_owner(owner) { owner.message_port_register_out(pdus_name()); }

bool pdu_tap::wanted() { return pmt::is_pair(d_owner.message_subscribers(pdus_name())); }

void pdu_tap::publish(const pmt::pmt_t& meta, std::span<const std::uint8_t> bytes)
{
    if (!listeners_keep_up(d_owner, pdus_name())) {
        ++d_dropped;
        return;
    }
    d_owner.message_port_pub(pdus_name(), pmt::cons(meta, pmt::init_u8vector(bytes.size(), bytes.data())));
}

} // namespace gr::spacesail
