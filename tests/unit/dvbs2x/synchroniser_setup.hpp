// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// What the tests of the synchroniser share: a carrier of the project's transmitter and a receiver set up for it.
namespace spacesail::dvbs2x::synchroniser_setup {

using cf = std::complex<float>;

inline std::uint8_t pls_of(const char* name, const char* frame, bool pilots)
{
    return static_cast<std::uint8_t>((*modcod_by_name(name, frame))->pls + (pilots ? 1 : 0));
}

inline transmitter_configuration transmit(double symbol_rate_hz, double sps, double rolloff = 0.2)
{
    transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = symbol_rate_hz,
                  .sample_rate_hz = sps * symbol_rate_hz,
                  .rolloff = rolloff,
                  .level_dbfs = -15.0,
                  .clock_ppm = 0.0 };
    return t;
}

inline synchroniser_config receive(const transmitter_configuration& t)
{
    synchroniser_config c;
    c.symbol_rate_hz = t.shaping.symbol_rate_hz;
    c.sample_rate_hz = t.shaping.sample_rate_hz;
    c.gold_code = t.gold_code;
    c.prior.sigma_hz = 0.0; // cold
    return c;
}

inline std::size_t good(const test::receive_chain& chain)
{
    std::size_t n = 0;
    for (const auto& f : chain.frames) n += f.number ? 1 : 0;
    return n;
}

inline void feed(test::receive_chain& chain, test::signal_source& source, std::size_t samples)
{
    std::vector<cf> block(16'384);
    while (samples > 0) {
        const std::size_t n = std::min(samples, block.size());
        source.read(std::span(block).first(n));
        chain.process(std::span<const cf>(block).first(n));
        samples -= n;
    }
}

} // namespace spacesail::dvbs2x::synchroniser_setup
