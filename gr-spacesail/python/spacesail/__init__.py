# SPDX-License-Identifier: GPL-3.0-or-later
"""gnuradio.spacesail: blocks of an open user terminal for broadband satellites in low Earth orbit."""
from .spacesail_python import *  # noqa: F401,F403
from .status_file import status_file  # noqa: F401
from .status_history import status_history  # noqa: F401
