// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/modem/constellation.hpp>

#include <array>
#include <cassert>
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// \brief Do symbols lie where a constellation has its points, or does the carrier turn?
///
/// For a symbol r: ln p(r | points, noise) - ln p(|r| | rings, noise), the log-likelihood ratio of a carrier with the
/// right phase against one with any phase. Its mean is above 0 with the right phase and below 0 with a turning one,
/// whatever the constellation, long before decisions tell: 16APSK 2/3 at its threshold +-0.0035 a symbol, QPSK 1/4
/// +-0.0018. Source: Wald, Sequential Analysis (1947), ch. 2, for the use of such sums.
/// Looked up in a map of one quadrant, 64 x 64 cells, each a small part of the noise wide at the Es/N0 its
/// constellation is used at; made at the first use of a constellation and level (0.5 ms, the largest 5 ms), without
/// allocation.
class lock_evidence
{
public:
    lock_evidence();

    /// \brief Chooses the constellation, and the noise by Es/N0 in steps of 1 dB, rounded to more noise (which makes
    /// the evidence smaller, not wrong).
    /// \return false: its quadrants are not mirror images, nothing can be said.
    bool select(const modem::constellation& c, double es_n0_db) noexcept;
    /// \brief Sum over symbols of mean energy 1, nats; needs a select() that was true.
    double of(std::span<const std::complex<float>> symbols) const noexcept;
    /// \brief Mean of the evidence of one symbol where the phase is right, nats; needs a select() that was true.
    double expected() const noexcept
    {
        assert(d_chosen != nullptr);
        return d_chosen->expected;
    }

private:
    static constexpr std::size_t k_cells = 64; ///< in each direction
    static constexpr std::size_t k_maps = 48;  ///< MODCODs and levels of a stream that varies
    struct map {
        const modem::constellation* points = nullptr;
        int level_db = 0;
        float cells_per_unit = 1.0F;
        double expected = 0.0;
        std::array<float, k_cells * k_cells> value{};
    };
    static void fill(map& m) noexcept;

    std::vector<map> d_maps;
    std::size_t d_next = 0;
    const map* d_chosen = nullptr;
};

} // namespace spacesail::dvbs2x
