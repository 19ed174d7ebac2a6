/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dict.h"
#include "iq_parameters.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/bb_deframer.h>
#include <gnuradio/spacesail/dvbs2x_decoder.h>
#include <gnuradio/spacesail/dvbs2x_receiver.h>
#include <gnuradio/spacesail/dvbs2x_sync.h>

#include <algorithm>

namespace gr::spacesail {

namespace {

class dvbs2x_receiver_impl final : public dvbs2x_receiver
{
public:
    dvbs2x_receiver_impl(std::size_t sample_bytes,
                         dvbs2x_sync::sptr sync,
                         dvbs2x_decoder::sptr decoder,
                         bb_deframer::sptr deframer)
        : gr::hier_block2("spacesail_dvbs2x_receiver",
                          gr::io_signature::make(1, 1, static_cast<int>(sample_bytes)),
                          gr::io_signature::make(1, 1, 1)),
          d_sync(std::move(sync)),
          d_decoder(std::move(decoder)),
          d_deframer(std::move(deframer))
    {
        connect(self(), 0, d_sync, 0);
        connect(d_sync, 0, d_decoder, 0);
        connect(d_decoder, 0, d_deframer, 0);
        connect(d_deframer, 0, self(), 0);
        message_port_register_hier_in(pmt::intern("cmd"));
        message_port_register_hier_out(pmt::intern("status"));
        message_port_register_hier_out(pmt::intern("pdus"));
        message_port_register_hier_out(pmt::intern("es_n0"));
        msg_connect(self(), "cmd", d_sync, "cmd");
        msg_connect(d_sync, "status", self(), "status");
        msg_connect(d_decoder, "status", self(), "status");
        msg_connect(d_deframer, "status", self(), "status");
        msg_connect(d_deframer, "pdus", self(), "pdus");
        msg_connect(d_sync, "es_n0", self(), "es_n0");
    }

    pmt::pmt_t status() const override
    {
        return dict_writer()
            .add("sync", d_sync->status())
            .add("decoder", d_decoder->status())
            .add("deframer", d_deframer->status())
            .dict();
    }

private:
    dvbs2x_sync::sptr d_sync;
    dvbs2x_decoder::sptr d_decoder;
    bb_deframer::sptr d_deframer;
};

} // namespace

dvbs2x_receiver::sptr dvbs2x_receiver::make(double sample_rate_hz,
                                            double symbol_rate_hz,
                                            double rolloff,
                                            int gold_code,
                                            const std::string& input,
                                            const std::string& packets,
                                            int isi,
                                            const std::string& spectrum,
                                            int threads,
                                            int max_iterations,
                                            const std::string& policy,
                                            const std::string& elements,
                                            const std::string& satellite,
                                            double latitude_deg,
                                            double longitude_deg,
                                            double height_m,
                                            double carrier_hz,
                                            const std::string& start,
                                            double in_track_bias_m)
{
    const auto items = stream_format_from("dvbs2x_receiver", "input", input);
    auto sync = dvbs2x_sync::make(sample_rate_hz,
                                  symbol_rate_hz,
                                  rolloff,
                                  gold_code,
                                  input,
                                  0.0,
                                  0.0,
                                  spectrum,
                                  "adaptive",
                                  1.0,
                                  elements,
                                  satellite,
                                  latitude_deg,
                                  longitude_deg,
                                  height_m,
                                  carrier_hz,
                                  start,
                                  in_track_bias_m);
    // A cap below the decoder's default would be above max_iterations.
    auto decoder = dvbs2x_decoder::make(threads, max_iterations, policy, std::min(8, max_iterations));
    auto deframer = bb_deframer::make(packets, isi);
    return gnuradio::make_block_sptr<dvbs2x_receiver_impl>(
        ::spacesail::io::bytes_per_sample(items), std::move(sync), std::move(decoder), std::move(deframer));
}

} // namespace gr::spacesail
