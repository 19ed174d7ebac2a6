/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>

namespace gr::spacesail {

/// What a block waits for.
enum class wait_for { input, output };

/// \brief Waits until a neighbour has written or read, or a message came, since this call of work() began; at most
/// `longest_ms`.
///
/// For blocks whose reason to wait the scheduler cannot know (an output queue counted in frames, any of several
/// inputs): it waits as the scheduler does for full and empty buffers, and stop() of the flowgraph interrupts it.
inline void wait_for_neighbours(const gr::block& b, wait_for what, int longest_ms)
{
    auto& tpb = b.detail()->d_tpb;
    gr::thread::scoped_lock guard(tpb.mutex);
    if (what == wait_for::input ? tpb.input_changed : tpb.output_changed) return;
    auto& condition = what == wait_for::input ? tpb.input_cond : tpb.output_cond;
    condition.timed_wait(guard, boost::posix_time::milliseconds(longest_ms));
}

} // namespace gr::spacesail
