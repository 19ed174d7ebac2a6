// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail::fuzz {

// As in tests/fuzz/encap/entries.hpp: any bytes into one reader; aborts if what must always hold does not.

/// The bytes are the text of a .sigmf-meta file. What is accepted is written and read again without a change.
void sigmf(std::span<const std::uint8_t> input);
/// The bytes are a capture file, pcap or pcapng; packets are looked into for IP and UDP.
void pcap(std::span<const std::uint8_t> input);
/// After a byte that selects the link type, the bytes are one captured packet.
void datagram(std::span<const std::uint8_t> input);
/// After a byte with format and offset, the bytes are samples; integers come back as they were.
void raw_samples(std::span<const std::uint8_t> input);
/// The bytes are what somebody typed for a quantity, count, range, site, time, format or UDP address.
void option_texts(std::span<const std::uint8_t> input);

} // namespace spacesail::fuzz
