// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/simd/aligned.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// Largest scrambling code number n: x and y are m-sequences of 2^18 - 1.
inline constexpr unsigned k_max_gold_code = (1U << 18) - 2;

/// \brief Physical-layer scrambling: symbol i behind the PLHEADER times j^R(i).
///
/// Source: EN 302 307-1, clause 5.5.4. The table covers the longest PLFRAME.
class pl_scrambler
{
public:
    /// \param[in] gold_code  n, 0 .. 262142 (std::invalid_argument otherwise).
    explicit pl_scrambler(unsigned gold_code);

    unsigned gold_code() const noexcept { return d_gold_code; }
    /// R(0), R(1), ...: values 0..3, 33192 of them.
    std::span<const std::uint8_t> phases() const noexcept { return d_phases; }

    /// \brief Multiplies by j^R(first_index), j^R(first_index + 1), ... in place; exact (no rounding).
    ///
    /// \param[in] first_index  position of symbols[0] behind the PLHEADER; first_index + n <= 33192 (asserted).
    void scramble(std::span<std::complex<float>> symbols, std::size_t first_index) const noexcept;
    /// \brief The inverse of scramble().
    void descramble(std::span<std::complex<float>> symbols, std::size_t first_index) const noexcept;

private:
    unsigned d_gold_code;
    simd::aligned_vector<std::uint8_t> d_phases;
};

} // namespace spacesail::dvbs2x
