// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/modem/mapper.hpp>

#include <cassert>

namespace spacesail::modem {

void map_labels(const constellation& c,
                std::span<const std::uint8_t> labels,
                std::span<std::complex<float>> symbols) noexcept
{
    assert(labels.size() == symbols.size());
    const auto points = c.points();
    const std::size_t mask = points.size() - 1;
    for (std::size_t n = 0; n < labels.size(); ++n) {
        symbols[n] = points[labels[n] & mask];
    }
}

} // namespace spacesail::modem
