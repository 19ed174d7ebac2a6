/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <pmt/pmt.h>

/// \brief Keys of every stream tag that blocks of this module read or write, made once.
///
/// Keys of others are used as they are known: those of gr-uhd, and packet_len of tagged streams. Own keys begin with
/// ss_.
namespace gr::spacesail::tags {

#define SPACESAIL_TAG_KEY(name)                                                                                        \
    inline const pmt::pmt_t& name()                                                                                    \
    {                                                                                                                  \
        static const pmt::pmt_t key = pmt::intern(#name);                                                              \
        return key;                                                                                                    \
    }

SPACESAIL_TAG_KEY(rx_time)    ///< time of the item: (whole seconds uint64, fraction double) since 1970 UTC
SPACESAIL_TAG_KEY(rx_rate)    ///< double, samples per second
SPACESAIL_TAG_KEY(rx_freq)    ///< double, RF in Hz that maps to 0 Hz
SPACESAIL_TAG_KEY(tx_time)    ///< as rx_time: when the item leaves the antenna
SPACESAIL_TAG_KEY(tx_sob)     ///< true: the item begins a burst
SPACESAIL_TAG_KEY(tx_eob)     ///< true: the item ends a burst
SPACESAIL_TAG_KEY(packet_len) ///< long, items of the packet that begins here
SPACESAIL_TAG_KEY(
    ss_frame) ///< dict on the first item of a frame {index, sample, pls, modcod, len, cfo_hz, es_n0_db, ...}
SPACESAIL_TAG_KEY(ss_gap) ///< uint64, samples lost in front of the item

#undef SPACESAIL_TAG_KEY

} // namespace gr::spacesail::tags
