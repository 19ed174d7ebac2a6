/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dict.h"

#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_set.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gr::spacesail {

/// How the user names a satellite, a site and a time.
struct motion_parameters {
    std::string elements;  ///< file; empty: nothing moves
    std::string satellite; ///< name, catalogue number or designator; may be empty if the file holds one set
    double latitude_deg = 0.0, longitude_deg = 0.0, height_m = 0.0;
    double in_track_bias_m = 0.0;
    double ut1_minus_utc_s = 0.0;
};

/// \brief One satellite's delays for the samples of a block, from the parameters and commands of its user.
///
/// As a delay_source it knows nothing until anchor() has been told a time, where the orbit is not known, and without
/// elements. Changes come from the thread of work(), status from any.
class satellite_motion final : public ::spacesail::delay_source
{
public:
    /// Throws std::invalid_argument with `block` in front, naming the parameter.
    satellite_motion(const std::string& block,
                     const motion_parameters& parameters,
                     ::spacesail::doppler::link_direction direction,
                     double sample_rate_hz);

    const ::spacesail::delay_polynomial* segment_at(double t_s) noexcept override
    {
        return d_source ? d_source->segment_at(t_s) : nullptr;
    }
    /// Whether a satellite was named.
    bool given() const noexcept { return !d_parameters.elements.empty(); }
    /// \brief Stream time 0 is this instant from now on.
    /// \param[in] now_s  stream time at which orbit and elevation are looked at.
    /// \return what the user should hear of: an unknown orbit, a satellite below the horizon, doubtful elements.
    std::vector<std::string> anchor(::spacesail::utc_time t, double now_s = 0.0);
    /// \brief No time is known any more.
    void forget_time();
    /// Whether the delay was known at the anchor.
    bool known() const noexcept { return d_source.has_value(); }
    /// \brief Delay at a stream time, rounded to a whole sample; 0 where it is not known.
    double reference_delay_s(double t_s = 0.0);

    /// Epoch of the elements.
    ::spacesail::utc_time epoch() const noexcept { return d_set.epoch; }
    /// The engine in use; null where known() is false.
    const ::spacesail::doppler::delay_engine* engine() const noexcept
    {
        return d_source ? &d_source->engine() : nullptr;
    }
    /// \brief The same satellite seen from another place. Throws std::invalid_argument for one that is none.
    ::spacesail::doppler::delay_engine engine_at(::spacesail::utc_time origin,
                                                 const ::spacesail::orbit::geodetic& place) const;

    void set_in_track_bias_m(double bias_m);
    /// \brief Another satellite or other elements, used from the next anchor() on; what is not named stays.
    /// \return why it is refused, and nothing has changed; empty if it is taken.
    std::string change(const std::optional<std::string>& elements, const std::optional<std::string>& satellite);

    /// \brief Adds satellite, norad_id, doppler_pred_hz, doppler_rate_hz_s, delay_s, az_deg, el_deg, range_km,
    /// below_horizon (0 or 1), in_track_bias_m as they are at a stream time; less of it where less is known.
    void add_status(dict_writer& dict, double t_s, double carrier_hz) const;

private:
    ::spacesail::orbit::element_set chosen(const std::string& elements, const std::string& satellite) const;

    std::string d_block;
    motion_parameters d_parameters;
    ::spacesail::doppler::link_direction d_direction;
    double d_sample_rate_hz;
    ::spacesail::orbit::site d_site;

    mutable std::mutex d_mutex; ///< guards what add_status() reads
    ::spacesail::orbit::element_set d_set;
    std::optional<::spacesail::doppler::orbit_delay_source> d_source;
};

} // namespace gr::spacesail
