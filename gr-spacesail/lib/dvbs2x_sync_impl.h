/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "es_n0_port.h"
#include "frame_outbox.h"
#include "message_ports.h"
#include "restart.h"
#include "sent_motion.h"

#include <gnuradio/spacesail/dvbs2x_sync.h>
#include <spacesail/dvbs2x/synchroniser.hpp>
#include <spacesail/io/sample_format.hpp>

#include <mutex>
#include <optional>
#include <vector>

namespace gr::spacesail {

class dvbs2x_sync_impl final : public dvbs2x_sync, private ::spacesail::frame_sink<gr_complex>
{
public:
    dvbs2x_sync_impl(const ::spacesail::dvbs2x::synchroniser_config& config,
                     ::spacesail::io::sample_format input,
                     const motion_parameters& motion,
                     std::optional<::spacesail::utc_time> start);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    pmt::pmt_t status() const override;

private:
    /// A prior to search with from a sample on, or another motion.
    struct command {
        std::uint64_t sample = 0;
        std::optional<::spacesail::acquisition_prior> prior;
        std::optional<double> in_track_bias_m;
        std::optional<std::string> elements, satellite;
    };
    struct counts {
        std::uint64_t gaps = 0, samples_lost = 0, late_commands = 0, refused_commands = 0;
        const char* motion = "no_elements";
    };

    void on_frame(const ::spacesail::frame_view<gr_complex>& frame) noexcept override;
    void on_command(const pmt::pmt_t& message);
    std::size_t take(const void* in, std::size_t n);
    std::uint64_t index_of(std::uint64_t item) const;
    std::uint64_t next_event(std::uint64_t from) const;
    void handle_events(std::uint64_t at);
    void handle_tags(std::uint64_t at);
    void anchor_motion(std::uint64_t index);
    void change_motion(const command& c, std::uint64_t index);
    void refuse(const std::string& why);
    void keep_status();

    satellite_motion d_motion;
    sent_motion d_sent; ///< of d_motion, for d_sync
    const ::spacesail::dvbs2x::synchroniser_config d_config;
    const ::spacesail::io::sample_format d_input;
    const std::optional<::spacesail::utc_time> d_start;
    std::optional<std::int64_t> d_tags_ahead_ns; ///< true time less that of the tags, where start is given
    std::vector<std::string> d_remarks;
    std::optional<::spacesail::dvbs2x::synchroniser> d_sync; ///< of this run
    restart d_restart;
    frame_outbox<gr_complex> d_outbox;
    status_port d_status_port;
    es_n0_port d_es_n0_port;
    std::vector<gr::tag_t> d_tags;
    std::uint64_t d_tags_handled = 0; ///< input items in front of which all tags were looked at
    std::vector<command> d_commands;  ///< by sample
    std::optional<::spacesail::sample_clock> d_clock;
    pmt::pmt_t d_rx_freq; ///< to be put on the next frame; null: none
    bool d_time_changed = false;
    bool d_rate_warned = false;
    bool d_flushed = false;
    std::uint64_t d_dummies = 0;

    mutable std::mutex d_mutex; ///< guards what status() reads
    ::spacesail::dvbs2x::synchroniser_status d_status;
    counts d_counts;
};

} // namespace gr::spacesail
