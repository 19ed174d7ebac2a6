/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_finder.h"
#include "message_ports.h"
#include "restart.h"

#include <gnuradio/spacesail/dvbs2x_modulator.h>
#include <spacesail/base/counter.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <atomic>
#include <optional>
#include <span>
#include <vector>

namespace gr::spacesail {

class dvbs2x_modulator_impl final : public dvbs2x_modulator
{
public:
    dvbs2x_modulator_impl(const ::spacesail::dvbs2x::transmitter_configuration& config, std::uint8_t pls);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    void set_level_dbfs(double level_dbfs) override;
    pmt::pmt_t status() const override;

private:
    std::size_t take_frame(std::span<const std::uint8_t> in, bool last);
    void push(const found_frame& f, std::span<const std::uint8_t> bytes);

    ::spacesail::dvbs2x::transmitter d_transmitter;
    const std::uint8_t d_pls;
    restart d_restart;
    status_port d_status_port;
    frame_finder d_finder;
    std::vector<gr::tag_t> d_tags;
    std::optional<found_frame> d_current; ///< the frame at the read pointer, not yet complete
    std::uint64_t d_tag_at = 0;           ///< output item of the PLFRAME that was pushed last
    unsigned d_silences = 0;              ///< sent behind the end of the input
    std::atomic<double> d_level_dbfs;
    ::spacesail::counter d_plframes, d_dummies, d_refused, d_bytes_skipped, d_samples;
};

} // namespace gr::spacesail
