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
        self.kept = sensitivity.point, sensitivity.build_of
        self.build = '0.1.0', 'abc'
        sensitivity.point = self.point
        sensitivity.build_of = lambda program: self.build

    def tearDown(self):
        sensitivity.point, sensitivity.build_of = self.kept

    def point(self, a, entry, es_n0, seed):
        self.runs.append(seed)
        return dict(version=self.build[0], commit=self.build[1], modcod=entry['name'], frame=a.frame, errors=1, span=100, losses=0, wrong_content=0, repeated=0, misplaced=0, frames_out=100,
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


    def test_results_of_another_version_do_not_count(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.jsonl')
            self.assertEqual(self.runs_of(path), 1)
            for other in (('0.1.0', 'abc-changed-1'), ('0.2.0', 'abc'), ('0.1.0', None)):
                self.build = other
                self.assertEqual(self.runs_of(path, '--any-version'), 0, other)
                self.assertEqual(self.runs_of(path), 1, other)
                self.assertEqual(self.runs_of(path), 0, other)
            self.build = '0.1.0', 'abc'
            self.assertEqual(self.runs_of(path), 0)
            with open(path) as f:
                lines = [json.loads(line) for line in f]
            with open(path, 'w') as f:
                for r in lines:  # as results were before they named a version
                    r.pop('version')
                    r.pop('commit')
                    f.write(json.dumps(r) + '\n')
            self.assertEqual(self.runs_of(path, '--any-version'), 0)
            self.assertEqual(self.runs_of(path), 1)

    def test_a_program_that_does_not_tell_its_version(self):
        self.build = None
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(SystemExit) as caught:
                self.runs_of(os.path.join(folder, 'results.jsonl'))
            self.assertIn('--any-version', str(caught.exception))


class Build(unittest.TestCase):
    def program(self, folder, text):
        path = os.path.join(folder, 'program')
        with open(path, 'w') as f:
            f.write('#!/bin/sh\n' + text + '\n')
        os.chmod(path, 0o755)
        return path

    def test_is_what_the_program_prints(self):
        with tempfile.TemporaryDirectory() as folder:
            told = self.program(folder, 'echo \'{"version":"0.1.0","commit":"abc"}\'')
            self.assertEqual(sensitivity.build_of(told), ('0.1.0', 'abc'))
            self.assertIsNone(sensitivity.build_of(self.program(folder, 'echo "--version: not an option" >&2; exit 2')))


if __name__ == '__main__':
    unittest.main()
