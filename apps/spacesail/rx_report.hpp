// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "packet_outputs.hpp"
#include "spectrum_average.hpp"

#include <spacesail/base/sample_clock.hpp>
#include <spacesail/doppler/motion_observer.hpp>
#include <spacesail/dvbs2x/receiver.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <span>
#include <string>

namespace spacesail::cli {

/// What a reception came to, gathered for summary, JSON and picture.
struct rx_report {
    const dvbs2x::receiver* receiver = nullptr;
    const packet_outputs* outputs = nullptr;
    const spectrum_average* spectrum = nullptr;
    sample_clock clock;
    double symbol_rate_hz = 0.0;
    double rf_at_0_hz = 0.0; ///< 0: not known
    bool start_known = false;
    double elapsed_s = 0.0; ///< computing time
    std::uint64_t samples_missing = 0;
    std::uint64_t odd_bytes = 0;
    std::string input;
    std::span<const doppler::motion_point> motion; ///< of the satellite over time; empty: none was named
    double predicted_rate_hz_s = 0.0; ///< of the Doppler shift that the receiver takes out, at the end; 0: none is
    std::string why_nothing; ///< what the orbit says about why nothing locks: no_satellite, elements_stale or empty
};

/// \brief The state in one word, with the link layer's view added: no_packets where frames come but nothing is in them.
std::string state_word(const rx_report& r);
/// \brief One line that says why there is no lock, and what to try.
std::string remedy(const std::string& state);
/// \brief Summary lines for people.
std::string summary(const rx_report& r);
/// \brief The machine-readable summary, fields as in docs of the command.
nlohmann::json to_json(const rx_report& r);
/// \brief Constellation, spectrum, Es/N0 and frequency over time; with a satellite its Doppler shift, predicted and
/// measured, and what is left. Errors: io.
result<ok_t> save_picture(const rx_report& r, const std::filesystem::path& file);

} // namespace spacesail::cli
