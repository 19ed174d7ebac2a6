/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>
#include <gnuradio/buffer.h>
#include <gnuradio/buffer_reader.h>

namespace gr::spacesail {

/// \brief Whether the block in front of this input will write no more.
///
/// A block that holds something back asks for no input from then on, so that the scheduler calls it once more instead
/// of ending it.
inline bool input_done(const gr::block& b, int port = 0)
{
    return b.detail()->input(static_cast<unsigned>(port))->done();
}

/// \brief Whether all of this input has been consumed and no more will come.
inline bool input_ended(const gr::block& b, int port = 0)
{
    // Why in this order: what was written before the end is counted for certain once the end is seen.
    return input_done(b, port) && b.detail()->input(static_cast<unsigned>(port))->items_available() == 0;
}

/// \brief Whether nobody will read output 0 any more.
///
/// The scheduler sees this only when the buffer is full, which it never is behind a block that holds itself back.
inline bool output_closed(const gr::block& b) { return b.detail()->output(0)->done(); }

/// \brief Most items that will ever wait at this input together.
inline int largest_input(const gr::block& b, int port = 0)
{
    return b.detail()->input(static_cast<unsigned>(port))->max_possible_items_available();
}

} // namespace gr::spacesail
