#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what compares the packets of the speed measurement (tests/bench/speed.py), and the loops it is made of."""
import io
import os
import sys
import unittest

try:
    import numpy as np
except ImportError:
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'bench'), os.path.join(HERE, '..', 'support')]
import grdtv_source  # noqa: E402
import speed  # noqa: E402


class Judge(unittest.TestCase):
    def setUp(self):
        self.sent = grdtv_source.ts_packets(100)
        self.stream = np.tile(self.sent, (3, 1))[37:290].copy()

    def judged(self, stream, piece):
        judge = speed.Judge(None, self.sent)
        for i in range(0, len(stream), piece):
            judge.check(stream[i:i + piece])
        return judge.packets, judge.wrong, judge.marked, judge.lost

    def test_what_was_sent_passes_in_any_pieces(self):
        for piece in (1, 7, 253):
            self.assertEqual(self.judged(self.stream, piece), (253, 0, 0, 0))

    def test_a_flipped_bit_is_wrong(self):
        for at in (0, 100, 252):
            bad = self.stream.copy()
            bad[at, 100] ^= 1
            for piece in (1, 7, 253):
                self.assertEqual(self.judged(bad, piece), (253, 1, 0, 0))

    def test_marked_packets_are_no_good_ones(self):
        bad = self.stream.copy()
        bad[50:53, 1] |= 0x80
        for piece in (1, 7, 253):
            self.assertEqual(self.judged(bad, piece), (253, 0, 3, 0))

    def test_lost_packets_are_counted(self):
        torn = np.delete(self.stream, slice(60, 81), 0)  # over the seam of the loop
        for piece in (1, 7, 253):
            self.assertEqual(self.judged(torn, piece), (232, 0, 0, 21))

    def test_a_repeated_packet_is_a_tear(self):
        again = np.insert(self.stream, 60, self.stream[59], 0)
        self.assertEqual(self.judged(again, 7)[3], 99)

    def test_reads_packets_from_a_stream(self):
        judge = speed.Judge(io.BufferedReader(io.BytesIO(self.stream.tobytes() + b'\x47')), self.sent)
        judge.run()
        self.assertEqual((judge.packets, judge.wrong, judge.lost, judge.odd_bytes), (253, 0, 0, 1))


class Verdict(unittest.TestCase):
    GOOD = dict(status=0, packets=1000000, packets_wrong=0, packets_marked=0, packets_lost=0, tears=0, odd_bytes=0,
                frames_missing_at_the_ends=6.5)

    def test_all_there_passes(self):
        self.assertEqual(speed.complaints(self.GOOD), [])

    def test_whatever_is_missing_fails(self):
        for name, value, word in (('packets_lost', 1, '1 packets lost'), ('packets_wrong', 1, 'wrong'),
                                  ('packets_marked', 1, 'marked'), ('odd_bytes', 1, 'bytes'), ('status', 1, 'status'),
                                  ('packets', 0, 'no packet'), ('frames_missing_at_the_ends', 8.0, 'ends')):
            with self.subTest(name):
                told = speed.complaints(dict(self.GOOD, **{name: value}))
                self.assertEqual(len(told), 1)
                self.assertIn(word, told[0])


class Shape(unittest.TestCase):
    def test_clock_offset_and_the_seam(self):
        rng = np.random.default_rng(1)
        x = ((rng.integers(0, 2, 9000) * 2 - 1) + 1j * (rng.integers(0, 2, 9000) * 2 - 1)) / np.sqrt(2)
        y = grdtv_source.shape(x, 2.0, 0.2, 200.0)
        self.assertEqual(len(y), round(18000 / 1.0002))
        self.assertAlmostEqual(np.mean(np.abs(y.astype(complex)) ** 2), 1.0, delta=0.01)
        # Matched filter and symbols where the faster clock has them, the seam among them: no interference.
        f = np.fft.fftfreq(len(y)) * len(y) / len(x)
        h = np.abs(f) < 0.4
        edge = (np.abs(f) >= 0.4) & (np.abs(f) < 0.6)
        gain = np.where(edge, np.cos(0.5 * np.pi / 0.2 * (np.abs(f) - 0.4)), h)
        spectrum = np.fft.fft(y) * gain
        for k in (0, 1, 4500, 8999):
            at = k * len(y) / len(x)
            got = np.sum(spectrum * np.exp(2j * np.pi * np.fft.fftfreq(len(y)) * at)) / len(y)
            self.assertLess(abs(got - x[k]), 1e-5)

    def test_transport_stream_fits_the_loop(self):
        for name, period in (('QPSK 1/2', 47), ('QPSK 3/4', 188)):
            entry = grdtv_source.entry_of(name, 'normal')
            self.assertEqual(grdtv_source.ts_loop_frames(entry), period)
            self.assertEqual(period * (grdtv_source.k_bch_of(entry) - 80) % 1504, 0)


if __name__ == '__main__':
    unittest.main()
