// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/plframe_builder.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/interleaver.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/modem/mapper.hpp>

#include <algorithm>
#include <cassert>
#include <map>
#include <numbers>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_longest_fecframe_bits = 64800;
constexpr std::size_t k_longest_xfecframe_symbols = k_longest_fecframe_bits / 2;
// Pilots and dummy slots before scrambling.
constexpr std::complex<float> k_unmodulated{ std::numbers::sqrt2_v<float> / 2.0F, std::numbers::sqrt2_v<float> / 2.0F };

} // namespace

plframe_builder::plframe_builder(unsigned gold_code, bch_choice choice)
    : d_encoders(128),
      d_choice(choice),
      d_scrambler(gold_code),
      d_bbframe(k_longest_fecframe_bits / 8),
      d_bch_word(k_longest_fecframe_bits / 8),
      d_fecframe(k_longest_fecframe_bits / 8),
      d_labels(k_longest_xfecframe_symbols)
{
    std::map<const fec::code_parameters*, std::shared_ptr<const encoder>> made;
    for (unsigned pls = 0; pls < 256; pls += 2) {
        const modcod* m = find_modcod(static_cast<std::uint8_t>(pls), choice);
        if (m == nullptr) continue;
        auto& e = made[m->code];
        if (e == nullptr)
            e = std::make_shared<const encoder>(encoder{ fec::bch_codec(*m->code), fec::ldpc_encoder(*m->code) });
        d_encoders[pls / 2] = e;
    }
}

std::size_t plframe_builder::bbframe_bytes(std::uint8_t pls) const noexcept
{
    const modcod* m = find_modcod(pls, d_choice);
    return m == nullptr ? 0 : m->code->k_bch / 8;
}

std::size_t plframe_builder::build(std::uint8_t pls,
                                   std::span<const std::uint8_t> bbframe,
                                   std::span<std::complex<float>> symbols) noexcept
{
    const modcod* m = find_modcod(pls, d_choice);
    const std::size_t length = plframe_symbols(pls);
    if (m == nullptr || bbframe.size() != m->code->k_bch / 8 || symbols.size() < length) return 0;

    const auto scrambled = std::span(d_bbframe).first(bbframe.size());
    std::ranges::copy(bbframe, scrambled.begin());
    bb_scramble(scrambled);
    const encoder& e = *d_encoders[pls / 2];
    const auto bch_word = std::span(d_bch_word).first(bytes_for_bits(m->code->k_ldpc));
    e.bch.encode(scrambled, bch_word);
    const auto fecframe = std::span(d_fecframe).first(bytes_for_bits(m->code->sent_bits()));
    e.ldpc.encode(bch_word, fecframe);
    const auto labels = std::span<std::uint8_t>(d_labels).first(m->xfecframe_symbols());
    interleave_fecframe(*m, fecframe, labels);

    std::ranges::copy(pl_header_symbols(pls), symbols.begin());
    constexpr std::size_t run = std::size_t{ k_slots_between_pilots } * k_slot_symbols;
    std::size_t at = k_header_symbols;
    for (std::size_t n = 0; n < labels.size(); n += run) {
        if (n > 0 && has_pilots(pls)) {
            std::fill_n(symbols.begin() + static_cast<std::ptrdiff_t>(at), k_pilot_symbols, k_unmodulated);
            at += k_pilot_symbols;
        }
        const std::size_t count = std::min(run, labels.size() - n);
        modem::map_labels(*m->constellation, labels.subspan(n, count), symbols.subspan(at, count));
        at += count;
    }
    assert(at == length);
    d_scrambler.scramble(symbols.subspan(k_header_symbols, length - k_header_symbols), 0);
    return length;
}

std::size_t plframe_builder::build_dummy(std::span<std::complex<float>> symbols) noexcept
{
    const std::size_t length = plframe_symbols(0);
    if (symbols.size() < length) return 0;
    std::ranges::copy(pl_header_symbols(0), symbols.begin());
    const auto slots = symbols.subspan(k_header_symbols, length - k_header_symbols);
    std::ranges::fill(slots, k_unmodulated);
    d_scrambler.scramble(slots, 0);
    return length;
}

} // namespace spacesail::dvbs2x
