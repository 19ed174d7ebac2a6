/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>

namespace gr::spacesail {

/// \brief Tells start() of a block whether its flowgraph was started again.
///
/// A flowgraph that was stopped and is started anew gives its blocks new buffers: items count from 0, what waited in them
/// and its tags are gone. A block then begins as it did the first time. After lock() and unlock() the flowgraph starts its
/// blocks too, but their streams go on.
class restart
{
public:
    /// \brief Call it in every start().
    bool again(const gr::block& b)
    {
        const bool before = d_started;
        d_started = true;
        return before && counts_from_0(b);
    }

private:
    static bool counts_from_0(const gr::block& b)
    {
        const auto detail = b.detail();
        for (int i = 0; i < detail->ninputs(); ++i) {
            if (detail->nitems_read(static_cast<unsigned>(i)) != 0) return false;
        }
        for (int i = 0; i < detail->noutputs(); ++i) {
            if (detail->nitems_written(static_cast<unsigned>(i)) != 0) return false;
        }
        return true;
    }
    bool d_started = false;
};

/// \brief For stop() of a block that asked for a long output buffer: the next start gives it one again.
///
/// Why: GNU Radio notes the length it gave as the most the block wants, and a most makes it forget the least.
inline void ask_for_long_buffer_again(gr::block& b)
{
    // One that is shorter was limited by the user.
    if (b.max_output_buffer(0) >= b.min_output_buffer(0)) b.set_max_output_buffer(0, -1);
}

} // namespace gr::spacesail
