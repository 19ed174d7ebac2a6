/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

#include <gnuradio/spacesail/bb_deframer.h>
#include <gnuradio/spacesail/dvbs2x_decoder.h>
#include <gnuradio/spacesail/dvbs2x_receiver.h>
#include <gnuradio/spacesail/dvbs2x_sync.h>

namespace py = pybind11;

void bind_receive(py::module_& m)
{
    using gr::spacesail::bb_deframer;
    using gr::spacesail::dvbs2x_decoder;
    using gr::spacesail::dvbs2x_receiver;
    using gr::spacesail::dvbs2x_sync;

    py::class_<dvbs2x_sync, gr::block, gr::basic_block, std::shared_ptr<dvbs2x_sync>>(
        m, "dvbs2x_sync", "Samples of a DVB-S2/S2X carrier to the symbols of its frames, with all loops inside.")
        .def(py::init(&dvbs2x_sync::make),
             py::arg("sample_rate_hz"),
             py::arg("symbol_rate_hz"),
             py::arg("rolloff") = 0.0,
             py::arg("gold_code") = 0,
             py::arg("input") = "cf32",
             py::arg("offset_hz") = 0.0,
             py::arg("sigma_hz") = 0.0,
             py::arg("spectrum") = "upright",
             py::arg("equaliser") = "adaptive",
             py::arg("search_share") = 1.0,
             py::arg("elements") = "",
             py::arg("satellite") = "",
             py::arg("latitude_deg") = 0.0,
             py::arg("longitude_deg") = 0.0,
             py::arg("height_m") = 0.0,
             py::arg("carrier_hz") = 0.0,
             py::arg("start") = "",
             py::arg("in_track_bias_m") = 0.0,
             "rolloff 0: found from the spectrum. sigma_hz 0: +-max(20 % of the symbol rate, 1.35 MHz) around "
             "offset_hz. elements, satellite, site and carrier_hz: the motion is taken out of carrier and clock.")
        .def("status", &dvbs2x_sync::status, "Dictionary of state, counters and the last measurements.");

    py::class_<dvbs2x_decoder, gr::block, gr::basic_block, std::shared_ptr<dvbs2x_decoder>>(
        m, "dvbs2x_decoder", "XFECFRAME symbols to BBFRAMEs: demapper, LDPC, BCH, descrambling, CRC-8.")
        .def(py::init(&dvbs2x_decoder::make),
             py::arg("threads") = 0,
             py::arg("max_iterations") = 50,
             py::arg("policy") = "fixed",
             py::arg("min_iterations") = 8,
             py::arg("queue_frames") = 16,
             py::arg("bch") = "table",
             "threads 0: decodes in the block's own thread. policy: fixed (input waits) or queue_driven (radio).")
        .def("status", &dvbs2x_decoder::status, "Dictionary of counters.");

    py::class_<bb_deframer, gr::block, gr::basic_block, std::shared_ptr<bb_deframer>>(
        m, "bb_deframer", "BBFRAMEs to transport packets, IP packets or Ethernet frames.")
        .def(py::init(&bb_deframer::make),
             py::arg("packets") = "ts",
             py::arg("isi") = -1,
             py::arg("max_streams") = 8,
             py::arg("ts_errors") = "mark",
             "packets: ts, ip or ethernet. isi -1: all input streams.")
        .def("status", &bb_deframer::status, "Dictionary of counters.");

    py::class_<dvbs2x_receiver, gr::hier_block2, gr::basic_block, std::shared_ptr<dvbs2x_receiver>>(
        m, "dvbs2x_receiver", "Samples to packets: dvbs2x_sync, dvbs2x_decoder and bb_deframer in a row.")
        .def(py::init(&dvbs2x_receiver::make),
             py::arg("sample_rate_hz"),
             py::arg("symbol_rate_hz"),
             py::arg("rolloff") = 0.0,
             py::arg("gold_code") = 0,
             py::arg("input") = "cf32",
             py::arg("packets") = "ts",
             py::arg("isi") = -1,
             py::arg("spectrum") = "upright",
             py::arg("threads") = 0,
             py::arg("max_iterations") = 50,
             py::arg("policy") = "fixed",
             py::arg("elements") = "",
             py::arg("satellite") = "",
             py::arg("latitude_deg") = 0.0,
             py::arg("longitude_deg") = 0.0,
             py::arg("height_m") = 0.0,
             py::arg("carrier_hz") = 0.0,
             py::arg("start") = "",
             py::arg("in_track_bias_m") = 0.0,
             "The parameters are those of the three blocks.")
        .def("status", &dvbs2x_receiver::status, "Dictionary {sync, decoder, deframer} of dictionaries.");
}
