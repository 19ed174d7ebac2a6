/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

#include <gnuradio/spacesail/iq_sink.h>
#include <gnuradio/spacesail/iq_source.h>

#include <pybind11/stl.h>

namespace py = pybind11;

void bind_iq(py::module_& m)
{
    using gr::spacesail::iq_sink;
    using gr::spacesail::iq_source;

    py::class_<iq_source, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<iq_source>>(
        m, "iq_source", "Samples of a SigMF recording, a raw IQ file, a named pipe or standard input.")
        .def(py::init(&iq_source::make),
             py::arg("input"),
             py::arg("output") = "cf32",
             py::arg("format") = "",
             py::arg("rate") = 0.0,
             py::arg("frequency") = 0.0,
             py::arg("start") = "")
        .def("rate", &iq_source::rate)
        .def("frequency", &iq_source::frequency)
        .def("nof_samples", &iq_source::nof_samples)
        .def("odd_bytes", &iq_source::odd_bytes)
        .def("missing_samples", &iq_source::missing_samples)
        .def("failure", &iq_source::failure);

    py::class_<iq_sink, gr::sync_block, gr::block, gr::basic_block, std::shared_ptr<iq_sink>>(
        m, "iq_sink", "Writes samples to a SigMF recording, a raw IQ file, a named pipe or standard output.")
        .def(py::init(&iq_sink::make),
             py::arg("output"),
             py::arg("input") = "cf32",
             py::arg("format") = "",
             py::arg("rate") = 0.0,
             py::arg("frequency") = 0.0,
             py::arg("start") = "")
        .def("nof_samples", &iq_sink::nof_samples)
        .def("saturated", &iq_sink::saturated)
        .def("failure", &iq_sink::failure);
}
