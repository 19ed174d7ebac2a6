/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

#include <gnuradio/spacesail/bb_scheduler.h>
#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <gnuradio/spacesail/dvbs2x_transmitter.h>
#include <gnuradio/spacesail/packet_sink.h>
#include <gnuradio/spacesail/packet_source.h>

#include <pybind11/stl.h>

namespace py = pybind11;

namespace {

using gr::spacesail::bb_scheduler;

/// One MODCOD may be given as it is, several as a list.
bb_scheduler::sptr make_scheduler(const std::variant<std::string, std::vector<std::string>>& modcods,
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
    const auto* one = std::get_if<std::string>(&modcods);
    return bb_scheduler::make(one != nullptr ? std::vector{ *one } : std::get<std::vector<std::string>>(modcods),
                              frame,
                              pilots,
                              packets,
                              isis,
                              symbol_rate_hz,
                              rolloff,
                              adaptation,
                              idle,
                              fill_timeout_s,
                              queue_plframes,
                              acm_margin_db,
                              acm_hysteresis_db,
                              acm_loop_delay_s,
                              acm_modcods);
}

} // namespace

void bind_transmit(py::module_& m)
{
    using gr::spacesail::dvbs2x_modulator;
    using gr::spacesail::dvbs2x_transmitter;
    using gr::spacesail::packet_sink;
    using gr::spacesail::packet_source;

    py::class_<bb_scheduler, gr::block, gr::basic_block, std::shared_ptr<bb_scheduler>>(
        m, "bb_scheduler", "Packets to BBFRAMEs: decides stream, MODCOD and dummy PLFRAMEs.")
        .def(py::init(&make_scheduler),
             py::arg("modcods"),
             py::arg("frame") = "normal",
             py::arg("pilots") = "on",
             py::arg("packets") = "ts",
             py::arg("isis") = std::vector<int>{},
             py::arg("symbol_rate_hz") = 1e6,
             py::arg("rolloff") = 0.2,
             py::arg("adaptation") = "ccm",
             py::arg("idle") = "wait",
             py::arg("fill_timeout_s") = 0.01,
             py::arg("queue_plframes") = 3,
             py::arg("acm_margin_db") = 0.5,
             py::arg("acm_hysteresis_db") = 0.3,
             py::arg("acm_loop_delay_s") = 0.1,
             py::arg("acm_modcods") = std::vector<std::string>{},
             "modcods: the name of one, or a list with one an input. idle: wait (files) or dummy (carrier kept up).")
        .def("status", &bb_scheduler::status, "Dictionary of counters.");

    py::class_<dvbs2x_modulator, gr::block, gr::basic_block, std::shared_ptr<dvbs2x_modulator>>(
        m, "dvbs2x_modulator", "BBFRAMEs to samples: FEC, mapping, PLFRAMEs, pulse shaping at any sample rate.")
        .def(py::init(&dvbs2x_modulator::make),
             py::arg("symbol_rate_hz"),
             py::arg("sample_rate_hz"),
             py::arg("rolloff") = 0.2,
             py::arg("gold_code") = 0,
             py::arg("level_dbfs") = -12.0,
             py::arg("clock_ppm") = 0.0,
             py::arg("pls") = 0,
             py::arg("bch") = "table")
        .def("set_level_dbfs", &dvbs2x_modulator::set_level_dbfs, py::arg("level_dbfs"))
        .def("status", &dvbs2x_modulator::status, "Dictionary of counters.");

    py::class_<packet_source, gr::block, gr::basic_block, std::shared_ptr<packet_source>>(
        m, "packet_source", "Packets of a file, a capture, a UDP port, a network interface or a generator.")
        .def(py::init(&packet_source::make),
             py::arg("input"),
             py::arg("packets") = "ts",
             py::arg("at_end") = "stop",
             py::arg("max_packets") = 0,
             py::arg("seed") = 1,
             "input: a file, -, udp:HOST:PORT, tun:NAME or random: (transport packets to test with).")
        .def("nof_packets", &packet_source::nof_packets)
        .def("nof_bytes", &packet_source::nof_bytes)
        .def("nof_left_out", &packet_source::nof_left_out)
        .def("failure", &packet_source::failure);

    py::class_<packet_sink, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<packet_sink>>(
        m, "packet_sink", "Packets to a file, a capture, a UDP address or a network interface.")
        .def(py::init(&packet_sink::make), py::arg("output"), py::arg("packets") = "ts")
        .def("nof_packets", &packet_sink::nof_packets)
        .def("nof_bytes", &packet_sink::nof_bytes)
        .def("nof_left_out", &packet_sink::nof_left_out)
        .def("failure", &packet_sink::failure);

    py::class_<dvbs2x_transmitter, gr::hier_block2, gr::basic_block, std::shared_ptr<dvbs2x_transmitter>>(
        m, "dvbs2x_transmitter", "Packets of one input stream to samples: bb_scheduler and dvbs2x_modulator in a row.")
        .def(py::init(&dvbs2x_transmitter::make),
             py::arg("symbol_rate_hz"),
             py::arg("sample_rate_hz"),
             py::arg("modcod") = "QPSK 1/2",
             py::arg("frame") = "normal",
             py::arg("pilots") = "on",
             py::arg("rolloff") = 0.2,
             py::arg("gold_code") = 0,
             py::arg("level_dbfs") = -12.0,
             py::arg("packets") = "ts",
             py::arg("adaptation") = "ccm",
             py::arg("idle") = "wait",
             py::arg("fill_timeout_s") = 0.01,
             "The parameters are those of the two blocks.")
        .def("set_level_dbfs", &dvbs2x_transmitter::set_level_dbfs, py::arg("level_dbfs"))
        .def("status", &dvbs2x_transmitter::status, "Dictionary {scheduler, modulator} of dictionaries.");
}
