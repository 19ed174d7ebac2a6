/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace gr::spacesail {

/// \brief Whether no listener of an output port has 256 messages or more waiting: messages have no back-pressure.
bool listeners_keep_up(gr::block& owner, const pmt::pmt_t& port);

/// \brief The output port `status`: a dictionary at most ten times a second.
class status_port
{
public:
    explicit status_port(gr::block& owner);
    /// \brief Whether the next message may go and somebody listens.
    bool due();
    void publish(const pmt::pmt_t& dict);

private:
    gr::block& d_owner;
    std::chrono::steady_clock::time_point d_next;
};

/// \brief The output port `pdus`: an optional tap that drops where nobody keeps up, since messages have no
/// back-pressure.
class pdu_tap
{
public:
    explicit pdu_tap(gr::block& owner);
    /// \brief Whether somebody listens.
    bool wanted();
    /// \brief Publishes (meta . u8vector), or counts it as dropped while a listener has 256 messages waiting.
    void publish(const pmt::pmt_t& meta, std::span<const std::uint8_t> bytes);
    void reset() noexcept { d_dropped = 0; }
    std::uint64_t dropped() const noexcept { return d_dropped; }

private:
    gr::block& d_owner;
    std::atomic<std::uint64_t> d_dropped{ 0 };
};

} // namespace gr::spacesail
