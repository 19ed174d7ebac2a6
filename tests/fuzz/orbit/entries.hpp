// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail::fuzz {

// As in tests/fuzz/encap/entries.hpp: any bytes into one reader; aborts if what must always hold does not.

/// After a byte that selects format (or none) and what to do about checksums, the bytes are a file of element sets.
/// What is accepted comes back from every OMM form without a change, and SGP4 says an error or gives finite numbers.
void elements(std::span<const std::uint8_t> input);

} // namespace spacesail::fuzz
