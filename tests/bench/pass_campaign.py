#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A carrier made by gr-dtv through a real Qianfan pass into `spacesail rx`, by pipes, nothing stored.

    loop of numbered BBFRAMEs (tests/support/grdtv_source.py) -> pass_signal (delays from a table, free-space loss, noise,
    phase noise, LNB, clock) -> spacesail rx -> every BBFRAME compared here, byte for byte and by its number

Delays, rise, set and Doppler come from the independent engine (python3-sgp4, python3-erfa, its own light time). The pass
is the first one of the satellite above the site that climbs to 60 degrees, from rise to set at 10 degrees, or the
steepest --seconds of it around its culmination.

Scenarios: held        elements given, Es/N0 held at ideal + margin
           path-loss   elements given, Es/N0 follows the path loss, ideal + margin at its least
           blind       no elements
           wrong       elements of another satellite: rx must say so, and goes on receiving
           stale       the terminal has the sets of ten days before
           biased      elements shifted 10 km along the track; Es/N0 0 dB, QPSK 2/5

A frame is lost if it lies in the stream from two PLFRAMEs after the first sample to the last one and does not come out
as sent. Exit status 0: all required was reached, 1: not, 77: something is not installed.

    pass_campaign.py --bin build/release/bin held path-loss blind wrong stale              # whole passes, 5 MBd
    pass_campaign.py --bin build/release/bin --symbol-rate 25e6 held path-loss blind wrong stale
    pass_campaign.py --bin build/release/bin --seconds 20 held
"""
import argparse
import csv
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, '..', '..'))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))

try:
    import numpy as np
    import pass_truth  # exits with 77 where sgp4 or erfa are missing
    import grdtv_source
except ImportError as missing:
    print('skipped: %s' % missing)
    sys.exit(77)

SITE = (31.2, 121.5, 20.0)
CARRIER_HZ = 12.7e9
MASK_DEG = 10.0
EARTH_MU = 3.986004418e14
NOW, BEFORE = '2026-08-22', '2026-08-12'


def elements_file(date):
    return os.path.join(ROOT, 'profiles', 'elements', 'qianfan_%s.tle' % date)


def shifted(lines, in_track_m):
    """The two lines with the satellite moved along its track."""
    n = float(lines[1][52:63]) * 2 * math.pi / 86400
    a = (EARTH_MU / n ** 2) ** (1 / 3)
    anomaly = (float(lines[1][43:51]) + math.degrees(in_track_m / a)) % 360
    body = lines[1][:43] + '%8.4f' % anomaly + lines[1][51:68]
    return lines[0], body + str(sum(int(c) if c.isdigit() else c == '-' for c in body) % 10)


class Loop:
    def __init__(self, folder, modcod, frames, rolloff):
        self.entry = grdtv_source.entry_of(modcod, 'normal')
        self.frames = frames
        name = '%s-%d-%g.cf32' % (modcod.replace(' ', '_').replace('/', '-'), frames, rolloff)
        self.path = os.path.join(folder, name)
        if not os.path.exists(self.path + '.json') or not os.path.exists(self.path):
            subprocess.run(['/usr/bin/python3', '-B', os.path.join(HERE, '..', 'support', 'grdtv_source.py'), '--modcod',
                            modcod, '--pilots', 'on', '--rolloff', str(rolloff), '--frames', str(frames), '--sps', '2',
                            '--output', self.path], check=True)
        with open(self.path + '.json') as f:
            self.meta = json.load(f)
        k_bch = grdtv_source.k_bch_of(self.entry)
        self.number_of = {grdtv_source.bbframe(n, k_bch): n for n in range(frames)}


class FrameCheck(threading.Thread):
    """Reads the capture of BBFRAMEs that rx writes into a named pipe."""

    def __init__(self, fifo, loop, symbol_rate, origin_s):
        super().__init__(daemon=True)
        self.fifo, self.loop, self.origin_s = fifo, loop, origin_s
        self.frame_s = loop.meta['plframe_symbols'] / symbol_rate
        self.good = self.wrong = self.missing = self.misplaced = 0
        self.first_s = self.last_s = None
        self.last_number = None
        self.holes = []
        self.failure = None

    def run(self):
        try:
            with open(self.fifo, 'rb') as f:
                magic = struct.unpack('<6I', f.read(24))[0]
                unit = 1e-9 if magic == 0xa1b23c4d else 1e-6
                while True:
                    head = f.read(16)
                    if len(head) < 16:
                        break
                    s, part, kept, _ = struct.unpack('<4I', head)
                    # IPv4 and UDP, then four bytes of mode adaptation L.3.
                    self.take(s - self.origin_s + part * unit, f.read(kept)[20 + 8 + 4:])
        except Exception as e:  # the main thread reports it
            self.failure = e

    def take(self, t, bbframe):
        n = self.loop.number_of.get(bbframe)
        if n is None:
            self.wrong += 1
            return
        if self.first_s is None:
            self.first_s = t
        else:
            steps = round((t - self.last_s) / self.frame_s)
            if steps < 1 or (n - self.last_number - steps) % self.loop.frames:
                self.misplaced += 1
            if steps > 1:
                self.missing += steps - 1
                self.holes.append((self.last_s, steps - 1))
        self.good += 1
        self.last_s, self.last_number = t, n

    def lost_after(self, from_s, seconds):
        """Frames lost whose start lies behind from_s, and frames that were due."""
        if self.first_s is None:
            due = int((seconds - from_s) / self.frame_s) - 1
            return due, due
        ahead = max(0, math.floor((self.first_s - from_s) / self.frame_s + 1e-6))
        behind = max(0, math.floor((seconds - self.last_s) / self.frame_s + 0.001) - 1)
        lost = ahead + behind + sum(k for t, k in self.holes if t >= from_s - self.frame_s)
        in_range = self.good if self.first_s >= from_s else self.good - math.ceil((from_s - self.first_s) / self.frame_s)
        return lost + self.wrong, in_range + lost + self.wrong


def cpu_of(process):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Run:
    def __init__(self, a, scenario, folder):
        self.a, self.scenario, self.folder = a, scenario, folder
        self.modcod = 'QPSK 2/5' if scenario == 'biased' else 'QPSK 1/2'
        self.loop = Loop(a.cache or folder, self.modcod, a.loop_frames, 0.2)
        ideal = float(self.loop.entry['ideal_es_n0_db'])
        self.es_n0_db = 0.0 if scenario == 'biased' else ideal + a.margin
        self.truth_lines = pass_truth.engine.load(elements_file(NOW))[a.satellite]
        day = pass_truth.engine.utc_seconds(NOW + 'T06:00:00')[0]
        rise, top, fall = pass_truth.find_pass(self.truth_lines, SITE, day, MASK_DEG, 60.0)
        self.rise_s, self.top_s, self.set_s = rise, top, fall
        begin, end = rise, fall
        if a.seconds:
            begin = {'steepest': top - a.seconds / 2, 'rise': rise, 'set': fall - a.seconds - 1}[a.part]
            end = math.ceil(begin) + a.seconds
        # The stream begins on a whole second: an instant that both ends write in the same digits.
        self.origin_s = day + math.ceil(begin)
        self.seconds = math.floor(end) - math.ceil(begin)
        self.truth = pass_truth.Pass(self.truth_lines, SITE, self.origin_s)

    def terminal_elements(self):
        """File, satellite and epoch that the terminal is given."""
        a = self.a
        if self.scenario == 'blind':
            return None, None, 'none'
        date = BEFORE if self.scenario == 'stale' else NOW
        sets = pass_truth.engine.load(elements_file(date))
        number = a.satellite if self.scenario != 'wrong' else a.other_satellite or self.in_view_too(sets)
        lines = sets[number]
        text = '%d %s' % (number, pass_truth.epoch_text(lines[0]))
        if self.scenario == 'biased':
            path = os.path.join(self.folder, 'biased.tle')
            with open(path, 'w') as f:
                f.write('BIASED\n%s\n%s\n' % shifted(lines, a.in_track_m))
            return path, str(number), text + ', %+g km along the track' % (1e-3 * a.in_track_m)
        return elements_file(date), str(number), text

    def in_view_too(self, sets):
        """The satellite whose lowest elevation in the stream is highest: the easiest one to take for ours."""
        def lowest(number):
            p = pass_truth.Pass(sets[number], SITE, self.origin_s)
            return min(p.elevation_deg(share * self.seconds) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
        return max((n for n in sets if n != self.a.satellite), key=lowest)

    def true_frequency_hz(self, t):
        """What an ideal receiver with the terminal's clock reads at its time t."""
        a = self.a
        clock = 1 + 1e-6 * a.clock_ppm
        true_t = t / clock
        shift = -CARRIER_HZ * self.truth.delay_rate(true_t) + a.lnb_offset + a.lnb_drift * true_t
        return shift / clock

    def go(self):
        a = self.a
        table = os.path.join(self.folder, 'delays.txt')
        begin = time.time()
        error_s = pass_truth.write_table(self.truth, -2.0, self.seconds + 3.0, table)
        truth_s = time.time() - begin
        rate = 2 * a.symbol_rate
        fifo = os.path.join(self.folder, 'bbframes.pcap')
        os.mkfifo(fifo)
        frames = FrameCheck(fifo, self.loop, a.symbol_rate, self.origin_s)
        frames.start()
        channel = [os.path.join(a.bin, 'pass_signal'), '--loop', self.loop.path, '--delays', table, '--symbol-rate',
                   repr(a.symbol_rate), '--seconds', repr(float(self.seconds)), '--es-n0', repr(self.es_n0_db), '--loss',
                   'free-space' if self.scenario == 'path-loss' else 'none', '--phase-noise', a.phase_noise,
                   '--lnb-offset', repr(a.lnb_offset), '--lnb-drift', repr(a.lnb_drift), '--clock-ppm',
                   repr(a.clock_ppm), '--frequency', repr(CARRIER_HZ), '--seed', str(a.seed), '--first',
                   str(int(0.41 * 2 * self.loop.meta['plframe_symbols']))]
        receiver = [os.path.join(a.bin, 'spacesail'), 'rx', '-', '--format', 'ci16', '--rate', '%.0f' % rate,
                    '--symbol-rate', '%.0f' % a.symbol_rate, '--start', pass_truth.utc_text(self.origin_s), '--frequency',
                    '%.0f' % CARRIER_HZ, '--clock', a.clock, '--bbframes', fifo, '--json', os.path.join(self.folder, 'rx.json'), '--quiet']
        elements, satellite, terminal = self.terminal_elements()
        if elements:
            receiver += ['--elements', elements, '--satellite', satellite, '--site', '%g,%g,%g' % SITE, '--motion',
                         os.path.join(self.folder, 'motion.csv')]
        if a.plot:
            receiver += ['--plot', os.path.join(a.plot, 'pass-%s-%.0fMBd.png' % (self.scenario, 1e-6 * a.symbol_rate))]
        begin = time.time()
        p = subprocess.Popen(channel, stdout=subprocess.PIPE, stderr=open(os.path.join(self.folder, 'channel.txt'), 'w'))
        q = subprocess.Popen(receiver, stdin=p.stdout, stdout=subprocess.DEVNULL,
                             stderr=open(os.path.join(self.folder, 'rx.txt'), 'w'))
        p.stdout.close()
        channel_cpu, _ = cpu_of(p)
        receiver_cpu, rss_mb = cpu_of(q)
        frames.join(30)
        wall = time.time() - begin
        with open(os.path.join(self.folder, 'channel.txt')) as f:
            said = f.read()
        with open(os.path.join(self.folder, 'rx.txt')) as f:
            warnings = f.read()
        if p.returncode or q.returncode or frames.failure:
            print('FAIL %s: pass_signal %d, rx %d, frames %s\n%s%s' %
                  (self.scenario, p.returncode, q.returncode, frames.failure, said, warnings))
            return False
        made = json.loads(said)
        with open(os.path.join(self.folder, 'rx.json')) as f:
            got = json.load(f)
        return self.judge(frames, made, got, warnings, terminal, dict(
            error_s=error_s, truth_s=truth_s, wall=wall, channel_cpu=channel_cpu, receiver_cpu=receiver_cpu, rss=rss_mb))

    def motion_errors(self):
        """Measured and predicted frequencies against the truth, from what rx wrote."""
        path = os.path.join(self.folder, 'motion.csv')
        if not os.path.exists(path):
            return {}
        with open(path, newline='') as f:
            rows = list(csv.DictReader(f))
        if len(rows) < 3:
            return {}
        t = np.array([float(r['time_s']) for r in rows])
        # The truth on a grid, and a cubic between its points: 0.5 s and 1e-4 Hz.
        grid = np.arange(-1.0, self.seconds + 3.0, 0.5)
        from scipy.interpolate import CubicSpline
        true = CubicSpline(grid, [self.true_frequency_hz(x) for x in grid])
        out = {}
        error = np.array([float(r['measured_hz']) for r in rows]) - true(t)
        out['measured_rms_hz'] = float(np.sqrt(np.mean(error ** 2)))
        out['measured_mean_hz'] = float(np.mean(error))
        ahead = [(float(r['time_s']), float(r['ahead_time_s']), float(r['ahead_hz'])) for r in rows if r['ahead_hz']]
        if ahead:
            when = np.array([x[0] for x in ahead])
            error = np.array([x[2] for x in ahead]) - true(np.array([x[1] for x in ahead]))
            for name, part in (('1_10', (when >= 1) & (when < 10)), ('10', when >= 10)):
                if part.any():
                    out['ahead_rms_hz_after_' + name] = float(np.sqrt(np.mean(error[part] ** 2)))
                    out['ahead_worst_hz_after_' + name] = float(np.max(np.abs(error[part])))
        bias = [(float(r['time_s']), float(r['in_track_m']), float(r['in_track_sigma_m'])) for r in rows
                if r['in_track_m']]
        out['bias'] = {'%g' % when: min(bias, key=lambda x: abs(x[0] - when))[1:] for when in (10, 30, 60, 120, 300, 600)
                       if bias and bias[-1][0] > when - 1}
        out['bias_last'] = bias[-1][1:] if bias else None
        return out

    def true_in_track_m(self):
        """How far the satellite is ahead of the terminal's set at the middle of the stream."""
        elements, satellite, _ = self.terminal_elements()
        if not elements or self.scenario == 'wrong':
            return None
        lines = pass_truth.engine.load(elements)[int(satellite)]
        theirs = pass_truth.Pass(lines, SITE, self.origin_s)
        t = self.seconds / 2
        r, r1 = self.truth.satellite.position(t), self.truth.satellite.position(t + 1)
        along = (r1 - r) / np.linalg.norm(r1 - r)
        return float(np.dot(r - theirs.satellite.position(t), along))

    def judge(self, frames, made, got, warnings, terminal, cost):
        a = self.a
        frame_s = frames.frame_s
        lost, due = frames.lost_after(2 * frame_s, self.seconds)
        fer = lost / max(1, due)
        fits = got.get('sat', {}).get('elements_fit')
        motion = self.motion_errors()
        truth_bias = self.true_in_track_m()
        print('%s: %s, %s to %s, %d s, at %g MBd, %g GHz' %
              (self.scenario, 'pass of %d' % a.satellite, pass_truth.utc_text(self.origin_s)[:19],
               pass_truth.utc_text(self.origin_s + self.seconds)[11:19], self.seconds, 1e-6 * a.symbol_rate,
               1e-9 * CARRIER_HZ))
        print('  truth %d %s; terminal %s' % (a.satellite, pass_truth.epoch_text(self.truth_lines[0]), terminal))
        print('  %s normal, pilots, Es/N0 %.2f dB%s, phase noise %s, LNB %+g Hz %+g Hz/s, clock %+g ppm, taken for a %s' %
              (self.modcod, self.es_n0_db, ' at its least' if self.scenario == 'path-loss' else '', a.phase_noise,
               a.lnb_offset, a.lnb_drift, a.clock_ppm, a.clock))
        print('  Doppler %+.1f .. %+.1f kHz, delays to %.1e s of the independent engine, %d samples, %d saturated' %
              (-1e-3 * CARRIER_HZ * self.truth.delay_rate(0.0), -1e-3 * CARRIER_HZ * self.truth.delay_rate(self.seconds),
               cost['error_s'], made['samples'], made['saturated']))
        print('  frames %d due from 2 PLFRAMEs on, %d as sent, %d lost, %d wrong, %d out of place: FER %.1e; first good one '
              'starts %.2f PLFRAMEs after rise; %d locks, %d losses, %d PLHEADERs missed, %.1f iterations' %
              (due, frames.good, lost, frames.wrong, frames.misplaced, fer,
               -1 if frames.first_s is None else frames.first_s / frame_s, got['lock']['count'], got['lock']['losses'],
               got['plframes']['headers_missed'], got['fec']['mean_iterations']))
        for when, k in frames.holes[:10]:
            print('    %d lost behind %.4f s' % (k, when))
        if motion:
            print('  frequency measured: %.2f Hz rms, mean %+.2f Hz off the truth' %
                  (motion['measured_rms_hz'], motion['measured_mean_hz']))
            for name, words in (('1_10', '1 to 10 s'), ('10', '10 s on')):
                if 'ahead_rms_hz_after_' + name in motion:
                    print('  predicted 1 s ahead, from %s: %.2f Hz rms, worst %.2f Hz off the truth' %
                          (words, motion['ahead_rms_hz_after_' + name], motion['ahead_worst_hz_after_' + name]))
            if motion.get('bias'):
                print('  in-track bias: truth %s; %s' %
                      ('-' if truth_bias is None else '%+.0f m' % truth_bias,
                       ', '.join('%s s %+.0f +- %.0f m' % (k, *v) for k, v in motion['bias'].items())))
        if got.get('sat'):
            print('  rx says: ' + json.dumps(got['sat']))
        for line in warnings.splitlines():
            print('  rx warns: ' + line)
        symbols = made['samples'] / 2
        print('  CPU: channel %.1f s (%.1f MBd), rx %.1f s (%.1f MBd); wall %.1f s, %.1f MBd; rx peak RSS %.0f MB; truth '
              '%.1f s' % (cost['channel_cpu'], 1e-6 * symbols / cost['channel_cpu'], cost['receiver_cpu'],
                          1e-6 * symbols / cost['receiver_cpu'], cost['wall'], 1e-6 * symbols / cost['wall'],
                          cost['rss'], cost['truth_s']))
        checks = [(cost['error_s'] <= 1e-13, 'delays of the table'),
                  (made['unknown_delays'] == 0 and made['saturated'] == 0, 'a whole signal'),
                  (fer <= 1e-5, 'FER <= 1e-5'),
                  (frames.wrong == 0 and frames.misplaced == 0, 'no frame wrong or out of place')]
        if self.scenario in ('held', 'path-loss', 'stale', 'biased'):
            checks.append((fits is True, 'elements fit'))
            # Pilots alone, 0.1 s at 1.5 dB: 0.45 Hz.
            checks.append((motion.get('measured_rms_hz', 1e9) <= 1.0, 'frequency measured to 1 Hz rms'))
        if self.scenario == 'wrong':
            checks.append((fits is False and 'do not fit' in warnings, 'rx says that the elements do not fit'))
        if self.scenario == 'biased' and self.seconds >= 12:
            checks.append((motion.get('ahead_rms_hz_after_1_10', 1e9) <= 20, '1 s ahead <= 20 Hz rms after 1 s'))
            checks.append((motion.get('ahead_rms_hz_after_10', 1e9) <= 5, '1 s ahead <= 5 Hz rms after 10 s'))
        failed = [words for good, words in checks if not good]
        print('  ' + ('FAIL: ' + ', '.join(failed) if failed else 'ok: ' + ', '.join(w for _, w in checks)), flush=True)
        if a.results:
            with open(a.results, 'a') as f:
                f.write(json.dumps(dict(scenario=self.scenario, symbol_rate=a.symbol_rate, seconds=self.seconds, due=due,
                                        lost=lost, fer=fer, cost=cost, motion=motion, channel=made, rx=got,
                                        passed=not failed)) + '\n')
        return not failed


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('scenarios', nargs='+', choices=('held', 'path-loss', 'blind', 'wrong', 'stale', 'biased'))
    p.add_argument('--bin', required=True, help='folder with spacesail and pass_signal')
    p.add_argument('--symbol-rate', type=float, default=5e6, help='Bd')
    p.add_argument('--seconds', type=float, help='only so much of the pass')
    p.add_argument('--part', choices=('steepest', 'rise', 'set'), default='steepest', help='which --seconds')
    p.add_argument('--margin', type=float, default=0.5, help='dB above the ideal Es/N0')
    p.add_argument('--satellite', type=int, default=60380)
    p.add_argument('--other-satellite', type=int, help='for `wrong`; one that is in view too if left out')
    p.add_argument('--in-track-m', type=float, default=10e3, help='error of the set in `biased`')
    p.add_argument('--phase-noise', default='pll-lnb')
    p.add_argument('--lnb-offset', type=float, default=140e3, help='Hz')
    p.add_argument('--lnb-drift', type=float, default=0.5, help='Hz/s')
    p.add_argument('--clock-ppm', type=float, default=1.7)
    p.add_argument('--clock', choices=('tcxo', 'ocxo', 'gpsdo'), default='tcxo', help='what rx is told of the clock')
    p.add_argument('--loop-frames', type=int, default=64)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--cache', help='folder that keeps the loops')
    p.add_argument('--keep', help='folder that keeps what rx wrote')
    p.add_argument('--plot', help='folder for the pictures of rx')
    p.add_argument('--results', help='one JSON object a run is added here')
    a = p.parse_args()
    if a.cache:
        os.makedirs(a.cache, exist_ok=True)
    good = True
    for scenario in a.scenarios:
        folder = tempfile.mkdtemp(prefix='pass-')
        try:
            good &= Run(a, scenario, folder).go()
        finally:
            if a.keep:
                for name in ('motion.csv', 'rx.json', 'rx.txt'):
                    if os.path.exists(os.path.join(folder, name)):
                        os.makedirs(a.keep, exist_ok=True)
                        shutil.copy(os.path.join(folder, name), os.path.join(a.keep, '%s-%s' % (scenario, name)))
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
