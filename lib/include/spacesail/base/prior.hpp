// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/sample_clock.hpp>

#include <algorithm>
#include <optional>

namespace spacesail {

/// \brief What is known of a carrier before it is found. One type for cold, warm and handover acquisition.
///
/// The search covers offset_hz +- 3 sigma_hz as far as the samples do.
struct acquisition_prior {
    double offset_hz = 0.0;     ///< expected carrier offset from 0 Hz of the stream
    double sigma_hz = 450e3;    ///< its standard deviation
    double rate_hz_s = 0.0;     ///< expected drift of the offset
    double clock_ppm = 0.0;     ///< expected error of the symbol clock against nominal
    std::optional<sample_index> next_sof_sample; ///< input sample where a start of frame is expected
    double sigma_samples = 0.0; ///< its standard deviation in input samples

    /// \brief The wide prior: +-max(20 % of the symbol rate, 1.35 MHz) at three sigma.
    static acquisition_prior cold(double symbol_rate_hz) noexcept
    {
        acquisition_prior p;
        p.sigma_hz = std::max(0.2 * symbol_rate_hz, 1.35e6) / 3.0;
        return p;
    }
};

} // namespace spacesail
