# SPDX-License-Identifier: GPL-3.0-or-later
"""BBFRAMEs of GNU Radio's gr-dtv from a transport stream: gr_dtv_bbframes.py TS OUT FRAMESIZE RATE (names of dtv)."""
import sys

from gnuradio import blocks, dtv, gr

ts, out, size, rate = sys.argv[1:5]
tb = gr.top_block()
source = blocks.file_source(gr.sizeof_char, ts, False)
header = dtv.dvb_bbheader_bb(
    dtv.STANDARD_DVBS2,
    getattr(dtv, size),
    getattr(dtv, rate),
    dtv.RO_0_20,
    dtv.INPUTMODE_NORMAL,
    dtv.INBAND_OFF,
    168,
    4000000,
)
pack = blocks.unpacked_to_packed_bb(1, gr.GR_MSB_FIRST)
tb.connect(source, header, pack, blocks.file_sink(gr.sizeof_char, out))
tb.run()
