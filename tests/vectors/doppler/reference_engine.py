#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent delay engine and what it says about ours.

Orbits: python3-sgp4. Earth: python3-erfa (gmst82 with two-part UT1, pom00, gd2gc). Light time: bisection in TEME, where both
ends are put at their own instants. Elapsed time: TAI from erfa.dat. Nothing of the library is used; its answers come from the
program delay_table. Exit code 77: the two Python packages are not installed.

Usage: reference_engine.py DELAY_TABLE SOURCE_DIR
"""
import datetime
import math
import subprocess
import sys

try:
    import erfa
    import numpy as np
    from sgp4.api import WGS72, Satrec
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

C = 299792458.0
CARRIER_HZ = 12.7e9
UNIX_JD = 2440587.5
EPOCH = datetime.datetime(1970, 1, 1)


def utc_seconds(text):
    """(whole seconds, microseconds) of the UTC clock since 1970."""
    d = datetime.datetime.fromisoformat(text.rstrip("Z")) - EPOCH
    return d.days * 86400 + d.seconds, d.microseconds


def tai_minus_utc(seconds):
    d = EPOCH + datetime.timedelta(seconds=seconds)
    return float(erfa.dat(d.year, d.month, d.day, 0.0))


class Satellite:
    """TEME position over elapsed seconds after an origin on the UTC clock."""

    def __init__(self, line1, line2, origin):
        self.model = Satrec.twoline2rv(line1, line2, WGS72)
        whole, micro = origin
        epoch_days = self.model.jdsatepoch - UNIX_JD
        epoch_s = epoch_days * 86400.0 + self.model.jdsatepochF * 86400.0
        leap = tai_minus_utc(whole) - tai_minus_utc(epoch_s)
        self.minutes_at_origin = ((whole - epoch_days * 86400.0) - self.model.jdsatepochF * 86400.0 + micro * 1e-6 + leap) / 60.0

    def position(self, t):
        error, r, _ = self.model.sgp4_tsince(self.minutes_at_origin + t / 60.0)
        assert error == 0, error
        return 1e3 * np.array(r)


class Site:
    def __init__(self, lat_deg, lon_deg, height_m, origin, dut1_s, xp_arcsec, yp_arcsec):
        self.fixed = erfa.gd2gc(1, math.radians(lon_deg), math.radians(lat_deg), height_m)
        as2rad = math.pi / 648000.0
        # pom00 takes the celestial intermediate pole's frame to the terrestrial one.
        self.polar = erfa.pom00(xp_arcsec * as2rad, yp_arcsec * as2rad, 0.0)
        self.origin = origin
        self.dut1 = dut1_s
        lat, lon = math.radians(lat_deg), math.radians(lon_deg)
        self.east = np.array([-math.sin(lon), math.cos(lon), 0.0])
        self.north = np.array([-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)])
        self.up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])

    def rotation(self, t):
        """TEME to terrestrial at t elapsed seconds after the origin; UT1 runs on through leap seconds."""
        whole, micro = self.origin
        days, rest = divmod(whole, 86400)
        fraction = (rest + micro * 1e-6 + self.dut1 + t) / 86400.0
        theta = erfa.gmst82(UNIX_JD + days, fraction)
        c, s = math.cos(theta), math.sin(theta)
        return self.polar @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])

    def position(self, t):
        return self.rotation(t).T @ self.fixed


def light_time(satellite, site, t, direction):
    """Delay in s by fixed-point iteration to the last digit."""
    here = site.position(t)
    tau = 0.0
    for _ in range(12):
        far = satellite.position(t - tau if direction == "down" else t + tau)
        new = float(np.linalg.norm(far - here)) / C
        if abs(new - tau) < 1e-16:
            break
        tau = new
    return new, far - here


def look(satellite, site, t, direction):
    tau, delta = light_time(satellite, site, t, direction)
    fixed = site.rotation(t) @ delta
    e, n, u = fixed @ site.east, fixed @ site.north, fixed @ site.up
    return tau, math.degrees(math.atan2(e, n)) % 360.0, math.degrees(math.atan2(u, math.hypot(e, n)))


def tau_rate(satellite, site, t, direction):
    """Fourth-order central difference over 2 s: truncation 1e-14, noise 1e-15."""
    h = 1.0
    f = [light_time(satellite, site, t + k * h, direction)[0] for k in (-2, -1, 1, 2)]
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)


def load(path):
    lines = [line.rstrip("\n") for line in open(path)]
    return {int(lines[i + 1][2:7]): (lines[i + 1], lines[i + 2]) for i in range(0, len(lines) - 2, 3)}


def check(ok, text, failures):
    print(("ok   " if ok else "FAIL ") + text)
    if not ok:
        failures.append(text)


def compare_engine(tool, path, sets, case, failures):
    number, place, origin, dut1, xp, yp, direction, times = case
    args = [tool, "engine", path, str(number), ",".join(str(x) for x in place), origin, str(dut1), str(xp), str(yp), direction]
    out = subprocess.run(args, input="\n".join(repr(t) for t in times), capture_output=True, text=True, check=True).stdout
    rows = [[float(x) for x in line.split()] for line in out.splitlines()]
    satellite = Satellite(*sets[number], utc_seconds(origin))
    site = Site(*place, utc_seconds(origin), dut1, xp, yp)
    d_tau, d_hz, d_look, d_poly, d_poly_hz = [], [], [], [], []
    for t, row in zip(times, rows):
        tau, azimuth, elevation = look(satellite, site, t, direction)
        rate = tau_rate(satellite, site, t, direction)
        d_tau.append(row[0] - tau)
        d_hz.append(CARRIER_HZ * (row[1] - rate))
        d_poly.append(row[6] - tau)
        d_poly_hz.append(CARRIER_HZ * (row[7] - rate))
        turn = (row[3] - azimuth + 180.0) % 360.0 - 180.0
        d_look.append(math.hypot(turn * math.cos(math.radians(elevation)), row[4] - elevation))
    rms_ps = 1e12 * math.sqrt(sum(x * x for x in d_tau) / len(d_tau))
    poly_ps = 1e12 * max(abs(x) for x in d_poly)
    hz = max(abs(x) for x in d_hz)
    poly_hz = max(abs(x) for x in d_poly_hz)
    text = (f"{number} {direction:4} from {origin} at {place}: tau rms {rms_ps:.4f} ps, Doppler {hz:.2e} Hz, polynomial {poly_ps:.4f} ps "
            f"{poly_hz:.2e} Hz, direction {max(d_look):.1e} deg ({len(rows)} times)")
    # Required are 10 ps rms and 0.1 Hz; engines that share only published formulas must do much better.
    check(len(rows) == len(times) and rms_ps < 0.05 and hz < 0.01 and poly_ps < 0.05 and poly_hz < 0.01 and max(d_look) < 1e-6, text, failures)
    return rms_ps


def compare_passes(tool, path, sets, number, place, start, duration, mask, dut1, failures):
    args = [tool, "passes", path, str(number), ",".join(str(x) for x in place), start, str(duration), str(mask), str(dut1)]
    out = subprocess.run(args, capture_output=True, text=True, check=True).stdout
    ours = [[int(x) for x in line.split()] for line in out.splitlines()]
    begin = utc_seconds(start)
    satellite = Satellite(*sets[number], begin)
    site = Site(*place, begin, dut1, 0.0, 0.0)

    def height(t):
        return look(satellite, site, t, "down")[2] - mask

    def root(f, a, b):
        fa = f(a)
        while b - a > 1e-4:
            m = 0.5 * (a + b)
            if (f(m) < 0) == (fa < 0):
                a = m
            else:
                b = m
        return 0.5 * (a + b)

    # A grid of 10 s finds every pass longer than that; the mask of each case is chosen so that none is shorter.
    grid = [10.0 * k for k in range(int(duration / 10.0) + 1)]
    heights = [height(t) for t in grid]
    theirs = []
    for k in range(1, len(grid)):
        if heights[k - 1] < 0 <= heights[k]:
            rise = root(height, grid[k - 1], grid[k])
        if heights[k - 1] >= 0 > heights[k] and heights[0] < 0:
            fall = root(height, grid[k - 1], grid[k])
            closest = root(lambda t: tau_rate(satellite, site, t, "down"), rise, fall)
            theirs.append((rise, closest, fall))

    def seconds(ns):
        """Elapsed seconds of one of our UTC times."""
        whole, rest = divmod(ns, 10**9)
        return whole - begin[0] + (rest - begin[1] * 1000) * 1e-9 + tai_minus_utc(whole) - tai_minus_utc(begin[0])

    worst = max((abs(seconds(a) - b) for x, y in zip(ours, theirs) for a, b in zip(x, y)), default=math.inf)
    check(len(ours) == len(theirs) and worst <= 0.01, f"{number} passes from {start} above {mask} deg at {place}: {len(ours)} and {len(theirs)}, "
          f"worst time {worst:.5f} s", failures)


def main():
    tool, source = sys.argv[1:3]
    failures = []
    path = f"{source}/profiles/elements/qianfan_2026-08-22.tle"
    sets = load(path)
    numbers = sorted(sets)
    day = [1234.5 * k + 0.4321 for k in range(60)]
    fast = [700.0 + 0.25 * k for k in range(40)]
    rms = []
    for case in (
        (numbers[0], (31.2, 121.5, 20.0), "2026-08-22T06:00:00", 0.0, 0.0, 0.0, "down", day),
        (numbers[0], (31.2, 121.5, 20.0), "2026-08-22T06:00:00", 0.0, 0.0, 0.0, "up", day),
        (numbers[5], (-33.9, 18.4, 1500.0), "2026-08-23T11:22:33.123456", 0.0731, 0.15, 0.42, "down", day),
        (numbers[100], (69.6, 18.9, 0.0), "2026-08-25T00:00:00", -0.3, -0.2, 0.3, "up", day),
        (numbers[17], (90.0, 0.0, 2800.0), "2026-08-22T23:59:59.999999", 0.1, 0.0, 0.0, "down", day),
        (numbers[17], (-90.0, 123.0, 2800.0), "2026-08-22T23:59:59.5", 0.1, 0.0, 0.0, "down", day),
        (numbers[3], (0.0, -180.0, -100.0), "2026-08-22T12:00:00", 0.0, 0.0, 0.0, "down", fast),
    ):
        rms.append(compare_engine(tool, path, sets, case, failures))
    compare_passes(tool, path, sets, numbers[0], (31.2, 121.5, 20.0), "2026-08-22T06:00:00", 43200.0, 10.0, 0.0, failures)
    compare_passes(tool, path, sets, numbers[9], (52.5, 13.4, 40.0), "2026-08-22T18:00:00", 43200.0, 25.0, 0.07, failures)
    compare_passes(tool, path, sets, numbers[50], (90.0, 0.0, 0.0), "2026-08-22T18:00:00", 14400.0, 25.0, 0.0, failures)

    # A leap second inside the span, and between the epoch and the time: an old epoch on a present orbit.
    lines = open(f"{source}/tests/vectors/doppler/leap_second.tle").read().splitlines()
    old_path = f"{source}/tests/vectors/doppler/leap_second.tle"
    old = {int(lines[1][2:7]): (lines[1], lines[2])}
    number = next(iter(old))
    compare_engine(tool, old_path, old, (number, (48.0, 11.0, 500.0), "2016-12-31T23:55:00", -0.4085, 0.0, 0.0, "down",
                                         [10.0 * k + 0.5 for k in range(60)]), failures)
    compare_passes(tool, old_path, old, number, (48.0, 11.0, 500.0), "2016-12-31T18:00:00", 43200.0, 10.0, -0.4085, failures)

    # Negative controls: the comparison must notice 100 ms of UT1, and the other direction.
    quiet = []
    satellite = Satellite(*sets[numbers[0]], utc_seconds("2026-08-22T06:00:00"))
    site = Site(31.2, 121.5, 20.0, utc_seconds("2026-08-22T06:00:00"), 0.0, 0.0, 0.0)
    late = Site(31.2, 121.5, 20.0, utc_seconds("2026-08-22T06:00:00"), 0.1, 0.0, 0.0)
    for t in day:
        quiet.append(abs(light_time(satellite, site, t, "down")[0] - light_time(satellite, late, t, "down")[0]))
    check(max(quiet) > 1e-8, f"UT1 off by 0.1 s moves tau by {max(quiet) * 1e12:.0f} ps: it would be noticed", failures)
    other = max(abs(light_time(satellite, site, t, "down")[0] - light_time(satellite, site, t, "up")[0]) for t in day)
    check(other > 5e-8, f"tau_down and tau_up differ by up to {other * 1e9:.0f} ns: mixing them would be noticed", failures)
    print(f"{len(failures)} failures, worst tau rms {max(rms):.4f} ps")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
