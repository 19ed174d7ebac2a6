# SPDX-License-Identifier: GPL-3.0-or-later
"""A message block: what one entry of status dictionaries was, for a QT GUI Time Sink."""
import collections

import pmt
from gnuradio import gr


def number_in(message, key):
    """The number under a key of a dictionary; None if there is none."""
    if not pmt.is_dict(message) or not pmt.dict_has_key(message, key):
        return None
    entry = pmt.dict_ref(message, key, pmt.PMT_NIL)
    if pmt.is_uint64(entry):
        return pmt.to_uint64(entry)
    return pmt.to_double(entry) if pmt.is_real(entry) or pmt.is_integer(entry) else None


class status_history(gr.basic_block):
    """The last values under `key` in status dictionaries.

    Messages in: status, dictionaries; those without the key are left out.
    Messages out: pdus, ({} . f32vector) with `length` values, the newest last, for the message input of a QT GUI Time
    Sink; value, (key . number), for a Message Pair to Var. With a second key pdus are ({} . c32vector): the two entries
    as real and imaginary part, two curves of a sink of type Complex Message; dictionaries without both are left out.
    key, second_key: entries of the dictionary. length: values kept, 1 to 100000. scale: factor the values are
    multiplied with.
    None can be changed while running.
    """

    def __init__(self, key="es_n0_db", length=300, scale=1.0, second_key=""):
        if not key:
            raise ValueError("status_history: key is empty; give an entry of the status dictionary, e.g. es_n0_db")
        if not 1 <= length <= 100000:
            raise ValueError(f"status_history: length = {length}, must be 1 .. 100000")
        gr.basic_block.__init__(self, name="spacesail_status_history", in_sig=None, out_sig=None)
        self._keys = [pmt.intern(k) for k in (key, second_key) if k]
        self._scale = scale
        self._values = collections.deque(maxlen=length)
        self.message_port_register_in(pmt.intern("status"))
        self.message_port_register_out(pmt.intern("pdus"))
        self.message_port_register_out(pmt.intern("value"))
        self.set_msg_handler(pmt.intern("status"), self._take)

    def _take(self, message):
        numbers = [number_in(message, key) for key in self._keys]
        if None in numbers:
            return
        scaled = [self._scale * n for n in numbers]
        value = scaled[0] if len(scaled) == 1 else complex(*scaled)
        missing = self._values.maxlen - len(self._values)
        self._values.extend([value] * max(1, missing))  # a full picture from the first value on
        vector = pmt.init_f32vector if len(scaled) == 1 else pmt.init_c32vector
        self.message_port_pub(pmt.intern("pdus"), pmt.cons(pmt.make_dict(), vector(len(self._values), list(self._values))))
        self.message_port_pub(pmt.intern("value"), pmt.cons(self._keys[0], pmt.from_double(scaled[0])))
