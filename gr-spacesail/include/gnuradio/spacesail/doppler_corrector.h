/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Takes a satellite's motion out of received samples: carrier and clock, both from the exact delay of its
/// orbit.
///
/// For flowgraphs with receivers of others; dvbs2x_sync has the same inside. A rotator is not a Doppler corrector: at
/// 19 ppm the symbols of the two ends of a pass come 38 ppm apart.
/// Input and output: one stream each, gr_complex, at the same nominal rate. Output sample n of a stretch lies at n /
/// rate of the satellite's uniform clock, the delay at the stretch's start (a whole number of samples,
/// `reference_delay_s`) counted in, so both run side by side; the first sample's phase is turned by that delay too.
/// Messages in: cmd, a dictionary: in_track_bias_m (used from the next 512 samples on; phase and delay move by what it
/// changes), carrier_hz, satellite, elements (a new stretch begins; the bias goes back to 0); with sample (of the
/// input, lost ones counted) or time (tuple as rx_time) it waits for that sample, one that has passed runs at once and
/// is counted. Messages out: status, at most ten a second and one at the end: what status() returns.
/// Tags read: rx_time (a time that jumps begins a new stretch: it re-anchors), ss_gap (lost samples: likewise). Tags
/// written: rx_time at the first sample of a stretch and where the input had one, on the output's clock; ss_gap at the
/// first sample behind a gap, in samples of the satellite's clock; all others at the sample that theirs became.
/// Delay: up to 512 samples and 16 of the filter. Where no time is known yet (neither start nor rx_time), where the
/// orbit is not known, and without elements, samples pass unchanged and unknown_delays counts; below the horizon the
/// delay is that of the straight line and below_horizon says so.
class SPACESAIL_API doppler_corrector : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<doppler_corrector>;

    /// None of these can be changed while running, except by cmd.
    /// \param[in] sample_rate_hz   of input and output, > 0.
    /// \param[in] carrier_hz       radio frequency that maps to 0 Hz; negative where the spectrum is inverted.
    /// \param[in] elements         file of element sets (TLE, 3LE, OMM); empty: samples pass unchanged.
    /// \param[in] satellite        name, catalogue number or designator; may be empty if the file holds one set.
    /// \param[in] latitude_deg     of the receiver, WGS84, -90 to 90.
    /// \param[in] longitude_deg    east positive, -360 to 360.
    /// \param[in] height_m         above the ellipsoid, -1000 to 100000.
    /// \param[in] start            UTC of the first sample (ISO 8601); rx_time tags then tell time differences only.
    /// Empty: from rx_time.
    /// \param[in] in_track_bias_m  how far the satellite is ahead of its elements, -1e6 to 1e6.
    /// \param[in] ut1_minus_utc_s  -1 to 1; 0.1 s are 0.7 Hz at 12 GHz.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(double sample_rate_hz,
                     double carrier_hz,
                     const std::string& elements = "",
                     const std::string& satellite = "",
                     double latitude_deg = 0.0,
                     double longitude_deg = 0.0,
                     double height_m = 0.0,
                     const std::string& start = "",
                     double in_track_bias_m = 0.0,
                     double ut1_minus_utc_s = 0.0);

    /// \brief Dictionary: block, motion (no_elements, no_time, orbit_unknown, known), samples, gaps, samples_lost,
    /// anchors, unknown_delays (groups of 16 samples), late_commands, refused_commands, carrier_hz, reference_delay_s;
    /// satellite, norad_id, in_track_bias_m; where known doppler_pred_hz, doppler_rate_hz_s, delay_s, az_deg, el_deg,
    /// range_km, below_horizon (0 or 1). Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
