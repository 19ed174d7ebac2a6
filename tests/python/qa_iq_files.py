#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""iq_source and iq_sink from Python; numpy and json are the other side."""
import json
import os
import tempfile

import numpy
import pmt
from gnuradio import blocks, gr, gr_unittest, spacesail


class QaIqFiles(gr_unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.base = os.path.join(self.folder.name, "pass")

    def tearDown(self):
        self.folder.cleanup()

    def record(self, samples, **parameters):
        tb = gr.top_block()
        sink = spacesail.iq_sink(self.base, **parameters)
        tb.connect(blocks.vector_source_c(samples.tolist()), sink)
        tb.run()
        return sink

    def test_recording_is_what_numpy_and_json_read(self):
        x = (numpy.arange(-500, 500) / 1000 * (1 - 0.5j)).astype(numpy.complex64)
        sink = self.record(x, rate=2e6, frequency=12.7e9, start="2026-08-22T06:00:00Z")
        self.assertEqual(sink.nof_samples(), 1000)
        self.assertEqual(sink.saturated(), 0)
        with open(self.base + ".sigmf-meta") as f:
            meta = json.load(f)
        self.assertEqual(meta["global"]["core:datatype"], "ci16_le")
        self.assertEqual(meta["global"]["core:sample_rate"], 2e6)
        self.assertEqual(meta["captures"], [{"core:sample_start": 0, "core:frequency": 12.7e9, "core:datetime": "2026-08-22T06:00:00.000000000Z"}])
        raw = numpy.fromfile(self.base + ".sigmf-data", dtype="<i2").astype(numpy.float32).view(numpy.complex64) / 32768
        self.assertLess(numpy.abs(raw - x).max(), 1 / 32768)

        tb = gr.top_block()
        source = spacesail.iq_source(self.base)
        there = blocks.vector_sink_c()
        tb.connect(source, there)
        tb.run()
        self.assertEqual(source.rate(), 2e6)
        self.assertEqual(source.frequency(), 12.7e9)
        self.assertEqual(source.failure(), "")
        numpy.testing.assert_array_equal(numpy.array(there.data(), dtype=numpy.complex64), raw)
        found = {pmt.symbol_to_string(t.key): t for t in there.tags()}
        self.assertEqual(set(found), {"rx_rate", "rx_freq", "rx_time"})
        self.assertEqual(pmt.to_uint64(pmt.tuple_ref(found["rx_time"].value, 0)), 1787378400)  # date -u -d 2026-08-22T06:00:00Z +%s

    def test_wrong_parameters_raise_value_error(self):
        for arguments in (
            {"input": os.path.join(self.folder.name, "absent.cf32")},
            {"input": "-", "output": "cu8"},
            {"input": "-", "format": "mp3"},
            {"input": "-", "rate": -1.0},
            {"input": "-", "rate": float("nan")},
            {"input": "-", "start": "tomorrow"},
            {"input": "uhd:type=b200"},
        ):
            with self.assertRaises(ValueError, msg=str(arguments)) as caught:
                spacesail.iq_source(**arguments)
            self.assertIn("iq_source: ", str(caught.exception))
        with self.assertRaises(ValueError):
            spacesail.iq_sink(os.path.join(self.folder.name, "no", "folder"))
        with self.assertRaises(ValueError):
            spacesail.iq_sink(self.base, input="float")


if __name__ == "__main__":
    gr_unittest.run(QaIqFiles)
