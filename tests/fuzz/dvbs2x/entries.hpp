// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace spacesail::fuzz {

// As in tests/fuzz/encap/entries.hpp: any bytes into one part of the receiver; aborts if what must always hold does
// not.

/// The bytes are symbols, one PLHEADER after another: after a byte with the form, 90 times I and Q as signed bytes or
/// as 32-bit floats (NaN and infinities among them).
void pl_header(std::span<const std::uint8_t> input);
/// After a byte with form and number of frequency bins, the bytes are matched-filter output, two samples a symbol.
void header_search(std::span<const std::uint8_t> input);

} // namespace spacesail::fuzz
