/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bindings.h"

#include <gnuradio/spacesail/doppler_corrector.h>
#include <gnuradio/spacesail/doppler_precompensator.h>
#include <gnuradio/spacesail/leo_channel.h>

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

/// One name, or a list.
using name_list = std::variant<std::string, std::vector<std::string>>;

gr::spacesail::leo_channel::sptr make_channel(double sample_rate_hz,
                                              double carrier_hz,
                                              const std::string& elements,
                                              const name_list& satellites,
                                              const std::string& inputs,
                                              double latitude_deg,
                                              double longitude_deg,
                                              double height_m,
                                              const std::string& start,
                                              double in_track_bias_m,
                                              double ut1_minus_utc_s,
                                              double feeder_hz,
                                              double gateway_latitude_deg,
                                              double gateway_longitude_deg,
                                              double gateway_height_m,
                                              const std::string& path_loss,
                                              const std::string& rain,
                                              const std::string& gases,
                                              const std::string& antenna,
                                              double antenna_diameter_m,
                                              double pointing_azimuth_deg,
                                              double pointing_elevation_deg,
                                              double scintillation_hz,
                                              double noise_temperature_k,
                                              double gain_db,
                                              double noise_power,
                                              const std::string& phase_noise,
                                              double lnb_offset_hz,
                                              double lnb_drift_hz_s,
                                              double clock_ppm,
                                              double dc_dbfs,
                                              double image_db,
                                              double tilt_db,
                                              double clip,
                                              double adjacent_spacing_hz,
                                              double adjacent_power,
                                              double adjacent_symbol_rate_hz,
                                              std::uint64_t seed)
{
    gr::spacesail::leo_channel_parameters p;
    p.sample_rate_hz = sample_rate_hz;
    p.carrier_hz = carrier_hz;
    p.elements = elements;
    const auto* one = std::get_if<std::string>(&satellites);
    p.satellites = one == nullptr ? std::get<std::vector<std::string>>(satellites)
                   : one->empty() ? std::vector<std::string>{}
                                  : std::vector{ *one };
    p.inputs = inputs;
    p.latitude_deg = latitude_deg;
    p.longitude_deg = longitude_deg;
    p.height_m = height_m;
    p.start = start;
    p.in_track_bias_m = in_track_bias_m;
    p.ut1_minus_utc_s = ut1_minus_utc_s;
    p.feeder_hz = feeder_hz;
    p.gateway_latitude_deg = gateway_latitude_deg;
    p.gateway_longitude_deg = gateway_longitude_deg;
    p.gateway_height_m = gateway_height_m;
    p.path_loss = path_loss;
    p.rain = rain;
    p.gases = gases;
    p.antenna = antenna;
    p.antenna_diameter_m = antenna_diameter_m;
    p.pointing_azimuth_deg = pointing_azimuth_deg;
    p.pointing_elevation_deg = pointing_elevation_deg;
    p.scintillation_hz = scintillation_hz;
    p.noise_temperature_k = noise_temperature_k;
    p.gain_db = gain_db;
    p.noise_power = noise_power;
    p.phase_noise = phase_noise;
    p.lnb_offset_hz = lnb_offset_hz;
    p.lnb_drift_hz_s = lnb_drift_hz_s;
    p.clock_ppm = clock_ppm;
    p.dc_dbfs = dc_dbfs;
    p.image_db = image_db;
    p.tilt_db = tilt_db;
    p.clip = clip;
    p.adjacent_spacing_hz = adjacent_spacing_hz;
    p.adjacent_power = adjacent_power;
    p.adjacent_symbol_rate_hz = adjacent_symbol_rate_hz;
    p.seed = seed;
    return gr::spacesail::leo_channel::make(p);
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

    using gr::spacesail::leo_channel;
    py::class_<leo_channel, gr::block, gr::basic_block, std::shared_ptr<leo_channel>>(
        m,
        "leo_channel",
        "What a terminal receives of moving satellites: exact delay for carrier and clock, losses, noise.")
        .def(py::init(&make_channel),
             py::arg("sample_rate_hz"),
             py::arg("carrier_hz"),
             py::arg("elements") = "",
             py::arg("satellites") = std::vector<std::string>{},
             py::arg("inputs") = "each",
             py::arg("latitude_deg") = 0.0,
             py::arg("longitude_deg") = 0.0,
             py::arg("height_m") = 0.0,
             py::arg("start") = "",
             py::arg("in_track_bias_m") = 0.0,
             py::arg("ut1_minus_utc_s") = 0.0,
             py::arg("feeder_hz") = 0.0,
             py::arg("gateway_latitude_deg") = 0.0,
             py::arg("gateway_longitude_deg") = 0.0,
             py::arg("gateway_height_m") = 0.0,
             py::arg("path_loss") = "none",
             py::arg("rain") = "",
             py::arg("gases") = "none",
             py::arg("antenna") = "none",
             py::arg("antenna_diameter_m") = 0.5,
             py::arg("pointing_azimuth_deg") = 0.0,
             py::arg("pointing_elevation_deg") = 0.0,
             py::arg("scintillation_hz") = 0.0,
             py::arg("noise_temperature_k") = 0.0,
             py::arg("gain_db") = 0.0,
             py::arg("noise_power") = 0.0,
             py::arg("phase_noise") = "none",
             py::arg("lnb_offset_hz") = 0.0,
             py::arg("lnb_drift_hz_s") = 0.0,
             py::arg("clock_ppm") = 0.0,
             py::arg("dc_dbfs") = -200.0,
             py::arg("image_db") = -200.0,
             py::arg("tilt_db") = 0.0,
             py::arg("clip") = 0.0,
             py::arg("adjacent_spacing_hz") = 0.0,
             py::arg("adjacent_power") = 0.0,
             py::arg("adjacent_symbol_rate_hz") = 0.0,
             py::arg("seed") = 1,
             "satellites: one name or a list. inputs: each (one a satellite) or shared (all send the same).")
        .def("set_noise_power", &leo_channel::set_noise_power, py::arg("noise_power"))
        .def("set_gain_db", &leo_channel::set_gain_db, py::arg("satellite"), py::arg("gain_db"))
        .def("status", &leo_channel::status, "Dictionary of the motion and counters.");
}
