// SPDX-License-Identifier: GPL-3.0-or-later
#include "entries.hpp"

#include "require.hpp"

#include <spacesail/dvbs2x/header_search.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace spacesail::fuzz {
namespace {

using namespace spacesail::dvbs2x;

/// Takes one complex value off the front; signed bytes are scaled to a magnitude of about 1.
bool take_value(std::span<const std::uint8_t>& input, bool as_floats, float& re, float& im)
{
    const std::size_t size = as_floats ? 8 : 2;
    if (input.size() < size) return false;
    if (as_floats) {
        std::memcpy(&re, input.data(), 4);
        std::memcpy(&im, input.data() + 4, 4);
    } else {
        re = static_cast<float>(static_cast<std::int8_t>(input[0])) / 64.0F;
        im = static_cast<float>(static_cast<std::int8_t>(input[1])) / 64.0F;
    }
    input = input.subspan(size);
    return true;
}

void check_code(std::uint8_t pls)
{
    const unsigned symbols = plframe_symbols(pls);
    require(symbols >= k_shortest_plframe_symbols && symbols <= k_longest_plframe_symbols,
            "a decided code has a frame");
    if (is_dummy(pls) || pls == k_pls_vlsnr_set_1 + 1 || pls == k_pls_vlsnr_set_2 + 1) return;
    const modcod* m = find_modcod(pls);
    require(m == nullptr || m->code != nullptr, "an entry has a code");
}

} // namespace

void pl_header(std::span<const std::uint8_t> input)
{
    if (input.empty()) return;
    const bool as_floats = (input[0] & 1) != 0;
    input = input.subspan(1);
    // Of exactly this size, so that a sanitizer sees a step outside.
    std::vector<float> re(k_header_symbols), im(k_header_symbols);
    for (;;) {
        for (std::size_t i = 0; i < k_header_symbols; ++i) {
            if (!take_value(input, as_floats, re[i], im[i])) return;
        }
        const pl_decision d = decode_pl_header(re, im);
        check_code(d.pls);
        require(d.quality >= 0.0F && d.quality <= 1.0001F, "quality is a share, also for NaN, infinities and overflow");
    }
}

void header_search(std::span<const std::uint8_t> input)
{
    constexpr std::size_t k_longest = 2 * 4096;
    if (input.empty()) return;
    const bool as_floats = (input[0] & 1) != 0;
    const int bins = (input[0] >> 1 & 15) % 9;
    input = input.subspan(1);
    std::vector<float> re, im;
    float a = 0.0F, b = 0.0F;
    while (re.size() < k_longest && take_value(input, as_floats, a, b)) {
        re.push_back(a);
        im.push_back(b);
    }
    static dvbs2x::header_search search(k_longest);
    const auto r = search.run(re, im, bins);
    require(r.best_quality >= 0.0F && r.best_quality <= 1.0001F, "quality is a share");
    if (r.outcome == search_outcome::need_more) {
        require(r.needed_half_symbols > static_cast<double>(re.size()), "what is needed is more than there is");
        require(r.needed_half_symbols <= static_cast<double>(re.size()) + 2.0 * (k_longest_plframe_symbols + 200.0),
                "a frame more at most is needed");
    }
    if (r.outcome != search_outcome::found) return;
    check_code(r.pair.pls);
    check_code(r.pair.next_pls);
    require(r.pair.first >= -1.0 && r.pair.first < static_cast<double>(re.size()), "the header lies inside");
    require(std::isfinite(r.pair.length_symbols) && std::isfinite(r.pair.cycles_per_symbol), "the pair is finite");
}

} // namespace spacesail::fuzz
