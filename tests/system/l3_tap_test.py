#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""BBFRAMEs in mode adaptation L.3, out of rx and into tx again: tshark reads what rx writes, and the packets survive the way through a file and through
datagrams. argv[1] is the program. Exit status 77: tshark or scapy is not installed."""
import json
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77
RECIPE = ["tshark", "-o", "dvb-s2_modeadapt.decode_df:TRUE", "-o", "dvb-s2_modeadapt.full_decode:TRUE", "--enable-heuristic", "dvb_s2_udp"]
PACKETS = 200


def tshark(file, *fields, options=()):
    command = [*RECIPE, *options, "-r", file, "-T", "fields", *(word for f in fields for word in ("-e", f))]
    return [line.split("\t") for line in subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()]


class L3TapTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        from scapy.all import IP, UDP, IPv6, Raw, wrpcap
        logging.getLogger("scapy").setLevel(logging.ERROR)  # IPv4 and IPv6 in one capture are no mistake
        content = random.Random(4)
        # Ports that mean nothing to tshark, and payload without chance likeness to another protocol, which tshark would look into.
        self.sent = [bytes([content.randrange(1, 9)]) * content.randrange(20, 1400) for _ in range(PACKETS)]
        wrpcap(self.path("in.pcap"), [(IP(src="10.0.0.5", dst="10.0.0.6") if i % 2 == 0 else IPv6(src="fd00::5", dst="fd00::6")) / UDP(sport=40001, dport=40002) / Raw(p)
                                      for i, p in enumerate(self.sent)], linktype=101)
        self.run_program("tx", self.path("c.cf32"), "--pcap", self.path("in.pcap"), "--symbol-rate", "2M", "--modcod", "8PSK 3/4", "--frame", "short")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments, "--quiet", "--json", self.path("j.json")], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("j.json")) as f:
            return json.load(f)

    def receive(self, carrier, *options):
        return self.run_program("rx", self.path(carrier), "--rate", "4M", "--symbol-rate", "2M", *options)

    def assert_packets(self, capture):
        got = [bytes.fromhex(row[0]) for row in tshark(self.path(capture), "udp.payload")]
        self.assertEqual(got, self.sent)

    def test_tshark_reads_what_rx_writes(self):
        counted = self.receive("c.cf32", "--bbframes", self.path("bb.pcap"), "--pcap", self.path("out.pcap"))
        self.assert_packets("out.pcap")
        rows = tshark(self.path("bb.pcap"), "dvb-s2_bb.crc.status", "dvb-s2_gse.crc.status", "_ws.expert.message")
        self.assertEqual(len(rows), counted["bbframes"]["good"])
        self.assertGreater(len(rows), 50)
        self.assertEqual([r[0] for r in rows if r[0] != "1"], [], "every BBHEADER is good")
        checks = [c for r in rows for c in r[1].split(",") if c]
        self.assertGreater(len(checks), 20, "PDUs in fragments")
        self.assertEqual(set(checks), {"1"})
        self.assertEqual({r[2] for r in rows} - {"", "Mode adaptation header format is ambiguous. Assuming L.3"}, set())

        # Negative control: a byte of a BBHEADER, and tshark knows it for none.
        with open(self.path("bb.pcap"), "rb") as f:
            damaged = bytearray(f.read())
        damaged[24 + 16 + 20 + 8 + 4 + 4] ^= 1  # file, record, IP, UDP and L.3 headers, MATYPE and UPL
        with open(self.path("damaged.pcap"), "wb") as f:
            f.write(damaged)
        self.assertEqual([r[0] for r in tshark(self.path("damaged.pcap"), "dvb-s2_bb.crc.status")].count("1"), len(rows) - 1)

    def test_a_capture_goes_on_the_air_again(self):
        self.receive("c.cf32", "--bbframes", self.path("bb.pcap"))
        self.run_program("tx", self.path("again.cf32"), "--bbframes", self.path("bb.pcap"), "--symbol-rate", "2M")
        self.receive("again.cf32", "--pcap", self.path("out.pcap"))
        self.assert_packets("out.pcap")

    def test_datagrams_go_on_the_air_again(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        tx = subprocess.Popen([PROGRAM, "tx", self.path("again.cf32"), "--bbframes", f"udp:127.0.0.1:{port}", "--symbol-rate", "2M", "--quiet", "--json",
                               self.path("tx.json")])
        self.addCleanup(tx.kill)
        while not os.path.exists(self.path("again.cf32")):  # the port is bound before the output is made
            self.assertIsNone(tx.poll())
        counted = self.receive("c.cf32", "--bbframes", f"udp:127.0.0.1:{port}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"no BBFRAME", ("127.0.0.1", port))
        # 0.6 s of carrier at most wait in the socket; it runs in real time.
        with self.assertRaises(subprocess.TimeoutExpired):
            tx.wait(2.0)
        tx.send_signal(signal.SIGINT)
        self.assertEqual(tx.wait(20), 0)
        with open(self.path("tx.json")) as f:
            sent = json.load(f)
        self.assertEqual(sent["bbframes_in"], {"taken": counted["bbframes"]["good"], "refused": 1, "missing": 0})
        self.assertGreater(sent["plframes"]["dummy"], 100)
        self.receive("again.cf32", "--pcap", self.path("out.pcap"))
        self.assert_packets("out.pcap")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    try:
        import scapy  # noqa: F401
    except ImportError:
        scapy = None
    if scapy is None or shutil.which("tshark") is None:
        print("SKIPPED: tshark or python3-scapy is not installed")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
