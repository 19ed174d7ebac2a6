/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gr::spacesail {

/// What a leo_channel does. None can be changed while running, except as said.
struct leo_channel_parameters {
    double sample_rate_hz = 0.0;         ///< of inputs and output, nominal, > 0
    double carrier_hz = 0.0;             ///< radio frequency that maps to 0 Hz, >= 0
    std::string elements;                ///< file of element sets (TLE, 3LE, OMM); empty: nothing moves
    std::vector<std::string> satellites; ///< names, catalogue numbers or designators; may be empty for a file of one
    std::string inputs = "each";         ///< "each": one input a satellite; "shared": all send the one input
    double latitude_deg = 0.0;           ///< of the terminal, WGS84, -90 .. 90
    double longitude_deg = 0.0;          ///< east positive, -360 .. 360
    double height_m = 0.0;               ///< above the ellipsoid, -1000 .. 100000
    std::string start;                   ///< UTC of the first output sample (ISO 8601); empty: first rx_time or tx_time
    double in_track_bias_m = 0.0;        ///< how far the satellites are ahead of their elements, -1e6 .. 1e6
    double ut1_minus_utc_s = 0.0;        ///< -1 .. 1

    double feeder_hz = 0.0; ///< > 0: transparent satellites, radio frequency of the gateway's uplink; 0: regenerative
    double gateway_latitude_deg = 0.0, gateway_longitude_deg = 0.0, gateway_height_m = 0.0;

    std::string path_loss = "none"; ///< "none", or "free_space" with 0 dB at the start
    std::string rain;             ///< mm/h, or S:MM_H,S:MM_H,.. in s after the start (ITU-R P.838, P.618); empty: none
    std::string gases = "none";   ///< "none", or "standard": of the mean annual air of the world (P.676)
    std::string antenna = "none"; ///< none, dish, mask (Radio Regulations, Appendix 8), panel (phased array, facing up)
    double antenna_diameter_m = 0.5; ///< 0.05 .. 100; the beam follows the first satellite
    double pointing_azimuth_deg = 0.0, pointing_elevation_deg = 0.0; ///< errors of the beam
    double scintillation_hz = 0.0; ///< corner of tropospheric scintillation (P.618), 0.01 .. 10; 0: none
    double noise_temperature_k =
        0.0;                  ///< of the receiver: noise_power is that of clear sky, rain warms it; 0: it does not
    double gain_db = 0.0;     ///< of every satellite; changeable by cmd for each
    double noise_power = 0.0; ///< white noise in the whole sample rate, |x| = 1 is 1, >= 0; changeable
    std::string phase_noise = "none"; ///< none, pll-lnb, dvb-typical
    double lnb_offset_hz = 0.0;
    double lnb_drift_hz_s = 0.0;
    double clock_ppm = 0.0;  ///< > 0: the receiver samples faster than nominal, -500 .. 500
    double dc_dbfs = -200.0; ///< power of a line at 0 Hz; -200 and below: none
    double image_db = -200.0;
    double tilt_db = 0.0;                 ///< gain at +1/4 of the rate over that at -1/4, -20 .. 20
    double clip = 0.0;                    ///< largest |I| and |Q|; 0: none
    double adjacent_spacing_hz = 0.0;     ///< of equal carriers on both sides; 0: none
    double adjacent_power = 0.0;          ///< mean power of each
    double adjacent_symbol_rate_hz = 0.0; ///< with QPSK, roll-off 0.2
    std::uint64_t seed = 1;
};

/// \brief What a terminal receives of moving satellites: exact delay for carrier and clock, losses, noise, oscillator
/// and front end.
///
/// Input: gr_complex, one stream a satellite or one for all. Output: one stream, gr_complex, from the first wave of the
/// nearest satellite on (reference_delay_s, a whole number of samples, is left out). Messages in: cmd, a dictionary:
/// noise_power; gain_db with satellite (its place in the list, 0 if left out); with sample (of the output) it waits
/// for that sample, one that has passed runs at once and is counted; noise holds from the next
/// block of 512 samples on, a gain is reached within it. Messages
/// out: status, at most ten a second and one at the end: what status() returns.
/// Tags read: the first rx_time or tx_time of input 0, where no start is given. Tags written: rx_time, rx_rate, rx_freq
/// on the first sample; all others of the inputs, except these and tx_time, at the sample that theirs became.
/// Delay: up to 512 samples and 16 of the filter. A satellite whose delay is not known (no time, orbit unknown) is
/// silent and counted in unknown_delays; one below the horizon is silent with rain, gases, antenna or
/// scintillation, else it shines through the Earth; status tells. An
/// input that ends is followed by silence; the block is done when all have ended. Cost: some 20 ns a sample and
/// satellite with noise.
class SPACESAIL_API leo_channel : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<leo_channel>;

    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(const leo_channel_parameters& parameters);

    /// \brief Changes the noise from the next samples on, >= 0. Any thread.
    virtual void set_noise_power(double noise_power) = 0;
    /// \brief Changes the gain of a satellite. Any thread.
    virtual void set_gain_db(int satellite, double gain_db) = 0;

    /// \brief Dictionary: block, motion (no_elements, no_time, orbit_unknown, known), samples (given), unknown_delays,
    /// clipped, late_commands, refused_commands, noise_power, carrier_hz, reference_delay_s; of the first satellite
    /// satellite, norad_id and where known doppler_pred_hz, doppler_rate_hz_s, delay_s, az_deg, el_deg, range_km,
    /// below_horizon; of the others the same in others, a vector of dictionaries. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
