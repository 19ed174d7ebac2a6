#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as a user meets it: help, exit statuses, one-line errors, the record command. argv[1] is the program."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy

PROGRAM = sys.argv.pop(1)


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, **more)


def checksum(line):
    """Of a line of a two-line set."""
    return sum(int(c) if c.isdigit() else c == "-" for c in line) % 10


class QaProgram(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.base = os.path.join(self.folder.name, "pass")
        self.raw = os.path.join(self.folder.name, "x.ci16")
        self.samples = numpy.arange(20000, dtype="<i2")
        self.samples.tofile(self.raw)

    def tearDown(self):
        self.folder.cleanup()

    def assert_usage_error(self, result, *words):
        self.assertEqual(result.returncode, 2, result)
        text = result.stderr.decode()
        self.assertEqual(text.count("\n"), 1, "one line: " + text)
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(result.stdout, b"")

    def test_help_and_version(self):
        for arguments in (["--help"], ["record", "--help"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertIn(b"record", result.stdout)
        self.assertIn(b"--json", result.stdout)
        self.assertIn(b"Example:", result.stdout)
        self.assertRegex(run("--version").stdout, rb"^spacesail \d+\.\d+\.\d+\n$")

    def test_usage_errors(self):
        self.assert_usage_error(run(), "--help")
        self.assert_usage_error(run("fly"), "fly", "--help")
        self.assert_usage_error(run("record"), "spacesail record", "--help")
        self.assert_usage_error(run("record", self.base, "--input", self.raw), "x.ci16", "--rate")
        self.assert_usage_error(run("record", self.base, "--input", self.raw, "--rate", "2X"), "--rate", "2X", "2M")
        self.assert_usage_error(run("record", self.base, "--input", "/no/such", "--rate", "1M"), "/no/such")
        self.assert_usage_error(run("record", "/no/folder/x", "--input", self.raw, "--rate", "1M"), "/no/folder")
        self.assert_usage_error(run("record", self.raw, "--input", self.raw, "--rate", "1M"), "the input itself")

    def test_outputs_are_checked_before_the_run(self):
        never = os.path.join(self.folder.name, "never")
        record = ["record", never, "--input", self.raw, "--rate", "1M"]
        for file, word in (("/no/folder/x.json", "make it first"), (self.folder.name, "is a folder")):
            self.assert_usage_error(run(*record, "--json", file), "--json", file, word)
        self.assertFalse(os.path.exists(never + ".sigmf-meta"))
        for file, word in (("/no/folder/x.png", "make it first"), (self.folder.name + "/x.jpg", ".png"), ("-", ".png")):
            self.assert_usage_error(run("rx", self.raw, "--rate", "2M", "--symbol-rate", "1M", "--plot", file), "--plot", file, word)
        self.assert_usage_error(run("elements", "/dev/null", "--to", "tle", "--output", "/no/folder/x"), "--output", "/no/folder")
        if os.geteuid() != 0:
            self.assert_usage_error(run(*record, "--json", "/x.json"), "--json", "/x.json")

    def test_standard_output_carries_one_thing(self):
        make = ["--symbol-rate", "1M", "--random", "--frames", "1"]
        self.assert_usage_error(run("tx", "-", *make, "--json", "-"), "--json -", "OUTPUT")
        self.assert_usage_error(run("record", "-", "--input", self.raw, "--rate", "1M", "--json", "-"), "--json -")
        receive = ["rx", self.raw, "--rate", "2M", "--symbol-rate", "1M", "--ts", "-"]
        self.assert_usage_error(run(*receive, "--json", "-"), "--json -", "--ts")
        self.assert_usage_error(run(*receive, "--pcap", "-"), "--pcap -")

    def test_elements_are_written_only_in_a_form(self):
        self.assert_usage_error(run("elements", "x.tle", "--output", self.base), "--output", "--to")
        self.assert_usage_error(run("elements", "x.tle", "--to", "tel"), "--to", "tel", "omm-json")

    def test_names_what_may_be_meant(self):
        self.assert_usage_error(run("rx", self.raw, "--symbolrate", "2M"), "--symbolrate: no option", "did you mean --symbol-rate?", "rx --help")
        self.assert_usage_error(run("recrod", "x"), "recrod: no command", "did you mean record?")
        self.assert_usage_error(run("rx", self.raw, self.base, "--symbol-rate", "2M"), self.base, "too many")
        self.assert_usage_error(run("rx", self.raw, "--symbol-rate", "2M", "passes"), "passes", "spacesail rx")

    def test_satellites(self):
        elements = os.path.join(self.folder.name, "three.tle")
        with open(elements, "w") as f:
            for name, number in (("FAN-1", 60379), ("FAN-10", 60380), ("FAN-7", 60381)):
                first = "1 %dU 24140A   26234.24758160  .00000049  00000+0  57194-4 0  999" % number
                second = "2 %d  88.9689 273.0751 0016874 198.6012 161.4524 13.5102451710144" % number
                f.write(name + "\n" + "".join(line + str(checksum(line)) + "\n" for line in (first, second)))
        start = ["--site", "31,121,10", "--start", "2026-08-22T06:00:00Z"]
        for command in (["passes", "--hours", "1"], ["tx", self.base, "--symbol-rate", "1M", "--random", "--frames", "1", "--frequency", "14G"]):
            given = command + start + ["--elements", elements, "--satellite"]
            self.assert_usage_error(run(*given, "FAN-77"), "--satellite FAN-77", "near it: FAN-7")
            self.assert_usage_error(run(*given, "FAN-"), "--satellite FAN-", "fits 3 sets")
            self.assert_usage_error(run(*given[:-2], "/no/such", *given[-1:], "FAN-7"), "--elements /no/such")
            self.assertEqual(run(*given, "an-7").returncode, 0)
        self.assert_usage_error(run(*command, "--satellite", "FAN-1"), "--satellite", "--elements")

    def test_messages_name_options(self):
        rx = ["rx", self.raw, "--rate", "4M", "--symbol-rate"]
        self.assert_usage_error(run(*rx, "2m"), "--symbol-rate 0.002", "mega")
        self.assert_usage_error(run(*rx, "2M", "--offset", "50M"), "--offset 50")
        self.assert_usage_error(run("rx", "uhd:", "--symbol-rate", "2M"), "spacesail rx: uhd: this build")
        tx = ["tx", self.base, "--random", "--frames", "1", "--symbol-rate", "1M", "--rate"]
        for rate in ("1M", "100G"):
            self.assert_usage_error(run(*tx, rate), "--rate", "--symbol-rate", "--rolloff")
        channel = ["channel", self.raw, self.base, "--rate", "4M"]
        self.assert_usage_error(run(*channel, "--es-n0", "5", "--symbol-rate", "20M"), "--symbol-rate 20")
        self.assert_usage_error(run(*channel, "--lnb-offset", "10G"), "--lnb-offset 10")
        self.assert_usage_error(run(*channel, "--point-at", "X"), "--point-at", "--elements")
        self.assert_usage_error(run("bench", "--frames", "100000"), "--frames 100000", "2000")

    def test_nothing_in_is_a_failure_that_says_so(self):
        for command in (["channel", "-", self.base], ["record", self.base, "--input", "-"]):
            result = run(*command, "--rate", "1M", input=b"")
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"no sample came in", result.stderr)

    def test_a_closed_standard_output_keeps_the_summary_out_of_the_data(self):
        for closed in (0, 1):
            result = run("record", self.base, "--input", self.raw, "--rate", "1M", preexec_fn=lambda: os.close(closed))
            self.assertEqual(result.returncode, 0, result.stderr)
            numpy.testing.assert_array_equal(numpy.fromfile(self.base + ".sigmf-data", "<i2"), self.samples)

    def test_rx_says_why_an_input_cannot_do(self):
        rx = ["--rate", "2M", "--symbol-rate", "1M", "--format"]
        result = run("rx", self.raw, *rx, "ci16")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"shorter than two PLFRAMEs", result.stdout)
        nothing = numpy.full(300000, numpy.nan, "<f4")
        result = run("rx", "-", *rx, "cf32", input=nothing.tobytes())
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"not finite, check --format", result.stdout)

    def test_rx_drift_is_the_carriers_with_elements_and_without(self):
        elements = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiles/elements/qianfan_2026-08-22.tle")
        place = ["--elements", elements, "--satellite", "QIANFAN-1", "--site", "31.23,121.47,10"]
        sent, received = self.base + "-sent", self.base + "-received"
        self.assertEqual(run("tx", sent, "--random", "--seconds", "2", "--symbol-rate", "1M").returncode, 0)
        self.assertEqual(run("channel", sent, received, *place, "--start", "2026-08-22T11:25:00Z", "--frequency", "12.7G").returncode, 0)
        drift = []
        for more in (place, []):
            result = run("rx", received, "--symbol-rate", "1M", "--json", "-", *more)
            self.assertEqual(result.returncode, 0, result.stderr)
            drift.append(json.loads(result.stdout)["doppler_rate_hz_s"])
        # 69399 Hz to 65825 Hz in three seconds
        for d in drift:
            self.assertAlmostEqual(d, -1190, delta=60)

    def test_records_a_raw_file(self):
        result = run("record", self.base, "--input", self.raw, "--rate", "1M", "--frequency", "12.7G", "--start", "2026-08-22T06:00:00Z",
                     "--seconds", "5m", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout)
        self.assertEqual(summary["samples"]["in"], 5000)
        self.assertEqual(summary["samples"]["lost"], 0)
        with open(self.base + ".sigmf-meta") as f:
            meta = json.load(f)
        self.assertEqual(meta["global"]["core:sample_rate"], 1e6)
        self.assertEqual(meta["captures"][0]["core:frequency"], 12.7e9)
        numpy.testing.assert_array_equal(numpy.fromfile(self.base + ".sigmf-data", "<i2"), self.samples[:10000])

    def test_pipes(self):
        result = run("record", "-", "--input", "-", "--format", "ci16", "--rate", "1M", input=self.samples.tobytes() + b"z")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, self.samples.tobytes())
        self.assertIn(b"1 bytes behind", result.stderr)
        self.assertIn(b"10000 samples", result.stderr)

    def test_converts(self):
        result = run("record", "-", "--input", "-", "--input-format", "ci16", "--format", "cf32", "--rate", "1M", input=self.samples.tobytes())
        self.assertEqual(result.returncode, 0, result.stderr)
        numpy.testing.assert_array_equal(numpy.frombuffer(result.stdout, "<f4"), self.samples.astype("f4") / 32768)

    def test_nothing_recorded_is_a_failure(self):
        self.assertEqual(run("record", self.base, "--input", "-", "--rate", "1M", input=b"").returncode, 1)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        result = run("record", "/dev/full", "--format", "ci16", "--input", self.raw, "--rate", "1M")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"No space left", result.stderr)

    def results_on_standard_output(self):
        """Every command that writes its result there, text and data: the arguments."""
        elements = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiles/elements/qianfan_2026-08-22.tle")
        place = ["--elements", elements, "--satellite", "QIANFAN-1", "--site", "31.23,121.47,10", "--start", "2026-08-22T06:00:00Z"]
        carrier = self.base + "-carrier"
        self.assertEqual(run("tx", carrier, "--random", "--frames", "8", "--frame", "short", "--symbol-rate", "1M").returncode, 0)
        raw = [self.raw, "--rate", "1M"]
        passes = ["passes", "--hours", "6", *place]
        doppler = ["doppler", "--duration", "60", *place]
        rx = ["rx", carrier, "--symbol-rate", "1M"]
        tx = ["tx", self.base, "--random", "--frames", "1", "--symbol-rate", "1M"]
        every = [["--help"], ["--version"], ["rx", "--help"],
                 passes, [*passes, "--csv", "-"], [*passes, "--json", "-"],
                 doppler, [*doppler, "--csv", "-"], [*doppler, "--json", "-"],
                 ["elements", elements], ["elements", elements, "--to", "tle"], ["elements", elements, "--json", "-"],
                 rx, [*rx, "--json", "-"], [*rx, "--ts", "-"],
                 tx, [*tx, "--json", "-"], ["tx", "-", *tx[2:]],
                 ["channel", self.raw, self.base, "--rate", "1M"], ["channel", self.raw, "-", "--rate", "1M"],
                 ["record", self.base, "--input", *raw], ["record", "-", "--input", *raw],
                 ["bench", "--frames", "4"]]
        for arguments in every:
            yield arguments

    def test_a_result_that_standard_output_does_not_take_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        for arguments in self.results_on_standard_output():
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                result = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertRegex(result.stderr, rb"standard output: .*No space left on device; free space")

    def test_a_lost_summary_leaves_the_other_outputs_whole(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        report = os.path.join(self.folder.name, "report.json")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, "record", self.base, "--input", self.raw, "--rate", "1M", "--json", report],
                                    stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(result.returncode, 1)
        with open(report) as f:
            self.assertEqual(json.load(f)["samples"]["in"], 10000)
        numpy.testing.assert_array_equal(numpy.fromfile(self.base + ".sigmf-data", "<i2"), self.samples)

    def into_a_closed_pipe(self, arguments, **more):
        read_end, write_end = os.pipe()
        os.close(read_end)
        try:
            return subprocess.run([PROGRAM, *arguments], stdout=write_end, stderr=subprocess.PIPE, timeout=60, **more)
        finally:
            os.close(write_end)

    def test_a_closed_pipe_ends_it_quietly(self):
        for arguments in self.results_on_standard_output():
            with self.subTest(arguments=arguments):
                result = self.into_a_closed_pipe(arguments)
                self.assertEqual(result.returncode, -signal.SIGPIPE, result.stderr)
                self.assertNotIn(b"pipe", result.stderr)
                if "-" not in arguments and "--to" not in arguments:
                    self.assertEqual([line for line in result.stderr.splitlines() if not line.startswith(b"warning: ")], [])

    def test_a_closed_pipe_is_reported_where_its_signal_is_ignored(self):
        result = self.into_a_closed_pipe(["record", "-", "--input", self.raw, "--rate", "1M"], restore_signals=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard output: cannot write", result.stderr)
        self.assertIn(b"the reader of the pipe has ended", result.stderr)

    def test_quiet(self):
        result = run("record", self.base, "--input", self.raw, "--rate", "1M", "--quiet")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_control_c_ends_passes_and_doppler(self):
        elements = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiles/elements/qianfan_2026-08-22.tle")
        place = ["--elements", elements, "--site", "31,121,10", "--start", "2026-08-22T06:00:00Z"]
        for command in (["passes", "--hours", "8000"], ["doppler", "--satellite", "QIANFAN-1", "--duration", "100M", "--step", "100"]):
            child = subprocess.Popen([PROGRAM, *command, *place, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(0.5)
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=30)
            self.assertEqual(child.returncode, 0, err)
            self.assertIn(b"interrupted", err)

    def test_control_c_ends_with_the_summary(self):
        child = subprocess.Popen([PROGRAM, "record", self.base, "--input", "-", "--format", "ci16", "--rate", "1M"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write(self.samples.tobytes())
        child.stdin.flush()
        time.sleep(1)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 0)
        self.assertIn(b"10000 samples", out)
        self.assertTrue(os.path.exists(self.base + ".sigmf-meta"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
