#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the capture files of this folder with Scapy 2.5.0 and editcap of Wireshark 4.0.17 (both from Debian 12)."""
import struct
import subprocess
from scapy.all import Dot1Q, Ether, IP, IPv6, PcapNgWriter, PcapWriter, Raw, UDP, raw

NS = [123456789, 500000000, 0]
SECONDS = [1787378191, 1787378191, 1787378200]


def packets():
    v4 = IP(src="10.1.2.3", dst="10.4.5.6", id=7, ttl=64) / UDP(sport=5000, dport=6000) / Raw(b"spacesail")
    v6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5001, dport=6001) / Raw(b"a longer payload of 31 bytes...")
    odd = IP(src="10.1.2.3", dst="10.4.5.6", id=8, ttl=64) / UDP(sport=5002, dport=6002) / Raw(b"x")
    return [v4, v6, odd]


def write(name, link, wrap, nano, endian):
    with PcapWriter(name, linktype=link, nano=nano, endianness=endian) as w:
        w.write_header(None)
        for p, s, ns in zip(packets(), SECONDS, NS):
            data = raw(wrap(p))
            w.write_packet(data, sec=s, usec=ns if nano else ns // 1000, caplen=len(data), wirelen=len(data))


def ether(p):
    e = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / p
    return raw(e) + bytes(max(0, 60 - len(raw(e))))  # padded to the shortest frame


def tagged(p):
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=100) / p


write("raw_us.pcap", 101, lambda p: p, False, "<")
write("raw_ns_big_endian.pcap", 101, lambda p: p, True, ">")
write("ethernet_padded.pcap", 1, ether, True, "<")
write("ethernet_vlan.pcap", 1, tagged, False, "<")
subprocess.run(["editcap", "-F", "pcapng", "raw_ns_big_endian.pcap", "raw_ns.pcapng"], check=True)
