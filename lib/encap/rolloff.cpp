// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/rolloff.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace spacesail::encap {
namespace {

constexpr std::array<double, 6> k_factors = { 0.35, 0.25, 0.20, 0.15, 0.10, 0.05 };
constexpr std::uint8_t k_s2x_mark = 3;
constexpr unsigned k_first_s2x = 3;

} // namespace

double rolloff_factor(rolloff r) noexcept { return k_factors[static_cast<std::size_t>(r)]; }

std::optional<rolloff> rolloff_of_factor(double factor) noexcept
{
    for (std::size_t i = 0; i < k_factors.size(); ++i) {
        if (std::abs(factor - k_factors[i]) < 1e-3) return static_cast<rolloff>(i);
    }
    return std::nullopt;
}

std::uint8_t rolloff_writer::next() noexcept
{
    const auto index = static_cast<unsigned>(d_rolloff);
    if (index < k_first_s2x) return static_cast<std::uint8_t>(index);
    d_second = !d_second;
    return d_second ? k_s2x_mark : static_cast<std::uint8_t>(index - k_first_s2x);
}

void rolloff_reader::on_frame(std::uint8_t rolloff_code) noexcept
{
    const auto code = static_cast<std::uint8_t>(rolloff_code & 3U);
    if (!d_previous) {
        d_equal = code != k_s2x_mark ? 1 : 0;
    } else if (*d_previous == code) {
        if (code != k_s2x_mark) {
            ++d_equal;
            const bool was_s2x = d_value && static_cast<unsigned>(*d_value) >= k_first_s2x;
            if (d_equal >= (was_s2x ? 3U : 2U)) d_value = static_cast<rolloff>(code);
        }
    } else if (code == k_s2x_mark || *d_previous == k_s2x_mark) {
        const unsigned other = code == k_s2x_mark ? *d_previous : code;
        d_value = static_cast<rolloff>(other + k_first_s2x);
        d_equal = code != k_s2x_mark ? 1 : 0;
    } else {
        d_equal = 1;
    }
    d_previous = code;
}

} // namespace spacesail::encap
