#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""IP over two carriers, live: two network namespaces, each with an interface that tx reads and one that rx writes, and between them tx -> channel -> rx
as processes joined by pipes, one chain a direction. argv[1] is the program.

Ping and TCP are the kernel's. Everything stays in namespaces that end with this process. Exit status 77: not allowed here."""
import ctypes
import hashlib
import json
import os
import random
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77
SYMBOL_RATE, SAMPLE_RATE = "1M", "2M"
ADDRESSES = ("10.77.0.1", "10.77.0.2")
PORT = 5001
TCP_BYTES = 400_000


# ---- what runs inside a namespace: this file with other arguments

def ping(address, count, interval_s, timeout_s):
    """Round-trip times in ms of the echo replies that came, by ICMP (RFC 792)."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    mine = os.getpid() & 0xffff
    times = []
    for number in range(count):
        payload = os.urandom(56)
        head = struct.pack("!BBHHH", 8, 0, 0, mine, number)
        words = struct.unpack("!32H", head + payload)
        total = sum(words)
        total = (total & 0xffff) + (total >> 16)
        total = ~(total + (total >> 16)) & 0xffff
        sent = time.monotonic()
        s.sendto(struct.pack("!BBHHH", 8, 0, total, mine, number) + payload, (address, 0))
        while (left := sent + timeout_s - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                packet = s.recv(2000)
            except socket.timeout:
                break
            body = packet[4 * (packet[0] & 15):]
            if body[0] == 0 and struct.unpack("!HH", body[4:8]) == (mine, number) and body[8:] == payload:
                times.append(1e3 * (time.monotonic() - sent))
                break
        time.sleep(interval_s)
    return {"sent": count, "rtt_ms": times}


def receive_all(s):
    digest, total = hashlib.sha256(), 0
    while block := s.recv(65536):
        digest.update(block)
        total += len(block)
    return digest.hexdigest(), total


def serve():
    """One connection: takes everything, then sends its own bytes."""
    with socket.create_server(("", PORT)) as listener:
        print("listening", flush=True)
        listener.settimeout(60)
        s, _ = listener.accept()
        s.settimeout(60)
        with s:
            digest, total = receive_all(s)
            content = random.Random(2).randbytes(TCP_BYTES)
            s.sendall(content)
    return {"received": total, "sha256": digest, "sent_sha256": hashlib.sha256(content).hexdigest()}


def transfer(address):
    content = random.Random(1).randbytes(TCP_BYTES)
    begin = time.monotonic()
    with socket.create_connection((address, PORT), timeout=60) as s:
        s.sendall(content)
        s.shutdown(socket.SHUT_WR)
        digest, total = receive_all(s)
    return {"received": total, "sha256": digest, "sent_sha256": hashlib.sha256(content).hexdigest(), "seconds": time.monotonic() - begin}


def flood(address, count):
    """Datagrams as fast as the kernel takes them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(count):
            try:
                s.sendto(bytes(1000), (address, PORT))
            except BlockingIOError:
                pass
    return count


INSIDE = {"flood": lambda a: flood(a[0], int(a[1])), "ping": lambda a: ping(a[0], int(a[1]), float(a[2]), float(a[3])), "serve": lambda a: serve(), "transfer": lambda a: transfer(a[0])}


# ---- the test

def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Namespace:
    """A network namespace that lives as long as the process holding it."""

    def __init__(self):
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.holder = subprocess.Popen(["unshare", *user, "--net", "sh", "-c", "echo up; exec sleep 600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       preexec_fn=die_with_parent)
        if self.holder.stdout.readline() != b"up\n":
            raise OSError(self.holder.stderr.read().decode().strip())
        self.enter = ["nsenter", "--target", str(self.holder.pid), "--net"] + (["--user", "--preserve-credentials"] if user else [])

    def run(self, *command):
        done = subprocess.run([*self.enter, *command], capture_output=True, timeout=30)
        if done.returncode != 0:
            raise OSError(" ".join(command) + ": " + done.stderr.decode().strip())

    def start(self, *command, **more):
        return subprocess.Popen([*self.enter, *command], preexec_fn=die_with_parent, **more)

    def python(self, *arguments):
        return self.start(sys.executable, "-B", os.path.abspath(__file__), "inside", *arguments, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.holder.kill()
        self.holder.communicate()


def terminal(own, other):
    """A namespace with the interface `out` whose packets tx sends and `in` that rx writes to."""
    n = Namespace()
    try:
        n.run("ip", "link", "set", "lo", "up")
        n.run("ip", "tuntap", "add", "dev", "out", "mode", "tun")
        n.run("ip", "addr", "add", own, "peer", other, "dev", "out")
        n.run("ip", "link", "set", "out", "mtu", "1400", "txqueuelen", "100", "up")
        n.run("ip", "tuntap", "add", "dev", "in", "mode", "tun")
        n.run("ip", "link", "set", "in", "up")
        # Packets come in by another interface than they go out by.
        n.run("sh", "-c", "for f in all in; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done")
    except OSError:
        n.close()
        raise
    return n


class Carrier:
    """tx in one namespace -> channel -> rx in the other."""

    def __init__(self, sender, receiver, folder, name, seed, tx_options=(), rx_options=()):
        program, self.name = PROGRAM, name
        self.files = {part: os.path.join(folder, f"{name}.{part}.json") for part in ("tx", "channel", "rx")}
        self.tx = sender.start(program, "tx", "-", "--tun", "out", "--symbol-rate", SYMBOL_RATE, "--rate", SAMPLE_RATE, "--format", "ci16", "--modcod", "QPSK 3/4",
                               "--frame", "short", "--quiet", "--json", self.files["tx"], *tx_options, stdout=subprocess.PIPE)
        self.channel = subprocess.Popen([program, "channel", "-", "-", "--rate", SAMPLE_RATE, "--input-format", "ci16", "--es-n0", "9", "--symbol-rate", SYMBOL_RATE,
                                         "--lnb-offset", "30k", "--clock-ppm", "10", "--seed", str(seed), "--quiet", "--json", self.files["channel"]],
                                        stdin=self.tx.stdout, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.rx = receiver.start(program, "rx", "-", "--rate", SAMPLE_RATE, "--format", "ci16", "--symbol-rate", SYMBOL_RATE, "--live", "--tun", "in", "--quiet",
                                 "--json", self.files["rx"], *rx_options, stdin=self.channel.stdout)
        self.tx.stdout.close()
        self.channel.stdout.close()

    def stop(self):
        """Ends the sender; the others end with their input. Returns their exit codes and what they counted."""
        self.tx.send_signal(signal.SIGINT)
        codes = {part: getattr(self, part).wait(20) for part in ("tx", "channel", "rx")}
        counted = {}
        for part, file in self.files.items():
            if os.path.exists(file):
                with open(file) as f:
                    counted[part] = json.load(f)
        return codes, counted

    def kill(self):
        for p in (self.tx, self.channel, self.rx):
            if p.poll() is None:
                p.kill()
            p.wait()


class TunLinkTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.ends = []
        for own, other in (ADDRESSES, ADDRESSES[::-1]):
            self.ends.append(terminal(own, other))
            self.addCleanup(self.ends[-1].close)

    def carrier(self, *arguments, **more):
        c = Carrier(*arguments, **more)
        self.addCleanup(c.kill)
        return c

    def both_ways(self, **more):
        a, b = self.ends
        return self.carrier(a, b, self.folder, "forward", 1, **more), self.carrier(b, a, self.folder, "return", 2)

    def result(self, process, timeout_s):
        out, _ = process.communicate(timeout=timeout_s)
        self.assertEqual(process.returncode, 0)
        return json.loads(out.splitlines()[-1])

    def ping(self, count, interval_s=0.05, timeout_s=1.0):
        return self.result(self.ends[0].python("ping", ADDRESSES[1], str(count), str(interval_s), str(timeout_s)), 60)["rtt_ms"]

    def wait_for_link(self):
        for _ in range(20):
            if self.ping(1, 0, 0.5):
                return
        self.fail("no reply in 10 s")

    def test_ping_and_tcp_both_ways(self):
        carriers = self.both_ways()
        self.wait_for_link()
        times = self.ping(20)
        print(f"ping: {len(times)} of 20, RTT median {statistics.median(times):.1f} ms, {min(times):.1f} .. {max(times):.1f} ms")
        self.assertEqual(len(times), 20)

        server = self.ends[1].python("serve")
        self.assertEqual(server.stdout.readline(), "listening\n")
        client = self.result(self.ends[0].python("transfer", ADDRESSES[1]), 60)
        served = self.result(server, 10)
        print(f"TCP: {TCP_BYTES} bytes each way in {client['seconds']:.1f} s")
        self.assertEqual((served["received"], served["sha256"]), (TCP_BYTES, client["sent_sha256"]))
        self.assertEqual((client["received"], client["sha256"]), (TCP_BYTES, served["sent_sha256"]))

        for c in carriers:
            codes, counted = c.stop()
            self.assertEqual(codes, {"tx": 0, "channel": 0, "rx": 0}, c.name)
            sent, got = counted["tx"], counted["rx"]
            print(f"{c.name}: {sent['ip']['packets']} packets in, {got['ip']['packets']} out; BBFRAMEs {sent['scheduling']['fill']:.0%} full, delay before them "
                  f"{sent['scheduling']['mean_delay_ms']:.0f} ms, at most {sent['scheduling']['longest_delay_ms']:.0f} ms; {sent['pace']['slips']} slips")
            self.assertEqual(sent["ip"]["packets"], got["ip"]["packets"])
            self.assertEqual(sent["queue"]["dropped_packets"], 0)
            self.assertEqual(got["bbframes"]["crc_errors"] + got["fec"]["errors"], 0)
            self.assertGreater(sent["plframes"]["dummy"], 0, "idle times are filled")

        self.assertEqual(self.ping(2, 0, 0.3), [], "without carriers nothing comes through")

    def test_a_full_queue_drops_and_counts(self):
        count, most = 2000, 20
        for overflow in ("wait", "drop"):
            file = os.path.join(self.folder, overflow)
            before = self.kernel_drops()
            tx = self.ends[0].start(PROGRAM, "tx", "-", "--tun", "out", "--symbol-rate", SYMBOL_RATE, "--format", "ci16", "--frame", "short", "--quiet", "--json", file,
                                    "--queue-full", overflow, "--queue-packets", str(most), "--queue-delay", "1", stdout=subprocess.DEVNULL)
            self.addCleanup(tx.kill)
            time.sleep(0.5)
            self.result(self.ends[0].python("flood", ADDRESSES[1], str(count)), 30)
            time.sleep(1.5)
            tx.send_signal(signal.SIGINT)
            self.assertEqual(tx.wait(10), 0)
            with open(file) as f:
                sent = json.load(f)
            queue = sent["queue"]
            kernel = queue["kernel_dropped_packets"] - before
            print(f"{overflow}: {sent['ip']['packets']} sent, {queue['dropped_packets']} dropped here, {kernel} by the kernel, of {count}; longest queue "
                  f"{queue['longest_packets']} packets, longest delay {sent['scheduling']['longest_delay_ms']:.0f} ms")
            self.assertLessEqual(queue["longest_packets"], most)
            self.assertGreater(queue["full"], 0)
            if overflow == "wait":
                self.assertEqual(queue["dropped_packets"], 0)
                self.assertGreater(kernel, 0)
            else:
                self.assertGreater(queue["dropped_packets"], 50)
            # Nothing is lost uncounted; a few packets of the kernel's own may be among them.
            total = sent["ip"]["packets"] + queue["dropped_packets"] + kernel
            self.assertGreaterEqual(total, count)
            self.assertLess(total, count + 20)

    def kernel_drops(self):
        """What the kernel has dropped on its way to the program so far."""
        table = subprocess.run([*self.ends[0].enter, "cat", "/proc/self/net/dev"], capture_output=True, text=True, check=True).stdout
        return next(int(line.split(":")[1].split()[11]) for line in table.splitlines() if line.strip().startswith("out:"))

    def test_wrong_scrambling_code_carries_nothing(self):
        forward, back = self.both_ways(rx_options=("--scrambling", "1"))
        time.sleep(1.0)
        self.assertEqual(self.ping(5, 0.05, 0.4), [])
        codes, counted = forward.stop()
        self.assertEqual(codes["rx"], 1, "nothing was decoded")
        self.assertGreaterEqual(counted["tx"]["ip"]["packets"], 5, "they were sent")
        self.assertEqual(counted["rx"]["ip"]["packets"], 0)
        self.assertEqual(back.stop()[0]["tx"], 0)


def why_not():
    """Nothing if namespaces and TUN may be used here, else the reason."""
    if not os.path.exists("/dev/net/tun"):
        return "/dev/net/tun is not there"
    try:
        terminal(*ADDRESSES).close()
    except OSError as e:
        return str(e)
    return None


if __name__ == "__main__":
    if sys.argv[1] == "inside":
        print(json.dumps(INSIDE[sys.argv[2]](sys.argv[3:])))
        sys.exit(0)
    PROGRAM = sys.argv.pop(1)
    if reason := why_not():
        print("SKIPPED: no namespaces with TUN here: " + reason)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
