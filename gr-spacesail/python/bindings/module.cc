/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

PYBIND11_MODULE(spacesail_python, m)
{
    // Why first: it registers gr.block and its parents, which the classes here derive from.
    pybind11::module_::import("gnuradio.gr");
    bind_iq(m);
    bind_motion(m);
    bind_receive(m);
    bind_transmit(m);
}
