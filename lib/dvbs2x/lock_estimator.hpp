// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/frame_tracker.hpp"
#include "dvbs2x/frequency_refiner.hpp"
#include "dvbs2x/front_end.hpp"

#include <spacesail/dvbs2x/header_search.hpp>
#include <spacesail/simd/aligned.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// \brief From two PLHEADERs that were found to what the tracker starts with: instant, clock, frequency and drift,
/// level, Es/N0, and how sure each is.
class lock_estimator
{
public:
    /// \param[in] max_symbols  most symbols that a frame and the next have together.
    lock_estimator(double symbol_rate_hz, std::size_t max_symbols);

    struct from_headers {
        frame_tracker::start start; ///< frequency in the middle of the frame
        std::uint8_t next_pls = 0;
        double chirp = 0.0; ///< cycles per symbol^2, from one header to the other
        /// Symbols from the first to the end of the next frame.
        std::size_t two_frames() const noexcept { return plframe_symbols(start.pls) + plframe_symbols(next_pls); }
    };
    /// \brief Reads both headers on a finer grid of time and frequency.
    /// \param[in] u       instant of the first one, to 3/4 of a symbol
    /// \param[in] cycles  per sample, its carrier
    from_headers read(front_end& front, const header_pair& p, double u, double cycles) const noexcept;

    /// \brief Settles frequency and drift from the whole frame: `h.start` holds at its first symbol then.
    /// \param[in] next_is_there  the samples of the whole next frame are in the front end.
    /// \return whether it is sure; false: it would be surer with the next frame.
    bool
    settle(front_end& front, from_headers& h, std::span<const std::uint8_t> scrambling, bool next_is_there) noexcept;

private:
    static constexpr std::size_t k_part = 18;
    struct refined {
        double u = 0.0;
        std::complex<double> slope; ///< sum over neighbouring parts of z[i + 1] conj z[i]
        double es_n0 = 1.0;
        double amplitude = 1.0;
    };
    /// The best of seven instants a quarter symbol apart, a parabola through it and its neighbours.
    static refined refine(front_end& front, double u, double cycles_per_sample, std::uint8_t pls) noexcept;
    static std::uint8_t read_header(front_end& front, double u, double cycles_per_sample) noexcept;

    double d_symbol_rate_hz;
    double d_most_drift;
    frequency_refiner d_refiner;
    simd::aligned_vector<float> d_re, d_im;
};

} // namespace spacesail::dvbs2x
