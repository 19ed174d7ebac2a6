// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <span>
#include <vector>

namespace spacesail::test {

/// \brief Exact LLRs of one XFECFRAME in the order of the FECFRAME, L = ln P(b=0)/P(b=1): the yardstick of the demapper.
/// Source: EN 302 307-1, clauses 5.3.3 and 5.4. \param[in] n0  noise variance per complex symbol.
inline std::vector<float> exact_llr(const dvbs2x::modcod& m, std::span<const std::complex<float>> symbols, float n0)
{
    const unsigned bits = m.bits_per_symbol;
    const std::size_t sent = m.code->sent_bits();
    const std::size_t rows = (sent + bits - 1) / bits;
    const auto points = m.constellation->points();
    std::vector<float> llr(sent);
    std::vector<float> metric(points.size());
    for (std::size_t n = 0; n < rows; ++n) {
        float most = -1e30F;
        for (std::size_t l = 0; l < points.size(); ++l) {
            metric[l] = -std::norm(symbols[n] - points[l]) / n0;
            most = std::max(most, metric[l]);
        }
        std::array<std::array<double, 2>, 8> sum{};
        for (std::size_t l = 0; l < points.size(); ++l) {
            const double p = std::exp(metric[l] - most);
            for (unsigned k = 0; k < bits; ++k) sum[k][(l >> (bits - 1 - k)) & 1U] += p;
        }
        for (unsigned k = 0; k < bits; ++k) {
            const std::size_t at = m.interleaver_columns == "-"
                                       ? bits * n + k
                                       : static_cast<std::size_t>(m.interleaver_columns[k] - '0') * rows + n;
            if (at < sent) llr[at] = static_cast<float>(std::log(sum[k][0] + 1e-300) - std::log(sum[k][1] + 1e-300));
        }
    }
    return llr;
}

} // namespace spacesail::test
