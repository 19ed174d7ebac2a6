// SPDX-License-Identifier: GPL-3.0-or-later
// libFuzzer's way in; SPACESAIL_FUZZ_ENTRY is one function of the room's entries.hpp.
#include "entries.hpp"

#include <cstddef>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    spacesail::fuzz::SPACESAIL_FUZZ_ENTRY({ data, size });
    return 0;
}
