# SPDX-License-Identifier: GPL-3.0-or-later
# Installation of the CMake package "spacesail" (targets spacesail::gnuradio-spacesail, spacesail::core).
