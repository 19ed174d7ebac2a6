#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""FER of the receiver core against Es/N0: gr-dtv's carrier, impairments by numpy, one program with its defaults.

For every entry the loop is made once (tests/support/grdtv_source.py) and kept in the cache folder; channel.py and
rx_campaign then run through a pipe. A point ends at 20 errors or --frames PLFRAMEs. The table gives Es/N0 less the
ideal one of lib/dvbs2x/data/modcods.csv.

    sensitivity.py --program build/release/bin/rx_campaign --phase-noise pll-lnb "QPSK 1/2" "8PSK 3/4:0.25"
    sensitivity.py ... --offsets 0.0,0.1,0.2,0.3 "QPSK 1/4"

Without --offsets an entry runs at ideal + its bound: 0.25 dB for QPSK and 8PSK at rates of 1/2 and more, 0.4 below and
for 16APSK and 32APSK, 0.8 above; --more adds to it. NAME:OFFSET gives one point of its own.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import grdtv_source  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def rate_of(entry):
    a, b = entry['rate'].split('/')
    return int(a) / int(b)


def bound_db(entry):
    bits = int(entry['bits_per_symbol'])
    if bits <= 3 and 'APSK' not in entry['modulation']:
        return 0.25 if rate_of(entry) >= 0.5 else 0.4
    return 0.4 if bits <= 5 else 0.8


def loop_of(a, entry, sps):
    name = '%s-%s-%s-%g-%g-%d.cf32' % (entry['name'].replace(' ', '_').replace('/', '-'), entry['frame'], a.pilots,
                                       a.rolloff, sps, a.loop_frames)
    path = os.path.join(a.cache, name)
    if not (os.path.exists(path) and os.path.exists(path + '.json')):
        os.makedirs(a.cache, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, '..', 'support', 'grdtv_source.py'), '--modcod',
                        entry['name'], '--frame', entry['frame'], '--pilots', a.pilots, '--rolloff', str(a.rolloff),
                        '--frames', str(a.loop_frames), '--sps', str(sps), '--output', path], check=True)
    with open(path + '.json') as f:
        return path, json.load(f)


def point(a, entry, es_n0, seed):
    sps = a.sps
    if a.faults:
        sps = max(sps, 4.0)
    path, meta = loop_of(a, entry, sps)
    channel = [sys.executable, os.path.join(HERE, 'channel.py'), path, '--es-n0', str(es_n0), '--frames', str(a.frames),
               '--symbol-rate', str(a.symbol_rate), '--cfo', str(a.cfo_share * a.symbol_rate), '--clock-ppm',
               str(a.clock_ppm), '--chirp', str(a.chirp), '--seed', str(seed), '--format', a.format,
               # Begins inside a frame.
               '--start', str(0.41 * meta['plframe_symbols'] * sps)]
    if a.phase_noise != 'none':
        channel += ['--phase-noise', a.phase_noise]
    for fault in a.faults:
        channel += {'dc': ['--dc-dbc', '-20'], 'image': ['--image-db', '-30'], 'tilt': ['--tilt-db', '3'],
                    'adjacent': ['--adjacent', '1.05'], 'clip': ['--clip', '0.001']}[fault]
    receiver = [a.program, '--input', '-', '--format', a.format, '--symbol-rate', str(a.symbol_rate), '--sample-rate',
                str(a.symbol_rate * sps), '--period', str(meta['frames']), '--modcod', entry['name'], '--frame',
                entry['frame'], '--pilots', a.pilots, '--stop-errors', str(a.errors), '--min-frames', '50',
                '--frames', str(a.frames), '--iterations', str(a.iterations), '--threads', str(a.threads),
                '--equaliser', a.equaliser]
    source = subprocess.Popen(channel, stdout=subprocess.PIPE)
    out = subprocess.run(receiver, stdin=source.stdout, stdout=subprocess.PIPE)
    source.stdout.close()
    source.wait()
    if out.returncode not in (0, 1):
        sys.exit('rx_campaign ended with %d' % out.returncode)
    return json.loads(out.stdout)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('entries', nargs='+', help='names as in modcods.csv, or NAME:OFFSET')
    p.add_argument('--program', required=True, help='rx_campaign')
    p.add_argument('--cache', default=os.path.join(os.environ.get('TMPDIR', '/tmp'), 'spacesail-loops'))
    p.add_argument('--offsets', help='dB above the ideal Es/N0, separated by commas')
    p.add_argument('--more', type=float, default=0.0, help='dB added to the bound')
    p.add_argument('--phase-noise', default='none', choices=('none', 'pll-lnb', 'dvb-typical'))
    p.add_argument('--faults', nargs='*', default=[], choices=('dc', 'image', 'tilt', 'adjacent', 'clip'))
    p.add_argument('--pilots', default='on', choices=('on', 'off'))
    p.add_argument('--frame', default='normal', choices=('normal', 'short'))
    p.add_argument('--rolloff', type=float, default=0.2)
    p.add_argument('--sps', type=float, default=2.0)
    p.add_argument('--symbol-rate', type=float, default=25e6)
    p.add_argument('--cfo-share', type=float, default=0.1, help='of the symbol rate')
    p.add_argument('--clock-ppm', type=float, default=20.0)
    p.add_argument('--chirp', type=float, default=0.0, help='Hz/s')
    p.add_argument('--frames', type=int, default=20000)
    p.add_argument('--errors', type=int, default=20)
    p.add_argument('--iterations', type=int, default=50)
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--equaliser', default='adaptive', choices=('off', 'adaptive'))
    p.add_argument('--loop-frames', type=int, default=32)
    p.add_argument('--format', choices=('cf32', 'ci16'), default='cf32')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--results', help='one JSON object a line is added here')
    a = p.parse_args()

    print('phase noise %s, pilots %s, faults %s, %s frames, offset %g Hz, clock %g ppm, %g MBd, at most %d iterations' %
          (a.phase_noise, a.pilots, '+'.join(a.faults) or 'none', a.frame, a.cfo_share * a.symbol_rate, a.clock_ppm,
           1e-6 * a.symbol_rate, a.iterations))
    print('%-18s %7s %7s %9s %7s %7s %7s %6s %7s %6s %6s' %
          ('modcod', 'Es/N0', '-ideal', 'FER', 'errors', 'frames', 'first', 'iter', 'est-set', 'Msym/s', 'losses'),
          flush=True)
    for text in a.entries:
        name, _, own = text.partition(':')
        entry = grdtv_source.entry_of(name, a.frame)
        ideal = entry['ideal_es_n0_db']
        if ideal in ('', 'nan', '-'):
            ideal = grdtv_source.entry_of(name, 'normal')['ideal_es_n0_db']
        ideal = float(ideal)
        if own:
            offsets = [float(own)]
        elif a.offsets:
            offsets = [float(x) for x in a.offsets.split(',')]
        else:
            offsets = [bound_db(entry) + a.more]
        for offset in offsets:
            begin = time.time()
            r = point(a, entry, ideal + offset, a.seed)
            r.update(es_n0_db=ideal + offset, offset_db=offset, phase_noise=a.phase_noise, pilots=a.pilots,
                     faults=a.faults, seconds=time.time() - begin, max_iterations=a.iterations)
            first = r['first_good_starts_frame']
            est = r['es_n0_db_mean']
            print('%-18s %7.2f %7.2f %9.2e %7d %7d %7s %6.1f %7s %6.1f %6d%s%s' %
                  (name, ideal + offset, offset, r['fer'], r['errors'], r['span'],
                   '-' if first is None else '%.2f' % first, r['mean_iterations'],
                   '-' if est is None else '%+.2f' % (est - ideal - offset), r['msym_per_s'], r['losses'],
                   '' if r['errors'] >= 20 or not r['errors'] else '  (few errors)',
                   ''.join('  %s %d' % (k, r[k]) for k in ('wrong_content', 'repeated', 'misplaced') if r[k])),
                  flush=True)
            if a.results:
                with open(a.results, 'a') as f:
                    f.write(json.dumps(r) + '\n')


if __name__ == '__main__':
    main()
