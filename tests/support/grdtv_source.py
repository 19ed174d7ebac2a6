#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a carrier made by GNU Radio's in-tree gr-dtv as a loop of samples.

The BBFRAMEs are those of tests/support/numbered_bbframe.hpp, numbers 0 to FRAMES - 1; scrambling, BCH, LDPC,
interleaving, mapping and framing are gr-dtv's. The square-root raised cosine is applied to the whole loop by FFT: an
exact pulse, and the last sample fits the first one, so that the loop may be repeated without end. A clock offset makes
the loop some samples shorter or longer: as near to it as whole samples allow, the .json beside it says how near. Mean
power 1 for a mean symbol energy of 1; complex float32, little endian.

    grdtv_source.py --modcod "QPSK 3/4" --pilots on --sps 2 --clock-ppm 20 --output loop.cf32
"""
import argparse
import csv
import json
import math
import os
import sys
import tempfile

import numpy as np

MODULATIONS = {
    'QPSK': 'QPSK', '8PSK': '8PSK', '2+4+2APSK': '8APSK', '16APSK': '16APSK', '8+8APSK': '8_8APSK', '32APSK': '32APSK',
    '4+12+16rbAPSK': '4_12_16APSK', '4+8+4+16APSK': '4_8_4_16APSK', '16+16+16+16APSK': '64APSK',
    '8+16+20+20APSK': '8_16_20_20APSK', '4+12+20+28APSK': '4_12_20_28APSK', '128APSK': '128APSK', '256APSK': '256APSK'}
SLOT, HEADER, PILOT = 90, 90, 36


def tables():
    """Entries and k_bch from the tables the library is built from."""
    lib = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'lib')
    with open(os.path.join(lib, 'dvbs2x', 'data', 'modcods.csv'), newline='') as f:
        entries = [e for e in csv.DictReader(f) if e['frame'] in ('normal', 'short')]
    with open(os.path.join(lib, 'fec', 'data', 'fec_codes.csv'), newline='') as f:
        codes = list(csv.DictReader(f))
    return entries, codes


def entry_of(modcod, frame):
    entries, _ = tables()
    for e in entries:
        if e['name'].replace(' ', '').lower() == modcod.replace(' ', '').lower() and e['frame'] == frame:
            return e
    sys.exit('%s, %s frame: not in the table' % (modcod, frame))


def k_bch_of(entry):
    _, codes = tables()
    for c in codes:
        if c['frame'] == entry['frame'] and c['rate'] == entry['rate']:
            return int(c['k_bch'])
    sys.exit('no code for rate %s, %s frame' % (entry['rate'], entry['frame']))


def plframe_symbols(entry, pilots):
    bits = int(entry['bits_per_symbol'])
    slots = -(-(64800 if entry['frame'] == 'normal' else 16200) // bits // SLOT)
    if bits == 7:
        slots = 103
    return HEADER + slots * SLOT + (PILOT * ((slots - 1) // 16) if pilots else 0)


def crc8(data):
    c = 0
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = (c << 1 ^ 0xd5) & 0xff if c & 0x80 else c << 1
    return c


def bbframe(number, k_bch):
    """The numbered BBFRAME, packed."""
    size = k_bch // 8
    header = bytes([0x72, 0, 0, 0]) + (8 * (size - 10)).to_bytes(2, 'big') + bytes(3)
    words = -(-(size - 18) // 8)
    with np.errstate(over='ignore'):
        z = np.uint64(number << 20) + np.arange(words, dtype=np.uint64) + np.uint64(0x9e3779b97f4a7c15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        z = z ^ (z >> np.uint64(31))
    return header + bytes([crc8(header)]) + number.to_bytes(8, 'big') + z.astype('<u8').tobytes()[:size - 18]


def modulate(entry, pilots, gold_code, source, first):
    """gr-dtv from `source`, a block that gives bytes, and `first`, its blocks up to whole BBFRAMEs; one symbol a value."""
    from gnuradio import blocks, dtv, gr

    std = dtv.STANDARD_DVBS2
    size, rate = sizes(entry)
    mod = getattr(dtv, 'MOD_' + MODULATIONS[entry['modulation']])
    graph = gr.top_block('grdtv_source')
    with tempfile.NamedTemporaryFile(suffix='.cf32') as f:
        sink = blocks.file_sink(gr.sizeof_gr_complex, f.name)
        graph.connect(source, *first,
                      dtv.dvb_bbscrambler_bb(std, size, rate),
                      dtv.dvb_bch_bb(std, size, rate),
                      dtv.dvb_ldpc_bb(std, size, rate, mod),
                      dtv.dvbs2_interleaver_bb(size, rate, mod),
                      dtv.dvbs2_modulator_bc(size, rate, mod, dtv.INTERPOLATION_OFF),
                      dtv.dvbs2_physical_cc(size, rate, mod, dtv.PILOTS_ON if pilots else dtv.PILOTS_OFF, gold_code),
                      sink)
        graph.run()
        sink.close()
        # Two samples a symbol, every second one 0.
        return np.fromfile(f.name, np.complex64)[::2]


def sizes(entry):
    from gnuradio import dtv

    return (dtv.FECFRAME_NORMAL if entry['frame'] == 'normal' else dtv.FECFRAME_SHORT,
            getattr(dtv, 'C' + entry['rate'].replace('/', '_')))


def cut(out, first, frames, entry, pilots):
    length = plframe_symbols(entry, pilots)
    if len(out) < (first + frames) * length:
        sys.exit('gr-dtv gave %d symbols of %d' % (len(out), (first + frames) * length))
    return out[first * length:(first + frames) * length]


def symbols(entry, pilots, gold_code, frames):
    """`frames` PLFRAMEs of gr-dtv with numbered BBFRAMEs, one symbol a value."""
    from gnuradio import blocks

    k_bch = k_bch_of(entry)
    # gr-dtv's framer keeps the last frames until more come.
    packed = b''.join(bbframe(n % frames, k_bch) for n in range(frames + 3))
    source = blocks.vector_source_b(np.unpackbits(np.frombuffer(packed, np.uint8)).tolist(), False)
    return cut(modulate(entry, pilots, gold_code, source, []), 0, frames, entry, pilots)


def ts_loop_frames(entry, at_least=1):
    """PLFRAMEs after which a transport stream begins with a packet again, `at_least` or more."""
    data_field = k_bch_of(entry) - 80
    period = 1504 // math.gcd(1504, data_field)
    return period * -(-at_least // period)


def ts_packets(count, seed=1):
    """Transport packets with random payload; bytes 4 to 7 count them."""
    random = np.random.Generator(np.random.SFC64(seed))
    packets = random.integers(0, 256, (count, 188), dtype=np.uint8)
    packets[:, 0], packets[:, 1], packets[:, 2] = 0x47, 0x01, 0x00
    packets[:, 3] = 0x10 | np.arange(count) % 16
    packets[:, 4:8] = np.arange(count, dtype='>u4').view(np.uint8).reshape(-1, 4)
    return packets


def ts_symbols(entry, pilots, gold_code, frames):
    """PLFRAMEs that carry a transport stream without end, and its packets; `frames` from ts_loop_frames()."""
    from gnuradio import blocks, dtv

    packets = ts_packets(frames * (k_bch_of(entry) - 80) // 1504)
    size, rate = sizes(entry)
    # Twice and a little: the second round begins with the CRC-8 of the last packet, as every further one.
    stream = np.concatenate([packets, packets, packets[:4 * 64800 // 1504]]).tobytes()
    bbheader = dtv.dvb_bbheader_bb(dtv.STANDARD_DVBS2, size, rate, dtv.RO_0_20, dtv.INPUTMODE_NORMAL, dtv.INBAND_OFF, 168,
                                   4000000)
    out = modulate(entry, pilots, gold_code, blocks.vector_source_b(list(stream), False), [bbheader])
    return cut(out, frames, frames, entry, pilots), packets


def shape(x, sps, rolloff, clock_ppm=0.0):
    """Square-root raised cosine at sps samples a symbol, circular; clock_ppm > 0: symbols come faster.

    Without a clock offset len(x) * sps must be whole, with one it is met to half a sample of the loop.
    """
    n_out = round(len(x) * sps / (1 + 1e-6 * clock_ppm))
    if clock_ppm == 0.0 and abs(n_out - len(x) * sps) > 1e-6:
        sys.exit('the loop is not a whole number of samples at %g a symbol' % sps)
    sps = n_out / len(x)
    f = np.fft.fftfreq(n_out) * sps  # in symbol rates
    a = np.abs(f)
    h = np.zeros(n_out)
    h[a <= 0.5 * (1 - rolloff)] = 1.0
    edge = (a > 0.5 * (1 - rolloff)) & (a < 0.5 * (1 + rolloff))
    h[edge] = np.cos(0.5 * np.pi / rolloff * (a[edge] - 0.5 * (1 - rolloff)))
    # The spectrum of symbols repeats every symbol rate.
    k = np.round(f * len(x)).astype(np.int64) % len(x)
    spectrum = np.fft.fft(x)
    return (np.fft.ifft(spectrum[k] * h) * sps).astype(np.complex64)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--modcod', required=True, help='name in lib/dvbs2x/data/modcods.csv')
    p.add_argument('--frame', choices=('normal', 'short'), default='normal')
    p.add_argument('--pilots', choices=('on', 'off'), default='on')
    p.add_argument('--rolloff', type=float, default=0.2)
    p.add_argument('--gold-code', type=int, default=0)
    p.add_argument('--frames', type=int, default=32, help='PLFRAMEs in the loop')
    p.add_argument('--sps', type=float, default=2.0, help='samples a symbol')
    p.add_argument('--clock-ppm', type=float, default=0.0, help='> 0: symbols come faster')
    p.add_argument('--output', required=True)
    a = p.parse_args()
    entry = entry_of(a.modcod, a.frame)
    x = shape(symbols(entry, a.pilots == 'on', a.gold_code, a.frames), a.sps, a.rolloff, a.clock_ppm)
    x.astype('<c8').tofile(a.output + '.part')
    with open(a.output + '.json', 'w') as f:
        json.dump(dict(modcod=entry['name'], frame=a.frame, pilots=a.pilots, rolloff=a.rolloff, sps=a.sps,
                       frames=a.frames, samples=len(x),
                       clock_ppm=1e6 * (a.frames * plframe_symbols(entry, a.pilots == 'on') * a.sps / len(x) - 1),
                       plframe_symbols=plframe_symbols(entry, a.pilots == 'on'),
                       mean_power=float(np.mean(np.abs(x.astype(np.complex128))**2))), f)
    os.replace(a.output + '.part', a.output)


if __name__ == '__main__':
    main()
