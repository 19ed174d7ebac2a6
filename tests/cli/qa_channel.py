#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command channel as a user meets it: losses in JSON and in the samples, refusals that name option and value. argv[1] is the program."""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

PROGRAM = sys.argv.pop(1)
ELEMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiles/elements/qianfan_2026-08-22.tle")
SITE = "31.2,121.5,20"
RATE = 200e3
C = 299792458.0


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60)


def first_pass():
    """(name, start) near the culmination of the first pass above 40 degrees, by the program's own passes."""
    out = run("passes", "--elements", ELEMENTS, "--site", SITE, "--start", "2026-08-22T00:00:00Z", "--hours", "2", "--min-elevation", "40", "--json", "-",
              "--quiet").stdout
    best = next(p for p in json.loads(out)["passes"] if p["begins"] == p["ends"] == "horizon" and not p["flags"])
    return str(best["norad_id"]), best["tca"]


class QaChannel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.satellite, cls.start = first_pass()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.input = os.path.join(self.folder.name, "in.cf32")
        self.output = os.path.join(self.folder.name, "out.cf32")
        np.full(300000, 0.5, "<c8").tofile(self.input)

    def tearDown(self):
        self.folder.cleanup()

    def arguments(self, *options, moving=True, frequency="12.7G"):
        motion = ["--elements", ELEMENTS, "--satellite", self.satellite, "--site", SITE, "--start", self.start, "--frequency", frequency]
        return ["channel", self.input, self.output, "--rate", str(RATE), *(motion if moving else []), *options]

    def channel(self, *options, **more):
        done = run(*self.arguments(*options, **more), "--json", "-", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout), np.fromfile(self.output, "<c8")

    def refused(self, *options, words, **more):
        done = run(*self.arguments(*options, **more), "--quiet")
        self.assertEqual(done.returncode, 2, done)
        text = done.stderr.decode()
        self.assertEqual(text.count("\n"), 1, text)
        for word in words:
            self.assertIn(word, text)

    @staticmethod
    def level_db(y, t):
        at = int(t * RATE)
        return 10 * math.log10(np.mean(np.abs(y[at:at + 2000].astype(complex)) ** 2))

    def test_every_term_is_reported_and_applied(self):
        told, y = self.channel("--rain", "0.2:0,0.5:50,2:50", "--gases", "--antenna", "panel", "--antenna-diameter", "0.5", "--pointing-elevation", "0.4",
                               "--path-loss")
        begin, end = (told["satellites"][0]["loss"][k] for k in ("start", "end"))
        delay = told["satellites"][0]["delay_s"]
        for terms, tau in ((begin, delay[0]), (end, delay[1])):
            self.assertAlmostEqual(terms["free_space_db"], 20 * math.log10(4 * math.pi * tau * 12.7e9), places=6)
            self.assertAlmostEqual(terms["total_db"], sum(terms[k] for k in ("free_space_db", "rain_db", "gas_db", "pointing_db")), places=9)
            self.assertAlmostEqual(terms["applied_db"], sum(terms[k] for k in ("free_space_applied_db", "rain_db", "gas_db", "pointing_db")), places=9)
            self.assertGreater(terms["pointing_db"], 0.1)
            self.assertGreater(terms["gas_db"], 0.03)
            self.assertAlmostEqual(terms["off_beam_deg"], 0.4, places=6)
        self.assertEqual((begin["rain_mm_h"], begin["rain_db"]), (0.0, 0.0))
        self.assertEqual(end["rain_mm_h"], 50.0)
        self.assertGreater(end["rain_db"], 3.0)
        # In the samples: 0.5 is -6.02 dB.
        self.assertAlmostEqual(self.level_db(y, 0.01) + 6.0206, -begin["applied_db"], delta=0.02)
        self.assertAlmostEqual(self.level_db(y, 1.4) + 6.0206, -end["applied_db"], delta=0.02)

    def test_a_second_satellite_comes_through_the_side_lobes(self):
        plain, _ = self.channel()
        el = {}
        with open(ELEMENTS) as file:
            lines = file.read().splitlines()[1::3][:60]
        for line in lines:
            number = line[2:7].strip()
            if number == self.satellite:
                continue
            told, _ = json_of_one(self, number)
            if told and told["el_deg"][0] > 20:
                el[number] = told["el_deg"][0]
                break
        self.assertTrue(el, "no second satellite in view")
        told, _ = self.channel("--satellite", next(iter(el)), "--antenna", "dish", "--antenna-diameter", "0.6")
        first, second = told["satellites"]
        self.assertEqual(first["loss"]["start"]["pointing_db"], 0.0)
        self.assertGreater(second["loss"]["start"]["pointing_db"], 15.0)
        # Turned to the second one it is the other way round.
        told, _ = self.channel("--satellite", next(iter(el)), "--antenna", "dish", "--antenna-diameter", "0.6", "--point-at", next(iter(el)))
        first, second = told["satellites"]
        self.assertGreater(first["loss"]["start"]["pointing_db"], 15.0)
        self.assertEqual(second["loss"]["start"]["pointing_db"], 0.0)

    def test_the_beam_follows_the_elements_it_is_given(self):
        old = ELEMENTS.replace("08-22", "08-12")
        away = []
        for elements in (ELEMENTS, old):
            told, _ = self.channel("--antenna", "dish", "--antenna-diameter", "1.2", "--pointing-elements", elements)
            away.append(told["satellites"][0]["loss"]["start"])
        self.assertEqual((away[0]["off_beam_deg"], away[0]["pointing_db"]), (0.0, 0.0))
        # Ten days make kilometres in track: tenths of a degree and less, but not nothing.
        self.assertTrue(1e-3 < away[1]["off_beam_deg"] < 5.0, away[1])
        self.assertGreater(away[1]["pointing_db"], 0.0)

    def test_gateway_adds_its_delay_and_doppler(self):
        straight, _ = self.channel()
        told, y = self.channel("--gateway", "29.5,120,100", "--uplink-frequency", "14.2G")
        feeder = told["satellites"][0]["loss"]["start"]["feeder"]
        self.assertTrue(3.5e-3 < feeder["delay_s"] < 12e-3)
        self.assertAlmostEqual(told["reference_delay_s"], straight["satellites"][0]["delay_s"][0] + feeder["delay_s"], delta=1 / RATE)
        # The line lies at the sum of both Doppler shifts (first tenth of a second: it drifts by some 100 Hz).
        x = y[2000:18384] * np.hanning(16384)
        bins = np.abs(np.fft.fft(x))
        found = np.fft.fftfreq(16384, 1 / RATE)[bins.argmax()]
        expected = told["satellites"][0]["doppler_hz"][0] + feeder["doppler_hz"]
        alias = (found - expected + RATE / 2) % RATE - RATE / 2
        self.assertLess(abs(alias), 400.0)

    def test_seeds_repeat(self):
        options = ("--es-n0", "10", "--symbol-rate", "50k", "--phase-noise", "pll-lnb", "--scintillation", "0.3", "--adjacent-spacing", "60k",
                   "--noise-temperature", "80", "--rain", "30")
        _, a = self.channel(*options, "--seed", "5")
        _, b = self.channel(*options, "--seed", "5")
        _, c = self.channel(*options, "--seed", "6")
        np.testing.assert_array_equal(a, b)
        self.assertFalse(np.array_equal(a, c))

    def test_rain_raises_the_noise_where_a_temperature_is_given(self):
        noise = []
        for more in ((), ("--noise-temperature", "70")):
            told, y = self.channel("--es-n0", "0", "--symbol-rate", "50k", "--rain", "80", *more)
            _, clean = self.channel("--rain", "80")
            noise.append(10 * math.log10(np.mean(np.abs(y.astype(complex) - clean) ** 2)))
        self.assertAlmostEqual(noise[0], 10 * math.log10(0.25 * 4), delta=0.1)
        terms = told["satellites"][0]["loss"]["start"]
        attenuation = terms["rain_db"]
        sky = lambda a: 275 * (1 - 10 ** (-a / 10)) + 2.7 * 10 ** (-a / 10)
        self.assertAlmostEqual(noise[1] - noise[0], 10 * math.log10((70 + sky(attenuation)) / (70 + sky(0))), delta=0.1)

    def test_adjacent_carriers(self):
        told, y = self.channel("--symbol-rate", "50k", "--adjacent-spacing", "62k", "--adjacent-db", "-3", moving=False)
        bins = np.abs(np.fft.fft(y[1000:201000])) ** 2 / 2e5 ** 2
        f = np.fft.fftfreq(200000, 1 / RATE)
        for side in (1, -1):
            self.assertAlmostEqual(10 * math.log10(bins[np.abs(f - side * 62e3) < 31e3].sum() / 0.25), -3.0, delta=0.1)

    def test_refusals_name_option_value_and_remedy(self):
        self.refused("--rain=-1", words=("--rain", "-1", "500"))
        self.refused("--rain", "heavy", words=("--rain heavy", "SECONDS:MM_H"))
        self.refused("--rain", "10:5,3:6", words=("--rain", "ascend"))
        self.refused("--vapour", "80", words=("--vapour", "80", "50"))
        self.refused("--gases", frequency="437M", words=("--frequency 437000000", "55 GHz"))
        self.assertEqual(self.channel(frequency="437M")[0]["carrier_hz"], 437e6)
        self.refused("--rain", "10", moving=False, words=("--rain", "--elements"))
        self.refused("--gateway", "-33,-60,0", "--uplink-frequency", "14G", words=("--gateway", "below the horizon"))
        self.refused("--gateway", "30,120,0", words=("--uplink-frequency", "14.2G"))
        self.refused("--uplink-frequency", "14G", words=("--gateway",))
        self.refused("--antenna", "horn", words=("--antenna", "horn", "panel"))
        self.refused("--antenna", "dish", "--antenna-diameter", "0", words=("--antenna-diameter",))
        self.refused("--pointing-azimuth", "1", words=("--antenna",))
        self.refused("--antenna", "dish", "--point-at", "NOBODY", words=("NOBODY",))
        self.refused("--scintillation", "99", words=("--scintillation", "99"))
        self.refused("--noise-temperature", "70", words=("--es-n0",))
        self.refused("--adjacent-spacing", "30k", words=("--symbol-rate",))
        self.refused("--symbol-rate", "50k", "--adjacent-spacing", "90k", words=("--adjacent-spacing 90000", "at most 66000"))
        self.refused("--symbol-rate", "180k", "--adjacent-spacing", "90k", words=("--adjacent-spacing", "higher sample rate"))

    def test_help_says_the_units(self):
        text = run("channel", "--help").stdout.decode()
        for word in ("--rain", "MM_H", "--gateway", "--uplink-frequency", "HZ", "P.618", "--adjacent-db", "--pointing-lag", "--noise-temperature"):
            self.assertIn(word, text)


def json_of_one(test, number):
    """What channel tells of another satellite alone; nothing where its orbit is of no use."""
    few = os.path.join(test.folder.name, "few.cf32")
    np.full(2000, 0.5, "<c8").tofile(few)
    done = run("channel", few, test.output, "--rate", str(RATE), "--elements", ELEMENTS, "--satellite", number, "--site", SITE, "--start", test.start,
               "--frequency", "12.7G", "--json", "-", "--quiet")
    if done.returncode != 0:
        return None, None
    found = json.loads(done.stdout)["satellites"]
    return (found[0] if found else None), None


if __name__ == "__main__":
    unittest.main()
