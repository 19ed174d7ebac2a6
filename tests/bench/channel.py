#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Impairs a looped clean carrier and writes samples to standard output (numpy, scipy's FFT).

Input: a loop made by tests/support/grdtv_source.py (complex float32 and its .json). Order: tilt of the front end, other
carriers, clock, carrier offset and phase noise, white noise, image, DC, clipping. Every power is measured, none assumed:
the signal's in the loop, the image's and the DC's against the signal, the clipping level on the first block.

    channel.py loop.cf32 --es-n0 1.4 --frames 2000 --cfo 2.5e6 --clock-ppm 20 --phase-noise pll-lnb | rx_campaign --input - ...
"""
import argparse
import concurrent.futures
import fcntl
import json
import sys

import numpy as np

try:
    import scipy.fft as fft  # in single precision where the input is
except ImportError:
    import numpy.fft as fft

MASK_HZ = (1e2, 1e3, 1e4, 1e5, 1e6, 1e7)
MASKS = {'pll-lnb': (-55, -80, -95, -105, -125, -140), 'dvb-typical': (-25, -50, -73, -93, -103, -114)}
BLOCK = 1 << 17  # samples worked on at a time
WHITE, PHASE = 1, 2  # what a generator is for


def generator(seed, kind, index):
    """Independent streams for every block: the noise does not depend on who makes it when."""
    return np.random.Generator(np.random.SFC64([seed, kind, index]))


class Ahead:
    """make(0), make(1) .. by worker threads, some ahead, given out in order. numpy's generators and FFTs run in parallel."""

    def __init__(self, make, pool, ahead=3):
        self.make, self.pool, self.n = make, pool, 0
        self.waiting = [self._start() for _ in range(ahead)]

    def _start(self):
        self.n += 1
        return self.pool.submit(self.make, self.n - 1)

    def take(self):
        self.waiting.append(self._start())
        return self.waiting.pop(0).result()


class PhaseNoise:
    """Gaussian phase with the single-sideband mask L(f), straight over log f, level below 100 Hz and above 10 MHz.

    White noise shaped by FFT in blocks of 2^21, joined by an overlap of an eighth under sine and cosine, which keeps the
    power: neighbouring blocks are independent.
    """
    SIZE = 1 << 21

    def __init__(self, mask, fs, seed, pool=None):
        self.seed = seed
        self.overlap = self.SIZE // 8
        f = np.fft.rfftfreq(self.SIZE, 1 / fs)
        level = np.interp(np.log10(np.maximum(f, 1.0)), np.log10(MASK_HZ), MASKS[mask])
        # One-sided S_phi(f) = 2 L(f) rad^2/Hz, a bin is fs / SIZE wide: E|Z|^2 = SIZE^2 L(f) fs / SIZE, half of it in
        # each part of Z.
        self.scale = (np.sqrt(10 ** (level / 10) * fs / self.SIZE / 2) * self.SIZE).astype(np.float32)
        self.scale[0] = 0.0
        x = np.arange(self.overlap) + 0.5
        self.rise = np.sin(0.5 * np.pi * x / self.overlap).astype(np.float32)
        self.fall = self.rise[::-1]
        self.fresh = Ahead(self._make, pool or concurrent.futures.ThreadPoolExecutor(1), 1)
        self.tail = self.fresh.take()[:self.overlap]
        self.ready = np.empty(0, np.float32)

    def _make(self, index):
        z = generator(self.seed, PHASE, index).standard_normal(2 * len(self.scale), dtype=np.float32).view(np.complex64)
        z *= self.scale
        return fft.irfft(z, self.SIZE).astype(np.float32, copy=False)

    def take(self, n):
        while len(self.ready) < n:
            new = self.fresh.take()
            new[:self.overlap] = new[:self.overlap] * self.rise + self.tail * self.fall
            self.tail = new[-self.overlap:].copy()
            self.ready = np.concatenate((self.ready, new[:-self.overlap]))
        out, self.ready = self.ready[:n], self.ready[n:]
        return out


class Loop:
    """The clean carrier without end, resampled: sample n is x(n (1 + ppm 1e-6) + start).

    Blocks of 1024 by FFT, delayed to the middle of the block at both ends and mixed: an error of -75 dB at 20 ppm.
    """
    STEP, EDGE = 1024, 64

    def __init__(self, x, ppm, start=0.0):
        self.x, self.rate, self.start, self.n = x, 1 + 1e-6 * ppm, start, 0
        size = self.STEP + 2 * self.EDGE
        self.f = np.fft.fftfreq(size).astype(np.float32)
        # What lies near the edge of the band is taken off, so that the filter is short.
        self.window = np.clip((0.5 - np.abs(self.f)) / 0.03, 0, 1).astype(np.float32)
        self.window = (np.sin(0.5 * np.pi * self.window) ** 2).astype(np.float32)
        self.w = (np.arange(self.STEP) / self.STEP).astype(np.float32)
        self.more = np.exp(2j * np.pi * self.f * self.STEP * (self.rate - 1)).astype(np.complex64)

    def take(self, n):
        if self.rate == 1.0 and self.start == int(self.start):
            i = (int(self.start) + self.n + np.arange(n)) % len(self.x)
            self.n += n
            return self.x[i]
        rows = n // self.STEP
        assert rows * self.STEP == n
        first = (self.n + self.STEP * np.arange(rows)) * self.rate + self.start
        whole = np.round(first).astype(np.int64)
        i = (whole[:, None] + np.arange(-self.EDGE, self.STEP + self.EDGE)) % len(self.x)
        phase = ((first - whole)[:, None] * (2 * np.pi * self.f)).astype(np.float32)
        turn = np.empty(phase.shape, np.complex64)
        turn.real, turn.imag = np.cos(phase), np.sin(phase)
        spectrum = np.fft.fft(self.x[i], axis=1) * (turn * self.window)
        a = np.fft.ifft(spectrum, axis=1)[:, self.EDGE:self.EDGE + self.STEP]
        b = np.fft.ifft(spectrum * self.more, axis=1)[:, self.EDGE:self.EDGE + self.STEP]
        self.n += n
        return (a + (b - a) * self.w).astype(np.complex64).reshape(-1)


def tilted(x, db, sps, rolloff):
    """Straight tilt of the amplitude in dB, `db` from one edge of the band to the other, applied to the whole loop."""
    f = np.fft.fftfreq(len(x))
    half = 0.5 * (1 + rolloff) / sps
    gain = 10 ** (db / 20 * np.clip(f / (2 * half), -1, 1))
    return np.fft.ifft(np.fft.fft(x) * gain).astype(np.complex64)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('loop')
    p.add_argument('--es-n0', type=float, help='dB; none: no noise')
    p.add_argument('--frames', type=float, default=100, help='length in PLFRAMEs')
    p.add_argument('--symbol-rate', type=float, default=25e6)
    p.add_argument('--cfo', type=float, default=0.0, help='Hz')
    p.add_argument('--chirp', type=float, default=0.0, help='Hz/s')
    p.add_argument('--clock-ppm', type=float, default=0.0, help='> 0: symbols come faster')
    p.add_argument('--phase-noise', choices=tuple(MASKS))
    p.add_argument('--dc-dbc', type=float)
    p.add_argument('--image-db', type=float)
    p.add_argument('--tilt-db', type=float, default=0.0)
    p.add_argument('--adjacent', type=float, help='equal carriers on both sides, N (1 + roll-off) Rs away')
    p.add_argument('--clip', type=float, default=0.0, help='share of the samples that are clipped, e.g. 0.001')
    p.add_argument('--format', choices=('cf32', 'ci16'), default='cf32')
    p.add_argument('--level', type=float, default=-12.0, help='dBFS of the signal, ci16')
    p.add_argument('--start', type=float, default=0.0, help='sample of the loop to begin with')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=2, help='that make noise; what comes out does not depend on it')
    a = p.parse_args()

    with open(a.loop + '.json') as f:
        meta = json.load(f)
    clean = np.fromfile(a.loop, '<c8')
    sps, rolloff = meta['sps'], meta['rolloff']
    fs = a.symbol_rate * sps
    power = float(np.mean(clean.real.astype(np.float64) ** 2 + clean.imag.astype(np.float64) ** 2))
    pool = concurrent.futures.ThreadPoolExecutor(max(1, a.threads))
    wanted = tilted(clean, a.tilt_db, sps, rolloff) if a.tilt_db else clean
    carriers = [(Loop(wanted, a.clock_ppm, a.start), 0.0)]
    if a.adjacent:
        away = a.adjacent * (1 + rolloff) * a.symbol_rate
        if away + 0.5 * (1 + rolloff) * a.symbol_rate + abs(a.cfo) > 0.5 * fs:
            sys.exit('channel.py: the loop has too few samples a symbol for the adjacent carriers')
        for sign, at in ((1, 0.37), (-1, 0.71)):
            carriers.append((Loop(clean, a.clock_ppm, round(at * len(clean)) + 0.5), sign * away))
    noise = PhaseNoise(a.phase_noise, fs, a.seed, pool) if a.phase_noise else None
    sigma = np.float32(np.sqrt(0.5 * power * sps / 10 ** (a.es_n0 / 10))) if a.es_n0 is not None else None

    def make_white(index):
        w = generator(a.seed, WHITE, index).standard_normal(2 * BLOCK, dtype=np.float32)
        w *= sigma
        return w.view(np.complex64)

    white = Ahead(make_white, pool) if sigma is not None else None
    # Whole turns of the offset are left out in double precision; the table is the same for every block.
    turns = np.arange(BLOCK) * (a.cfo / fs)
    turns = (turns - np.floor(turns)).astype(np.float32)
    # Gain g and phase p of an image at -D dB, split evenly: |(1 - (1 + g) e^jp) / 2|^2.
    image = 10 ** (-abs(a.image_db) / 20) if a.image_db else 0.0
    limit = None
    total = round(a.frames * meta['plframe_symbols'] * sps)
    out = sys.stdout.buffer
    try:
        fcntl.fcntl(out.fileno(), 1031, 1 << 20)  # F_SETPIPE_SZ
    except OSError:
        pass
    done = 0
    while done < total:
        y = carriers[0][0].take(BLOCK)
        t = (done + np.arange(BLOCK)) / fs if a.adjacent or a.chirp else None
        for loop, away in carriers[1:]:
            c = away * t
            y += loop.take(BLOCK) * np.exp(2j * np.pi * (c - np.floor(c))).astype(np.complex64)
        if a.cfo or a.chirp or noise:
            if a.chirp:
                c = a.cfo * t + 0.5 * a.chirp * t * t
                phase = (2 * np.pi * (c - np.floor(c))).astype(np.float32)
            else:
                phase = np.float32(2 * np.pi) * (turns + np.float32(done * (a.cfo / fs) % 1.0))
            if noise:
                phase += noise.take(BLOCK)
            turn = np.empty(BLOCK, np.complex64)
            turn.real, turn.imag = np.cos(phase), np.sin(phase)
            y *= turn
        if white:
            y += white.take()
        if image:
            y = y + np.complex64(image * np.exp(0.7j)) * np.conj(y)
        if a.dc_dbc is not None:
            y += np.complex64(np.sqrt(power) * 10 ** (a.dc_dbc / 20) * np.exp(1.1j))
        if a.clip:
            if limit is None:
                size = np.sort(np.maximum(np.abs(y.real), np.abs(y.imag)))
                limit = size[int(len(size) * (1 - a.clip))]
            y = (np.clip(y.real, -limit, limit) + 1j * np.clip(y.imag, -limit, limit)).astype(np.complex64)
        n = min(BLOCK, total - done)
        done += n
        try:
            if a.format == 'ci16':
                q = np.round(y[:n].view(np.float32) * np.float32(32768 * 10 ** (a.level / 20) / np.sqrt(power)))
                out.write(np.clip(q, -32768, 32767).astype('<i2').tobytes())
            else:
                out.write(y[:n].astype('<c8', copy=False).view(np.uint8))
        except BrokenPipeError:
            return
    try:
        out.flush()
    except BrokenPipeError:
        pass
    pool.shutdown(wait=True, cancel_futures=True)


if __name__ == '__main__':
    main()
