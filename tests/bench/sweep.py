#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every entry of the table at its limit: gr-dtv's carrier, all 107 entries, pilots on and off, every BBFRAME compared.

Each runs at ideal Es/N0 + bound with phase noise pll-lnb, a carrier offset of 10 % of the symbol rate and a 20 ppm clock, as
in sensitivity.py. Bounds, dB: pilots on, normal frames: 0.25 QPSK and 8PSK from rate 1/2 on, 0.4 below and for 16APSK and
32APSK, 0.8 above. Pilots off: 0.5 for QPSK and 8PSK from rate 1/2 on; for the others the standard of this project names
none, 0.4 more than with pilots is taken. Short frames: no bound is named; 0.5 more than the normal frame is taken, and
0.3 more where the standard's table gives the normal frame's ideal Es/N0 only.

An entry passes with at most 5 errors in 1000 frames (FER 1e-3 gives more once in 1700 such runs), nothing wrong, repeated
or out of place. Results go to --results line by line; entries there that this version of the program ran are not run
again. Ends with 1 if one fails.

    sweep.py --program build/release/bin/rx_campaign --results sweep.jsonl
    sweep.py ... --sizes normal --pilots on
"""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'support')]
import grdtv_source  # noqa: E402
import sensitivity  # noqa: E402


def bound_db(entry, pilots):
    normal = sensitivity.bound_db(entry)
    bound = normal if pilots == 'on' else 0.5 if normal == 0.25 else normal + 0.4
    if entry['frame'] == 'short':
        bound += 0.5
        if entry['ideal_es_n0_db'] in ('', 'nan', '-'):
            bound += 0.3
    return bound


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--program', required=True, help='rx_campaign')
    p.add_argument('--results', required=True)
    p.add_argument('--frames', type=int, default=1000)
    p.add_argument('--sizes', nargs='+', default=['normal', 'short'])
    p.add_argument('--pilots', nargs='+', default=['on', 'off'])
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--more', type=float, default=0.0, help='dB added to every bound')
    p.add_argument('--any-version', action='store_true', help='entries that another version of the program ran count too')
    a = p.parse_args()
    failed, ran = [], 0
    for size in a.sizes:
        for pilots in a.pilots:
            options = ['--program', a.program, '--phase-noise', 'pll-lnb', '--pilots', pilots, '--frame', size, '--frames',
                       str(a.frames), '--threads', str(a.threads), '--loop-frames', '32' if size == 'normal' else '96']
            if a.any_version:
                options.append('--any-version')
            print('%s frames, pilots %s' % (size, pilots), flush=True)
            for entry in grdtv_source.tables()[0]:
                if entry['frame'] != size:
                    continue
                offset = bound_db(entry, pilots) + a.more
                for r in sensitivity.measure(options + ['--results', a.results, '--resume',
                                                        '%s:%g' % (entry['name'], offset)]):
                    ran += 1
                    if (r['errors'] > 5 or r['span'] < 0.98 * a.frames or r['wrong_content'] or r['repeated'] or
                            r['misplaced']):
                        failed.append('%s %s, pilots %s' % (entry['name'], size, pilots))
    print('%d of %d entries pass' % (ran - len(failed), ran))
    for f in failed:
        print('  fails: ' + f)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
