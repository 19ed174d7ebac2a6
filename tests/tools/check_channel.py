#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the measuring channel itself (tests/bench/channel.py): phase-noise masks, resampler, noise power, faults."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    sys.exit(77)

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'bench')
sys.path.insert(0, BENCH)
import channel  # noqa: E402


class Masks(unittest.TestCase):
    def test_spectrum_follows_the_mask(self):
        fs = 50e6
        for name, levels in channel.MASKS.items():
            noise = channel.PhaseNoise(name, fs, 1)
            size, pieces = 1 << 18, 8
            window = np.hanning(size)
            f = np.fft.rfftfreq(size, 1 / fs)
            power = 0.0
            for _ in range(pieces):
                x = noise.take(size).astype(np.float64)
                power = power + np.abs(np.fft.rfft((x - x.mean()) * window)) ** 2
            one_sided = 2 * power / pieces / (window ** 2).sum() / fs
            for hz in (1e4, 1e5, 1e6, 1e7):
                near = (f > 0.85 * hz) & (f < 1.15 * hz)
                got = 10 * np.log10(one_sided[near].mean() / 2)
                mask = np.interp(np.log10(f[near]), np.log10(channel.MASK_HZ), levels)
                want = 10 * np.log10(np.mean(10 ** (mask / 10)))
                # Some 130 values of an exponential distribution at 10 kHz: 0.4 dB.
                self.assertAlmostEqual(got, want, delta=1.3, msg='%s at %g Hz' % (name, hz))

    def test_blocks_join_without_a_step(self):
        noise = channel.PhaseNoise('dvb-typical', 50e6, 2)
        x = noise.take(noise.SIZE * 2)
        seam = noise.SIZE - noise.overlap
        step = np.diff(x.astype(np.float64))
        # Gaussian: above 5 sigma at the seam by chance 2e-6, above 6.5 sigma anywhere in 4e6 values 3e-4.
        self.assertLess(np.abs(step[seam - 2:seam + 2]).max(), 5 * step.std())
        self.assertLess(np.abs(step).max(), 6.5 * step.std())


class Resampler(unittest.TestCase):
    def test_against_the_sum_of_its_lines(self):
        rng = np.random.default_rng(3)
        n = 1 << 16
        lines = np.unique(rng.integers(-int(0.35 * n), int(0.35 * n), 300))
        weight = rng.standard_normal(len(lines)) + 1j * rng.standard_normal(len(lines))
        spectrum = np.zeros(n, complex)
        spectrum[lines] = weight
        loop = channel.Loop(np.fft.ifft(spectrum).astype(np.complex64), 20.0, 321.25)
        got = np.concatenate([loop.take(channel.BLOCK) for _ in range(4)])
        at = rng.integers(0, len(got), 300)
        t = at * (1 + 20e-6) + 321.25
        want = (weight * np.exp(2j * np.pi * lines * t[:, None] / n)).sum(1) / n
        error = 10 * np.log10(np.mean(np.abs(got[at] - want) ** 2) / np.mean(np.abs(want) ** 2))
        self.assertLess(error, -70)


class Program(unittest.TestCase):
    """The whole program on a made-up loop of Gaussian noise in the band of a carrier."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.loop = os.path.join(self.folder.name, 'loop.cf32')
        rng = np.random.default_rng(4)
        n = 40000
        spectrum = rng.standard_normal(n) + 1j * rng.standard_normal(n)
        spectrum[np.abs(np.fft.fftfreq(n)) > 0.125] = 0
        self.clean = np.fft.ifft(spectrum).astype(np.complex64)
        self.clean /= np.sqrt(np.mean(np.abs(self.clean) ** 2))
        self.clean.tofile(self.loop)
        with open(self.loop + '.json', 'w') as f:
            json.dump(dict(sps=4.0, rolloff=0.2, plframe_symbols=10000, frames=1), f)

    def tearDown(self):
        self.folder.cleanup()

    def run_channel(self, *options):
        out = subprocess.run([sys.executable, os.path.join(BENCH, 'channel.py'), self.loop, '--frames', '6', *options],
                             check=True, stdout=subprocess.PIPE).stdout
        return np.frombuffer(out, '<c8')

    def test_leaves_the_loop_alone(self):
        got = self.run_channel()
        self.assertEqual(len(got), 240000)
        np.testing.assert_array_equal(got, np.tile(self.clean, 6))

    def test_noise_power(self):
        noise = self.run_channel('--es-n0', '3') - self.run_channel()
        self.assertAlmostEqual(10 * np.log10(4.0 / np.mean(np.abs(noise.astype(complex)) ** 2)), 3.0, delta=0.05)

    def test_carrier_offset(self):
        got = self.run_channel('--symbol-rate', '1e6', '--cfo', '1234.5')
        turn = np.angle(np.sum(got[1:] * np.conj(np.tile(self.clean, 6)[1:]) *
                               np.conj(got[:-1] * np.conj(np.tile(self.clean, 6)[:-1]))))
        self.assertAlmostEqual(turn / 2 / np.pi * 4e6, 1234.5, delta=0.5)

    def test_faults(self):
        dc = self.run_channel('--dc-dbc', '-20') - self.run_channel()
        self.assertAlmostEqual(20 * np.log10(np.abs(dc.mean())), -20, delta=0.01)
        image = self.run_channel('--image-db', '30') - self.run_channel()
        self.assertAlmostEqual(10 * np.log10(np.mean(np.abs(image) ** 2)), -30, delta=0.1)
        clipped = self.run_channel('--clip', '0.01')
        top = np.abs(clipped.view(np.float32)).max()
        share = np.mean(np.maximum(np.abs(clipped.real), np.abs(clipped.imag)) >= top)
        self.assertAlmostEqual(share, 0.01, delta=0.004)
        tilted = np.fft.fft(self.run_channel('--tilt-db', '3')[:40000])
        ratio = np.abs(tilted) / np.maximum(np.abs(np.fft.fft(self.clean)), 1e-3)
        edge = int(0.12 * 40000)
        self.assertAlmostEqual(20 * np.log10(ratio[edge - 50:edge].mean() / ratio[-edge:50 - edge].mean()), 2.4,
                               delta=0.1)

    def test_neighbours(self):
        got = self.run_channel('--adjacent', '1.05')
        f = np.fft.fftfreq(len(got)) * 4.0
        power = np.abs(np.fft.fft(got)) ** 2
        wanted = power[np.abs(f) < 0.5].sum()
        for side in (1, -1):
            self.assertAlmostEqual(10 * np.log10(power[np.abs(f - side * 1.26) < 0.5].sum() / wanted), 0.0, delta=0.1)

    def test_sixteen_bits(self):
        out = subprocess.run([sys.executable, os.path.join(BENCH, 'channel.py'), self.loop, '--frames', '1', '--format',
                              'ci16'], check=True, stdout=subprocess.PIPE).stdout
        x = np.frombuffer(out, '<i2').astype(np.float64) / 32768
        self.assertAlmostEqual(10 * np.log10(2 * np.mean(x ** 2)), -12.0, delta=0.05)

    def test_too_few_samples_for_neighbours_are_refused(self):
        with open(self.loop + '.json', 'w') as f:
            json.dump(dict(sps=2.0, rolloff=0.2, plframe_symbols=10000, frames=1), f)
        done = subprocess.run([sys.executable, os.path.join(BENCH, 'channel.py'), self.loop, '--adjacent', '1.05'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b'adjacent', done.stderr)


if __name__ == '__main__':
    unittest.main()
