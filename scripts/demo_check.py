#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what was received with what was sent: one unbroken run of packets, byte for byte, from the first to the last.

    demo_check.py sent.ts received.ts summary.json
"""
import json
import sys

PACKET = 188
FIRST_LOCK_FRAMES = 5  # PLFRAMEs of input before the first good one, at most


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sent, received = (open(name, 'rb').read() for name in sys.argv[1:3])
    with open(sys.argv[3]) as f:
        summary = json.load(f)
    if len(received) < PACKET or len(received) % PACKET:
        sys.exit('received %d bytes: no whole packets' % len(received))
    null = b'\x47\x1f\xff\x10'
    begin = next((at for at in range(0, len(sent), PACKET) if sent[at:at + 3 * PACKET] == received[:3 * PACKET]), None)
    if begin is None:
        sys.exit('the first packets received are nowhere in what was sent')
    common = min(len(sent) - begin, len(received))
    if sent[begin:begin + common] != received[:common]:
        at = next(i for i in range(0, common, PACKET) if sent[begin + i:begin + i + PACKET] != received[i:i + PACKET])
        sys.exit('packet %d differs' % (at // PACKET))
    if begin + common < len(sent):
        sys.exit('the last %d packets are missing' % ((len(sent) - begin - common) // PACKET))
    rest = received[common:]
    if any(rest[i:i + 4] != null for i in range(0, len(rest), PACKET)):
        sys.exit('packets came that were not sent')
    frames = summary['first_good']['plframes_into_input']
    if frames > FIRST_LOCK_FRAMES:
        sys.exit('the first good PLFRAME came %.1f PLFRAMEs into the input, not within %d' % (frames, FIRST_LOCK_FRAMES))
    print('%d of %d packets back, byte for byte, from packet %d to the last; first good PLFRAME %.1f PLFRAMEs into the input'
          % (common // PACKET, len(sent) // PACKET, begin // PACKET, frames))


if __name__ == '__main__':
    main()
