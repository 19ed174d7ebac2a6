// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/transmitter.hpp>

#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>

namespace spacesail::dvbs2x {

transmitter::transmitter(const transmitter_configuration& configuration)
    : d_builder(configuration.gold_code, configuration.choice),
      d_shaper(configuration.shaping),
      d_frame(k_longest_plframe_symbols)
{
}

transmitter::push_result transmitter::begin(std::size_t nof_symbols) noexcept
{
    if (nof_symbols == 0) return push_result::refused;
    d_frame_symbols = nof_symbols;
    d_sent = 0;
    return push_result::taken;
}

transmitter::push_result transmitter::push(std::uint8_t pls, std::span<const std::uint8_t> bbframe) noexcept
{
    return ready() ? begin(d_builder.build(pls, bbframe, d_frame)) : push_result::not_ready;
}

transmitter::push_result transmitter::push_dummy() noexcept
{
    return ready() ? begin(d_builder.build_dummy(d_frame)) : push_result::not_ready;
}

transmitter::push_result transmitter::push_silence() noexcept
{
    if (!ready()) return push_result::not_ready;
    std::fill_n(d_frame.begin(), 2 * d_shaper.delay_symbols(), std::complex<float>{});
    return begin(2 * d_shaper.delay_symbols());
}

std::size_t transmitter::read(std::span<std::complex<float>> samples) noexcept
{
    const auto done = d_shaper.process(std::span(d_frame).subspan(d_sent, d_frame_symbols - d_sent), samples);
    d_sent += done.consumed;
    return done.produced;
}

void transmitter::reset() noexcept
{
    d_shaper.reset();
    d_frame_symbols = 0;
    d_sent = 0;
}

} // namespace spacesail::dvbs2x
