#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs of grc/ that need no radio, compiled by grcc and run; the packets they deliver are compared.

Usage: run_flowgraphs.py GRCC FOLDER_OF_FLOWGRAPHS
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import numpy

GRCC, FLOWGRAPHS = sys.argv[1:3]
ELEMENTS = os.path.join(FLOWGRAPHS, "..", "profiles", "elements", "qianfan_2026-08-22.tle")


def random_ts(nof_packets, seed=1):
    """Transport packets with random content and right continuity counters."""
    ts = numpy.random.default_rng(seed).integers(0, 256, (nof_packets, 188), dtype=numpy.uint8)
    ts[:, 0], ts[:, 1], ts[:, 2] = 0x47, 0x01, 0x00
    ts[:, 3] = 0x10 | numpy.arange(nof_packets) % 16
    return ts.tobytes()


def packet_numbers(ts):
    """Numbers of the packets of packet_source("random:")."""
    packets = numpy.frombuffer(ts, dtype=numpy.uint8)[: len(ts) // 188 * 188].reshape(-1, 188)
    return packets[:, 4:12].copy().view("<u8")[:, 0]


class Flowgraphs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def compiled(self, name):
        subprocess.run([GRCC, "-o", self.folder.name, os.path.join(FLOWGRAPHS, name + ".grc")], check=True, stdout=subprocess.DEVNULL)
        return [sys.executable, self.path(name + ".py")]

    def run_to_the_end(self, name, **options):
        arguments = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        subprocess.run(self.compiled(name) + arguments, check=True, cwd=self.folder.name, timeout=120, stdin=subprocess.DEVNULL)

    def assert_received(self, received, sent, frame_bytes):
        """Everything from the first frame of the lock, at most five in, to the very last packet."""
        self.assertTrue(sent.endswith(received), "what was received is not the end of what was sent")
        self.assertEqual(len(received) % 188, 0)
        self.assertGreaterEqual(len(received), len(sent) - 5 * frame_bytes)

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def test_loopback_headless(self):
        sent = random_ts(600)
        self.run_to_the_end("loopback_headless", input_file=self.write("input.ts", sent), output_file=self.path("output.ts"))
        self.assert_received(self.read("output.ts"), sent, 48408 // 8)

    def test_loopback_headless_with_the_wrong_scrambling_code(self):
        sent = self.write("input.ts", random_ts(200))
        self.run_to_the_end("loopback_headless", input_file=sent, output_file=self.path("none.ts"), gold_code_rx=1)
        self.assertEqual(self.read("none.ts"), b"")

    def test_loopback_headless_below_the_threshold(self):
        sent = self.write("input.ts", random_ts(200))
        self.run_to_the_end("loopback_headless", input_file=sent, output_file=self.path("none.ts"), es_n0_db=5)  # 8PSK 3/4 needs 7.91
        self.assertEqual(self.read("none.ts"), b"")

    def test_recording_and_back(self):
        sent = random_ts(400, seed=2)
        source = self.write("source.ts", sent)
        self.run_to_the_end("tx_file", input_file=source, output_file=self.path("carrier"), modcod="16APSK 2/3")
        self.run_to_the_end("rx_file", input_file=self.path("carrier"), output_file=self.path("received.ts"))
        self.assert_received(self.read("received.ts"), sent, 43040 // 8)

    def motion_of_a_pass(self, name, **options):
        """Columns of what doppler_pass_headless wrote; all that was sent must have come."""
        self.run_to_the_end("doppler_pass_headless", elements=ELEMENTS, output_file=self.path(name + ".ts"),
                            csv_file=self.path(name + ".csv"), nof_packets=2700, **options)
        numbers = packet_numbers(self.read(name + ".ts"))
        self.assertEqual(numbers[-1], 2699)
        self.assertTrue((numpy.diff(numbers) == 1).all())
        self.assertLessEqual(numbers[0], 5 * 32208 // 8 // 188)
        columns = numpy.genfromtxt(self.path(name + ".csv"), delimiter=",", names=True)
        self.assertGreaterEqual(columns.size, 3)
        return columns

    def test_doppler_during_a_pass(self):
        motion = self.motion_of_a_pass("pass")
        # 1.5 kHz/s for some four seconds: what is predicted is measured.
        self.assertGreater(numpy.ptp(motion["cfo_hz"]), 500)
        self.assertLess(numpy.abs(motion["cfo_hz"] - motion["doppler_pred_hz"]).max(), 10)
        self.assertLess(numpy.abs(motion["residual_hz"]).max(), 10)
        self.assertTrue((motion["el_deg"] > 45).all())

    def test_doppler_with_the_wrong_satellite(self):
        """The carrier is followed and decoded all the same, but it is not where the elements say."""
        motion = self.motion_of_a_pass("wrong", satellite_rx="QIANFAN-2")
        self.assertGreater(numpy.abs(motion["residual_hz"]).min(), 5000)
        self.assertGreater(numpy.ptp(motion["residual_hz"]), 500)

    def test_doppler_display(self):
        numbers = packet_numbers(self.run_with_windows("doppler_pass", 200, elements=ELEMENTS, output_file=self.path("pass_shown.ts")))
        self.assertTrue((numpy.diff(numbers) == 1).all())

    def run_with_windows(self, name, nof_packets, **options):
        """Runs until so many packets have come, then ends it as a user does."""
        arguments = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        process = subprocess.Popen(self.compiled(name) + arguments, cwd=self.folder.name, stdin=subprocess.DEVNULL)
        try:
            output = options["output_file"]
            for _ in range(600):
                if os.path.exists(output) and os.path.getsize(output) >= 188 * nof_packets:
                    break
                self.assertIsNone(process.poll(), "it ended by itself")
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0)
        finally:
            process.kill()
            process.wait()
        return self.read(os.path.basename(output))

    def test_loopback_with_sliders(self):
        numbers = packet_numbers(self.run_with_windows("loopback", 500, output_file=self.path("sliders.ts")))
        self.assertGreaterEqual(len(numbers), 500)
        # From the first packet received on, each follows the one before.
        self.assertTrue((numpy.diff(numbers) == 1).all())

    def test_receiver_with_displays(self):
        self.run_to_the_end("tx_file", output_file=self.path("random"), nof_packets=8000)
        numbers = packet_numbers(self.run_with_windows("rx_sigmf", 500, input_file=self.path("random"), output_file=self.path("shown.ts")))
        self.assertLessEqual(numbers[0], 5 * 32208 // 8 // 188)
        self.assertTrue((numpy.diff(numbers) == 1).all())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
