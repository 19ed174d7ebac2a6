// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bench_signal.hpp"

#include <functional>

namespace spacesail::cli {

/// How long a point of a sweep is measured.
struct sweep_options {
    std::uint64_t frames = 200;
    std::uint64_t most_errors = 0; ///< a point ends with so many; 0: never before `frames`
    unsigned max_iterations = 50;
    unsigned nof_threads = 1; ///< that decode besides the one that demodulates
};

/// One point: the whole receiver at one Es/N0.
struct sweep_point {
    double es_n0_db = 0.0;
    std::uint64_t frames = 0;     ///< sent behind the lead-in
    std::uint64_t errors = 0;     ///< of these, not delivered
    std::uint64_t undetected = 0; ///< delivered, but not what was sent
    double mean_iterations = 0.0;
    double estimated_es_n0_db = 0.0; ///< by the receiver, at the end
    double elapsed_s = 0.0;
    double symbols = 0.0;

    double frame_error_rate() const noexcept
    {
        return frames == 0 ? 1.0 : static_cast<double>(errors) / static_cast<double>(frames);
    }
};

/// Frames in front of those that count: the time to lock.
inline constexpr std::uint64_t k_sweep_lead_in_frames = 8;

/// \brief Sends frames through noise to a receiver that knows the symbol rate alone, and compares every BBFRAME.
/// \param[in] on_frame  called once a frame sent.
sweep_point
measure_point(const bench_signal_options& signal, const sweep_options& sweep, const std::function<void()>& on_frame);

} // namespace spacesail::cli
