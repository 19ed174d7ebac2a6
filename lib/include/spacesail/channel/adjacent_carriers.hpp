// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::channel {

/// Modulated carriers on both sides of the wanted one.
struct adjacent_carrier_config {
    double spacing_hz = 0.0;     ///< centre to centre, > 0
    double power = 0.0;          ///< mean power of each, |x| = 1 is 1; 0: none
    double symbol_rate_hz = 0.0; ///< > 0
    double rolloff = 0.2;        ///< 0.01 .. 1
};

/// \brief Two independent QPSK carriers of random symbols, one on each side, added to a stream.
///
/// Made once as a loop of about 2^18 samples by the spectrum itself: the random symbols' DFT, repeated, times the
/// square root of the raised cosine (EN 302 307-1, clause 5.6), so that the pulses are exact, not cut. The loop comes
/// round without a seam; spacing and symbol rate are rounded to whole cycles of it, below 2 ppm of the sample rate.
/// No allocation after construction.
class adjacent_carriers
{
public:
    /// \param[in] sample_rate_hz  > 0; spacing and half a carrier's width must stay within 0.48 of it: beyond, the
    /// carrier would fold over. Errors: std::invalid_argument naming the parameter, its value and range.
    adjacent_carriers(const adjacent_carrier_config& config, double sample_rate_hz, std::uint64_t seed);

    /// \brief to = from plus the carriers' samples from `index` on. \param[in] from, to  the same size.
    void add(std::uint64_t index,
             std::span<const std::complex<float>> from,
             std::span<std::complex<float>> to) const noexcept;
    /// Whether there are none.
    bool silent() const noexcept { return d_loop.empty(); }

private:
    std::vector<std::complex<float>> d_loop;
};

} // namespace spacesail::channel
