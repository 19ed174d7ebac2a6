// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bench_signal.hpp"

#include <string>
#include <vector>

namespace spacesail::cli {

/// What one stage costs.
struct stage_cost {
    std::string stage;
    double cpu_s = 0.0;
    double symbols = 0.0; ///< PLFRAME symbols, header and pilots included

    double msymbols_per_s() const noexcept { return cpu_s > 0.0 ? 1e-6 * symbols / cpu_s : 0.0; }
    /// Share of a core at a symbol rate.
    double share(double symbol_rate_hz) const noexcept
    {
        return symbols > 0.0 ? symbol_rate_hz * cpu_s / symbols : 0.0;
    }
};

struct stage_budget {
    std::vector<stage_cost> receive; ///< in the order of the signal
    stage_cost transmit;
    std::uint64_t frames = 0;       ///< that the synchroniser handed over
    std::uint64_t frame_errors = 0; ///< of these
    double mean_iterations = 0.0;
};

/// \brief Runs the signal through each stage of the receiver by itself, in one thread, and takes its processor time.
///
/// Samples are ci16, as files and radios give them.
/// \param[in] nof_frames      PLFRAMEs, >= 4; all of them are held in memory.
/// \param[in] max_iterations  LDPC cap.
stage_budget measure_stages(const bench_signal_options& signal, std::uint64_t nof_frames, unsigned max_iterations);

} // namespace spacesail::cli
