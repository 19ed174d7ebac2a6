// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/equaliser_trainer.hpp"
#include "dvbs2x/front_end.hpp"

#include <spacesail/dsp/phase_smoother.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dvbs2x {

/// \brief When and from which known symbols the front end's equaliser is trained.
///
/// Blocks of a frame are kept as they pass, and used once their phase is known and the frame has turned out to be one.
class distortion_learner
{
public:
    /// \param[in] on  false: nothing is kept, no equaliser is ever set.
    explicit distortion_learner(bool on) : d_on(on) {}

    /// \brief Whether this pilot block of a frame is one to keep.
    bool wants(std::size_t pilot_block, std::size_t nof_slots, std::uint64_t frame) const noexcept;
    /// \brief Keeps what the plain matched filter gives around known symbols.
    /// \param[in] u  instant of the first one
    /// \param[in] step  stored samples a symbol
    /// \param[in] at  symbols from the frame's start to it
    void
    keep(const front_end& front, double u, double step, double at, std::span<const std::complex<float>> known) noexcept;
    /// \brief Learns from the blocks kept, whose smoothed phase is given, and sets the front end's equaliser.
    void learn(front_end& front, dsp::phase_smoother& phase, double amplitude) noexcept;
    /// The blocks kept may be noise.
    void drop() noexcept { d_nof_kept = 0; }
    /// Another carrier than before: what was learned does not hold for it.
    void forget(front_end& front) noexcept;

private:
    /// Half-symbol outputs around a known block.
    static constexpr std::size_t k_half_symbols = 2 * k_header_symbols - 1 + 2 * equaliser_trainer::k_reach;
    /// Header and six pilot blocks a frame: the normal equations cost 240 multiply-adds a known symbol.
    static constexpr std::size_t k_blocks = 7;
    struct block {
        std::array<float, k_half_symbols> re{}, im{};
        std::array<std::complex<float>, k_header_symbols> known{};
        std::size_t n = 0;
        double at = 0.0;
    };

    bool d_on;
    equaliser_trainer d_trainer;
    std::array<block, k_blocks> d_kept;
    std::size_t d_nof_kept = 0;
    unsigned d_frames_since_solution = 0;
};

} // namespace spacesail::dvbs2x
