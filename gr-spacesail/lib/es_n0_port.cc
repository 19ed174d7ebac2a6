/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "es_n0_port.h"
#include "dict.h"
#include "message_ports.h"

#include <gnuradio/spacesail/tags.h>

#include <cmath>

namespace gr::spacesail {

namespace keys = tags::frame;

namespace {

constexpr double k_interval_s = 0.02;

const pmt::pmt_t& port_name()
{
    static const pmt::pmt_t name = pmt::intern("es_n0");
    return name;
}

} // namespace

es_n0_port::es_n0_port(gr::block& owner, double sample_rate_hz) : d_owner(owner), d_sample_rate_hz(sample_rate_hz)
{
    owner.message_port_register_out(port_name());
}

void es_n0_port::add(std::uint64_t first_sample, float es_n0_db)
{
    if (!std::isfinite(es_n0_db) || !pmt::is_pair(d_owner.message_subscribers(port_name()))) return;
    d_sum_db += es_n0_db;
    ++d_frames;
    if (d_last_sent != 0 && static_cast<double>(first_sample - d_last_sent) < k_interval_s * d_sample_rate_hz) return;
    if (listeners_keep_up(d_owner, port_name())) {
        d_owner.message_port_pub(port_name(),
                                 dict_writer()
                                     .add(keys::es_n0_db(), d_sum_db / static_cast<double>(d_frames))
                                     .add("frames", d_frames)
                                     .add(keys::sample(), first_sample)
                                     .dict());
    } else {
        ++d_dropped;
    }
    d_last_sent = first_sample;
    d_sum_db = 0.0;
    d_frames = 0;
}

} // namespace gr::spacesail
