# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes IP packets with scapy: make_pdus.py SEED COUNT OUT. OUT holds, for each, its length (4 bytes, big endian) and it."""
import random
import sys

from scapy.all import ICMP, IP, TCP, UDP, IPv6, Raw

seed, count, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
with open(out, "wb") as f:
    for i in range(count):
        size = rng.choice([0, 20, 100, 576, 1400, 1400, 9000])
        # Why the text: random bytes in UDP would now and then look like a BBFRAME of their own to tshark's heuristic.
        payload = Raw(b"spacesail payload: " + rng.randbytes(rng.randint(0, size)))
        kind = i % 4
        if kind == 0:
            p = IP(src="10.0.0.1", dst="10.0.0.2", id=i) / UDP(sport=4000 + i, dport=4001) / payload
        elif kind == 1:
            p = IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=4000 + i, dport=4002) / payload
        elif kind == 2:
            p = IP(src="10.0.0.3", dst="10.0.0.4", id=i) / TCP(sport=4000 + i, dport=4003, flags="PA") / payload
        else:
            p = IP(src="10.0.0.5", dst="10.0.0.6", id=i) / ICMP(id=i) / payload
        b = bytes(p)
        f.write(len(b).to_bytes(4, "big") + b)
