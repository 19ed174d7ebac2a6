// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace spacesail::fec {

struct ldpc_decoder::state {
    code_parameters code;
    std::vector<std::vector<std::uint32_t>> rows; // variables of each check
    std::vector<std::int8_t> values;
    std::vector<std::int8_t> messages;
};

ldpc_decoder::ldpc_decoder(const code_parameters& code) : d_state(std::make_unique<state>())
{
    auto& s = *d_state;
    s.code = code;
    const unsigned k = code.k_ldpc + code.shortened;
    const unsigned m = code.parity_bits();
    if (k + m != code.n_ldpc) throw std::invalid_argument("ldpc_decoder: sizes of rate " + std::string(code.rate));
    s.rows.resize(m);
    unsigned bit = 0;
    for (std::size_t i = 0; i < code.ldpc_rows.size(); bit += k_group_bits) {
        const unsigned count = code.ldpc_rows[i++];
        for (unsigned e = 0; e < count; ++e, ++i) {
            for (unsigned b = 0; b < k_group_bits; ++b) {
                s.rows[(code.ldpc_rows[i] + b * code.q) % m].push_back(bit + b);
            }
        }
    }
    if (bit != k) throw std::invalid_argument("ldpc_decoder: address table of rate " + std::string(code.rate));
    std::size_t edges = 0;
    for (unsigned i = 0; i < m; ++i) {
        s.rows[i].push_back(k + i);
        if (i > 0) s.rows[i].push_back(k + i - 1);
        edges += s.rows[i].size();
    }
    s.values.resize(code.n_ldpc);
    s.messages.resize(edges);
}

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
    auto& v = s.values;
    std::fill_n(v.begin(), s.code.shortened, std::int8_t{ 127 });
    std::copy_n(llr.begin(), s.code.k_ldpc, v.begin() + s.code.shortened);
    const std::int8_t* in = llr.data() + s.code.k_ldpc;
    const unsigned k = s.code.k_ldpc + s.code.shortened;
    for (unsigned i = 0; i < s.code.parity_bits(); ++i) {
        const bool absent =
            s.code.punctured != 0 && i % s.code.puncture_period == 0 && i / s.code.puncture_period < s.code.punctured;
        v[k + i] = absent ? std::int8_t{ 0 } : *in++;
    }
    std::fill(s.messages.begin(), s.messages.end(), std::int8_t{ 0 });
    const auto holds = [&] {
        for (const auto& row : s.rows) {
            unsigned parity = 0;
            for (const auto i : row) parity ^= v[i] < 0;
            if (parity != 0) return false;
        }
        return true;
    };
    outcome result{ 0, holds() };
    while (!result.converged && result.iterations < max_iterations) {
        std::vector<std::int8_t>::iterator message = s.messages.begin();
        for (const auto& row : s.rows) {
            int min1 = 255, min2 = 255, sign = 0;
            for (std::size_t e = 0; e < row.size(); ++e) {
                const int x = std::clamp(v[row[e]] - message[e], -127, 127);
                v[row[e]] = static_cast<std::int8_t>(x);
                const int a = std::abs(x);
                min2 = std::min(min2, std::max(min1, a));
                min1 = std::min(min1, a);
                sign ^= x;
            }
            for (std::size_t e = 0; e < row.size(); ++e) {
                const int x = v[row[e]];
                const int magnitude = std::min(31, std::max(0, (std::abs(x) == min1 ? min2 : min1) - 1));
                const int r = (x ^ sign) < 0 ? -magnitude : magnitude;
                message[e] = static_cast<std::int8_t>(r);
                v[row[e]] = static_cast<std::int8_t>(std::clamp(x + r, -127, 127));
            }
            message += static_cast<std::ptrdiff_t>(row.size());
        }
        ++result.iterations;
        result.converged = holds();
    }
    for (unsigned i = 0; i < bytes_for_bits(s.code.k_ldpc); ++i) {
        unsigned byte = 0;
        for (unsigned b = 0; b < 8; ++b) {
            const unsigned at = 8 * i + b;
            byte = 2 * byte + (at < s.code.k_ldpc && v[s.code.shortened + at] < 0 ? 1U : 0U);
        }
        bch_word[i] = static_cast<std::uint8_t>(byte);
    }
    return result;
}

} // namespace spacesail::fec
