// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/ldpc_kernels.hpp"
#include "fec/ldpc_schedule.hpp"

#include <spacesail/base/bits.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/simd/aligned.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace spacesail::fec {
namespace {

// Vectors may be read beyond the last value.
constexpr std::size_t k_slack = 64;

} // namespace

struct ldpc_decoder::state {
    explicit state(const code_parameters& c)
        : code(c),
          schedule(c),
          information(c.k_ldpc + c.shortened + k_slack),
          parity(c.parity_bits() + k_slack),
          values(schedule.values_bytes() + k_slack),
          messages(schedule.messages_bytes()),
          scratch(kernels::scratch_bytes(schedule)),
          packed(bytes_for_bits(c.k_ldpc + c.shortened) + 8)
    {
        // Shortened bits are zeros for sure.
        std::fill_n(information.begin(), c.shortened, std::int8_t{ 127 });
    }

    void take(std::span<const std::int8_t> llr) noexcept;

    code_parameters code;
    ldpc_schedule schedule;
    simd::aligned_vector<std::int8_t> information;
    simd::aligned_vector<std::int8_t> parity;
    simd::aligned_vector<std::int8_t> values;
    simd::aligned_vector<std::int8_t> messages;
    simd::aligned_vector<std::int8_t> scratch;
    simd::aligned_vector<std::uint8_t> packed;
};

void ldpc_decoder::state::take(std::span<const std::int8_t> llr) noexcept
{
    std::memcpy(information.data() + code.shortened, llr.data(), code.k_ldpc);
    const std::int8_t* in = llr.data() + code.k_ldpc;
    std::int8_t* out = parity.data();
    for (unsigned i = 0; i < code.punctured; ++i) {
        *out++ = 0;
        std::memcpy(out, in, code.puncture_period - 1);
        out += code.puncture_period - 1;
        in += code.puncture_period - 1;
    }
    std::memcpy(out, in, static_cast<std::size_t>(parity.data() + code.parity_bits() - out));
    kernels::load_values(schedule, information.data(), parity.data(), values.data());
}

ldpc_decoder::ldpc_decoder(const code_parameters& code) : d_state(std::make_unique<state>(code)) {}
ldpc_decoder::~ldpc_decoder() = default;
ldpc_decoder::ldpc_decoder(ldpc_decoder&&) noexcept = default;
ldpc_decoder& ldpc_decoder::operator=(ldpc_decoder&&) noexcept = default;

const code_parameters& ldpc_decoder::code() const noexcept { return d_state->code; }

ldpc_decoder::outcome ldpc_decoder::decode(std::span<const std::int8_t> llr,
                                           unsigned max_iterations,
                                           std::span<std::uint8_t> bch_word) noexcept
{
    auto& s = *d_state;
    assert(llr.size() == s.code.sent_bits());
    assert(bch_word.size() >= bytes_for_bits(s.code.k_ldpc));
    s.take(llr);
    outcome result{ 0, kernels::checks_hold(s.schedule, s.values.data()) };
    if (!result.converged && max_iterations != 0) std::fill(s.messages.begin(), s.messages.end(), std::int8_t{ 0 });
    while (!result.converged && result.iterations < max_iterations) {
        kernels::iterate(s.schedule, s.values.data(), s.messages.data(), s.scratch.data());
        ++result.iterations;
        result.converged = kernels::checks_hold(s.schedule, s.values.data());
    }
    kernels::hard_decisions(s.schedule, s.values.data(), s.packed.data());
    // Xs is a multiple of 8 in every code.
    std::memcpy(bch_word.data(), s.packed.data() + s.code.shortened / 8, bytes_for_bits(s.code.k_ldpc));
    return result;
}

} // namespace spacesail::fec
