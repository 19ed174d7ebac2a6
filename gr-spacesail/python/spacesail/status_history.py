# SPDX-License-Identifier: GPL-3.0-or-later
"""A message block: what one entry of status dictionaries was, for a QT GUI Time Sink."""
import collections

import pmt
from gnuradio import gr


class status_history(gr.basic_block):
    """The last values under `key` in status dictionaries.

    Messages in: status, dictionaries; those without the key are left out.
    Messages out: pdus, ({} . f32vector) with `length` values, the newest last, for the message input of a QT GUI Time
    Sink; value, (key . number), for a Message Pair to Var.
    key: entry of the dictionary. length: values kept, 1 to 100000. scale: factor the values are multiplied with.
    None can be changed while running.
    """

    def __init__(self, key="es_n0_db", length=300, scale=1.0):
        if not key:
            raise ValueError("status_history: key is empty; give an entry of the status dictionary, e.g. es_n0_db")
        if not 1 <= length <= 100000:
            raise ValueError(f"status_history: length = {length}, must be 1 .. 100000")
        gr.basic_block.__init__(self, name="spacesail_status_history", in_sig=None, out_sig=None)
        self._key = pmt.intern(key)
        self._scale = scale
        self._values = collections.deque(maxlen=length)
        self.message_port_register_in(pmt.intern("status"))
        self.message_port_register_out(pmt.intern("pdus"))
        self.message_port_register_out(pmt.intern("value"))
        self.set_msg_handler(pmt.intern("status"), self._take)

    def _take(self, message):
        if not pmt.is_dict(message) or not pmt.dict_has_key(message, self._key):
            return
        entry = pmt.dict_ref(message, self._key, pmt.PMT_NIL)
        if pmt.is_uint64(entry):
            value = self._scale * pmt.to_uint64(entry)
        elif pmt.is_real(entry) or pmt.is_integer(entry):
            value = self._scale * pmt.to_double(entry)
        else:
            return
        missing = self._values.maxlen - len(self._values)
        self._values.extend([value] * max(1, missing))  # a full picture from the first value on
        self.message_port_pub(pmt.intern("pdus"), pmt.cons(pmt.make_dict(), pmt.init_f32vector(len(self._values), list(self._values))))
        self.message_port_pub(pmt.intern("value"), pmt.cons(self._key, pmt.from_double(value)))
