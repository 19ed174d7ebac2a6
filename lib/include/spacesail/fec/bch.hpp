// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/fec/code.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::fec {

class galois_field;
class chien_search;

/// \brief The outer BCH code of one configuration: systematic, shortened, t = 8, 10 or 12.
///
/// Source: EN 302 307-1, clause 5.3.1, tables 6a, 6b; EN 302 307-2, clause 5.3.1 (medium).
class bch_codec
{
public:
    /// Errors: std::invalid_argument where k_ldpc - k_bch is not m t or t is outside 1..12.
    explicit bch_codec(const code_parameters& code);

    unsigned message_bits() const noexcept { return d_k; }
    unsigned codeword_bits() const noexcept { return d_n; }

    /// \brief Appends the parity of a BBFRAME.
    ///
    /// \param[in]  message   k_bch bits, packed MSB first; bits behind them in the last byte are ignored.
    /// \param[out] codeword  k_ldpc bits, packed MSB first; may start at the same address as the message.
    /// Errors: none at run time; asserts sizes. No allocation. Cost: see BM_fec_bch_encode.
    void encode(std::span<const std::uint8_t> message, std::span<std::uint8_t> codeword) const noexcept;

    /// \brief Corrects up to t bits in place.
    ///
    /// The remainder is checked first; syndromes, locator and root search run only where it is not zero. A word
    /// farther than t bits from every codeword is left as it came; one closer to a wrong codeword becomes that one.
    /// \param[in,out] codeword  k_ldpc bits, packed MSB first.
    /// \return bits corrected, 0 for a codeword, -1 where no codeword lies within t bits.
    /// Errors: none at run time; asserts the size. No allocation. Cost: see BM_fec_bch_decode.
    int decode(std::span<std::uint8_t> codeword) noexcept;

private:
    using word192 = std::array<std::uint64_t, 3>; // highest power = MSB of [0], left-aligned

    void build_generator();
    word192 remainder(std::span<const std::uint8_t> bits, unsigned nof_bits) const noexcept;

    const galois_field* d_field;
    const chien_search* d_search;
    unsigned d_n;
    unsigned d_k;
    unsigned d_t;
    unsigned d_parity_bits;
    word192 d_generator{};        // without its leading term
    std::vector<word192> d_table; // remainders of a byte times x^(m t)
    std::array<std::uint16_t, 12> d_roots{};
};

} // namespace spacesail::fec
