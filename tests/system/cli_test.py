#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program end to end: carriers made by tx come back from rx, bad input ends in one line. argv[1] is the program, argv[2] the source tree.

Round trips compare this project with itself; the transmitter is compared with gr-dtv elsewhere."""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

import numpy

PROGRAM, SOURCE = sys.argv.pop(1), sys.argv.pop(1)
ELEMENTS = os.path.join(SOURCE, "profiles/elements/qianfan_2026-08-22.tle")
SITE = ["--site", "31.23,121.47,10", "--start", "2026-08-22T06:00:00Z"]


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, **more)


def transport_stream(packets, seed):
    """Transport packets with continuity counters on one PID and random content."""
    content = random.Random(seed)
    return b"".join(bytes([0x47, 0x01, 0x00, 0x10 | i % 16]) + content.randbytes(184) for i in range(packets))


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def make(self, name, *options):
        """A carrier of 2 MBd at 4 Msamples/s with a known transport stream; returns the stream."""
        stream = transport_stream(150, 7)
        with open(self.path("in.ts"), "wb") as f:
            f.write(stream)
        made = run("tx", self.path(name), "--ts", self.path("in.ts"), "--symbol-rate", "2M", "--quiet", *options)
        self.assertEqual(made.returncode, 0, made.stderr)
        return stream

    def receive(self, name, *options):
        return run("rx", self.path(name), "--rate", "4M", "--symbol-rate", "2M", "--ts", self.path("out.ts"), "--json", "-", *options)

    def received(self):
        with open(self.path("out.ts"), "rb") as f:
            return f.read()

    def assert_one_line(self, result, code, *words):
        self.assertEqual(result.returncode, code, result)
        text = result.stderr.decode()
        self.assertEqual(text.count("\n"), 1, "one line: " + text)
        for word in words:
            self.assertIn(word, text)

    def test_round_trips(self):
        for modcod, frame, pilots in (("QPSK 1/2", "normal", "on"), ("8PSK 3/4", "short", "on"), ("16APSK 2/3", "normal", "off"),
                                      ("8APSK 5/9-L", "normal", "on"), ("32APSK 4/5", "short", "off")):
            with self.subTest(modcod=modcod, frame=frame, pilots=pilots):
                stream = self.make("x.cf32", "--modcod", modcod, "--frame", frame, "--pilots", pilots)
                result = self.receive("x.cf32")
                self.assertEqual(result.returncode, 0, result.stderr)
                summary = json.loads(result.stdout)
                self.assertEqual(summary["state"], "locked")
                self.assertEqual(summary["fec"]["errors"], 0)
                self.assertGreater(summary["fec"]["frames"], 0)
                self.assertEqual(self.received(), stream)

    def test_sigmf_scrambling_and_stream_number(self):
        stream = self.make("pass", "--scrambling", "77", "--isi", "9", "--rolloff", "0.05", "--frequency", "12.7G")
        result = run("rx", self.path("pass"), "--symbol-rate", "2M", "--scrambling", "77", "--isi", "9", "--ts", self.path("out.ts"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.received(), stream)
        self.assertEqual(run("rx", self.path("pass"), "--symbol-rate", "2M", "--scrambling", "78").returncode, 1)

    def test_bbframes_through_a_capture_file(self):
        stream = self.make("x.cf32", "--frame", "short")
        self.assertEqual(self.receive("x.cf32", "--bbframes", self.path("bb.pcap")).returncode, 0)
        again = run("tx", self.path("y.cs16"), "--bbframes", self.path("bb.pcap"), "--symbol-rate", "2M", "--json", "-")
        self.assertEqual(again.returncode, 0, again.stderr)
        summary = json.loads(again.stdout)
        self.assertEqual(summary["bbframes_in"], {"taken": summary["bbframes"]["good"], "refused": 0, "missing": 0})
        self.assertEqual(self.receive("y.cs16").returncode, 0)
        self.assertEqual(self.received(), stream)

    def test_adaptive_modcod(self):
        with open(self.path("acm.csv"), "w") as f:
            f.write("time_s,modcod,frame,pilots\n0,QPSK 1/2,normal,on\n0.03,8PSK 3/4,short,off # clear sky\n")
        result = run("tx", self.path("x.cf32"), "--random", "--seconds", "0.06", "--acm", self.path("acm.csv"), "--symbol-rate", "2M", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        sent = {m["pls"]: m["frames"] for m in json.loads(result.stdout)["modcod"]["histogram"]}
        self.assertEqual(len(sent), 2)
        summary = json.loads(self.receive("x.cf32").stdout)
        self.assertEqual(summary["fec"]["frames"], sum(sent.values()))
        self.assertEqual(summary["fec"]["errors"], 0)

    def test_pipe(self):
        stream = transport_stream(60, 3)
        carrier = run("tx", "-", "--ts", "-", "--symbol-rate", "2M", "--frame", "short", "--quiet", input=stream).stdout
        result = run("rx", "-", "--rate", "4M", "--symbol-rate", "2M", "--ts", "-", "--quiet", input=carrier)
        self.assertEqual((result.returncode, result.stdout), (0, stream), result.stderr)

    def test_live_input(self):
        stream = transport_stream(60, 3)
        carrier = run("tx", "-", "--ts", "-", "--symbol-rate", "2M", "--frame", "short", "--quiet", input=stream).stdout
        result = run("rx", "-", "--rate", "4M", "--symbol-rate", "2M", "--json", "-", "--live", "--quiet", input=carrier)
        fec = json.loads(result.stdout)["fec"]
        # Nobody waits: every frame is decoded, with fewer iterations or not, or counted as dropped.
        self.assertGreater(fec["frames"], 0)
        self.assertLessEqual(fec["iteration_caps_lowered"], fec["frames"])
        self.assertIn("dropped", fec)
        self.assert_one_line(run("rx", "-", "--rate", "4M", "--symbol-rate", "2M", "--live", "--threads", "0", input=b""), 2, "--live", "--threads")

    def test_damaged_input(self):
        self.make("x.cf32", "--frame", "short")
        good = numpy.fromfile(self.path("x.cf32"), "<c8")
        good[: good.size // 2].tofile(self.path("truncated.cf32"))
        with open(self.path("odd.cf32"), "wb") as f:
            f.write(good.tobytes() + b"xyz")
        numpy.zeros(200000, "<c8").tofile(self.path("zeros.cf32"))
        numpy.full(200000, numpy.nan, "<c8").tofile(self.path("nan.cf32"))
        holed = good.copy()
        holed[::5000] = numpy.nan
        holed.tofile(self.path("holed.cf32"))
        for name, code in (("truncated", 0), ("odd", 0), ("zeros", 1), ("nan", 1), ("holed", 0)):
            with self.subTest(name=name):
                result = self.receive(name + ".cf32")
                self.assertEqual(result.returncode, code, result.stderr)
                summary = json.loads(result.stdout)
                self.assertEqual(summary["state"] == "locked", code == 0, summary["state"])
        self.assertIn(b"3 bytes behind", self.receive("odd.cf32").stderr)
        open(self.path("empty.cf32"), "w").close()
        self.assertEqual(self.receive("empty.cf32").returncode, 1)

    def test_usage_errors(self):
        out = self.path("q")
        self.assert_one_line(run("tx", "uhd:type=b200", "--random"), 2, "uhd:type=b200", "licence", "permission")
        self.assert_one_line(run("tx", out, "--random"), 2, "--symbol-rate")
        self.assert_one_line(run("tx", out, "--symbol-rate", "1M"), 2, "--ts", "--random")
        self.assert_one_line(run("tx", out, "--random", "--symbol-rate", "1M"), 2, "--random", "--frames")
        self.assert_one_line(run("tx", out, "--random", "--frames", "1", "--symbol-rate", "1M", "--modcod", "QPSK 7/8"), 2, "--modcod", "QPSK")
        self.assert_one_line(run("tx", out, "--random", "--frames", "1", "--symbol-rate", "1M", "--rolloff", "0.3"), 2, "--rolloff 0.3", "0.35")
        self.assert_one_line(run("tx", out, "--random", "--frames", "1", "--symbol-rate", "1M", "--frame", "long"), 2, "--frame", "long", "short")
        self.assert_one_line(run("tx", out, "--ts", "/no/such.ts", "--symbol-rate", "1M"), 2, "/no/such.ts")
        self.assert_one_line(run("rx", "/no/such.cf32", "--rate", "4M", "--symbol-rate", "2M"), 2, "/no/such.cf32")
        self.assert_one_line(run("passes", "--elements", ELEMENTS), 2, "--site")
        self.assert_one_line(run("passes", "--elements", ELEMENTS, "--site", "91,0,0"), 2, "--site", "91")
        self.assert_one_line(run("doppler", "--elements", ELEMENTS, *SITE), 2, "--satellite")
        self.assert_one_line(run("doppler", "--elements", ELEMENTS, *SITE, "--satellite", "NOBODY"), 2, "NOBODY")
        self.assert_one_line(run("elements", __file__), 2, "TLE")
        self.assert_one_line(run("bench", "--es-n0", "1:0:2"), 2, "--es-n0")

    def test_no_packets_to_send_is_a_failure(self):
        with open(self.path("no.ts"), "wb") as f:
            f.write(b"\0" * 1000)
        self.assert_one_line(run("tx", self.path("q"), "--ts", self.path("no.ts"), "--symbol-rate", "1M", "--quiet"), 1, "no BBFRAME")

    def test_orbit_commands(self):
        result = run("passes", "--elements", ELEMENTS, *SITE, "--hours", "1", "--csv", self.path("p.csv"), "--plot", self.path("sky.png"), "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        passes = json.loads(result.stdout)["passes"]
        with open(self.path("p.csv")) as f:
            self.assertEqual(len(f.readlines()), len(passes) + 1)
        with open(self.path("sky.png"), "rb") as f:
            self.assertEqual(f.read(8), b"\x89PNG\r\n\x1a\n")
        for p in passes:
            self.assertGreaterEqual(p["at_culmination"]["el_deg"], 10.0)

        result = run("doppler", "--elements", ELEMENTS, "--satellite", "QIANFAN-1", *SITE, "--step", "1", "--csv", "-", "--plot", self.path("d.png"))
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = numpy.array([[float(v) for v in line.split(",")[1:]] for line in result.stdout.decode().splitlines()[1:]])
        # The columns belong together: shift = -f d tau / dt, range = c tau.
        slope = -12.7e9 * (rows[2:, 1] - rows[:-2, 1]) / 2.0
        self.assertLess(numpy.abs(slope - rows[1:-1, 2]).max(), 1.0)
        self.assertLess(numpy.abs(299792.458 * rows[:, 1] - rows[:, 4]).max(), 1e-6)

        converted = run("elements", ELEMENTS, "--to", "omm-json", "--output", self.path("e.json"), "--quiet")
        self.assertEqual(converted.returncode, 0, converted.stderr)
        back = run("elements", self.path("e.json"), "--to", "tle")
        with open(ELEMENTS, "rb") as f:
            self.assertEqual(back.stdout, f.read())
        self.assertEqual(run("elements", ELEMENTS, "--strict", "--quiet").returncode, 1)

    def test_profile_of_a_link(self):
        """Symbol rate, roll-off and bands of the profile where the options leave them open."""
        profile = self.path("link.yaml")
        with open(profile, "w") as f:
            f.write("name: link\nlinks: {downlink_hz: [10.7G, 12.7G], uplink_hz: [14.0G, 14.5G]}\n"
                    "waveform: {symbol_rate_bd: 1M, rolloff: 0.05}\n")
        place = ["--elements", ELEMENTS, "--satellite", "QIANFAN-1", *SITE]

        def summary(*arguments):
            result = run(*arguments, "--profile", profile, "--json", "-", "--quiet")
            self.assertEqual(result.returncode, 0, result.stderr)
            return json.loads(result.stdout), result.stderr

        tx = ["tx", self.path("sent"), "--random", "--frames", "20", "--frame", "short"]
        sent, warnings = summary(*tx)
        self.assertEqual((sent["rolloff"], sent["symbol_rate_hz"], warnings), (0.05, 1e6, b""))
        self.assertEqual(summary("rx", self.path("sent"))[0]["rolloff"], 0.05)
        # The options win; what the profile says is not what the spectrum shows.
        self.assertEqual(summary(*tx, "--rolloff", "0.35", "--symbol-rate", "2M")[0]["symbol_rate_hz"], 2e6)
        rx = ["rx", self.path("sent"), "--symbol-rate", "2M"]
        self.assertEqual(summary(*rx, "--rolloff", "auto")[0]["rolloff"], 0.35)
        received = json.loads(run(*rx, "--profile", profile, "--json", "-", "--quiet").stdout)
        self.assertEqual(received["rolloff"], 0.05)

        _, warnings = summary(*tx, *place)
        self.assertIn(b"14.25G", warnings)
        with open(self.path("sent.sigmf-meta")) as f:
            self.assertEqual(json.load(f)["captures"][0]["core:frequency"], 14.25e9)
        self.assertIn(b"outside the uplink of link", summary(*tx, *place, "--frequency", "12.7G")[1])

        doppler = ["doppler", *place, "--duration", "10"]
        self.assertEqual(summary(*doppler, "--direction", "up")[0]["frequency_hz"], 14.25e9)
        self.assertEqual(summary(*doppler)[0]["frequency_hz"], 11.7e9)
        self.assertIn(b"outside the uplink of link", summary(*doppler, "--direction", "up", "--frequency", "12G")[1])

    def test_profiles(self):
        """Counted with python3-sgp4 from the same file: 164 of 238 satellites lie within the window."""
        result = run("elements", ELEMENTS, "--profile", "qianfan", "--json", "-", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        flagged = [s for s in json.loads(result.stdout)["sets"] if any(f["flag"] == "semi-major-axis" for f in s["flags"])]
        self.assertEqual(len(flagged), 238 - 164)
        result = run("passes", "--elements", ELEMENTS, "--satellite", "QIANFAN-2", *SITE, "--profile", "qianfan", "--json", "-", "--quiet")
        self.assertEqual(json.loads(result.stdout)["min_elevation_deg"], 25.0)
        self.assert_one_line(run("elements", ELEMENTS, "--profile", "starlight"), 2, "--profile starlight", "qianfan")
        with open(self.path("x.yaml"), "w") as f:
            f.write("waveform: {roloff: 0.2}")
        self.assert_one_line(run("elements", ELEMENTS, "--profile", self.path("x.yaml")), 2, "x.yaml:1", "roloff", "rolloff")
        with open(self.path("none.cf32"), "wb") as f:
            f.write(bytes(8 * 1000))
        result = run("rx", self.path("none.cf32"), "--rate", "50M", "--frequency", "2.4G", "--profile", "qianfan", "--quiet")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(b"outside the downlink of qianfan", result.stderr)

    def test_where_no_satellite_is(self):
        """Noise, and a satellite that is below the horizon, above it, or whose elements are two months old."""
        noise = numpy.random.default_rng(1).standard_normal(400000).astype("<f4")
        noise.tofile(self.path("noise.cf32"))
        common = ["rx", self.path("noise.cf32"), "--rate", "4M", "--symbol-rate", "2M", "--frequency", "12.7G", "--quiet", "--elements", ELEMENTS,
                  "--satellite", "QIANFAN-2", "--site", "31.2,121.5,20", "--json", "-", "--start"]
        for start, reason, warning in (("2026-08-22T06:00:00Z", "no_satellite", b"below the horizon"),
                                       ("2026-08-22T12:05:00Z", "no_carrier", b""),
                                       ("2026-10-22T12:05:00Z", "elements_stale", b"61.2 days before"),
                                       ("1999-10-22T12:05:00Z", "elements_stale", b"days after the time of use")):
            with self.subTest(start=start):
                result = run(*common, start)
                self.assertEqual(result.returncode, 1, result.stderr)
                summary = json.loads(result.stdout)
                self.assertEqual(summary["state_reason"], reason)
                self.assertIsNone(summary["sat"]["elements_fit"], "nothing was received to judge them by")
                self.assertIn(warning, result.stderr)
                self.assertEqual(warning == b"", result.stderr == b"", result.stderr)
        self.assert_one_line(run("rx", self.path("noise.cf32"), "--rate", "4M", "--symbol-rate", "2M", "--motion", self.path("m.csv")), 2, "--motion", "--elements")

    def test_bench(self):
        result = run("bench", "--modcod", "QPSK 1/2", "--frames", "6", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        stages = json.loads(result.stdout)["stages"][0]
        self.assertEqual(stages["frame_errors"], 0)
        self.assertEqual(len(stages["receive"]), 4)
        # One point far above and one far below what the code needs.
        result = run("bench", "--modcod", "QPSK 1/2", "--frame", "short", "--es-n0=-2:6:4", "--frames", "12", "--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        low, high = json.loads(result.stdout)["sweeps"][0]["points"]
        self.assertEqual((low["fer"], high["fer"]), (1.0, 0.0))
        self.assertEqual(low["undetected"] + high["undetected"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
