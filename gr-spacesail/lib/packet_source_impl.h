/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "frame_outbox.h"
#include "packet_origin.h"
#include "restart.h"

#include <gnuradio/spacesail/packet_source.h>

#include <atomic>
#include <mutex>

namespace gr::spacesail {

/// What follows the end of a file.
enum class end_of_file { stop, repeat };

class packet_source_impl final : public packet_source
{
public:
    packet_source_impl(std::unique_ptr<packet_origin> origin,
                       packet_type packets,
                       end_of_file at_end,
                       std::uint64_t max_packets);

    bool start() override;
    bool stop() override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;

    std::uint64_t nof_packets() const override;
    std::uint64_t nof_bytes() const override { return d_nof_bytes; }
    std::uint64_t nof_left_out() const override { return d_nof_left_out; }
    std::string failure() const override;

private:
    bool fail(const ::spacesail::error& e);
    bool read(std::size_t room);
    void put(std::span<const std::uint8_t> bytes);

    std::unique_ptr<packet_origin> d_origin;
    const packet_type d_packets;
    const end_of_file d_at_end;
    const std::uint64_t d_most_bytes;   ///< of a transport stream
    const std::uint64_t d_most_packets; ///< of others
    frame_outbox<std::uint8_t> d_outbox;
    restart d_restart;
    bool d_ended = false;
    bool d_gave = false; ///< something since the last rewind
    std::atomic<std::uint64_t> d_nof_packets{ 0 }, d_nof_bytes{ 0 }, d_nof_left_out{ 0 };
    mutable std::mutex d_mutex;
    std::string d_failure; ///< guarded by d_mutex
};

} // namespace gr::spacesail
