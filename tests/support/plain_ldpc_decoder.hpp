// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/fec/code.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace spacesail::test {

/// \brief The arithmetic of ldpc_decoder written down check by check, without vectors, rotations or fill: what every
/// SIMD version has to equal bit for bit.
class plain_ldpc_decoder
{
public:
    struct outcome {
        unsigned iterations;
        bool converged;
    };

    explicit plain_ldpc_decoder(const fec::code_parameters& code) : d_code(code), d_checks(code.parity_bits())
    {
        unsigned bit = 0;
        std::size_t edges = 0;
        for (std::size_t i = 0; i < code.ldpc_rows.size(); bit += 360) {
            for (unsigned left = code.ldpc_rows[i++]; left != 0; --left, ++i) {
                for (unsigned b = 0; b < 360; ++b) {
                    d_checks[(code.ldpc_rows[i] + code.q * b) % code.parity_bits()].push_back({ bit + b, 0 });
                }
                edges += 360;
            }
        }
        for (unsigned i = 0; i < code.parity_bits(); ++i) {
            if (i > 0) d_checks[i].push_back({ bit + i - 1, 0 });
            d_checks[i].push_back({ bit + i, 0 });
            edges += 2;
        }
        d_short_rows = edges < std::size_t{ 6 } * code.parity_bits();
        d_values.resize(code.n_ldpc);
    }

    outcome decode(std::span<const std::int8_t> llr, unsigned max_iterations, std::span<std::uint8_t> bits)
    {
        const unsigned k = d_code.k_ldpc + d_code.shortened;
        for (unsigned i = 0; i < k; ++i) d_values[i] = i < d_code.shortened ? 127 : llr[i - d_code.shortened];
        std::size_t in = d_code.k_ldpc;
        for (unsigned i = 0; i < d_code.parity_bits(); ++i) {
            const bool gone = d_code.punctured != 0 && i % d_code.puncture_period == 0 &&
                              i / d_code.puncture_period < d_code.punctured;
            d_values[k + i] = gone ? 0 : llr[in++];
        }
        for (auto& check : d_checks) {
            for (auto& e : check) e.message = 0;
        }
        outcome result{ 0, checks_hold() };
        while (!result.converged && result.iterations < max_iterations) {
            for (unsigned r = 0; r < d_code.q; ++r) layer(r);
            ++result.iterations;
            result.converged = checks_hold();
        }
        for (unsigned i = 0; i < d_code.k_ldpc; ++i) bits[i] = d_values[d_code.shortened + i] < 0 ? 1 : 0;
        return result;
    }

private:
    struct edge {
        unsigned bit;
        int message;
    };

    static int sat(int x) { return std::clamp(x, -128, 127); }
    static int correction(int x) { return static_cast<int>(std::lround(4.0 * std::log1p(std::exp(-x / 4.0)))); }
    static int box_plus(int a, int b)
    {
        return std::max(0, std::min(255, a + correction(std::min(255, a + b))) - correction(b - a));
    }

    /// All checks of the layer see the values from before it.
    void layer(unsigned r)
    {
        struct change {
            unsigned bit;
            int a_priori, before, after;
        };
        std::vector<change> changes;
        for (unsigned j = 0; j < 360; ++j) {
            auto& check = d_checks[r + d_code.q * j];
            std::vector<int> v;
            int least = 127, second = 127, third = 127, negative = 0;
            for (const auto& e : check) {
                v.push_back(sat(d_values[e.bit] - e.message));
                const int a = std::abs(v.back());
                if (a < least) {
                    third = second, second = least, least = a;
                } else if (a < second) {
                    third = second, second = a;
                } else if (a < third) {
                    third = a;
                }
                negative += v.back() < 0;
            }
            const int to_least = std::min(31, box_plus(second, third));
            int to_others = box_plus(least, second);
            if (!d_short_rows) to_others = box_plus(to_others, third);
            to_others = std::min(31, to_others);
            for (std::size_t e = 0; e < check.size(); ++e) {
                const int magnitude = std::abs(v[e]) == least ? to_least : to_others;
                const int message = (negative - (v[e] < 0)) % 2 != 0 ? -magnitude : magnitude;
                changes.push_back({ check[e].bit, v[e], check[e].message, message });
                check[e].message = message;
            }
        }
        // A bit that two edges of the layer change: the one that comes first in the table sets it, the other adds.
        std::vector<std::vector<std::size_t>> of_bit(d_values.size());
        std::vector<std::size_t> position(360, 0);
        for (std::size_t i = 0; i < changes.size(); ++i) of_bit[changes[i].bit].push_back(i);
        for (std::size_t bit = 0; bit < of_bit.size(); ++bit) {
            auto& list = of_bit[bit];
            if (list.empty()) continue;
            std::sort(
                list.begin(), list.end(), [&](std::size_t a, std::size_t b) { return place(a, r) < place(b, r); });
            const auto& first = changes[list.front()];
            int value = sat(first.a_priori + first.after);
            for (std::size_t i = 1; i < list.size(); ++i) {
                value = sat(value + sat(changes[list[i]].after - changes[list[i]].before));
            }
            d_values[bit] = value;
        }
    }

    /// Which edge of its check change `i` of layer r is; check 0 has one less.
    std::size_t place(std::size_t i, unsigned r) const
    {
        for (unsigned j = 0; j < 360; ++j) {
            const std::size_t degree = d_checks[r + d_code.q * j].size();
            if (i < degree) return i;
            i -= degree;
        }
        return 0;
    }

    bool checks_hold() const
    {
        for (const auto& check : d_checks) {
            int negative = 0;
            for (const auto& e : check) negative += d_values[e.bit] < 0;
            if (negative % 2 != 0) return false;
        }
        return true;
    }

    fec::code_parameters d_code;
    bool d_short_rows;
    std::vector<std::vector<edge>> d_checks;
    std::vector<int> d_values;
};

} // namespace spacesail::test
