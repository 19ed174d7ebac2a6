# SPDX-License-Identifier: GPL-3.0-or-later
# Whole chains with passes, gaps and clocks: tests/system/<name>/*_test.cpp -> one program each.
spacesail_room_tests(system system)
