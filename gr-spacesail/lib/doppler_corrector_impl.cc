/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "motion_options.h"
#include "moving_block.h"

#include <gnuradio/spacesail/doppler_corrector.h>

namespace gr::spacesail {

namespace {

struct correction {
    using interface = doppler_corrector;
    using core_object = ::spacesail::doppler::corrector;
    static constexpr const char* k_name = "doppler_corrector";
    static constexpr auto k_direction = ::spacesail::doppler::link_direction::down;
    static const pmt::pmt_t& time_key() { return tags::rx_time(); }
};

} // namespace

doppler_corrector::sptr doppler_corrector::make(double sample_rate_hz,
                                                double carrier_hz,
                                                const std::string& elements,
                                                const std::string& satellite,
                                                double latitude_deg,
                                                double longitude_deg,
                                                double height_m,
                                                const std::string& start,
                                                double in_track_bias_m,
                                                double ut1_minus_utc_s)
{
    return gnuradio::make_block_sptr<moving_block<correction>>(
        ::spacesail::doppler::motion_config{ .sample_rate_hz = sample_rate_hz,
                                             .carrier_hz = finite_from(correction::k_name, "carrier_hz", carrier_hz) },
        motion_parameters{
            elements, satellite, latitude_deg, longitude_deg, height_m, in_track_bias_m, ut1_minus_utc_s },
        start_from(correction::k_name, start));
}

} // namespace gr::spacesail
