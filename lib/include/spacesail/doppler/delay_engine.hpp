// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/result.hpp>
#include <spacesail/base/utc.hpp>
#include <spacesail/orbit/earth_rotation.hpp>
#include <spacesail/orbit/element_set.hpp>
#include <spacesail/orbit/site.hpp>
#include <spacesail/orbit/trajectory.hpp>

#include <optional>

namespace spacesail::doppler {

/// Whether the neutral atmosphere's extra path is part of the delay.
enum class troposphere {
    none,
    standard ///< Saastamoinen's zenith delay in a standard atmosphere, Black and Eisner's mapping
};

/// What else the engine needs to know.
struct delay_options {
    orbit::earth_orientation orientation;
    troposphere air = troposphere::none;
};

/// \brief The link at one instant. Valid only where delay_engine returns it.
struct link_state {
    double delay_s = 0.0;
    double delay_rate = 0.0;        ///< d tau / dt
    double delay_rate_per_s = 0.0;  ///< d2 tau / dt2
    orbit::look_angle look;         ///< apparent direction; range is delay_s * c without the troposphere
    double range_rate_m_s = 0.0;    ///< of the whole delay, c d tau / dt
    orbit::vec3 satellite_ecef_m{}; ///< at its end of the path, Earth-fixed at the site's end

    /// Doppler shift of a carrier in Hz.
    double doppler_hz(double carrier_hz) const noexcept { return -carrier_hz * delay_rate; }
    /// Its rate in Hz/s.
    double doppler_rate_hz_s(double carrier_hz) const noexcept { return -carrier_hz * delay_rate_per_s; }
};

/// \brief Exact light time between one satellite and one site.
///
/// Everything happens in TEME, taken as inertial over the light time, so the Earth's rotation (Sagnac) and both ends'
/// motion are in it: tau_down(t) is the root of c tau = |r_site(t) - r_sat(t - tau)|, tau_up(t) that of c tau =
/// |r_sat(t + tau) - r_site(t)|. Times are elapsed seconds after the origin; no Julian date is formed. Relativity is
/// left out: the Shapiro delay is a nearly constant 10 ps, and the satellite's clock is part of its oscillator error.
/// Against an independent engine (tests/vectors/doppler): below 0.01 Hz at 12.7 GHz and 1 ps. Cost: see BM_doppler_tau.
class delay_engine
{
public:
    /// \brief Prepares an engine.
    /// \param[in] set      mean elements or state vector.
    /// \param[in] where    the terminal or gateway.
    /// \param[in] origin   instant that seconds count from: the anchor of the stream's sample_clock.
    /// Errors: those of orbit::trajectory::create(). Throws std::invalid_argument for an orientation out of range.
    static result<delay_engine>
    create(const orbit::element_set& set, const orbit::site& where, utc_time origin, const delay_options& options = {});

    /// \brief Delay of what is received at `t_receive_s`; nothing where the orbit is not known. No allocation.
    std::optional<double> tau_down(double t_receive_s) const noexcept;
    /// \brief Delay of what is transmitted at `t_transmit_s` on its way up.
    std::optional<double> tau_up(double t_transmit_s) const noexcept;

    /// The whole link state for reception at an instant.
    std::optional<link_state> down(double t_receive_s) const noexcept;
    /// The whole link state for transmission at an instant.
    std::optional<link_state> up(double t_transmit_s) const noexcept;

    /// \brief Moves the satellite along its track: positive is ahead of its elements. Learned by a tracker.
    void set_in_track_bias_m(double bias_m) noexcept;
    double in_track_bias_m() const noexcept { return d_bias_m; }

    utc_time origin() const noexcept { return d_trajectory.frame().origin(); }
    const orbit::trajectory& trajectory() const noexcept { return d_trajectory; }
    const orbit::site& where() const noexcept { return d_site; }
    /// Elapsed seconds of an instant after the origin.
    double seconds_of(utc_time t) const noexcept;

private:
    delay_engine(orbit::trajectory trajectory, orbit::site where, const delay_options& options);

    struct geometry {
        double delay_s; ///< with the troposphere
        orbit::vec3 site_ecef_m;
        orbit::vec3 delta_teme_m; ///< from the site to the satellite
        double range_m;
    };
    std::optional<geometry> solve(double t, double satellite_sign) const noexcept;
    std::optional<link_state> state(double t, double satellite_sign) const noexcept;
    double air_delay_s(double sine_elevation, double height_m) const noexcept;

    orbit::trajectory d_trajectory;
    orbit::site d_site;
    delay_options d_options;
    orbit::geodetic d_fixed_place;
    double d_bias_m = 0.0;
    double d_bias_s = 0.0;
};

/// \brief Extra path of the neutral atmosphere in m.
///
/// Zenith: J. Saastamoinen, "Contributions to the theory of atmospheric refraction", Bull. Geod. 105-107 (1972-73), for
/// the ISA standard atmosphere with 50 % humidity at sea level; mapping 1.001 / sqrt(0.002001 + sin^2 e): H. Black, A.
/// Eisner, JGR 89 (1984). Good to 0.1 m above 5 degrees; below the horizon it stays at the horizon's value. \param[in]
/// sine_elevation  sine of the elevation. \param[in] height_m        of the site above the ellipsoid; limited to -1000
/// .. 20000.
double standard_troposphere_m(double sine_elevation, double height_m) noexcept;

} // namespace spacesail::doppler
