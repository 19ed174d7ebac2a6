#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transmitting blocks from Python, and packets through both directions with MODCODs that change."""
import os
import tempfile
import time

import numpy
import pmt
from gnuradio import blocks, gr, gr_unittest, spacesail


def random_ts(nof_packets, seed=1):
    """Transport packets with random content and right continuity counters."""
    ts = numpy.random.default_rng(seed).integers(0, 256, (nof_packets, 188), dtype=numpy.uint8)
    ts[:, 0], ts[:, 1], ts[:, 2] = 0x47, 0x01, 0x00
    ts[:, 3] = 0x10 | numpy.arange(nof_packets) % 16
    return ts.tobytes()


class QaTransmit(gr_unittest.TestCase):
    def test_two_streams_with_modcods_of_their_own(self):
        sent = {5: random_ts(200, 1), 6: random_ts(300, 2)}
        tb = gr.top_block()
        scheduler = spacesail.bb_scheduler(["QPSK 1/2", "16APSK 3/4"], frame="short", isis=list(sent), adaptation="vcm")
        modulator = spacesail.dvbs2x_modulator(1e6, 2e6)
        for port, ts in enumerate(sent.values()):
            tb.connect(blocks.vector_source_b(list(ts)), (scheduler, port))
        sync, decoder = spacesail.dvbs2x_sync(2e6, 1e6, rolloff=0.2), spacesail.dvbs2x_decoder()
        tb.connect(scheduler, modulator, sync, decoder)
        bbframes, received = blocks.vector_sink_b(), {}
        tb.connect(decoder, bbframes)
        for isi in sent:
            deframer, received[isi] = spacesail.bb_deframer(isi=isi), blocks.vector_sink_b()
            tb.connect(decoder, deframer, received[isi])
        tb.run()
        for isi, ts in sent.items():
            self.assertEqual(bytes(received[isi].data()), ts)
        modcods = {pmt.to_python(t.value)["modcod"] for t in bbframes.tags() if pmt.symbol_to_string(t.key) == "ss_frame"}
        self.assertEqual(modcods, {"QPSK 1/2", "16APSK 3/4"})

    def test_acm_by_command(self):
        ts = random_ts(300)
        tb = gr.top_block()
        scheduler = spacesail.bb_scheduler("QPSK 1/4", frame="short", adaptation="acm")
        deframer, frames, sink = spacesail.bb_deframer(), blocks.vector_sink_b(), blocks.vector_sink_b()
        tb.connect(blocks.vector_source_b(list(ts)), scheduler, deframer, sink)
        tb.connect(scheduler, frames)
        # Waits in the queue of the port until the flowgraph starts.
        command = pmt.dict_add(pmt.make_dict(), pmt.intern("modcod"), pmt.intern("8PSK 3/4"))
        scheduler.to_basic_block()._post(pmt.intern("cmd"), command)
        refused = pmt.dict_add(pmt.make_dict(), pmt.intern("modcod"), pmt.intern("no such"))
        scheduler.to_basic_block()._post(pmt.intern("cmd"), refused)
        tb.run()
        self.assertEqual(bytes(sink.data()), ts)
        names = {pmt.to_python(t.value)["modcod"] for t in frames.tags() if pmt.symbol_to_string(t.key) == "ss_frame"}
        self.assertEqual(names, {"8PSK 3/4"})
        self.assertEqual(pmt.to_python(scheduler.status())["refused_commands"], 1)

    def test_level(self):
        power = {}
        for level in (-20.0, -6.0):
            tb = gr.top_block()
            modulator, sink = spacesail.dvbs2x_modulator(1e6, 3e6, level_dbfs=-50), blocks.vector_sink_c()
            modulator.set_level_dbfs(level)
            tb.connect(spacesail.packet_source("random:", max_packets=100), spacesail.bb_scheduler("QPSK 1/2"), modulator, sink)
            tb.run()
            x = numpy.array(sink.data())[1000:-1000]
            power[level] = 10 * numpy.log10(numpy.mean(numpy.abs(x) ** 2))
        for level, measured in power.items():
            self.assertAlmostEqual(measured, level, delta=0.1)

    def test_ip_packets_of_a_capture(self):
        try:
            from scapy.all import IP, UDP, PcapReader, Raw, wrpcap
        except ImportError:
            self.skipTest("python3-scapy is not installed")
        random = numpy.random.default_rng(4)
        packets = [IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2) / Raw(random.bytes(int(n))) for n in random.integers(1, 1400, 60)]
        with tempfile.TemporaryDirectory() as folder:
            there, back = os.path.join(folder, "there.pcap"), os.path.join(folder, "back.pcap")
            wrpcap(there, packets)
            tb = gr.top_block()
            source, sink = spacesail.packet_source(there, "ip"), spacesail.packet_sink(back, "ip")
            transmitter = spacesail.dvbs2x_transmitter(1e6, 2e6, "8PSK 3/4", "short", packets="ip")
            receiver = spacesail.dvbs2x_receiver(2e6, 1e6, rolloff=0.2, packets="ip")
            tb.connect(source, transmitter, receiver, sink)
            tb.run()
            self.assertEqual(source.nof_packets(), 60)
            self.assertEqual(sink.failure(), "")
            with PcapReader(back) as got:
                self.assertEqual([bytes(p) for p in got], [bytes(p) for p in packets])

    def test_status_history(self):
        tb = gr.top_block()
        history, kept = spacesail.status_history("es_n0_db", length=4, scale=2.0), blocks.message_debug()
        strobe = blocks.message_strobe(pmt.dict_add(pmt.make_dict(), pmt.intern("es_n0_db"), pmt.from_double(3.5)), 5)
        tb.msg_connect(strobe, "strobe", history, "status")
        tb.msg_connect(history, "pdus", kept, "store")
        tb.start()
        for _ in range(200):
            if kept.num_messages() > 0:
                break
            time.sleep(0.02)
        tb.stop()
        tb.wait()
        self.assertEqual(list(pmt.f32vector_elements(pmt.cdr(kept.get_message(0)))), [7.0] * 4)
        with self.assertRaises(ValueError):
            spacesail.status_history(length=0)

    def test_status_file_and_pairs(self):
        messages = [pmt.to_pmt({"a": 1.5, "b": -2.0}), pmt.to_pmt({"a": 1.0}), pmt.to_pmt({"a": 3, "b": 4})]
        with tempfile.TemporaryDirectory() as folder:
            file = spacesail.status_file(os.path.join(folder, "x.csv"), ["a", "b"])
            pairs, kept = spacesail.status_history("a", 2, 2.0, "b"), blocks.message_debug()
            tb = gr.top_block()
            source = blocks.message_strobe(pmt.PMT_NIL, 50)
            tb.msg_connect(source, "strobe", file, "status")
            tb.msg_connect(source, "strobe", pairs, "status")
            tb.msg_connect(pairs, "pdus", kept, "store")
            for m in messages:
                file.to_basic_block()._post(pmt.intern("status"), m)
                pairs.to_basic_block()._post(pmt.intern("status"), m)
            tb.start()
            for _ in range(200):
                if kept.num_messages() == 2:
                    break
                time.sleep(0.02)
            tb.stop()
            tb.wait()
            self.assertEqual([list(pmt.c32vector_elements(pmt.cdr(kept.get_message(i)))) for i in range(2)],
                             [[3 - 4j] * 2, [3 - 4j, 6 + 8j]])
            with open(os.path.join(folder, "x.csv")) as f:
                self.assertEqual(f.read(), "a,b\n1.5,-2\n3,4\n")
        for wrong in ("a", []):
            with self.assertRaises(ValueError):
                spacesail.status_file("x.csv", wrong)
        with self.assertRaises(ValueError):
            spacesail.status_file("/no/such/folder/x.csv", ["a"])

    def test_wrong_parameters_raise_value_error(self):
        for make, name in (
            (lambda: spacesail.bb_scheduler("QPSK 7/8"), "modcods"),
            (lambda: spacesail.bb_scheduler(["QPSK 1/2"] * 2), "isis"),
            (lambda: spacesail.bb_scheduler("QPSK 1/2", idle="sleep"), "idle"),
            (lambda: spacesail.bb_scheduler("QPSK 1/2", queue_plframes=0), "queue_plframes"),
            (lambda: spacesail.dvbs2x_modulator(1e6, 1e6), "sample_rate_hz"),
            (lambda: spacesail.dvbs2x_modulator(1e6, 2e6, clock_ppm=2000), "clock_ppm"),
            (lambda: spacesail.dvbs2x_transmitter(1e6, 2e6, pilots="some"), "pilots"),
            (lambda: spacesail.dvbs2x_receiver(2e6, 1e6, packets="udp"), "packets"),
            (lambda: spacesail.packet_source("absent.ts"), "input"),
            (lambda: spacesail.packet_sink("tun:x", "ts"), "packets"),
        ):
            with self.assertRaises(ValueError) as caught:
                make()
            self.assertIn(name, str(caught.exception))


if __name__ == "__main__":
    gr_unittest.run(QaTransmit)
