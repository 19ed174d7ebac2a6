// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/distortion_learner.hpp"

#include "dvbs2x/derotate.hpp"

#include <algorithm>
#include <cmath>

namespace spacesail::dvbs2x {

bool distortion_learner::wants(std::size_t pilot_block, std::size_t nof_slots, std::uint64_t frame) const noexcept
{
    // Six of the frame's pilot blocks, others in the next frame.
    const std::size_t blocks = nof_slots / k_slots_between_pilots;
    const std::size_t stride = std::max<std::size_t>(1, (blocks + k_blocks - 2) / (k_blocks - 1));
    return d_on && (pilot_block + frame) % stride == 0;
}

void distortion_learner::keep(
    const front_end& front, double u, double step, double at, std::span<const std::complex<float>> known) noexcept
{
    if (!d_on || d_nof_kept == k_blocks) return;
    block& t = d_kept[d_nof_kept++];
    t.n = known.size();
    t.at = at;
    std::copy(known.begin(), known.end(), t.known.begin());
    const std::size_t half = 2 * t.n - 1 + 2 * equaliser_trainer::k_reach;
    front.plain_symbols(
        u - 0.5 * equaliser_trainer::k_reach * step, 0.5 * step, { t.re.data(), half }, { t.im.data(), half });
}

void distortion_learner::learn(front_end& front, dsp::phase_smoother& phase, double amplitude) noexcept
{
    if (d_nof_kept == 0) return;
    constexpr double k_memory_symbols = 12'000.0;
    double symbols = 0.0;
    for (std::size_t k = 0; k < d_nof_kept; ++k) symbols += static_cast<double>(d_kept[k].n);
    d_trainer.forget(std::exp(-symbols / k_memory_symbols));
    const auto scale = static_cast<float>(1.0 / amplitude);
    phase.rewind();
    for (std::size_t k = 0; k < d_nof_kept; ++k) {
        const block& t = d_kept[k];
        const std::size_t half = 2 * t.n - 1 + 2 * equaliser_trainer::k_reach;
        const auto line = phase.at(t.at + 0.5 * static_cast<double>(t.n - 1));
        std::array<std::complex<float>, k_half_symbols> turned;
        derotate(t.re.data(),
                 t.im.data(),
                 half,
                 static_cast<float>(line.theta),
                 static_cast<float>(0.5 * line.slope),
                 scale,
                 turned.data());
        d_trainer.add({ turned.data(), half }, { t.known.data(), t.n });
    }
    d_nof_kept = 0;
    // Solving and folding cost as much as 2000 symbols; the front end changes with the temperature.
    constexpr unsigned k_frames_between = 4;
    if (++d_frames_since_solution < k_frames_between) return;
    d_frames_since_solution = 0;
    const auto s = d_trainer.solve();
    const double wanted_db = front.filter().has_equaliser() ? 0.02 : 0.05;
    if (s.gain_db > wanted_db) {
        front.filter().set_equaliser(s.taps);
    } else if (front.filter().has_equaliser()) {
        front.filter().set_equaliser({});
    }
}

void distortion_learner::forget(front_end& front) noexcept
{
    d_trainer.reset();
    d_frames_since_solution = 0;
    front.clear_equalisers();
}

} // namespace spacesail::dvbs2x
