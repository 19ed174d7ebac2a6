// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "satellite_options.hpp"

#include <spacesail/doppler/corrector.hpp>
#include <spacesail/io/sample_format.hpp>

#include <functional>
#include <span>
#include <vector>

/// What tx does to a carrier so that it arrives at a satellite as if nothing moved.
namespace spacesail::cli {

/// \brief A pre-compensator with the satellite of the options, and what is said of it in the summary.
class uplink_motion
{
public:
    /// \param[in] stream     rate, and time at which the first sample leaves.
    /// \param[in] carrier_hz radio frequency that 0 Hz maps to.
    /// \param[in] bias_m     how far the satellite is ahead of its elements.
    /// Throws usage_error naming option, value and remedy.
    uplink_motion(const session& s,
                  const satellite_options& options,
                  const sample_clock& stream,
                  double carrier_hz,
                  double bias_m);

    using taker = std::function<void(std::span<const io::cf32_t>)>;
    /// \brief Gives on what can be sent of these samples.
    void send(std::span<const io::cf32_t> x, const taker& out);
    /// \brief No more will come: gives on the rest.
    void finish(const taker& out);

    /// For people, of a carrier of this length.
    std::string words(double seconds) const;
    /// For machines.
    nlohmann::json json(double seconds) const;

private:
    double d_carrier_hz;
    sample_clock d_stream;
    chosen_satellite d_satellite;
    doppler::orbit_delay_source d_up;
    double d_reference_s;
    doppler::precompensator d_core;
    std::vector<io::cf32_t> d_room;
    std::uint64_t d_taken = 0, d_given = 0;
};

} // namespace spacesail::cli
