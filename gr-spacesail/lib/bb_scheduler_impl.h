/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_finder.h"
#include "frame_outbox.h"
#include "message_ports.h"
#include "packet_type.h"
#include "restart.h"

#include <gnuradio/spacesail/bb_scheduler.h>
#include <spacesail/base/counter.hpp>
#include <spacesail/encap/acm_controller.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/gse_encapsulator.hpp>
#include <spacesail/encap/packet.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace gr::spacesail {

/// What make() found out.
struct bb_scheduler_setup {
    ::spacesail::encap::bb_scheduler_config config;
    std::vector<::spacesail::encap::scheduled_stream> streams; ///< source not yet set
    packet_type packets = packet_type::ts;
    std::string frame; ///< for commands
    unsigned pilots = 0;
    ::spacesail::encap::acm_config acm;
    std::vector<::spacesail::encap::acm_entry> acm_table;
    double symbol_rate_hz = 1e6;
};

class bb_scheduler_impl final : public bb_scheduler
{
public:
    explicit bb_scheduler_impl(const bb_scheduler_setup& setup);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    pmt::pmt_t status() const override;

private:
    /// Who decides on the MODCOD of a stream once there are reports.
    struct control {
        ::spacesail::encap::acm_controller controller;
        ::spacesail::encap::stream_time_ns last_report = 0;
        bool active = false; ///< a report has come
    };
    /// What one input feeds; one of the two.
    struct feed {
        std::unique_ptr<::spacesail::encap::ts_framer> framer;
        std::unique_ptr<::spacesail::encap::gse_encapsulator> encapsulator;
        ::spacesail::encap::data_field_source& source() const;
    };

    static std::vector<feed> make_feeds(const bb_scheduler_setup& setup);
    static ::spacesail::encap::bb_scheduler make_scheduler(const bb_scheduler_setup& setup,
                                                           const std::vector<feed>& feeds);
    static std::vector<control> make_controls(const bb_scheduler_setup& setup);
    void on_command(const pmt::pmt_t& message);
    void on_es_n0(const pmt::pmt_t& message);
    void follow_reports();
    ::spacesail::encap::stream_time_ns now() const;
    std::size_t push(std::size_t input, std::span<const std::uint8_t> bytes, bool last);
    std::size_t push_packets(std::size_t input, std::span<const std::uint8_t> bytes, bool last);
    void put(const ::spacesail::encap::scheduled_frame& frame);
    unsigned nof_queued();
    bool all_sent() const;

    const bb_scheduler_setup d_setup;
    restart d_restart;
    mutable std::mutex d_mutex; ///< status() does not meet start()
    std::vector<feed> d_feeds;
    ::spacesail::encap::bb_scheduler d_scheduler;
    std::vector<control> d_controls; ///< one a stream; none without ACM
    frame_outbox<std::uint8_t> d_outbox;
    status_port d_status_port;
    frame_finder d_finder;
    std::vector<gr::tag_t> d_tags;
    std::vector<std::uint8_t> d_buffer;
    std::deque<std::uint64_t> d_queue; ///< output items behind the frames that may not have been read
    std::uint64_t d_index = 0;
    std::uint64_t d_symbols = 0; ///< of all PLFRAMEs made
    bool d_ended = false;        ///< all inputs have
    ::spacesail::counter d_refused_commands;
};

} // namespace gr::spacesail
