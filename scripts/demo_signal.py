#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the demo's input: a transport stream on a DVB-S2 carrier as a satellite in low orbit would deliver it.

GNU Radio's own gr-dtv does everything from the BBHEADER to the PLFRAME; this script shapes its symbols with a clock that
is 20 ppm off, adds a carrier offset of 240 kHz drifting by 2 kHz/s and noise, and writes a SigMF recording (ci16).

    demo_signal.py source.ts build/demo/pass
"""
import json
import math
import os
import sys

import numpy as np
from gnuradio import blocks, dtv, filter as gr_filter, gr
from gnuradio.filter import firdes

SYMBOL_RATE = 5e6
SAMPLES_PER_SYMBOL = 2
ROLLOFF = 0.2
K_BCH = 48408  # QPSK 3/4, normal FECFRAME
PLFRAME_SYMBOLS = 33282  # with pilots
CLOCK_PPM = -20.0  # symbol clock against nominal, as rx tells it: symbols come more slowly
OFFSET_HZ = 240e3
DRIFT_HZ_S = 2e3
ES_N0_DB = 6.0
TS_PACKET = 188


def carrier(ts_file, shaped_file):
    """gr-dtv's carrier of a transport stream at two samples a symbol; returns the number of PLFRAMEs."""
    standard, frame, rate, modulation = dtv.STANDARD_DVBS2, dtv.FECFRAME_NORMAL, dtv.C3_4, dtv.MOD_QPSK
    frames = -(-os.path.getsize(ts_file) * 8 // (K_BCH - 80))
    # Null packets behind the stream, so that its last packet leaves the chain in a whole frame.
    null = np.zeros(TS_PACKET, np.uint8)
    null[:4] = 0x47, 0x1f, 0xff, 0x10
    stream = np.concatenate([np.fromfile(ts_file, np.uint8), np.tile(null, 12 * K_BCH // 8 // TS_PACKET)])

    filters = 128
    taps = np.array(firdes.root_raised_cosine(1.0, filters, 1.0, ROLLOFF, 100 * filters + 1))
    taps *= math.sqrt(filters) / math.sqrt((taps**2).sum())
    top = gr.top_block()
    top.connect(blocks.vector_source_b(stream.tolist()),
                dtv.dvb_bbheader_bb(standard, frame, rate, dtv.RO_0_20, dtv.INPUTMODE_NORMAL, dtv.INBAND_OFF, 168, 4000000),
                dtv.dvb_bbscrambler_bb(standard, frame, rate),
                dtv.dvb_bch_bb(standard, frame, rate),
                dtv.dvb_ldpc_bb(standard, frame, rate, modulation),
                dtv.dvbs2_interleaver_bb(frame, rate, modulation),
                dtv.dvbs2_modulator_bc(frame, rate, modulation, dtv.INTERPOLATION_OFF),
                dtv.dvbs2_physical_cc(frame, rate, modulation, dtv.PILOTS_ON, 0),
                blocks.keep_m_in_n(gr.sizeof_gr_complex, 1, 2, 0),  # the framer puts a zero behind every symbol
                blocks.head(gr.sizeof_gr_complex, (frames + 2) * PLFRAME_SYMBOLS),
                gr_filter.pfb_arb_resampler_ccf(SAMPLES_PER_SYMBOL / (1 + CLOCK_PPM * 1e-6), taps, filters),
                blocks.file_sink(gr.sizeof_gr_complex, shaped_file))
    top.run()
    return frames


def disturb(shaped_file, recording):
    """Offset, drift and noise; writes recording.sigmf-data in 16 bits. Mean power 1 before the noise."""
    rate = SYMBOL_RATE * SAMPLES_PER_SYMBOL
    noise = math.sqrt(SAMPLES_PER_SYMBOL * 10 ** (-ES_N0_DB / 10) / 2)
    random = np.random.default_rng(2026)
    clean = np.memmap(shaped_file, np.complex64, 'r')
    with open(recording + '.sigmf-data', 'wb') as out:
        for begin in range(0, len(clean), 1 << 18):
            x = clean[begin:begin + (1 << 18)]
            t = (begin + np.arange(len(x))) / rate
            cycles = OFFSET_HZ * t + 0.5 * DRIFT_HZ_S * t * t
            x = x * np.exp(2j * math.pi * (cycles - np.floor(cycles)))
            x = x + noise * (random.standard_normal(len(x)) + 1j * random.standard_normal(len(x)))
            pairs = np.empty(2 * len(x), np.int16)
            pairs[0::2] = np.clip(x.real * 5000, -32768, 32767)
            pairs[1::2] = np.clip(x.imag * 5000, -32768, 32767)
            pairs.tofile(out)
    with open(recording + '.sigmf-meta', 'w') as out:
        json.dump({'global': {'core:datatype': 'ci16_le', 'core:sample_rate': rate, 'core:version': '1.0.0',
                              'core:description': 'DVB-S2 QPSK 3/4 by gr-dtv, moved like a LEO satellite'},
                   'captures': [{'core:sample_start': 0, 'core:frequency': 12.7e9,
                                 'core:datetime': '2026-08-22T06:00:00Z'}],
                   'annotations': []}, out, indent=1)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    ts_file, recording = sys.argv[1:]
    shaped = recording + '.clean.cf32'
    frames = carrier(ts_file, shaped)
    disturb(shaped, recording)
    os.remove(shaped)
    print('%d PLFRAMEs of QPSK 3/4 at %g MBd, Es/N0 %g dB, %+g kHz drifting %+g kHz/s, symbol clock %+g ppm'
          % (frames + 2, SYMBOL_RATE / 1e6, ES_N0_DB, OFFSET_HZ / 1e3, DRIFT_HZ_S / 1e3, CLOCK_PPM))


if __name__ == '__main__':
    main()
