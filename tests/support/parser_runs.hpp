// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/rng.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Runs the entries of tests/fuzz over seeded inputs: random bytes, and real inputs cut, joined and altered.
/// SPACESAIL_LONG=1: 1e7 inputs an entry. SPACESAIL_FUZZ_SEEDS=DIR: writes the real inputs to DIR/<name>/ instead, for
/// the fuzzers to start from.
namespace spacesail::test {

using bytes = std::vector<std::uint8_t>;

inline bytes bytes_of(std::string_view text) { return { text.begin(), text.end() }; }

/// How inputs of one entry are made.
struct parser_inputs {
    std::string_view name;             ///< room_entry
    std::vector<bytes> seeds;          ///< real inputs
    std::size_t longest_bytes = 1500;  ///< of random ones
    std::size_t header_bytes = 40;     ///< half of the alterations fall into so many first bytes
    std::uint64_t executions = 50'000; ///< without SPACESAIL_LONG
    /// Whether inputs are texts: pieces are also taken out and replaced by words that parsers trip over.
    enum class kind { binary, text } form = kind::binary;
};

namespace detail {

inline void alter_text(bytes& input, rng& random)
{
    static const std::string_view k_traps[] = { "-1",
                                                "1e400",
                                                "null",
                                                "[",
                                                "{",
                                                "\"",
                                                "\\u0000",
                                                "\xff",
                                                "18446744073709551616",
                                                "9223372036854775807",
                                                ":",
                                                ",",
                                                "0.5",
                                                "true",
                                                "nan",
                                                "1e-400",
                                                "\n",
                                                "<",
                                                "-0",
                                                "=" };
    const std::string_view trap = k_traps[random.below(std::size(k_traps))];
    const auto at = static_cast<std::ptrdiff_t>(random.below(input.size() + 1));
    const auto rest = static_cast<std::ptrdiff_t>(input.size()) - at;
    const auto out = std::min<std::ptrdiff_t>(rest, static_cast<std::ptrdiff_t>(random.below(8)));
    if (random.below(2) == 0) input.erase(input.begin() + at, input.begin() + at + out);
    if (random.below(3) != 0) input.insert(input.begin() + at, trap.begin(), trap.end());
}

inline void make_input(const parser_inputs& p, rng& random, bytes& input)
{
    input.clear();
    if (random.below(8) == 0 || p.seeds.empty()) {
        input.resize(random.below(p.longest_bytes));
        for (auto& b : input) b = static_cast<std::uint8_t>(random());
        return;
    }
    const bool is_text = p.form == parser_inputs::kind::text;
    const std::size_t from = random.below(p.seeds.size());
    const std::size_t count = is_text ? 1 : 1 + random.below(4);
    for (std::size_t k = from; k < std::min(from + count, p.seeds.size()); ++k) {
        input.insert(input.end(), p.seeds[k].begin(), p.seeds[k].end());
    }
    for (std::uint64_t k = random.below(6); k-- > 0 && !input.empty();) {
        if (is_text && random.below(3) != 0) {
            alter_text(input, random);
            continue;
        }
        const std::size_t reach = random.below(2) == 0 ? std::min(p.header_bytes, input.size()) : input.size();
        input[random.below(reach)] ^= static_cast<std::uint8_t>(1U << random.below(8));
    }
    if (random.below(3) == 0) input.resize(random.below(input.size() + 1));
}

inline void write_seeds(const parser_inputs& p, const std::filesystem::path& folder)
{
    std::filesystem::create_directories(folder);
    for (std::size_t i = 0; i < p.seeds.size(); ++i) {
        std::ofstream f(folder / std::to_string(i), std::ios::binary);
        f.write(reinterpret_cast<const char*>(p.seeds[i].data()), static_cast<std::streamsize>(p.seeds[i].size()));
        ASSERT_TRUE(f.flush()) << folder;
    }
}

} // namespace detail

template <class Entry>
void run_parser(Entry entry, const parser_inputs& p, std::uint64_t seed)
{
    if (const char* folder = std::getenv("SPACESAIL_FUZZ_SEEDS")) {
        detail::write_seeds(p, std::filesystem::path(folder) / p.name);
        return;
    }
    for (const bytes& s : p.seeds) entry(std::span<const std::uint8_t>(s));
    const std::uint64_t executions = std::getenv("SPACESAIL_LONG") != nullptr ? 10'000'000 : p.executions;
    rng random(seed);
    bytes input;
    for (std::uint64_t i = 0; i < executions; ++i) {
        detail::make_input(p, random, input);
        const bytes exact(input); // no spare room behind it where a sanitizer would see nothing
        entry(std::span<const std::uint8_t>(exact));
    }
}

} // namespace spacesail::test
