# SPDX-License-Identifier: GPL-3.0-or-later
"""A message block: entries of status dictionaries as lines of a CSV file."""
import pmt
from gnuradio import gr

from .status_history import number_in


class status_file(gr.basic_block):
    """Writes entries of status dictionaries to a CSV file, a line a message.

    Messages in: status, dictionaries; those without one of the keys are left out.
    file: written anew, a line of keys first. keys: entries of the dictionary, numbers. None can be changed while running.
    """

    def __init__(self, file, keys=("cfo_hz",)):
        if not keys or isinstance(keys, str):
            raise ValueError("status_file: keys must be a list of entries of the status dictionary, e.g. ['cfo_hz']")
        gr.basic_block.__init__(self, name="spacesail_status_file", in_sig=None, out_sig=None)
        self._keys = [pmt.intern(k) for k in keys]
        try:
            self._file = open(file, "w", buffering=1)
        except OSError as error:
            raise ValueError(f"status_file: file = {file}: {error.strerror}") from error
        self._file.write(",".join(keys) + "\n")
        self.message_port_register_in(pmt.intern("status"))
        self.set_msg_handler(pmt.intern("status"), self._take)

    def _take(self, message):
        numbers = [number_in(message, key) for key in self._keys]
        if None not in numbers:
            self._file.write(",".join(f"{n:.12g}" for n in numbers) + "\n")
