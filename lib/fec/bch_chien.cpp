// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/bch_chien.hpp"

#include <array>

namespace spacesail::fec {

unsigned find_roots(const galois_field& gf,
                    std::span<const galois_field::element> sigma,
                    unsigned n,
                    std::span<std::uint16_t> roots) noexcept
{
    const unsigned degree = static_cast<unsigned>(sigma.size()) - 1;
    std::array<unsigned, 16> log{};
    std::array<unsigned, 16> step{};
    unsigned terms = 0;
    for (unsigned j = 1; j <= degree; ++j) {
        if (sigma[j] == 0) continue;
        log[terms] = gf.log(sigma[j]);
        step[terms] = gf.order() - j;
        ++terms;
    }
    unsigned found = 0;
    for (unsigned p = 0; p < n && found < degree; ++p) {
        galois_field::element v = sigma[0];
        for (unsigned j = 0; j < terms; ++j) {
            v ^= gf.power(log[j]);
            log[j] += step[j];
            if (log[j] >= gf.order()) log[j] -= gf.order();
        }
        if (v == 0) roots[found++] = static_cast<std::uint16_t>(p);
    }
    return found;
}

} // namespace spacesail::fec
