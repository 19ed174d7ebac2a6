// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/channel/adjacent_carriers.hpp>
#include <spacesail/dsp/fft.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <stdexcept>

namespace spacesail::channel {
namespace {

using cf = std::complex<float>;

constexpr std::size_t k_loop = std::size_t{ 1 } << 18;

void check(bool good, const char* name, double value, const std::string& range)
{
    if (!good)
        throw std::invalid_argument(fmt::format("adjacent carriers: {} {:.10g} is outside {}", name, value, range));
}

} // namespace

adjacent_carriers::adjacent_carriers(const adjacent_carrier_config& c, double sample_rate_hz, std::uint64_t seed)
{
    check(std::isfinite(c.power) && c.power >= 0.0, "power", c.power, "0 and above");
    if (c.power == 0.0) return;
    check(c.rolloff >= 0.01 && c.rolloff <= 1.0, "rolloff", c.rolloff, "0.01 .. 1");
    check(std::isfinite(c.symbol_rate_hz) && c.symbol_rate_hz * 256.0 >= sample_rate_hz,
          "symbol_rate_hz",
          c.symbol_rate_hz,
          "values above 1/256 of the sample rate");
    const double most = 0.48 * sample_rate_hz - 0.5 * (1.0 + c.rolloff) * c.symbol_rate_hz;
    check(c.spacing_hz > 0.0 && c.spacing_hz <= most,
          "spacing_hz",
          c.spacing_hz,
          fmt::format("0 .. {:.10g}, where carriers of {:.10g} Bd still fit into {:.10g} samples a second",
                      std::max(most, 0.0),
                      c.symbol_rate_hz,
                      sample_rate_hz));

    const double bin_hz = sample_rate_hz / static_cast<double>(k_loop);
    const auto nof_symbols = static_cast<std::size_t>(std::lround(c.symbol_rate_hz / bin_hz));
    const auto shift = std::lround(c.spacing_hz / bin_hz);
    const auto edge = static_cast<long>(std::ceil(0.5 * (1.0 + c.rolloff) * static_cast<double>(nof_symbols)));
    // Each bin of the symbols has energy nof_symbols, the raised cosine sums to nof_symbols: power / nof_symbols^2
    // scales.
    const double scale = std::sqrt(c.power) / static_cast<double>(nof_symbols);
    rng random(seed);
    dsp::fft symbols(nof_symbols);
    dsp::fft loop(k_loop);
    const auto bins = loop.data();
    std::fill(bins.begin(), bins.end(), cf{});
    for (const long centre : { shift, -shift }) {
        for (cf& s : symbols.data()) {
            const std::uint64_t bits = random() >> 62;
            s = cf((bits & 1) != 0 ? 1.0F : -1.0F, (bits & 2) != 0 ? 1.0F : -1.0F) * static_cast<float>(std::sqrt(0.5));
        }
        symbols.forward();
        const auto spectrum = symbols.data();
        for (long k = -edge; k <= edge; ++k) {
            const double f = static_cast<double>(k) / static_cast<double>(nof_symbols);
            const auto h = static_cast<float>(scale * std::sqrt(dsp::raised_cosine_spectrum(f, c.rolloff)));
            const auto n = static_cast<long>(nof_symbols);
            const auto from = static_cast<std::size_t>(((k % n) + n) % n);
            const auto size = static_cast<long>(k_loop);
            const auto to = static_cast<std::size_t>((centre + k + size) % size);
            // Conjugated, so that the forward transform is the inverse one of the conjugate.
            bins[to] += std::conj(h * spectrum[from]);
        }
    }
    loop.forward();
    d_loop.resize(k_loop);
    for (std::size_t k = 0; k < k_loop; ++k) d_loop[k] = std::conj(bins[k]);
}

void adjacent_carriers::add(std::uint64_t index, std::span<const cf> from, std::span<cf> to) const noexcept
{
    assert(from.size() == to.size());
    for (std::size_t k = 0; k < from.size();) {
        const std::size_t at = (index + k) % k_loop;
        const std::size_t n = std::min(from.size() - k, k_loop - at);
        for (std::size_t i = 0; i < n; ++i) to[k + i] = from[k + i] + d_loop[at + i];
        k += n;
    }
}

} // namespace spacesail::channel
