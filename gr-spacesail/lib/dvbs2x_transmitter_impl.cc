/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dict.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/bb_scheduler.h>
#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <gnuradio/spacesail/dvbs2x_transmitter.h>

namespace gr::spacesail {

namespace {

class dvbs2x_transmitter_impl final : public dvbs2x_transmitter
{
public:
    dvbs2x_transmitter_impl(bb_scheduler::sptr scheduler, dvbs2x_modulator::sptr modulator)
        : gr::hier_block2("spacesail_dvbs2x_transmitter",
                          gr::io_signature::make(1, 1, 1),
                          gr::io_signature::make(1, 1, sizeof(gr_complex))),
          d_scheduler(std::move(scheduler)),
          d_modulator(std::move(modulator))
    {
        connect(self(), 0, d_scheduler, 0);
        connect(d_scheduler, 0, d_modulator, 0);
        connect(d_modulator, 0, self(), 0);
        message_port_register_hier_in(pmt::intern("cmd"));
        message_port_register_hier_in(pmt::intern("es_n0"));
        message_port_register_hier_out(pmt::intern("status"));
        msg_connect(self(), "cmd", d_scheduler, "cmd");
        msg_connect(self(), "cmd", d_modulator, "cmd");
        msg_connect(self(), "es_n0", d_scheduler, "es_n0");
        msg_connect(d_scheduler, "status", self(), "status");
        msg_connect(d_modulator, "status", self(), "status");
    }

    void set_level_dbfs(double level_dbfs) override { d_modulator->set_level_dbfs(level_dbfs); }
    pmt::pmt_t status() const override
    {
        return dict_writer().add("scheduler", d_scheduler->status()).add("modulator", d_modulator->status()).dict();
    }

private:
    bb_scheduler::sptr d_scheduler;
    dvbs2x_modulator::sptr d_modulator;
};

} // namespace

dvbs2x_transmitter::sptr dvbs2x_transmitter::make(double symbol_rate_hz,
                                                  double sample_rate_hz,
                                                  const std::string& modcod,
                                                  const std::string& frame,
                                                  const std::string& pilots,
                                                  double rolloff,
                                                  int gold_code,
                                                  double level_dbfs,
                                                  const std::string& packets,
                                                  const std::string& adaptation,
                                                  const std::string& idle,
                                                  double fill_timeout_s)
{
    auto modulator = dvbs2x_modulator::make(symbol_rate_hz, sample_rate_hz, rolloff, gold_code, level_dbfs);
    auto scheduler = bb_scheduler::make(
        { modcod }, frame, pilots, packets, {}, symbol_rate_hz, rolloff, adaptation, idle, fill_timeout_s);
    return gnuradio::make_block_sptr<dvbs2x_transmitter_impl>(std::move(scheduler), std::move(modulator));
}

} // namespace gr::spacesail
