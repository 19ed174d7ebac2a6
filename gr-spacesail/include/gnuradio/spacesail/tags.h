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
SPACESAIL_TAG_KEY(ss_frame)   ///< dict on the first item of a frame, with the keys of tags::frame
SPACESAIL_TAG_KEY(ss_gap)     ///< uint64, samples lost in front of the item

/// \brief Keys inside ss_frame. Blocks add theirs and pass the others on.
namespace frame {

// dvbs2x_sync
SPACESAIL_TAG_KEY(index)         ///< uint64, running number of the PLFRAME; dummy and unreadable ones count
SPACESAIL_TAG_KEY(sample)        ///< uint64, input sample of its first symbol, lost samples counted
SPACESAIL_TAG_KEY(sof_sample)    ///< double, the same with its fraction
SPACESAIL_TAG_KEY(time)          ///< as rx_time, of that sample; only where an rx_time was there
SPACESAIL_TAG_KEY(pls)           ///< long, PLS code, bit 0: pilots
SPACESAIL_TAG_KEY(vlsnr)         ///< long, VL-SNR header 0..15, only with PLS 128..131
SPACESAIL_TAG_KEY(modcod)        ///< symbol, e.g. QPSK 1/2
SPACESAIL_TAG_KEY(len)           ///< long, items of the frame
SPACESAIL_TAG_KEY(dummies)       ///< long, dummy PLFRAMEs between the frame before and this one
SPACESAIL_TAG_KEY(lock)          ///< uint64, number of the lock; frames are lost unnumbered where it changes
SPACESAIL_TAG_KEY(cfo_hz)        ///< double, carrier offset from 0 Hz of the input
SPACESAIL_TAG_KEY(cfo_rate_hz_s) ///< double, its drift
SPACESAIL_TAG_KEY(correction_hz) ///< double, part of cfo_hz that the Doppler corrector took out
SPACESAIL_TAG_KEY(clock_ppm)     ///< double, symbol clock against nominal
SPACESAIL_TAG_KEY(es_n0_db)      ///< double
SPACESAIL_TAG_KEY(n0)            ///< double, noise variance a symbol for mean symbol energy 1
SPACESAIL_TAG_KEY(level_db)      ///< double, carrier power against full scale
// dvbs2x_decoder
SPACESAIL_TAG_KEY(iterations)      ///< long, LDPC iterations made
SPACESAIL_TAG_KEY(bch_corrections) ///< long, bits the BCH code corrected
// bb_scheduler, bb_deframer
SPACESAIL_TAG_KEY(isi)      ///< long, input stream identifier
SPACESAIL_TAG_KEY(protocol) ///< long, protocol type of a GSE PDU

} // namespace frame

#undef SPACESAIL_TAG_KEY

} // namespace gr::spacesail::tags
