// SPDX-License-Identifier: GPL-3.0-or-later
#include "entries.hpp"

#include <cstddef>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    spacesail::fuzz::gse_fields({ data, size });
    return 0;
}
