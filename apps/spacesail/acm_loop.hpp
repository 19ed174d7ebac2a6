// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/encap/acm_controller.hpp>
#include <spacesail/io/udp.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spacesail::cli {

struct acm_loop_options {
    std::string reports; ///< udp:HOST:PORT at which reports arrive
    double margin_db = 0.5;
    double hysteresis_db = 0.3;
    double loop_delay_s = 0.2; ///< from a measurement to the arrival of a frame made with it
    double report_timeout_s = 2.0;
    dvbs2x::bch_choice bch = dvbs2x::bch_choice::table;
};

/// \brief The MODCOD of a carrier by the reports of its receiver: what --acm-reports listens to.
///
/// A report is a datagram with a JSON object whose es_n0_db is a number, as `rx --report` sends them; without lock it
/// is null. It counts as of its arrival; how old it is then is part of loop_delay_s.
class acm_loop
{
public:
    /// \brief Binds the port.
    /// \param[in] first_pls  MODCOD until the first report; its frame size and pilots hold for all.
    /// Errors: as io::udp_receiver; parse for the address. Throws std::invalid_argument for values out of range.
    static result<acm_loop> open(const acm_loop_options& options, std::uint8_t first_pls);

    /// \brief PLS code for a frame that begins now. Takes the reports that have come. Errors: io.
    result<std::uint8_t> pls_at(double time_s);
    /// Fields for the machine-readable summary.
    nlohmann::json counters() const;

private:
    acm_loop(io::udp_receiver socket,
             const encap::acm_config& config,
             const acm_loop_options& o,
             std::uint8_t first_pls);
    void take(std::span<const std::uint8_t> datagram, encap::stream_time_ns now);

    io::udp_receiver d_socket;
    encap::acm_controller d_controller;
    std::uint8_t d_first_pls;
    std::optional<encap::stream_time_ns> d_last_report;
    std::optional<double> d_last_es_n0_db;
    encap::acm_decision d_decision;
    std::uint64_t d_unlocked = 0, d_bad = 0;
    std::vector<std::uint8_t> d_datagram = std::vector<std::uint8_t>(65535);
};

} // namespace spacesail::cli
