/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/spacesail/api.h>

#include <memory>
#include <string>

namespace gr::spacesail {

/// \brief Samples of a DVB-S2/S2X carrier to the symbols of its frames, with all loops inside.
///
/// Input: one stream, gr_complex with full scale 1, or 16-bit complex integers with full scale 32768. Output: the
/// XFECFRAME symbols of every PLFRAME with payload, gr_complex: no header, no pilots, descrambled, phase 0, mean energy
/// 1.
/// Messages in: cmd, a dictionary; offset_hz, sigma_hz, rate_hz_s, clock_ppm search anew with this prior, with sample
/// when that input sample comes (one that has passed: at once, counted); where elements were given satellite, elements,
/// in_track_bias_m change the motion and search anew with the frequency that is not motion. Messages out: status, at
/// most ten a second and one at the end: what status() returns; es_n0, at most once in 20 ms of samples, for the
/// bb_scheduler of the other end: {es_n0_db (mean over the frames since the last one), frames, sample}. Tags read:
/// rx_time (time of a sample; one that jumps ahead means lost samples), ss_gap (lost samples), rx_rate (compared with
/// sample_rate_hz), rx_freq (passed on). Tags written: ss_frame (tags.h) on the first symbol of a frame; rx_time and
/// rx_freq on the first frame they hold for. Delay: a frame leaves when the PLHEADER behind it was read; at the end of
/// the input the last whole frame follows. On loss of lock it searches again from the frame that failed; `lock` in
/// ss_frame counts. At a gap it gives what was whole and searches with the frequency known. Motion: with elements,
/// satellite and site the exact delay of the orbit is taken out of carrier and clock inside, live from rx_time, offline
/// from start. A time that jumps anchors it anew. Where the orbit is not known nothing is taken out, and status says so
/// (motion).
class SPACESAIL_API dvbs2x_sync : virtual public gr::block
{
public:
    using sptr = std::shared_ptr<dvbs2x_sync>;

    /// None of these can be changed while running, except the prior by cmd.
    /// \param[in] sample_rate_hz  (1 + roll-off) to 64 times the symbol rate.
    /// \param[in] symbol_rate_hz  > 0.
    /// \param[in] rolloff         0.05 to 0.35; 0: found from the spectrum.
    /// \param[in] gold_code       PL scrambling code number, 0 to 262142.
    /// \param[in] input           "cf32" or "ci16": the items of the input.
    /// \param[in] offset_hz       expected carrier offset from 0 Hz.
    /// \param[in] sigma_hz        its standard deviation, >= 0; 0: wide, +-max(20 % of the symbol rate, 1.35 MHz).
    /// \param[in] spectrum        "upright" or "inverted".
    /// \param[in] equaliser       "adaptive" or "off".
    /// \param[in] search_share    share of the input searched while unlocked, above 0 to 1; the rest is skipped and
    /// counted.
    /// \param[in] elements        file of element sets (TLE, 3LE, OMM); empty: no motion is taken out.
    /// \param[in] satellite       name, catalogue number or designator; may be empty if the file holds one set.
    /// \param[in] latitude_deg, longitude_deg, height_m  of the receiver, WGS84.
    /// \param[in] carrier_hz      radio frequency that maps to 0 Hz, > 0 with elements.
    /// \param[in] start           UTC of the first sample (ISO 8601); rx_time tags then tell differences only. Empty:
    /// from rx_time.
    /// \param[in] in_track_bias_m how far the satellite is ahead of its elements, -1e6 to 1e6.
    /// Throws std::invalid_argument naming the parameter, its value and range.
    static sptr make(double sample_rate_hz,
                     double symbol_rate_hz,
                     double rolloff = 0.0,
                     int gold_code = 0,
                     const std::string& input = "cf32",
                     double offset_hz = 0.0,
                     double sigma_hz = 0.0,
                     const std::string& spectrum = "upright",
                     const std::string& equaliser = "adaptive",
                     double search_share = 1.0,
                     const std::string& elements = "",
                     const std::string& satellite = "",
                     double latitude_deg = 0.0,
                     double longitude_deg = 0.0,
                     double height_m = 0.0,
                     double carrier_hz = 0.0,
                     const std::string& start = "",
                     double in_track_bias_m = 0.0);

    /// \brief Dictionary: block (this one's name), state (no_samples, no_carrier, no_sof, plsc_failed, locked), frames,
    /// dummy_frames, unsupported_frames, header_misses, locks, losses, samples, samples_skipped, samples_non_finite,
    /// samples_clipped, gaps, samples_lost, late_commands, refused_commands, rolloff, header_quality, motion
    /// (no_elements, no_time, orbit_unknown, known), with elements satellite, norad_id, in_track_bias_m and where known
    /// doppler_pred_hz, doppler_rate_hz_s, delay_s, az_deg, el_deg, range_km, below_horizon (at the last frame); once a
    /// frame has come es_n0_db, cfo_hz, cfo_rate_hz_s, correction_hz (what was taken out), residual_hz (cfo_hz less
    /// that: the LNB's offset), clock_ppm, level_db. Any thread.
    virtual pmt::pmt_t status() const = 0;
};

} // namespace gr::spacesail
