#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks which stored results tests/bench/sensitivity.py takes for those of a point it is asked for."""
import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

try:
    import numpy  # noqa: F401
except ImportError:
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'bench'), os.path.join(HERE, '..', 'support')]
import sensitivity  # noqa: E402


class Resume(unittest.TestCase):
    ASKED = ['--program', 'none', '--phase-noise', 'pll-lnb', '--frames', '100', '--resume', 'QPSK 1/2:0.25']

    def setUp(self):
        self.runs = []
        self.kept = sensitivity.point
        sensitivity.point = self.point

    def tearDown(self):
        sensitivity.point = self.kept

    def point(self, a, entry, es_n0, seed):
        self.runs.append(seed)
        return dict(modcod=entry['name'], frame=a.frame, errors=1, span=100, losses=0, wrong_content=0, repeated=0, misplaced=0, frames_out=100,
                    mean_iterations=9.0, es_n0_db_mean=es_n0, msym_per_s=1.0, first_good_starts_frame=1.0)

    def runs_of(self, path, *more):
        self.runs.clear()
        with contextlib.redirect_stdout(io.StringIO()):
            list(sensitivity.measure(['--results', path, *more, *self.ASKED]))
        return len(self.runs)

    def test_only_the_same_point_is_not_run_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.jsonl')
            self.assertEqual(self.runs_of(path), 1)
            self.assertEqual(self.runs_of(path), 0)
            for more in (['--symbol-rate', '5e6'], ['--rolloff', '0.05'], ['--sps', '3'], ['--cfo-share', '0.2'], ['--clock-ppm', '0'],
                         ['--chirp', '2000'], ['--equaliser', 'off'], ['--format', 'ci16'], ['--seed', '2'], ['--pilots', 'off']):
                self.assertEqual(self.runs_of(path, *more), 1, more)
                self.assertEqual(self.runs_of(path, *more), 0, more)
            self.assertEqual(self.runs_of(path), 0)

    def test_results_that_do_not_name_the_link_are_of_the_usual_one(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.jsonl')
            self.assertEqual(self.runs_of(path), 1)
            with open(path) as f:
                r = json.loads(f.read())
            r.pop('link', None)
            with open(path, 'w') as f:
                f.write(json.dumps(r) + '\n' + '{"modcod": "QPSK')
            self.assertEqual(self.runs_of(path), 0)
            self.assertEqual(self.runs_of(path, '--symbol-rate', '5e6'), 1)


if __name__ == '__main__':
    unittest.main()
