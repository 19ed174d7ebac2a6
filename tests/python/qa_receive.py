#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiving blocks from Python. GNU Radio's own gr-dtv is the transmitter."""
import numpy
import pmt
from gnuradio import blocks, dtv, filter, gr, gr_unittest, spacesail
from gnuradio.filter import firdes


def random_ts(nof_packets, seed=1):
    """Transport packets with random content and right continuity counters."""
    random = numpy.random.default_rng(seed)
    ts = random.integers(0, 256, (nof_packets, 188), dtype=numpy.uint8)
    ts[:, 0] = 0x47
    ts[:, 1] = 0x01
    ts[:, 2] = 0x00
    ts[:, 3] = 0x10 | numpy.arange(nof_packets) % 16
    return ts.tobytes()


def gr_dtv_carrier(ts, gold_code=0, offset=0.01, es_n0_db=12.0, seed=2):
    """QPSK 1/2, normal frames, pilots, roll-off 0.2, 2 samples a symbol; offset in cycles a symbol."""
    standard, frame, rate, modulation = dtv.STANDARD_DVBS2, dtv.FECFRAME_NORMAL, dtv.C1_2, dtv.MOD_QPSK
    tb = gr.top_block()
    sink = blocks.vector_sink_c()
    taps = firdes.root_raised_cosine(1.0, 2.0, 1.0, 0.2, 161)
    tb.connect(
        blocks.vector_source_b(list(ts)),
        dtv.dvb_bbheader_bb(standard, frame, rate, dtv.RO_0_20, dtv.INPUTMODE_NORMAL, dtv.INBAND_OFF, 168, 4000000),
        dtv.dvb_bbscrambler_bb(standard, frame, rate),
        dtv.dvb_bch_bb(standard, frame, rate),
        dtv.dvb_ldpc_bb(standard, frame, rate, modulation),
        dtv.dvbs2_interleaver_bb(frame, rate, modulation),
        dtv.dvbs2_modulator_bc(frame, rate, modulation, dtv.INTERPOLATION_OFF),
        dtv.dvbs2_physical_cc(frame, rate, modulation, dtv.PILOTS_ON, gold_code),
        filter.fft_filter_ccf(1, taps),
        sink,
    )
    tb.run()
    x = numpy.array(sink.data(), dtype=numpy.complex64)
    power = numpy.mean(numpy.abs(x[2000:-2000]) ** 2)
    random = numpy.random.default_rng(seed)
    sigma = numpy.sqrt(power * 2 * 10 ** (-es_n0_db / 10) / 2)
    noise = random.normal(0, sigma, len(x)) + 1j * random.normal(0, sigma, len(x))
    return (x * numpy.exp(2j * numpy.pi * offset / 2 * numpy.arange(len(x))) + noise).astype(numpy.complex64)


class Receiver:
    """Samples -> dvbs2x_sync -> dvbs2x_decoder -> bb_deframer -> transport stream."""

    def __init__(self, samples, gold_code=0, threads=0, packets="ts"):
        self.sync = spacesail.dvbs2x_sync(2e6, 1e6, gold_code=gold_code)
        self.decoder = spacesail.dvbs2x_decoder(threads=threads)
        self.deframer = spacesail.bb_deframer(packets)
        self.bbframes = blocks.vector_sink_b()
        self.packets = blocks.vector_sink_b()
        tb = gr.top_block()
        tb.connect(blocks.vector_source_c(samples), self.sync, self.decoder, self.deframer, self.packets)
        tb.connect(self.decoder, self.bbframes)
        tb.run()
        self.ts = bytes(self.packets.data())

    def counts(self, block):
        return pmt.to_python(block.status())


class QaReceive(gr_unittest.TestCase):
    def setUp(self):
        # gr-dtv keeps the last frames until more come.
        self.sent = random_ts(21 * 12)

    def test_transport_stream_of_gr_dtv(self):
        samples = gr_dtv_carrier(self.sent)
        for threads in (0, 1):
            r = Receiver(samples, threads=threads)
            sync = r.counts(r.sync)
            self.assertEqual(sync["state"], "locked")
            self.assertAlmostEqual(sync["cfo_hz"], 10e3, delta=20)
            self.assertAlmostEqual(sync["es_n0_db"], 12.0, delta=0.5)
            frames = r.counts(r.decoder)
            self.assertGreaterEqual(frames["good"], 7)
            self.assertEqual(frames["good"], frames["frames"])
            # From the first packet to the last one received: what was sent.
            self.assertGreater(len(r.ts), 7 * 20 * 188)
            self.assertEqual(r.ts, self.sent[: len(r.ts)])
            self.assertEqual(r.counts(r.deframer)["ts_errors"], 0)

    def test_frame_tags(self):
        r = Receiver(gr_dtv_carrier(self.sent))
        frames = {t.offset: pmt.to_python(t.value) for t in r.bbframes.tags() if pmt.symbol_to_string(t.key) == "ss_frame"}
        lengths = {t.offset: pmt.to_python(t.value) for t in r.bbframes.tags() if pmt.symbol_to_string(t.key) == "packet_len"}
        self.assertEqual(sorted(frames), sorted(lengths))
        self.assertEqual(sorted(frames), [4026 * i for i in range(len(frames))])
        for i, offset in enumerate(sorted(frames)):
            self.assertEqual(frames[offset]["index"], i)
            self.assertEqual(frames[offset]["modcod"], "QPSK 1/2")
            self.assertEqual(frames[offset]["pls"], 17)  # MODCOD 4, normal, pilots: 4 * 4 + 1
            self.assertEqual(frames[offset]["len"], 4026)  # k_bch 32208
            self.assertEqual(lengths[offset], 4026)

    def test_another_scrambling_code(self):
        r = Receiver(gr_dtv_carrier(self.sent, gold_code=4711), gold_code=4711)
        self.assertEqual(r.ts, self.sent[: len(r.ts)])
        self.assertGreater(len(r.ts), 7 * 20 * 188)

    def test_wrong_scrambling_code_gives_nothing(self):
        r = Receiver(gr_dtv_carrier(self.sent, gold_code=1), gold_code=0)
        self.assertEqual(r.ts, b"")
        self.assertEqual(r.counts(r.decoder)["good"], 0)

    def test_noise_gives_nothing(self):
        random = numpy.random.default_rng(3)
        noise = (random.normal(0, 0.1, 400000) + 1j * random.normal(0, 0.1, 400000)).astype(numpy.complex64)
        r = Receiver(noise)
        self.assertEqual(r.ts, b"")
        self.assertEqual(r.counts(r.sync)["frames"], 0)

    def test_messages(self):
        samples = gr_dtv_carrier(self.sent)
        tb = gr.top_block()
        sync, decoder = spacesail.dvbs2x_sync(2e6, 1e6), spacesail.dvbs2x_decoder()
        status, pdus = blocks.message_debug(), blocks.message_debug()
        tb.connect(blocks.vector_source_c(samples), sync, decoder, blocks.null_sink(1))
        tb.msg_connect(sync, "status", status, "store")
        tb.msg_connect(decoder, "pdus", pdus, "store")
        tb.run()
        self.assertGreaterEqual(status.num_messages(), 1)
        self.assertEqual(pmt.to_python(decoder.status())["good"], pdus.num_messages())
        pdu = pdus.get_message(0)
        self.assertEqual(pmt.to_python(pmt.car(pdu))["len"], len(pmt.u8vector_elements(pmt.cdr(pdu))))

    def test_wrong_parameters_raise_value_error(self):
        for make, name in (
            (lambda: spacesail.dvbs2x_sync(1e6, 1e6), "sample_rate_hz"),
            (lambda: spacesail.dvbs2x_sync(2e6, float("nan")), "symbol_rate_hz"),
            (lambda: spacesail.dvbs2x_sync(2e6, 1e6, gold_code=262143), "gold_code"),
            (lambda: spacesail.dvbs2x_sync(2e6, 1e6, search_share=0.0), "search_share"),
            (lambda: spacesail.dvbs2x_sync(2e6, 1e6, spectrum="mirrored"), "spectrum"),
            (lambda: spacesail.dvbs2x_sync(2e6, 1e6, elements="absent.tle", carrier_hz=1e9), "elements"),
            (lambda: spacesail.dvbs2x_receiver(2e6, 1e6, elements="absent.tle"), "carrier_hz"),
            (lambda: spacesail.dvbs2x_decoder(threads=65), "threads"),
            (lambda: spacesail.dvbs2x_decoder(policy="later"), "policy"),
            (lambda: spacesail.dvbs2x_decoder(bch="none"), "bch"),
            (lambda: spacesail.bb_deframer("udp"), "packets"),
            (lambda: spacesail.bb_deframer(ts_errors="keep"), "ts_errors"),
        ):
            with self.assertRaises(ValueError) as caught:
                make()
            self.assertIn(name, str(caught.exception))


if __name__ == "__main__":
    gr_unittest.run(QaReceive)
