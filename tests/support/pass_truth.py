#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A satellite's pass by the independent engine of tests/vectors/doppler (python3-sgp4, python3-erfa): when it rises and
sets, and its delays as a table of polynomials that a channel can apply (tests/support/delay_table.hpp)."""
import datetime
import math
import os
import sys

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'vectors', 'doppler'))
import reference_engine as engine  # noqa: E402

SEGMENT_S = 1.0
TERMS = 6


def utc_text(seconds, micro=0):
    d = engine.EPOCH + datetime.timedelta(seconds=seconds, microseconds=micro)
    return d.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def epoch_text(line1):
    year, day = int(line1[18:20]), float(line1[20:32])
    d = datetime.datetime(2000 + year, 1, 1) + datetime.timedelta(days=day - 1.0)
    return d.strftime('%Y-%m-%dT%H:%M:%SZ')


class Pass:
    """One satellite over one place; times in s after an origin on the UTC clock, a whole second."""

    def __init__(self, lines, place, origin_s):
        self.lines, self.place, self.origin_s = lines, place, origin_s
        self.satellite = engine.Satellite(*lines, (origin_s, 0))
        self.site = engine.Site(*place, (origin_s, 0), 0.0, 0.0, 0.0)

    def delay_s(self, t):
        return engine.light_time(self.satellite, self.site, t, 'down')[0]

    def delay_rate(self, t):
        return engine.tau_rate(self.satellite, self.site, t, 'down')

    def elevation_deg(self, t):
        return engine.look(self.satellite, self.site, t, 'down')[2]

    def at(self, seconds_later):
        """The same with another origin."""
        return Pass(self.lines, self.place, self.origin_s + seconds_later)


def root(f, a, b, to):
    fa = f(a)
    while b - a > to:
        m = 0.5 * (a + b)
        if (f(m) < 0) == (fa < 0):
            a = m
        else:
            b = m
    return 0.5 * (a + b)


def find_pass(lines, place, from_s, mask_deg, least_culmination_deg, days=3.0):
    """(rise, culmination, set) in s after from_s of the first pass that climbs that high."""
    p = Pass(lines, place, from_s)
    step = 30.0
    rise = None
    before = p.elevation_deg(0.0) - mask_deg
    for k in range(1, int(days * 86400 / step)):
        t = k * step
        now = p.elevation_deg(t) - mask_deg
        if before < 0 <= now:
            rise = root(lambda x: p.elevation_deg(x) - mask_deg, t - step, t, 1e-3)
        if before >= 0 > now and rise is not None:
            fall = root(lambda x: p.elevation_deg(x) - mask_deg, t - step, t, 1e-3)
            top = root(p.delay_rate, rise, fall, 1e-3)
            if p.elevation_deg(top) >= least_culmination_deg:
                return rise, top, fall
        before = now
    sys.exit('no pass above %g degrees within %g days' % (least_culmination_deg, days))


def write_table(p, begin_s, end_s, path):
    """Delays from begin_s to end_s; returns the largest error in s met between the points it was fitted to."""
    first, last = math.floor(begin_s / SEGMENT_S), math.ceil(end_s / SEGMENT_S)
    nodes = np.cos(math.pi * (np.arange(12) + 0.5) / 12)
    worst = 0.0
    with open(path + '.part', 'w') as out:
        for k in range(first, last):
            half = 0.5 * SEGMENT_S
            middle = (k + 0.5) * SEGMENT_S
            tau = np.array([p.delay_s(middle + half * x) for x in nodes])
            fit = Chebyshev.fit(nodes, tau, TERMS - 1, domain=[-1, 1])
            c = fit.convert(kind=Polynomial).coef / half ** np.arange(TERMS)
            out.write(' '.join(repr(float(v)) for v in (k * SEGMENT_S, (k + 1) * SEGMENT_S, middle, *c)) + '\n')
            for x in (-1.0, 0.37, 1.0):
                value = 0.0
                for coefficient in reversed(c):
                    value = value * (half * x) + coefficient
                worst = max(worst, abs(value - p.delay_s(middle + half * x)))
    os.replace(path + '.part', path)
    return worst
