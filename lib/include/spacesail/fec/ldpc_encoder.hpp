// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/fec/code.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::fec {

/// \brief Systematic LDPC encoder of one code, with its shortening and puncturing.
class ldpc_encoder
{
public:
    /// Errors: std::invalid_argument where the address table does not fit the code's sizes.
    explicit ldpc_encoder(const code_parameters& code);

    const code_parameters& code() const noexcept { return d_code; }

    /// \brief Encodes one BCH word into a FECFRAME.
    ///
    /// Source: EN 302 307-1, clause 5.3.2; puncturing and shortening: EN 302 307-2, clause 5.5.2.6.
    /// \param[in]  bch_word  k_ldpc bits, packed MSB first (BBFRAME, then BCH parity).
    /// \param[out] fecframe  sent_bits() bits, packed MSB first; fill bits of the last byte are 0.
    /// Errors: none at run time; asserts sizes. No allocation; may run from several threads at once.
    /// Cost: see BM_fec_ldpc_encode.
    void encode(std::span<const std::uint8_t> bch_word, std::span<std::uint8_t> fecframe) const noexcept;

private:
    struct edge {
        std::uint16_t layer;    // row address modulo q
        std::uint16_t rotation; // row address divided by q
    };
    code_parameters d_code;
    std::vector<edge> d_edges;           // in the order of the table
    std::vector<std::uint16_t> d_degree; // edges of each group of 360 input bits
};

} // namespace spacesail::fec
