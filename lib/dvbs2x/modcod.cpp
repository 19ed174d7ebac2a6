// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/modcod.hpp>

#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_nof_modcods = 116;
constexpr std::uint8_t k_pls_32apsk_2_3_l = 174;
constexpr std::uint8_t k_pls_64apsk_5_6 = 198;

struct row {
    std::string_view cells[11];
};

constexpr row k_rows[] = {
#define SPACESAIL_ROW(...) row{ { __VA_ARGS__ } },
#include <dvbs2x/modcods.inc>
#undef SPACESAIL_ROW
};
static_assert(std::size(k_rows) == k_nof_modcods);

int integer(std::string_view text, int if_empty) noexcept
{
    int value = if_empty;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

float decibels(std::string_view text) noexcept
{
    float value = std::numeric_limits<float>::quiet_NaN();
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

frame_size size_of(std::string_view frame) noexcept
{
    if (frame.starts_with("short")) return frame_size::short_frame;
    return frame == "medium" ? frame_size::medium : frame_size::normal;
}

using modcod_table = std::array<modcod, k_nof_modcods>;

modcod_table load_all() noexcept
{
    modcod_table all;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const auto& c = k_rows[n].cells;
        modcod& m = all[n];
        m.standard = c[0];
        m.name = c[1];
        m.modulation = c[2];
        m.rate = c[3];
        m.frame = c[4];
        m.size = size_of(c[4]);
        m.pls = static_cast<std::uint8_t>(integer(c[5], 0));
        m.vlsnr_header = integer(c[6], -1);
        m.bits_per_symbol = static_cast<unsigned>(integer(c[7], 0));
        m.interleaver_columns = c[8];
        m.constellation = modem::find_constellation(c[9]);
        m.ideal_es_n0_db = decibels(c[10]);
        m.code = fec::find_code(m.rate, m.frame);
    }
    return all;
}

std::array<const modcod*, 128> index_by_pls() noexcept
{
    std::array<const modcod*, 128> index{};
    for (const modcod& m : all_modcods()) {
        if (m.vlsnr_header < 0) index[m.pls >> 1] = &m;
    }
    return index;
}

std::string folded(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c != ' ') out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
    return out;
}

// Levenshtein distance.
unsigned edits(const std::string& a, const std::string& b)
{
    std::vector<unsigned> line(b.size() + 1);
    std::iota(line.begin(), line.end(), 0U);
    for (std::size_t i = 0; i < a.size(); ++i) {
        unsigned diagonal = std::exchange(line[0], static_cast<unsigned>(i + 1));
        for (std::size_t j = 0; j < b.size(); ++j) {
            const unsigned changed = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = std::exchange(line[j + 1], std::min({ changed, line[j] + 1, line[j + 1] + 1 }));
        }
    }
    return line.back();
}

std::string near_names(const std::string& wanted)
{
    std::vector<std::pair<unsigned, std::string_view>> found;
    for (const modcod& m : all_modcods()) {
        const std::pair candidate{ edits(wanted, folded(m.name)), m.name };
        if (std::ranges::find(found, candidate) == found.end()) found.push_back(candidate);
    }
    std::ranges::stable_sort(found, {}, &std::pair<unsigned, std::string_view>::first);
    std::string text;
    for (std::size_t n = 0; n < 5; ++n) {
        text += (n == 0 ? "" : ", ") + std::string(found[n].second);
    }
    return text;
}

} // namespace

unsigned modcod::xfecframe_symbols() const noexcept
{
    if (vlsnr_header >= 0)
        return pls == k_pls_vlsnr_set_2 ? k_vlsnr_set_2_payload_symbols : k_vlsnr_set_1_payload_symbols;
    const unsigned symbols = (code->sent_bits() + bits_per_symbol - 1) / bits_per_symbol;
    return (symbols + k_slot_symbols - 1) / k_slot_symbols * k_slot_symbols;
}

unsigned modcod::nof_slots() const noexcept { return vlsnr_header >= 0 ? 0 : xfecframe_symbols() / k_slot_symbols; }

std::span<const modcod> all_modcods() noexcept
{
    static const modcod_table all = load_all();
    return all;
}

const modcod* find_modcod(std::uint8_t pls) noexcept
{
    static const std::array<const modcod*, 128> index = index_by_pls();
    return index[pls >> 1];
}

const modcod* find_modcod(std::uint8_t pls, bch_choice choice) noexcept
{
    static const std::array<modcod, 2> disputed = [] {
        std::array<modcod, 2> d{ *find_modcod(k_pls_32apsk_2_3_l), *find_modcod(k_pls_64apsk_5_6) };
        for (modcod& m : d) {
            m.code = fec::alternative_code(*m.code);
        }
        return d;
    }();
    if (choice == bch_choice::alternative) {
        for (const modcod& m : disputed) {
            if (m.pls == (pls & ~1)) return &m;
        }
    }
    return find_modcod(pls);
}

result<const modcod*> modcod_by_name(std::string_view name, std::string_view frame)
{
    const std::string wanted = folded(name);
    const std::string wanted_frame = folded(frame);
    const modcod* best = nullptr;
    std::string frames;
    for (const modcod& m : all_modcods()) {
        if (folded(m.name) != wanted) continue;
        if (m.frame == wanted_frame) return &m;
        if (best == nullptr || m.size < best->size) best = &m;
        frames += (frames.empty() ? "" : ", ") + std::string(m.frame);
    }
    if (best == nullptr) {
        return error{ error_code::not_found,
                      "MODCOD \"" + std::string(name) + "\" is not in the table; near it: " + near_names(wanted) };
    }
    if (!wanted_frame.empty()) {
        return error{ error_code::not_found,
                      "MODCOD \"" + std::string(name) + "\" has no frame \"" + std::string(frame) +
                          "\"; it has: " + frames };
    }
    return best;
}

} // namespace spacesail::dvbs2x
