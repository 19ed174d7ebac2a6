// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/bits.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/fec/code.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace spacesail::test {

/// n random bits, packed; fill bits 0.
inline std::vector<std::uint8_t> random_bits(rng& random, std::size_t n)
{
    std::vector<std::uint8_t> packed(bytes_for_bits(n));
    for (auto& b : packed) b = static_cast<std::uint8_t>(random());
    if (n % 8 != 0) packed.back() = static_cast<std::uint8_t>(packed.back() & (0xff00 >> (n % 8)));
    return packed;
}

/// \brief Exact LLRs of bits sent as +-sqrt(1/2) on both axes of QPSK in white noise.
/// \param[in] es_n0_db  energy of a QPSK symbol over noise density.
inline std::vector<float>
qpsk_llr(rng& random, const std::vector<std::uint8_t>& packed, std::size_t nof_bits, double es_n0_db)
{
    const double n0 = std::pow(10.0, -0.1 * es_n0_db);
    const double amplitude = std::sqrt(0.5), sigma = std::sqrt(n0 / 2);
    std::vector<float> llr(nof_bits + 1);
    for (std::size_t i = 0; i < nof_bits; i += 2) {
        const auto noise = random.normal_pair();
        const auto one = [&](std::size_t at, double x) {
            const double y = (at < nof_bits && bit_at(packed, at) ? -amplitude : amplitude) + sigma * x;
            llr[at] = static_cast<float>(4.0 * amplitude * y / n0);
        };
        one(i, noise.real());
        one(i + 1, noise.imag());
    }
    llr.resize(nof_bits);
    return llr;
}

/// The decoder's input format.
inline std::vector<std::int8_t> quantise(const std::vector<float>& llr, float scale = fec::k_llr_scale)
{
    std::vector<std::int8_t> out(llr.size());
    for (std::size_t i = 0; i < llr.size(); ++i) {
        out[i] = static_cast<std::int8_t>(std::lround(std::clamp(llr[i] * scale, -127.0F, 127.0F)));
    }
    return out;
}

} // namespace spacesail::test
