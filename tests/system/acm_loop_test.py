#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ACM between processes in real time: tx -> a channel that fades -> rx, whose reports go back to tx as datagrams. argv[1] is the program.

The channel is numpy's: attenuation like rain and constant noise."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy

SYMBOL_RATE, SAMPLE_RATE, LEVEL_DBFS = 1e6, 2e6, -12.0
CLEAR_DB, SLOPE_DB_S, BEGIN_S, SECONDS = 13.0, 0.5, 2.0, 11.0


def es_n0_db(time_s):
    return CLEAR_DB - SLOPE_DB_S * max(0.0, time_s - BEGIN_S)


def fade(source, target):
    """16-bit complex samples from one pipe to another; they fade by the time of the samples."""
    random = numpy.random.default_rng(3)
    noise = 32768.0 * numpy.sqrt(0.5 * 10 ** (0.1 * (LEVEL_DBFS - CLEAR_DB)) * SAMPLE_RATE / SYMBOL_RATE)
    at, left = 0, b""
    try:
        while block := source.read1(65536):
            block = left + block
            whole = len(block) // 4 * 4
            left = block[whole:]
            x = numpy.frombuffer(block[:whole], dtype=numpy.int16)
            gain = 10 ** (-0.05 * (CLEAR_DB - es_n0_db(at / SAMPLE_RATE)))
            y = gain * x + noise * random.standard_normal(len(x), dtype=numpy.float32)
            target.write(numpy.clip(numpy.rint(y), -32768, 32767).astype(numpy.int16).tobytes())
            target.flush()
            at += whole // 4
    finally:
        target.close()
        source.close()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Link:
    def __init__(self, folder, name, tx_options, report_port):
        self.files = [os.path.join(folder, f"{name}.{part}.json") for part in ("tx", "rx")]
        self.stream = os.path.join(folder, name + ".ts")
        rates = ["--rate", str(SAMPLE_RATE), "--symbol-rate", str(SYMBOL_RATE), "--format", "ci16", "--quiet"]
        self.tx = subprocess.Popen([PROGRAM, "tx", "-", "--random", "--seconds", str(SECONDS), "--pace", "realtime", "--frame", "short", *rates, "--level",
                                    str(LEVEL_DBFS), "--json", self.files[0], *tx_options], stdout=subprocess.PIPE)
        self.rx = subprocess.Popen([PROGRAM, "rx", "-", *rates, "--ts", self.stream, "--report", f"udp:127.0.0.1:{report_port}", "--report-interval", "0.05",
                                    "--json", self.files[1]], stdin=subprocess.PIPE)
        self.channel = threading.Thread(target=fade, args=(self.tx.stdout, self.rx.stdin), daemon=True)
        self.channel.start()

    def result(self):
        codes = [p.wait(60) for p in (self.tx, self.rx)]
        self.channel.join(10)
        out = []
        for file in self.files:
            with open(file) as f:
                out.append(json.load(f))
        return codes, *out

    def kill(self):
        for p in (self.tx, self.rx):
            p.kill()
            p.wait()


class AcmLoopTest(unittest.TestCase):
    def test_a_fade_costs_nothing_with_reports_and_frames_without(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        port, nobody = free_port(), free_port()
        closed = Link(folder.name, "closed", ["--modcod", "QPSK 1/4", "--acm-reports", f"udp:127.0.0.1:{port}", "--acm-margin", "1"], port)
        self.addCleanup(closed.kill)
        still = Link(folder.name, "still", ["--modcod", "16APSK 3/4"], nobody)
        self.addCleanup(still.kill)

        codes, sent, got = closed.result()
        self.assertEqual(codes, [0, 0])
        modcods = {m["name"]: m["frames"] for m in sent["modcod"]["histogram"]}
        print(f"{sent['bbframes']['good']} BBFRAMEs in {len(modcods)} MODCODs by {sent['acm']['reports']} reports, {got['bbframes']['good']} received, "
              f"Es/N0 at the end {sent['acm']['es_n0_db']:.1f} dB; {sent['acm']}")
        self.assertGreater(sent["acm"]["reports"], 80)
        self.assertEqual(sent["acm"]["timeouts"] + sent["acm"]["reports_unreadable"], 0)
        self.assertAlmostEqual(sent["acm"]["es_n0_db"], es_n0_db(SECONDS), delta=0.8)
        self.assertGreaterEqual(len(modcods), 5)
        self.assertGreater(max(m["frames"] for m in sent["modcod"]["histogram"] if "16APSK" in m["name"]), 20)
        self.assertEqual(got["fec"]["errors"] + got["bbframes"]["gaps"] + got["ts"]["continuity_errors"], 0)
        # All but those in front of the lock.
        self.assertGreaterEqual(got["bbframes"]["good"], sent["bbframes"]["good"] - 5)

        codes, sent, got = still.result()
        self.assertEqual(codes, [0, 0])
        self.assertEqual(len(sent["modcod"]["histogram"]), 1)
        self.assertGreater(got["fec"]["errors"], 50)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
