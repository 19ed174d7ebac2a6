// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "satellite_options.hpp"

#include <spacesail/base/frame.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/doppler/motion_observer.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace spacesail::cli {

/// \brief The satellite whose motion a receiver takes out, and what its frames say about it.
///
/// Stands between receiver and outputs: every good BBFRAME goes on as it is.
class motion_watch final : public frame_sink<std::uint8_t>
{
public:
    /// \param[in] carrier_hz    radio frequency that maps to 0 Hz of the stream.
    /// \param[in] stream        rate and time of the first sample.
    /// \param[in] clock         tcxo, ocxo or gpsdo.
    motion_watch(chosen_satellite satellite,
                 double carrier_hz,
                 double symbol_rate_hz,
                 const sample_clock& stream,
                 const std::string& clock);
    ~motion_watch() override;

    /// Delays by emission time, for the receiver's corrector.
    delay_source& delays() noexcept { return *d_sent; }
    double carrier_hz() const noexcept { return d_carrier_hz; }
    /// \brief Where BBFRAMEs go on to; before the first one comes.
    void pass_on_to(frame_sink<std::uint8_t>& next) noexcept { d_next = &next; }
    /// \brief Writes a line for every measurement. Errors: io.
    result<ok_t> record(const std::string& file);
    /// \brief Ends the file. Errors: io.
    result<ok_t> close();

    void on_frame(const frame_view<std::uint8_t>& frame) noexcept override;

    const doppler::motion_observer& observer() const noexcept { return d_observer; }
    const orbit::element_set& set() const noexcept { return d_satellite.set; }
    /// Highest elevation in degrees between the first sample and an instant; looked at every second.
    double highest_elevation_deg(double until_s) const noexcept;
    double age_days() const noexcept;
    /// \brief Drift of the Doppler shift that the elements tell at an instant; 0 where the orbit is not known.
    double predicted_rate_hz_s(double at_s) const noexcept;
    /// \brief no_satellite or elements_stale where that is why nothing locks, else empty.
    std::string why_nothing(double until_s) const;

    /// Lines of the summary for the end of the stream at `now_s`.
    std::string summary(double now_s) const;
    /// The member "sat" of the JSON summary.
    nlohmann::json to_json(double now_s) const;
    /// \brief What is wrong with the elements, in words; empty if nothing is.
    std::string complaint() const;

private:
    chosen_satellite d_satellite;
    double d_carrier_hz;
    utc_time d_start;
    std::unique_ptr<doppler::emission_delay_source> d_sent;
    doppler::motion_observer d_observer;
    frame_sink<std::uint8_t>* d_next = nullptr;
    std::FILE* d_file = nullptr;
    std::string d_file_name;
    bool d_file_failed = false;
};

} // namespace spacesail::cli
