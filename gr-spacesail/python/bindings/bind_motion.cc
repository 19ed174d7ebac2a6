/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

#include <gnuradio/spacesail/doppler_corrector.h>
#include <gnuradio/spacesail/doppler_precompensator.h>

#include <pybind11/stl.h>

namespace py = pybind11;

namespace {

/// The two blocks take the same parameters.
template <class Block>
void bind_moving(py::module_& m, const char* name, const char* summary)
{
    py::class_<Block, gr::block, gr::basic_block, std::shared_ptr<Block>>(m, name, summary)
        .def(py::init(&Block::make),
             py::arg("sample_rate_hz"),
             py::arg("carrier_hz"),
             py::arg("elements") = "",
             py::arg("satellite") = "",
             py::arg("latitude_deg") = 0.0,
             py::arg("longitude_deg") = 0.0,
             py::arg("height_m") = 0.0,
             py::arg("start") = "",
             py::arg("in_track_bias_m") = 0.0,
             py::arg("ut1_minus_utc_s") = 0.0,
             "carrier_hz: radio frequency that maps to 0 Hz. start: UTC of the first sample; empty: from tags.")
        .def("status", &Block::status, "Dictionary of the predicted motion and counters.");
}

} // namespace

void bind_motion(py::module_& m)
{
    bind_moving<gr::spacesail::doppler_corrector>(
        m, "doppler_corrector", "Takes a satellite's motion out of received samples: carrier and clock.");
    bind_moving<gr::spacesail::doppler_precompensator>(
        m,
        "doppler_precompensator",
        "Moves samples to be sent so that they arrive at the satellite as if nothing moved.");
}
