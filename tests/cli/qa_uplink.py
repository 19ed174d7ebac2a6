#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `spacesail tx --elements` sends, taken up to the satellite by another engine and measured there in its samples.

Truth: python3-sgp4 and python3-erfa with their own light time (tests/vectors/doppler/reference_engine.py). The path is
applied here: a sample that leaves at t arrives at t + tau_up(t), turned by -f tau_up(t). What arrives is compared with the
carrier of a terminal that does not move, by correlation. Exit code 77: the Python packages are not installed.

Usage: qa_uplink.py PROGRAM
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TLE = os.path.join(SOURCE, "profiles/elements/qianfan_2026-08-22.tle")
sys.path.insert(0, os.path.join(SOURCE, "tests/vectors/doppler"))
import reference_engine as truth  # noqa: E402  (ends with 77 where its packages are missing)

import numpy as np  # noqa: E402

RATE, SYMBOL_RATE, CARRIER_HZ, SECONDS = 1.25e6, 400e3, 14.25e9, 2.5
PLACE = (31.2, 121.5, 20.0)
# Half a minute before the closest approach of its best pass of that day (QIANFAN-1, 52 degrees): 1.3 kHz/s.
START = "2026-08-23T00:26:30Z"
# What is asked: 0.01 ppm and 0.3 us.
MOST_PPM, MOST_S = 0.01, 0.3e-6


def tau_up(number, ahead_s=0.0):
    """tau_up(t) of a satellite that is ahead of its elements."""
    begin = truth.utc_seconds(START)
    satellite = truth.Satellite(*truth.load(TLE)[number], begin)
    position = satellite.position
    satellite.position = lambda t: position(t + ahead_s)
    site = truth.Site(*PLACE, begin, 0.0, 0.0, 0.0)
    return lambda t: truth.light_time(satellite, site, t, "up")[0]


def over(function, times):
    """A smooth function at many times within a tenth of a second: Chebyshev points and a polynomial between."""
    middle, half = 0.5 * (times[0] + times[-1]), 0.5 * (times[-1] - times[0]) + 1e-3
    nodes = np.cos(math.pi * (np.arange(7) + 0.5) / 7)
    fit = np.polynomial.Chebyshev.fit(nodes, [function(middle + half * x) for x in nodes], 6, domain=[-1, 1])
    return fit((times - middle) / half)


def interpolate(x, places):
    """Samples between samples: a sinc of 64 taps under a Kaiser window of 90 dB."""
    whole = np.floor(places).astype(int)
    part = places - whole
    out = np.zeros(len(places), dtype=complex)
    for tap in range(-31, 33):
        d = tap - part
        window = np.i0(9.0 * np.sqrt(np.maximum(0.0, 1 - (d / 32.5) ** 2))) / np.i0(9.0)
        out += x[whole + tap] * np.sinc(d) * window
    return out


class Uplink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.still, _ = cls.send("still")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def send(cls, name, *options):
        file = os.path.join(cls.folder.name, name + ".cf32")
        done = subprocess.run([PROGRAM, "tx", file, "--random", "--seed", "5", "--seconds", str(SECONDS), "--rate", str(RATE),
                               "--symbol-rate", str(SYMBOL_RATE), "--quiet", "--json", file + ".json", *options],
                              capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr
        with open(file + ".json") as f:
            return np.fromfile(file, "<c8"), json.load(f)

    def compensated(self, *more, satellite="QIANFAN-1"):
        return self.send("moved", "--elements", TLE, "--satellite", satellite, "--site", ",".join(map(str, PLACE)),
                         "--start", START, "--frequency", str(CARRIER_HZ), *more)

    def arrival(self, sent, reference_s, tau):
        """(largest time error in s, largest frequency error in ppm) at three places of the carrier."""
        worst_s, worst_ppm = 0.0, 0.0
        for begin in (0.05, 0.5 * SECONDS, 0.95 * SECONDS):
            k = int(begin * RATE) + np.arange(20000)
            # What is at the satellite at u left at t with t + tau_up(t) = u.
            u = k / RATE + reference_s
            t = u - reference_s
            for _ in range(4):
                t = u - over(tau, t)
            delay = u - t
            got = interpolate(sent, t * RATE) * np.exp(-2j * math.pi * np.mod(CARRIER_HZ * delay, 1.0))
            want = self.still[k].astype(complex)
            # Frequency from the phase of 200 pieces (to +-6 kHz), refined by 20, then time from the correlation's shape.
            slope = 0.0
            for count in (200, 20):
                pieces = np.sum((got * want.conj()).reshape(count, -1), axis=1)
                step = np.angle(np.sum(pieces[1:] * np.conj(pieces[:-1]))) / (2 * math.pi) * count / len(k) * RATE
                got = got * np.exp(-2j * math.pi * step * (k - k[0]) / RATE)
                slope += step
            spectrum = np.fft.fft(got) * np.conj(np.fft.fft(want))
            f = np.fft.fftfreq(len(k), 1 / RATE)
            strength = np.abs(np.fft.ifft(spectrum))
            lag = int(np.argmax(strength))
            lag -= len(k) if lag > len(k) // 2 else 0
            # Around the whole sample: straight line through the phase of the cross spectrum.
            spectrum = spectrum * np.exp(2j * math.pi * f * lag / RATE)
            band = np.abs(f) < 0.55 * SYMBOL_RATE
            turned = spectrum[band] * np.exp(-1j * np.angle(np.sum(spectrum[band])))
            fine = -np.sum(np.abs(turned) * np.angle(turned) * f[band]) / np.sum(np.abs(turned) * f[band] ** 2) / (2 * math.pi)
            likeness = strength.max() / (np.linalg.norm(got) * np.linalg.norm(want))
            worst_s = max(worst_s, abs(lag / RATE + fine) if likeness > 0.5 else math.inf)
            worst_ppm = max(worst_ppm, abs(slope) / CARRIER_HZ * 1e6 if likeness > 0.5 else math.inf)
        return worst_s, worst_ppm

    def assert_arrives(self, name, time_s, ppm):
        print(f"{name}: {1e6 * time_s:.6f} us, {ppm:.7f} ppm")
        self.assertLess(time_s, MOST_S)
        self.assertLess(ppm, MOST_PPM)

    def test_same_elements(self):
        sent, summary = self.compensated()
        sat = summary["sat"]
        self.assertEqual(sat["unknown_delays"], 0)
        number = sat["id"]
        tau = tau_up(number)
        self.assertAlmostEqual(sat["reference_delay_s"], tau(0.0), delta=1 / RATE)
        self.assertGreater(abs(sat["doppler_hz"][0] - sat["doppler_hz"][1]), 1000 * SECONDS)
        self.assert_arrives("the same elements", *self.arrival(sent, sat["reference_delay_s"], tau))
        # Negative controls: without compensation, and compensated for another place of the orbit.
        time_s, ppm = self.arrival(np.concatenate([self.still, np.zeros(4000)]), sat["reference_delay_s"], tau)
        self.assertTrue(time_s > MOST_S or ppm > MOST_PPM)

    def test_bias_learned(self):
        """The satellite is 5 km ahead of its elements; the terminal believes 4.9 km."""
        sent, summary = self.compensated("--in-track-bias", "4900")
        sat = summary["sat"]
        begin = truth.utc_seconds(START)
        _, _, velocity = truth.Satellite(*truth.load(TLE)[sat["id"]], begin).model.sgp4_tsince(
            truth.Satellite(*truth.load(TLE)[sat["id"]], begin).minutes_at_origin)
        tau = tau_up(sat["id"], 5e3 / (1e3 * math.hypot(*velocity)))
        self.assert_arrives("bias learned to 100 m", *self.arrival(sent, sat["reference_delay_s"], tau))
        # Negative control: not learned, it misses time and frequency.
        sent, summary = self.compensated()
        time_s, ppm = self.arrival(sent, summary["sat"]["reference_delay_s"], tau)
        print(f"5 km not learned: {1e6 * time_s:.3f} us, {ppm:.5f} ppm")
        self.assertTrue(time_s > MOST_S and ppm > MOST_PPM)

    def test_what_is_missing_is_named(self):
        def refused(*options):
            done = subprocess.run([PROGRAM, "tx", os.path.join(self.folder.name, "no.cf32"), "--random", "--frames", "1",
                                   "--symbol-rate", "1M", "--elements", TLE, *options], capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 2, done)
            self.assertEqual(done.stderr.decode().count("\n"), 1, done)
            return done.stderr.decode()

        place, start, frequency = ("--site", "31,121,0"), ("--start", START), ("--frequency", "14.25G")
        satellite = ("--satellite", "QIANFAN-1")
        self.assertIn("--frequency", refused(*place, *start, *satellite))
        self.assertIn("--start", refused(*place, *frequency, *satellite))
        self.assertIn("--site", refused(*start, *frequency, *satellite))
        self.assertIn("--satellite", refused(*place, *start, *frequency))
        self.assertIn("--in-track-bias", refused(*place, *start, *frequency, *satellite, "--in-track-bias", "1e9"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
