// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/fec/code.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

// Why not under the sanitizers: their runtime is not ready when the resolvers of the clones run.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define SPACESAIL_TEST_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SPACESAIL_TEST_CLONES
#endif

namespace spacesail::test {

inline constexpr unsigned k_rows = 360;

/// ln(1 + exp(-x)) for x >= 0, absolute error below 4e-5.
inline float softplus_of_minus(float x) noexcept
{
    const float t = std::max(x * -1.44269504F, -126.0F);
    const float whole = std::floor(t);
    const float f = t - whole;
    const float p =
        1.0F + f * (0.69314718F + f * (0.24022651F + f * (0.05550411F + f * (0.00961813F + f * 0.00133336F))));
    const float e = std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23) * p;
    const float z = e / (2.0F + e);
    const float zz = z * z;
    return 2.0F * z * (1.0F + zz * (1.0F / 3 + zz * (1.0F / 5 + zz * (1.0F / 7 + zz * (1.0F / 9)))));
}

/// Exact check rule of two messages: 2 atanh(tanh(a/2) tanh(b/2)).
inline float box_plus(float a, float b) noexcept
{
    const float x = std::fabs(a), y = std::fabs(b);
    const float m = std::min(x, y) + softplus_of_minus(x + y) - softplus_of_minus(std::fabs(x - y));
    return std::copysign(std::max(m, 0.0F), a) * std::copysign(1.0F, b);
}

SPACESAIL_TEST_CLONES static inline void box_plus_rows(const float* a, const float* b, float* out) noexcept
{
    for (unsigned j = 0; j < k_rows; ++j) out[j] = box_plus(a[j], b[j]);
}

/// \brief Floating-point sum-product decoder, layered, from the address table alone: the yardstick of ldpc_decoder.
///
/// Shares nothing with it but the order of the layers (checks r, r + q, ..), so that iterations can be compared.
class sum_product_decoder
{
public:
    struct outcome {
        unsigned iterations;
        bool converged;
    };

    explicit sum_product_decoder(const fec::code_parameters& code) : d_code(code), d_layers(code.q)
    {
        unsigned first_bit = 0;
        for (std::size_t i = 0; i < code.ldpc_rows.size(); first_bit += k_rows) {
            for (unsigned left = code.ldpc_rows[i++]; left != 0; --left, ++i) {
                edge e;
                // Bit b of the group is in check (x + q b) mod (360 q).
                for (unsigned b = 0; b < k_rows; ++b) {
                    const unsigned check = (code.ldpc_rows[i] + code.q * b) % code.parity_bits();
                    e.bit[check / code.q] = first_bit + b;
                }
                d_layers[code.ldpc_rows[i] % code.q].push_back(e);
            }
        }
        std::size_t edges = 0;
        for (unsigned r = 0; r < code.q; ++r) {
            edge own, before;
            for (unsigned j = 0; j < k_rows; ++j) {
                const unsigned check = r + code.q * j;
                own.bit[j] = first_bit + check;
                // One value more for the edge that check 0 does not have.
                before.bit[j] = check == 0 ? code.n_ldpc : first_bit + check - 1;
            }
            d_layers[r].push_back(own);
            d_layers[r].push_back(before);
            edges += d_layers[r].size();
        }
        d_values.resize(code.n_ldpc + 1);
        d_messages.resize(edges);
    }

    /// \param[in]  llr   sent_bits() values ln P0/P1.
    /// \param[out] bits  k_ldpc hard decisions, one a byte.
    outcome decode(std::span<const float> llr, unsigned max_iterations, std::span<std::uint8_t> bits)
    {
        const unsigned k = d_code.k_ldpc + d_code.shortened;
        std::fill_n(d_values.begin(), d_code.shortened, k_sure);
        std::copy_n(llr.begin(), d_code.k_ldpc, d_values.begin() + d_code.shortened);
        std::size_t in = d_code.k_ldpc;
        for (unsigned i = 0; i < d_code.parity_bits(); ++i) {
            const bool absent = d_code.punctured != 0 && i % d_code.puncture_period == 0 &&
                                i / d_code.puncture_period < d_code.punctured;
            d_values[k + i] = absent ? 0.0F : llr[in++];
        }
        d_values[d_code.n_ldpc] = k_sure;
        for (auto& m : d_messages) m.fill(0.0F);
        outcome result{ 0, checks_hold() };
        while (!result.converged && result.iterations < max_iterations) {
            iterate();
            ++result.iterations;
            result.converged = checks_hold();
        }
        for (unsigned i = 0; i < d_code.k_ldpc; ++i) bits[i] = d_values[d_code.shortened + i] < 0.0F ? 1 : 0;
        return result;
    }

private:
    struct edge {
        std::array<std::uint32_t, k_rows> bit;
    };
    using row = std::array<float, k_rows>;
    static constexpr float k_sure = 1e4F;

    bool checks_hold() const
    {
        for (const auto& layer : d_layers) {
            std::array<bool, k_rows> odd{};
            for (const auto& e : layer) {
                for (unsigned j = 0; j < k_rows; ++j) odd[j] ^= d_values[e.bit[j]] < 0.0F;
            }
            if (std::find(odd.begin(), odd.end(), true) != odd.end()) return false;
        }
        return true;
    }

    void iterate()
    {
        row* message = d_messages.data();
        for (const auto& layer : d_layers) {
            const std::size_t degree = layer.size();
            d_in.resize(degree);
            d_forward.resize(degree);
            d_out.resize(degree);
            for (std::size_t e = 0; e < degree; ++e) {
                for (unsigned j = 0; j < k_rows; ++j) d_in[e][j] = d_values[layer[e].bit[j]] - message[e][j];
            }
            d_forward[0] = d_in[0];
            for (std::size_t e = 1; e + 1 < degree; ++e) {
                box_plus_rows(d_forward[e - 1].data(), d_in[e].data(), d_forward[e].data());
            }
            d_out[degree - 1] = d_forward[degree - 2];
            row backward = d_in[degree - 1];
            for (std::size_t e = degree - 2; e > 0; --e) {
                box_plus_rows(d_forward[e - 1].data(), backward.data(), d_out[e].data());
                box_plus_rows(backward.data(), d_in[e].data(), backward.data());
            }
            d_out[0] = backward;
            // Differences are added: right for several edges to one bit in a layer, too.
            for (std::size_t e = 0; e < degree; ++e) {
                for (unsigned j = 0; j < k_rows; ++j) d_values[layer[e].bit[j]] += d_out[e][j] - message[e][j];
                message[e] = d_out[e];
            }
            d_values[d_code.n_ldpc] = k_sure;
            message += degree;
        }
    }

    fec::code_parameters d_code;
    std::vector<std::vector<edge>> d_layers;
    std::vector<float> d_values;
    std::vector<row> d_messages, d_in, d_forward, d_out;
};

} // namespace spacesail::test
