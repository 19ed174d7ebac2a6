// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec/ldpc_schedule.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

struct address {
    std::uint16_t group;
    std::uint16_t rotation;
};

std::uint16_t start_of(unsigned frame, unsigned rotation) noexcept
{
    return static_cast<std::uint16_t>((frame + k_group_bits - rotation) % k_group_bits);
}

std::vector<std::vector<address>> addresses_by_layer(const code_parameters& code, std::size_t& nof_groups)
{
    std::vector<std::vector<address>> layers(code.q);
    const auto& rows = code.ldpc_rows;
    std::uint16_t group = 0;
    for (std::size_t i = 0; i < rows.size(); ++group) {
        for (unsigned left = rows[i++]; left != 0 && i < rows.size(); --left, ++i) {
            if (rows[i] >= code.parity_bits()) {
                throw std::invalid_argument("ldpc_schedule: parity address " + std::to_string(rows[i]) +
                                            " outside 0.." + std::to_string(code.parity_bits() - 1));
            }
            layers[rows[i] % code.q].push_back({ group, static_cast<std::uint16_t>(rows[i] / code.q) });
        }
    }
    nof_groups = group;
    return layers;
}

/// Puts the edges to groups that occur for a second time in their layer behind the others.
std::size_t repeated_last(std::vector<address>& layer)
{
    std::vector<address> plain, repeated;
    for (const auto& a : layer) {
        const bool had = std::any_of(plain.begin(), plain.end(), [&](const address& b) { return b.group == a.group; });
        (had ? repeated : plain).push_back(a);
    }
    layer = plain;
    layer.insert(layer.end(), repeated.begin(), repeated.end());
    return plain.size();
}

} // namespace

ldpc_schedule::ldpc_schedule(const code_parameters& code) : q(code.q)
{
    if (q < 2 || code.k_ldpc + code.shortened + code.parity_bits() != code.n_ldpc) {
        throw std::invalid_argument("ldpc_schedule: q = " + std::to_string(q) + " does not fit n = " +
                                    std::to_string(code.n_ldpc) + ", k = " + std::to_string(code.k_ldpc));
    }
    auto by_layer = addresses_by_layer(code, nof_groups);
    if (nof_groups * k_group_bits != code.k_ldpc + code.shortened) {
        throw std::invalid_argument("ldpc_schedule: address table of rate " + std::string(code.rate) + " has " +
                                    std::to_string(nof_groups) + " groups");
    }
    std::vector<std::size_t> plain;
    frame.assign(nof_groups, 0);
    for (auto& addresses : by_layer) {
        plain.push_back(repeated_last(addresses));
        for (const auto& a : addresses) frame[a.group] = a.rotation;
    }
    std::size_t nof_edges = 0;
    for (const auto& addresses : by_layer) nof_edges += addresses.size() + 2;
    rule = nof_edges < std::size_t{ 6 } * q ? row_rule::short_rows : row_rule::long_rows;
    auto now = frame;
    for (unsigned r = 0; r < q; ++r) {
        const auto& addresses = by_layer[r];
        layers.push_back({ static_cast<std::uint32_t>(edges.size()),
                           static_cast<std::uint16_t>(plain[r]),
                           static_cast<std::uint16_t>(addresses.size() - plain[r]) });
        max_degree = std::max<std::size_t>(max_degree, layers.back().degree());
        const auto before = now;
        for (const auto& a : addresses) {
            edges.push_back({ static_cast<std::uint32_t>(a.group * k_group_stride),
                              start_of(before[a.group], a.rotation),
                              start_of(now[a.group], a.rotation),
                              start_of(frame[a.group], a.rotation) });
            now[a.group] = a.rotation;
        }
    }
}

} // namespace spacesail::fec
