// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/fec/code.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace spacesail::fec {

/// \brief LDPC decoder of one code: layered min-sum in int8, one frame at a time.
///
/// A layer is the 360 parity checks r, r + q, r + 2 q ..: all its rows work side by side in SIMD lanes. Every
/// instruction set gives the same bits.
class ldpc_decoder
{
public:
    struct outcome {
        unsigned iterations; ///< iterations made, 0 where the input was a codeword already
        bool converged;      ///< all parity checks hold
    };

    /// Errors: std::invalid_argument where the address table does not fit the code's sizes.
    explicit ldpc_decoder(const code_parameters& code);
    ~ldpc_decoder();
    ldpc_decoder(ldpc_decoder&&) noexcept;
    ldpc_decoder& operator=(ldpc_decoder&&) noexcept;

    const code_parameters& code() const noexcept;

    /// \brief Decodes one FECFRAME.
    ///
    /// \param[in]  llr  sent_bits() values in transmission order, L * k_llr_scale with L = ln P(b=0)/P(b=1),
    ///                  within [-127, 127]; not touched.
    /// \param[in]  max_iterations  the cap; stops before it as soon as all checks hold. 0: hard decisions only.
    /// \param[out] bch_word  hard decisions of the k_ldpc bits of the BCH word, packed MSB first.
    /// Errors: none at run time; asserts sizes. No allocation. Cost: see BM_fec_ldpc.
    outcome
    decode(std::span<const std::int8_t> llr, unsigned max_iterations, std::span<std::uint8_t> bch_word) noexcept;

private:
    struct state;
    std::unique_ptr<state> d_state;
};

} // namespace spacesail::fec
