/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <pybind11/pybind11.h>

/// One function a file of bindings; module.cc calls them. About five blocks a file: each costs 20 s and 640 MB to
/// compile.
void bind_iq(pybind11::module_& m);
void bind_motion(pybind11::module_& m);
void bind_receive(pybind11::module_& m);
void bind_transmit(pybind11::module_& m);
