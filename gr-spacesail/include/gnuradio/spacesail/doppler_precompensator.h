/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Moves carrier and clock of samples to be sent so that they arrive at the satellite as if nothing moved.
///
/// Indexed by transmit sample: output sample n of a burst leaves at tx_time + n / rate, and its delay is that of this
/// instant. Driving an antenna needs a licence and the satellite operator's permission.
/// Input and output: one stream each, gr_complex, at the same nominal rate. Input sample k arrives at the satellite at
/// tx_time + k / rate + reference_delay_s, the delay at the burst's start rounded to a sample.
/// Messages: as doppler_corrector; `sample` counts input items, `time` is compared with tx_time.
/// Tags read: tx_time (begins a burst if it is not the time that was expected), tx_eob (ends it: what is held back
/// follows at once). Tags written: tx_time at the first sample of a burst; tx_eob at its last; all others at the sample
/// that theirs became. Behind a tx_eob no time is known until the next tx_time.
/// Delay: up to 512 samples and 16 of the filter. Where no time is known (neither start nor tx_time), where the orbit
/// is not known, and without elements, samples pass unchanged and unknown_delays counts.
class SPACESAIL_API doppler_precompensator : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<doppler_precompensator>;

    /// None of these can be changed while running, except by cmd.
    /// \param[in] sample_rate_hz   of input and output, > 0.
    /// \param[in] carrier_hz       radio frequency that 0 Hz maps to; negative where the spectrum is inverted.
    /// \param[in] elements         file of element sets (TLE, 3LE, OMM); empty: samples pass unchanged.
    /// \param[in] satellite        name, catalogue number or designator; may be empty if the file holds one set.
    /// \param[in] latitude_deg     of the transmitter, WGS84, -90 to 90.
    /// \param[in] longitude_deg    east positive, -360 to 360.
    /// \param[in] height_m         above the ellipsoid, -1000 to 100000.
    /// \param[in] start            UTC at which the first sample leaves (ISO 8601); tx_time tags then tell time
    /// differences only. Empty: from tx_time.
    /// \param[in] in_track_bias_m  how far the satellite is ahead of its elements, -1e6 to 1e6.
    /// \param[in] ut1_minus_utc_s  -1 to 1.
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

    /// \brief Dictionary with the entries of doppler_corrector; the Doppler shift is the one on the way up. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
