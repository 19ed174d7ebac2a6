// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fec/ldpc_schedule.hpp"

#include <cstddef>
#include <cstdint>

/// The arithmetic of ldpc_decoder, one version an instruction set; all give the same bits.
namespace spacesail::fec::kernels {

/// Scratch bytes an iteration needs.
inline std::size_t scratch_bytes(const ldpc_schedule& s) noexcept { return s.max_degree * k_row_stride; }

/// \brief Sets the values from the LLRs of all n bits.
/// \param[in]  information  360 nof_groups LLRs.
/// \param[in]  parity       360 q LLRs in the order p_0, p_1 ..; readable 64 bytes beyond.
/// \param[out] values       values_bytes() + 64 bytes, 64-byte aligned.
void load_values(const ldpc_schedule& s,
                 const std::int8_t* information,
                 const std::int8_t* parity,
                 std::int8_t* values) noexcept;

/// \brief One iteration: every layer once.
/// \param[in,out] messages  messages_bytes(), 64-byte aligned; all 0 before the first iteration.
void iterate(const ldpc_schedule& s, std::int8_t* values, std::int8_t* messages, std::int8_t* scratch) noexcept;

/// Whether the signs of the values are a codeword; gives up at the first layer with a check that fails.
bool checks_hold(const ldpc_schedule& s, const std::int8_t* values) noexcept;

/// \brief Signs of the information bits, packed MSB first.
/// \param[out] packed  45 nof_groups bytes and room for 8 more.
void hard_decisions(const ldpc_schedule& s, const std::int8_t* values, std::uint8_t* packed) noexcept;

} // namespace spacesail::fec::kernels
