// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail::fuzz {

// Each entry feeds any bytes to one parser and aborts if what must always hold does not. The fuzzers (libFuzzer) and
// the property test call the same ones.

/// The bytes are BBFRAMEs, each after two bytes: its length (12 bits) and flags: number jumps, dummy PLS code, gap
/// reported, CRC-8 of the header set right.
void bbframes(std::span<const std::uint8_t> input);
/// The bytes are one data field a 64 bytes (GSE), without the BBHEADER's CRC in the way.
void gse_fields(std::span<const std::uint8_t> input);
/// The first bytes are header fields, the rest data fields of transport streams with any UPL, SYNCD, ISSY and DNP.
void ts_fields(std::span<const std::uint8_t> input);
/// The bytes are a transport stream with or without sync bytes.
void ts_input(std::span<const std::uint8_t> input);
/// The bytes are an L.3 datagram.
void l3_datagram(std::span<const std::uint8_t> input);

} // namespace spacesail::fuzz
