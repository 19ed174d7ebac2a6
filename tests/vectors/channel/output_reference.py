#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out of the channel against the independent delay engine of tests/vectors/doppler.

Delay and Doppler are measured in the samples that `spacesail channel` writes: by correlation with a sequence of 1000 lines over +-0.37 of the
sample rate (code and carrier apart), and by a line in the spectrum at ten points of a pass. The truth is python3-sgp4 and python3-erfa with
their own light time; nothing of the library is used. Exit code 77: those packages are not installed.

Usage: output_reference.py SPACESAIL SOURCE_DIR
"""
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "doppler"))
import reference_engine as reference  # noqa: E402 (ends with 77 where a package is missing)
import numpy as np  # noqa: E402

DOWN_HZ = 12.7e9
UP_HZ = 14.2e9
SITE = (31.2, 121.5, 20.0)
GATEWAY = (29.5, 120.0, 100.0)
RATE = 25e6
PERIOD = 4096
START = "2026-08-22T00:00:00"


def iso(seconds):
    return (datetime.datetime.fromisoformat(START) + datetime.timedelta(seconds=seconds)).isoformat(timespec="microseconds")


class Scene:
    """One instant: satellites and sites of the independent engine with it as origin."""

    def __init__(self, sets, after_s):
        self.start = iso(after_s)
        self.origin = reference.utc_seconds(self.start)
        self.sets = sets
        self.site = reference.Site(*SITE, self.origin, 0.0, 0.0, 0.0)
        self.gateway = reference.Site(*GATEWAY, self.origin, 0.0, 0.0, 0.0)

    def satellite(self, number):
        return reference.Satellite(*self.sets[number], self.origin)

    def down(self, number, t):
        return reference.light_time(self.satellite(number), self.site, t, "down")[0]

    def feeder(self, number, t):
        """Delay gateway to satellite of the wave that the terminal receives at t."""
        at_satellite = t - self.down(number, t)
        tau = 0.0
        for _ in range(6):
            tau = reference.light_time(self.satellite(number), self.gateway, at_satellite - tau, "up")[0]
        return tau

    def rate(self, number, t):
        return reference.tau_rate(self.satellite(number), self.site, t, "down")


class Sequence:
    """Lines of random phase on multiples of rate / period: told at any instant."""

    def __init__(self):
        rng = np.random.default_rng(1)
        k = rng.permutation(np.arange(-1500, 1501))[:1000]
        self.f = k * RATE / PERIOD
        self.a = np.exp(2j * np.pi * rng.random(len(k))) / math.sqrt(len(k))

    def at(self, t):
        """Value and derivative at many instants. One short period of them is known: t is taken modulo it."""
        t = np.mod(t, PERIOD / RATE)
        e = np.exp(2j * np.pi * np.outer(t, self.f))
        return e @ self.a, e @ (self.a * 2j * np.pi * self.f)


def run(program, folder, x, rate, scene, numbers, *more):
    source, target = os.path.join(folder, "x.cf32"), os.path.join(folder, "y.cf32")
    x.astype("<c8").tofile(source)
    arguments = [program, "channel", source, target, "--rate", repr(rate), "--json", "-", "--quiet", *more]
    if numbers:
        arguments += ["--elements", ELEMENTS, "--site", ",".join(map(str, SITE)), "--start", scene.start + "Z", "--frequency", repr(DOWN_HZ)]
    for n in numbers:
        arguments += ["--satellite", str(n)]
    told = json.loads(subprocess.run(arguments, capture_output=True, check=True).stdout)
    return told, np.fromfile(target, "<c8").astype(complex)


def measure(y, scene, sequence, reference_s, links):
    """For blocks of the output: error of code delay in s and of carrier phase in cycles of each link.

    links: functions (t) -> (whole delay, phase in cycles). All links are fitted at once: amplitude and shift of each.
    """
    step, size = 40000, 2048
    rows = []
    for first in range(12 * step, len(y) - size - 500, step):
        n = np.arange(first, first + size)
        t = n / RATE
        middle = t[size // 2]
        columns = []
        for link in links:
            # Over 82 us two values a side make a parabola that is exact to 1e-20 s.
            at = [link(middle + d) for d in (-1e-4, 0.0, 1e-4)]
            d = t - middle
            delay, cycles = (v[1] + (v[2] - v[0]) / 2e-4 * d + (v[2] - 2 * v[1] + v[0]) / 2e-8 * d * d for v in zip(*at))
            value, slope = sequence.at(t - delay + reference_s)
            turn = np.exp(-2j * np.pi * np.mod(cycles, 1.0))
            columns += [value * turn, slope * turn]
        fit = np.linalg.lstsq(np.array(columns).T, y[n], rcond=None)[0]
        for k in range(len(links)):
            amplitude, shifted = fit[2 * k], fit[2 * k + 1]
            rows.append((k, middle, -(shifted / amplitude).real, np.angle(amplitude) / (2 * np.pi), abs(amplitude)))
    return rows


def judge(rows, nof_links, frequency_hz, name, failures=None):
    """Checks every link's errors. Without a list of failures: a negative control; returns whether it was found out."""
    found_out = False
    for k in range(nof_links):
        own = [r for r in rows if r[0] == k]
        t = np.array([r[1] for r in own])
        code_ps = 1e12 * math.sqrt(np.mean([r[2] ** 2 for r in own]))
        phase = np.array([r[3] for r in own])
        carrier_ps = 1e12 * math.sqrt(np.mean(phase ** 2)) / frequency_hz
        hz = abs(np.polyfit(t, phase, 1)[0])
        level_db = 20 * math.log10(np.mean([r[4] for r in own]))
        ok = len(own) >= 10 and code_ps <= 10 and carrier_ps <= 10 and hz <= 0.1 and abs(level_db) < 0.01
        text = (f"{name}, satellite {k + 1}: code {code_ps:.3f} ps rms, carrier {carrier_ps:.4f} ps rms, Doppler {hz:.1e} Hz, level {level_db:+.4f} dB "
                f"({len(own)} blocks)")
        if failures is None:
            found_out = found_out or not ok
            print("     " + text)
        else:
            reference.check(ok, text, failures)
    return found_out


def choose(sets):
    """A time shortly after the culmination of the day's highest pass, its satellite, another one in view; and the pass's span above 10 degrees."""
    first = sorted(sets)[0]
    scene = Scene(sets, 0.0)
    satellite = scene.satellite(first)
    heights = [reference.look(satellite, scene.site, 10.0 * k, "down")[2] for k in range(8640)]
    tops = [k for k in range(100, 8539) if heights[k - 1] < heights[k] >= heights[k + 1]]
    top = max(tops, key=lambda k: heights[k])
    rise = next(k for k in range(top, 0, -1) if heights[k] < 10.0)
    fall = next(k for k in range(top, 8640) if heights[k] < 10.0)
    at = 10.0 * top + 37.0
    there = Scene(sets, at)
    for number in sorted(sets):
        if number != first and reference.look(there.satellite(number), there.site, 0.0, "down")[2] > 15.0:
            return first, number, at, (10.0 * rise + 15.0, 10.0 * fall - 15.0)
    raise SystemExit("no second satellite in view")


def peak_hz(y, rate):
    """A line's frequency: the highest bin of a windowed FFT, then the phase between two halves at that bin."""
    n = 16384
    bins = np.abs(np.fft.fft(y[:n] * np.hanning(n)))
    coarse = np.fft.fftfreq(n, 1 / rate)[bins.argmax()]
    base = y[:n] * np.exp(-2j * np.pi * coarse * np.arange(n) / rate)
    halves = base.reshape(2, -1).sum(1)
    return coarse + np.angle(halves[1] * np.conj(halves[0])) / (2 * np.pi) * rate / (n / 2)


def ten_points(program, folder, sets, number, span, failures):
    rate = 1.6e6
    line = np.ones(20000)
    worst, found_nothing, found_still = 0.0, 0, 0
    for k in range(10):
        scene = Scene(sets, span[0] + (span[1] - span[0]) * (k + 0.5) / 10)
        _, y = run(program, folder, line, rate, scene, [number])
        expected = -DOWN_HZ * scene.rate(number, 0.5 * 16384 / rate)
        worst = max(worst, abs(peak_hz(y, rate) - expected))
        # A channel that does nothing, and one that nothing moves: the line stays where it was.
        _, still = run(program, folder, line, rate, scene, [])
        found_nothing += abs(peak_hz(line, rate) - expected) < 0.1
        found_still += abs(peak_hz(still, rate) - expected) < 0.1
    reference.check(worst < 0.1, f"a line at ten points of a pass: the spectrum shows the Doppler to {worst:.4f} Hz", failures)
    reference.check(found_nothing == 0 and found_still == 0, f"a channel that does nothing is found out at {10 - found_nothing} of 10 points", failures)


def main():
    global ELEMENTS
    program, source = sys.argv[1:3]
    ELEMENTS = f"{source}/profiles/elements/qianfan_2026-08-22.tle"
    sets = reference.load(ELEMENTS)
    first, second, at, span = choose(sets)
    scene = Scene(sets, at)
    sequence = Sequence()
    loop = sequence.at(np.arange(PERIOD) / RATE)[0]
    x = np.tile(loop, 256)
    failures = []

    def straight(number):
        def link(t):
            tau = scene.down(number, t)
            return tau, DOWN_HZ * tau
        return link

    def through_gateway(t):
        tau, feeder = scene.down(first, t), scene.feeder(first, t)
        return tau + feeder, DOWN_HZ * tau + UP_HZ * feeder

    with tempfile.TemporaryDirectory() as folder:
        told, y = run(program, folder, x, RATE, scene, [first])
        judge(measure(y, scene, sequence, told["reference_delay_s"], [straight(first)]), 1, DOWN_HZ, f"{first} at {scene.start}", failures)

        # Negative controls: UT1 off by a millisecond, and the other direction's light time, must be seen.
        late = Scene(sets, at)
        late.site = reference.Site(*SITE, late.origin, 1e-3, 0.0, 0.0)
        measured = measure(y, late, sequence, told["reference_delay_s"], [lambda t: (late.down(first, t), DOWN_HZ * late.down(first, t))])
        reference.check(judge(measured, 1, DOWN_HZ, "UT1 off by 1 ms"), "UT1 off by 1 ms is found out", failures)

        told, y = run(program, folder, x, RATE, scene, [first, second])
        links = [straight(first), straight(second)]
        judge(measure(y, scene, sequence, told["reference_delay_s"], links), 2, DOWN_HZ, f"{first} and {second} together", failures)

        told, y = run(program, folder, x, RATE, scene, [first], "--gateway", ",".join(map(str, GATEWAY)), "--uplink-frequency", repr(UP_HZ))
        judge(measure(y, scene, sequence, told["reference_delay_s"], [through_gateway]), 1, UP_HZ, f"{first} transparent", failures)
        naive = [lambda t: (scene.down(first, t) + reference.light_time(scene.satellite(first), scene.gateway, t, "up")[0],
                            DOWN_HZ * scene.down(first, t) + UP_HZ * reference.light_time(scene.satellite(first), scene.gateway, t, "up")[0])]
        measured = measure(y, scene, sequence, told["reference_delay_s"], naive)
        found_out = judge(measured, 1, UP_HZ, "both delays at receive time")
        reference.check(found_out, "a feeder delay taken at receive time is found out", failures)

        ten_points(program, folder, sets, first, span, failures)
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
