#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks that move samples as satellites do, from Python."""
import datetime
import math
import os
import time

import numpy
import pmt
from gnuradio import blocks, gr, gr_unittest, spacesail

ELEMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiles/elements/qianfan_2026-08-22.tle")
PLACE = dict(elements=ELEMENTS, satellite="QIANFAN-1", latitude_deg=31.2, longitude_deg=121.5, height_m=20.0)
# Two minutes before its closest approach, at 52 degrees (spacesail passes): the satellite comes nearer.
START = "2026-08-23T00:25:00Z"


def run(block, x, tags=()):
    tb, sink = gr.top_block(), blocks.vector_sink_c()
    tb.connect(blocks.vector_source_c(x, False, 1, list(tags)), block, sink)
    tb.run()
    return numpy.array(sink.data()), sink.tags()


def line_hz(x, rate):
    """Frequency of a single line by its phase from half to half."""
    half = len(x) // 2
    window = numpy.hanning(half)
    f = numpy.fft.fftfreq(8 * half, 1 / rate)
    return f[numpy.argmax(numpy.abs(numpy.fft.fft(x[:half] * window, 8 * half)))]


class QaMotion(gr_unittest.TestCase):
    def test_directions(self):
        """Whatever the size of the shift: taken out of what comes, put against what goes."""
        x = numpy.ones(40000, dtype=numpy.complex64)
        corrector = spacesail.doppler_corrector(1e6, 12.7e9, start=START, **PLACE)
        got, _ = run(corrector, x)
        status = pmt.to_python(corrector.status())
        self.assertGreater(status["doppler_pred_hz"], 50e3)
        self.assertLess(status["doppler_rate_hz_s"], -500)
        self.assertGreater(status["el_deg"], 10)
        # A satellite at 1070 km is no further than that from the horizon of 10 degrees.
        self.assertTrue(1050 < status["range_km"] < 2900, status["range_km"])
        self.assertAlmostEqual(status["delay_s"], 1e3 * status["range_km"] / 299792458.0, delta=1e-12)
        self.assertAlmostEqual(line_hz(got[1000:], 1e6), -status["doppler_pred_hz"], delta=100)
        sender = spacesail.doppler_precompensator(1e6, 14.25e9, start=START, **PLACE)
        got, _ = run(sender, x)
        status = pmt.to_python(sender.status())
        self.assertAlmostEqual(line_hz(got[1000:], 1e6), -status["doppler_pred_hz"], delta=100)

    def test_both_blocks_agree(self):
        """Both blocks move a line of the same frequency alike, the sender by the time in tx_time."""
        rate, n = 1e6, 60000
        x = numpy.exp(2j * math.pi * 31e3 * numpy.arange(n) / rate).astype(numpy.complex64)
        seconds = datetime.datetime.fromisoformat(START.rstrip("Z")).replace(tzinfo=datetime.timezone.utc).timestamp()
        tag = gr.tag_t()
        tag.key, tag.offset = pmt.intern("tx_time"), 0
        tag.value = pmt.make_tuple(pmt.from_uint64(int(seconds)), pmt.from_double(seconds % 1))
        sent, tags = run(spacesail.doppler_precompensator(rate, 14.25e9, **PLACE), x, [tag])
        self.assertEqual([t.offset for t in tags if pmt.symbol_to_string(t.key) == "tx_time"], [0])
        self.assertNotAlmostEqual(line_hz(sent[1000:], rate), 31e3, delta=10e3)
        corrector = spacesail.doppler_corrector(rate, 14.25e9, start=START, **PLACE)
        got, _ = run(corrector, x)
        self.assertAlmostEqual(line_hz(sent[1000:], rate), line_hz(got[1000:], rate), delta=50)

    def test_messages(self):
        tb = gr.top_block()
        corrector = spacesail.doppler_corrector(1e6, 12.7e9, start=START, **PLACE)
        status = blocks.message_debug()
        tb.connect(blocks.null_source(8), blocks.throttle(8, 1e6), corrector, blocks.null_sink(8))
        tb.msg_connect(corrector, "status", status, "store")
        tb.start()
        began = time.monotonic()
        corrector.to_basic_block()._post(pmt.intern("cmd"), pmt.to_pmt({"in_track_bias_m": 120.0}))
        for _ in range(500):
            if status.num_messages() > 3 and pmt.to_python(corrector.status())["in_track_bias_m"] == 120.0:
                break
            time.sleep(0.01)
        tb.stop()
        tb.wait()
        lasted = time.monotonic() - began
        self.assertGreater(status.num_messages(), 3)
        self.assertLessEqual(status.num_messages(), 10 * lasted + 3, "ten a second, and one at the end")
        self.assertEqual(pmt.to_python(status.get_message(status.num_messages() - 1))["in_track_bias_m"], 120.0)

    def test_channel(self):
        """What the channel moves, the corrector puts back; a slider changes the noise."""
        rate, n = 1e6, 60000
        x = numpy.exp(2j * math.pi * 31e3 * numpy.arange(n) / rate).astype(numpy.complex64)
        place = dict(PLACE, satellites=PLACE["satellite"])
        del place["satellite"]
        channel = spacesail.leo_channel(rate, 12.7e9, start=START, **place)
        tb, moved, back = gr.top_block(), blocks.vector_sink_c(), blocks.vector_sink_c()
        corrector = spacesail.doppler_corrector(rate, 12.7e9, **PLACE)
        tb.connect(blocks.vector_source_c(x), channel, corrector, back)
        tb.connect(channel, moved)
        tb.run()
        doppler = pmt.to_python(channel.status())["doppler_pred_hz"]
        self.assertEqual(pmt.to_python(corrector.status())["motion"], "known")  # by the channel's rx_time
        self.assertAlmostEqual(line_hz(numpy.array(moved.data())[1000:], rate), 31e3 + doppler, delta=100)
        self.assertAlmostEqual(line_hz(numpy.array(back.data())[1000:], rate), 31e3, delta=20)
        noisy = spacesail.leo_channel(rate, 12.7e9, noise_power=1.0)
        noisy.set_noise_power(4.0)
        got, _ = run(noisy, numpy.zeros(n, dtype=numpy.complex64))
        self.assertAlmostEqual(numpy.mean(numpy.abs(got) ** 2), 4.0, delta=0.1)
        two = spacesail.leo_channel(rate, 12.7e9, ELEMENTS, ["QIANFAN-1", "QIANFAN-2"], start=START)
        self.assertEqual(len(pmt.to_python(two.status())["others"]), 1)
        with self.assertRaises(ValueError):
            two.set_gain_db(2, 0.0)

    def test_wrong_parameters_raise_value_error(self):
        for make, name in (
            (lambda: spacesail.doppler_corrector(0, 12.7e9), "sample_rate_hz"),
            (lambda: spacesail.doppler_corrector(1e6, float("inf")), "carrier_hz"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, "absent.tle"), "elements"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ELEMENTS), "satellite"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", 95.0), "latitude_deg"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", 0.0, 400.0), "longitude_deg"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", height_m=1e6), "height_m"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", start="soon"), "start"),
            (lambda: spacesail.doppler_corrector(1e6, 12.7e9, ut1_minus_utc_s=2.0), "ut1_minus_utc_s"),
            (lambda: spacesail.leo_channel(0, 12.7e9), "sample_rate_hz"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, ELEMENTS, "absent"), "satellite"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, inputs="none"), "inputs"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, noise_power=-1), "noise_power"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, phase_noise="pink"), "phase_noise"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, tilt_db=30), "tilt_db"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, antenna="wire"), "antenna"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, rain="30"), "elements"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", rain="1000"), "rain"),
            (lambda: spacesail.leo_channel(1e6, 12.7e9, ELEMENTS, "QIANFAN-1", feeder_hz=-1), "feeder_hz"),
            (lambda: spacesail.doppler_precompensator(1e6, 12.7e9, in_track_bias_m=float("nan")), "in_track_bias_m"),
        ):
            with self.assertRaises(ValueError) as caught:
                make()
            self.assertIn(name, str(caught.exception))


if __name__ == "__main__":
    gr_unittest.run(QaMotion)
