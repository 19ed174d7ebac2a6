/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_finder.h"
#include "frame_outbox.h"
#include "message_ports.h"
#include "packet_type.h"
#include "restart.h"

#include <gnuradio/spacesail/bb_deframer.h>
#include <spacesail/base/counter.hpp>
#include <spacesail/encap/bb_deframer.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

namespace gr::spacesail {

class bb_deframer_impl final : public bb_deframer, private ::spacesail::encap::packet_sink
{
public:
    bb_deframer_impl(const ::spacesail::encap::bb_deframer_config& config, packet_type packets);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    pmt::pmt_t status() const override;

private:
    /// This object as the core sees it.
    ::spacesail::encap::packet_sink& own_sink() noexcept { return *this; }
    void on_packet(const ::spacesail::encap::packet_view& packet) noexcept override;
    bool is_wanted(const ::spacesail::encap::packet_view& packet) const noexcept;
    std::size_t take_frames(const std::uint8_t* in, std::size_t n, bool done);
    void deframe(const found_frame& f, std::span<const std::uint8_t> bytes);
    void close_group();

    const packet_type d_packets;
    const ::spacesail::encap::bb_deframer_config d_config;
    std::optional<::spacesail::encap::bb_deframer> d_deframer; ///< of this run
    restart d_restart;
    mutable std::mutex d_mutex; ///< status() does not meet start()
    frame_outbox<std::uint8_t> d_outbox;
    status_port d_status_port;
    pdu_tap d_pdus;
    frame_finder d_finder;
    std::vector<gr::tag_t> d_tags;
    std::optional<found_frame> d_current; ///< the frame at the read pointer, not yet complete
    std::optional<std::uint64_t> d_last_index;
    std::uint64_t d_lock = 0;
    pmt::pmt_t d_dict;               ///< ss_frame of the BBFRAME under way
    std::uint64_t d_group_begin = 0; ///< output item where the packets of this BBFRAME begin
    int d_group_isi = 0;
    std::vector<std::uint8_t> d_group; ///< a copy of them for the tap, only if wanted
    bool d_flushed = false;
    ::spacesail::counter d_nof_packets, d_nof_bytes, d_other_packets;
    std::atomic<double> d_rolloff{ 0.0 };
};

} // namespace gr::spacesail
