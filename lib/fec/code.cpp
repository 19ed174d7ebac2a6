// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/fec/code.hpp>

#include <array>

namespace spacesail::fec {
namespace {

#include <fec/ldpc_rows.inc>

struct named_rows {
    std::string_view name;
    std::span<const std::uint16_t> rows;
};

constexpr named_rows k_tables[] = {
#define SPACESAIL_LDPC(name) { #name, rows_##name },
#include <fec/ldpc_names.inc>
#undef SPACESAIL_LDPC
};

consteval unsigned number(std::string_view text)
{
    unsigned v = 0;
    for (const char c : text) v = v * 10 + static_cast<unsigned>(c - '0');
    return v;
}

consteval std::span<const std::uint16_t> table(std::string_view name)
{
    for (const auto& t : k_tables) {
        if (t.name == name) return t.rows;
    }
    throw "no such address table";
}

consteval code_parameters row(std::string_view rate,
                              std::string_view frame,
                              std::string_view n,
                              std::string_view k,
                              std::string_view k_bch,
                              std::string_view t,
                              std::string_view q,
                              std::string_view xs,
                              std::string_view p,
                              std::string_view xp,
                              std::string_view rows)
{
    return { rate,      frame,      number(n), number(k),  number(k_bch), number(t),
             number(q), number(xs), number(p), number(xp), table(rows) };
}

constexpr code_parameters k_codes[] = {
#define SPACESAIL_ROW(...) row(__VA_ARGS__),
#include <fec/fec_codes.inc>
#undef SPACESAIL_ROW
};

consteval code_parameters with_bch(std::string_view rate, std::string_view frame, unsigned k_bch, unsigned t)
{
    for (code_parameters c : k_codes) {
        if (c.rate == rate && c.frame == frame) {
            c.k_bch = k_bch;
            c.bch_t = t;
            return c;
        }
    }
    throw "no such code";
}

constexpr std::array k_alternatives = { with_bch("2/3", "normal", 43008, 12), with_bch("5/6", "normal", 53808, 12) };

} // namespace

std::span<const code_parameters> all_codes() noexcept { return k_codes; }

const code_parameters* find_code(std::string_view rate, std::string_view frame) noexcept
{
    for (const auto& c : k_codes) {
        if (c.rate == rate && c.frame == frame) return &c;
    }
    return nullptr;
}

const code_parameters* alternative_code(const code_parameters& code) noexcept
{
    for (const auto& c : k_alternatives) {
        if (c.rate == code.rate && c.frame == code.frame) return &c;
    }
    return nullptr;
}

} // namespace spacesail::fec
