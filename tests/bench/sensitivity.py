#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""FER of the receiver core against Es/N0: gr-dtv's carrier, impairments by numpy, one program with its defaults.

For every entry the loop is made once (tests/support/grdtv_source.py, clock offset included) and kept in the cache
folder; channel.py and rx_campaign then run through a pipe. A point ends at 20 errors or --frames PLFRAMEs. The table
gives Es/N0 less the ideal one of lib/dvbs2x/data/modcods.csv.

    sensitivity.py --program build/release/bin/rx_campaign --phase-noise pll-lnb "QPSK 1/2" "8PSK 3/4:0.25"
    sensitivity.py ... --offsets 0.0,0.1,0.2,0.3 "QPSK 1/4"

Without --offsets an entry runs at ideal + its bound: 0.25 dB for QPSK and 8PSK at rates of 1/2 and more, 0.4 below and
for 16APSK and 32APSK, 0.8 above; --more adds to it. NAME:OFFSET gives one point of its own.

Low error rates in parts: --parts N runs every point N times with the seeds --seed .. and adds them up. With --results
each part is a line there, and parts that are there already are not run again, so it may be ended and begun anew:

    sensitivity.py ... --phase-noise pll-lnb --parts 10 --frames 20000 --results fer1e-5.jsonl --max-fer 1e-5 anchors

Results of another version of the program (`rx_campaign --version`), and those that name none, do not count as there;
--any-version takes them.

`anchors` stands for the six entries measured at FER 1e-5, `all` for every entry of the frame size.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import grdtv_source  # noqa: E402

# From the lowest to the highest of what a terminal is likely to get, one of every modulation to 32APSK.
ANCHORS = ('QPSK 1/4', 'QPSK 1/2', 'QPSK 3/4', '8PSK 3/4', '16APSK 3/4', '32APSK 4/5')
HERE = os.path.dirname(os.path.abspath(__file__))
# Besides what the table names, these options make a result another one.
LINK = ('symbol_rate', 'rolloff', 'sps', 'cfo_share', 'clock_ppm', 'chirp', 'equaliser', 'format')


def rate_of(entry):
    a, b = entry['rate'].split('/')
    return int(a) / int(b)


def bound_db(entry):
    bits = int(entry['bits_per_symbol'])
    if bits <= 3 and 'APSK' not in entry['modulation']:
        return 0.25 if rate_of(entry) >= 0.5 else 0.4
    return 0.4 if bits <= 5 else 0.8


def loop_of(a, entry, sps):
    name = '%s-%s-%s-%g-%g-%g-%d.cf32' % (entry['name'].replace(' ', '_').replace('/', '-'), entry['frame'], a.pilots,
                                          a.rolloff, sps, a.clock_ppm, a.loop_frames)
    path = os.path.join(a.cache, name)
    if not (os.path.exists(path) and os.path.exists(path + '.json')):
        os.makedirs(a.cache, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, '..', 'support', 'grdtv_source.py'), '--modcod',
                        entry['name'], '--frame', entry['frame'], '--pilots', a.pilots, '--rolloff', str(a.rolloff),
                        '--frames', str(a.loop_frames), '--sps', str(sps), '--clock-ppm', str(a.clock_ppm), '--output',
                        path], check=True)
    with open(path + '.json') as f:
        return path, json.load(f)


def point(a, entry, es_n0, seed):
    sps = a.sps
    if a.faults:
        sps = max(sps, 4.0)
    path, meta = loop_of(a, entry, sps)
    channel = [sys.executable, os.path.join(HERE, 'channel.py'), path, '--es-n0', str(es_n0), '--frames', str(a.frames),
               '--symbol-rate', str(a.symbol_rate), '--cfo', str(a.cfo_share * a.symbol_rate), '--chirp', str(a.chirp),
               '--seed', str(seed), '--format', a.format,
               # Begins inside a frame.
               '--start', str(round(0.41 * meta['plframe_symbols'] * sps))]
    if a.phase_noise != 'none':
        channel += ['--phase-noise', a.phase_noise]
    for fault in a.faults:
        channel += {'dc': ['--dc-dbc', '-20'], 'image': ['--image-db', '-30'], 'tilt': ['--tilt-db', '3'],
                    'adjacent': ['--adjacent', '1.05'], 'clip': ['--clip', '0.001']}[fault]
    receiver = [a.program, '--input', '-', '--format', a.format, '--symbol-rate', str(a.symbol_rate), '--sample-rate',
                str(a.symbol_rate * sps), '--period', str(meta['frames']), '--modcod', entry['name'], '--frame',
                entry['frame'], '--pilots', a.pilots, '--stop-errors', str(a.errors if a.parts == 1 and a.max_fer is None else 0), '--min-frames', '50',
                '--frames', str(a.frames), '--iterations', str(a.iterations), '--threads', str(a.threads),
                '--equaliser', a.equaliser]
    source = subprocess.Popen(channel, stdout=subprocess.PIPE)
    out = subprocess.run(receiver, stdin=source.stdout, stdout=subprocess.PIPE)
    source.stdout.close()
    source.wait()
    if out.returncode not in (0, 1):
        sys.exit('rx_campaign ended with %d' % out.returncode)
    return json.loads(out.stdout)


def build_of(program):
    """Version and commit that the program says it is of; None of one that does not say."""
    out = subprocess.run([program, '--version'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        told = json.loads(out.stdout)
        return told['version'], told['commit']
    except (ValueError, KeyError):
        return None


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('entries', nargs='+', help='names as in modcods.csv, or NAME:OFFSET; anchors; all')
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
    p.add_argument('--parts', type=int, default=1, help='runs of a point with seeds of their own, added up')
    p.add_argument('--results', help='one JSON object a line is added here')
    p.add_argument('--max-fer', type=float, help='ends with 1 if more errors came than this FER gives once in a thousand runs')
    p.add_argument('--resume', action='store_true', help='what --results holds is not run again; with --parts always so')
    p.add_argument('--any-version', action='store_true', help='also what another version of the program measured')
    return p.parse_args(argv)


def measure(argv):
    """Runs what the options ask for and gives the results one by one."""
    a = arguments(argv)
    done = {}
    if a.results and (a.parts > 1 or a.resume):
        build = None if a.any_version else build_of(a.program)
        if not (a.any_version or build):
            sys.exit('%s does not tell its version, so what --results holds may be of another; build it anew or give '
                     '--any-version' % a.program)
        done = stored(a.results, build)
    for name, own in wanted(a):
        entry = grdtv_source.entry_of(name, a.frame)
        ideal = ideal_es_n0_db(entry)
        if own:
            offsets = [float(own)]
        elif a.offsets:
            offsets = [float(x) for x in a.offsets.split(',')]
        else:
            offsets = [bound_db(entry) + a.more]
        for offset in offsets:
            parts = []
            for seed in range(a.seed, a.seed + a.parts):
                r = done.get(key_of(name, a, offset, seed))
                if r is None:
                    begin = time.time()
                    r = point(a, entry, ideal + offset, seed)
                    r.update(es_n0_db=ideal + offset, offset_db=offset, phase_noise=a.phase_noise, pilots=a.pilots,
                             faults=a.faults, seconds=time.time() - begin, max_iterations=a.iterations, seed=seed,
                             asked_frames=a.frames, link={k: getattr(a, k) for k in LINK})
                    if a.results:
                        with open(a.results, 'a') as f:
                            f.write(json.dumps(r) + '\n')
                parts.append(r)
            r = added(parts)
            show(name, ideal, offset, r)
            yield r


def added(parts):
    """Counts of the parts together, means weighted by their frames."""
    r = dict(parts[0])
    for k in ('errors', 'span', 'losses', 'wrong_content', 'repeated', 'misplaced', 'frames_out'):
        r[k] = sum(p[k] for p in parts)
    for k in ('mean_iterations', 'es_n0_db_mean', 'msym_per_s'):
        known = [(p[k], p['span']) for p in parts if p[k] is not None and p['span']]
        r[k] = sum(v * n for v, n in known) / sum(n for _, n in known) if known else None
    r['fer'] = r['errors'] / r['span'] if r['span'] else 1.0
    r['parts'] = len(parts)
    return r


def show(name, ideal, offset, r):
    first = r['first_good_starts_frame']
    est = r['es_n0_db_mean']
    print('%-18s %7.2f %7.2f %9.2e %7d %7d %7s %6.1f %7s %6.1f %6d%s%s' %
          (name, ideal + offset, offset, r['fer'], r['errors'], r['span'], '-' if first is None else '%.2f' % first,
           r['mean_iterations'] or 0, '-' if est is None else '%+.2f' % (est - ideal - offset), r['msym_per_s'] or 0,
           r['losses'], '' if r['errors'] >= 20 or not r['errors'] else '  (few errors)',
           ''.join('  %s %d' % (k, r[k]) for k in ('wrong_content', 'repeated', 'misplaced') if r[k])), flush=True)


def key_of(name, a, offset, seed):
    return (name, a.frame, a.pilots, a.phase_noise, tuple(a.faults), round(offset, 4), seed, a.frames, a.iterations,
            tuple(getattr(a, k) for k in LINK))


def stored(path, build):
    """Parts of earlier runs by what they measured; of programs of this version and commit, of all if it is None."""
    parts = {}
    usual = vars(arguments(['--program', '', 'all']))
    if path and os.path.exists(path):
        with open(path) as f:
            for line in f:
                try:
                    r = json.loads(line)
                except ValueError:  # the last line of a run that was ended
                    continue
                if build and (r.get('version'), r.get('commit')) != build:
                    continue
                if 'asked_frames' in r:
                    link = r.get('link', usual)
                    parts[(r['modcod'], r['frame'], r['pilots'], r['phase_noise'], tuple(r['faults']),
                           round(r['offset_db'], 4), r['seed'], r['asked_frames'], r['max_iterations'],
                           tuple(link[k] for k in LINK))] = r
    return parts


def wanted(a):
    for text in a.entries:
        name, _, own = text.partition(':')
        if name == 'all':
            for e in grdtv_source.tables()[0]:
                if e['frame'] == a.frame:
                    yield e['name'], own
        elif name == 'anchors':
            for n in ANCHORS:
                yield n, own
        else:
            yield name, own


def ideal_es_n0_db(entry):
    """Of short S2 frames the standard gives none: that of the normal frame."""
    ideal = entry['ideal_es_n0_db']
    if ideal in ('', 'nan', '-'):
        ideal = grdtv_source.entry_of(entry['name'], 'normal')['ideal_es_n0_db']
    return float(ideal)


def main():
    a = arguments(sys.argv[1:])
    print('phase noise %s, pilots %s, faults %s, %s frames, offset %g Hz, clock %g ppm, %g MBd, at most %d iterations' %
          (a.phase_noise, a.pilots, '+'.join(a.faults) or 'none', a.frame, a.cfo_share * a.symbol_rate, a.clock_ppm,
           1e-6 * a.symbol_rate, a.iterations))
    print('%-18s %7s %7s %9s %7s %7s %7s %6s %7s %6s %6s' %
          ('modcod', 'Es/N0', '-ideal', 'FER', 'errors', 'frames', 'first', 'iter', 'est-set', 'Msym/s', 'losses'),
          flush=True)
    failed = False
    for r in measure(sys.argv[1:]):
        if a.max_fer is None:
            continue
        most = most_errors(a.max_fer * r['span'])
        why = ''.join('  %s %d' % (k, r[k]) for k in ('wrong_content', 'repeated', 'misplaced') if r[k])
        if r['span'] < 0.98 * a.frames * a.parts:
            why += '  only %d of %d frames in lock' % (r['span'], a.frames * a.parts)
        if r['errors'] > most:
            why += '  more than the %d errors of FER %g' % (most, a.max_fer)
        if why:
            print('fails:' + why)
            failed = True
    sys.exit(1 if failed else 0)


def most_errors(mean):
    """Poisson: the count that is exceeded once in a thousand."""
    k, term = 0, math.exp(-mean)
    total = term
    while total < 0.999:
        k += 1
        term *= mean / k
        total += term
    return k


if __name__ == '__main__':
    main()
