/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_finder.h"
#include "frame_outbox.h"
#include "message_ports.h"
#include "restart.h"

#include <gnuradio/spacesail/dvbs2x_decoder.h>
#include <spacesail/base/counter.hpp>
#include <spacesail/dvbs2x/decode_pool.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace gr::spacesail {

class dvbs2x_decoder_impl final : public dvbs2x_decoder,
                                  private ::spacesail::frame_sink<std::uint8_t>,
                                  private ::spacesail::dvbs2x::decode_observer
{
public:
    explicit dvbs2x_decoder_impl(const ::spacesail::dvbs2x::decode_pool_config& config);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    pmt::pmt_t status() const override;

private:
    /// A frame inside the pool; frame_view::index carries its ticket there.
    struct pending {
        std::uint64_t ticket = 0;
        pmt::pmt_t dict;
    };

    /// This object as the core sees it.
    ::spacesail::frame_sink<std::uint8_t>& own_sink() noexcept { return *this; }
    ::spacesail::dvbs2x::decode_observer* own_observer() noexcept { return this; }
    void on_frame(const ::spacesail::frame_view<std::uint8_t>& frame) noexcept override;
    void on_outcome(const ::spacesail::frame_view<std::uint8_t>& frame,
                    const ::spacesail::dvbs2x::decode_outcome& outcome) noexcept override;
    void on_ready() noexcept override;
    void forget_first() noexcept;
    std::size_t take_frames(const gr_complex* in, std::size_t n, bool done);
    void submit(const found_frame& f, std::span<const gr_complex> symbols);

    std::atomic<bool> d_ready{ false }; ///< a worker has finished a frame since the last poll()
    frame_outbox<std::uint8_t> d_outbox;
    status_port d_status_port;
    pdu_tap d_pdus;
    frame_finder d_finder;
    std::vector<gr::tag_t> d_tags;
    std::optional<found_frame> d_current; ///< the frame at the read pointer, not yet complete
    std::deque<pending> d_pending;
    std::uint64_t d_tickets = 0;
    std::uint64_t d_dummies = 0;   ///< of frames since the last good one
    std::uint64_t d_passed_on = 0; ///< input items in front of which rx_time and rx_freq were looked at
    pmt::pmt_t d_rx_time, d_rx_freq;
    pmt::pmt_t d_dict; ///< of the frame whose outcome was told last
    bool d_flushed = false;
    ::spacesail::counter d_symbols_skipped, d_frames_cut;
    restart d_restart;
    mutable std::mutex d_mutex; ///< status() does not meet start()
    const ::spacesail::dvbs2x::decode_pool_config d_config;
    // Why last: it ends its threads, which call on_ready(), before anything else goes.
    std::optional<::spacesail::dvbs2x::decode_pool> d_pool; ///< of this run
};

} // namespace gr::spacesail
